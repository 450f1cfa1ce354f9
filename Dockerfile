# Two stages: the first installs the locked, hash-checked dependencies; the second has nothing that builds.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/aggregator
COPY requirements/runtime.txt requirements/
RUN /opt/aggregator/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY aggregator aggregator
RUN /opt/aggregator/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data aggregator \
    && mkdir -p /data/var /config \
    && chown -R aggregator /data
COPY --from=build /opt/aggregator /opt/aggregator
COPY config /config
ENV PATH=/opt/aggregator/bin:$PATH AGGREGATOR_CONFIG=/config/aggregator.yaml PYTHONUNBUFFERED=1
USER 10001
# The database path of the shipped configuration is relative: it is below the volume.
WORKDIR /data
VOLUME /data
# A daemon that is up has the lock on its database, and one that answers can be listed.
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["aggregator", "--log-level", "error", "feeds", "list", "--json"]
ENTRYPOINT ["aggregator"]
CMD ["run"]
