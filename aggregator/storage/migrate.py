"""Bring a database up to the schema of this version."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from aggregator.errors import StoreError

HEAD = "0009"
"""The newest revision, so that a database that is up to date needs no Alembic at start (0.2 s of imports)."""

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that the database lacks, in the transaction of `connection`.

    Raises:
        StoreError: when the database was made by a newer version.
    """
    current = current_revision(connection)
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        raise StoreError(
            f"the database is at schema {current}, this version of aggregator knows {HEAD}: it was used by a newer "
            "version; install that one, or give this one another database"
        )
    _run_alembic(connection, "upgrade", "head")


def downgrade(connection: sa.Connection, revision: str) -> None:
    """Take the database back to `revision`; "base" is before the first table."""
    _run_alembic(connection, "downgrade", revision)


def current_revision(connection: sa.Connection) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(connection: sa.Connection, command_name: str, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 - see HEAD
    from alembic.config import Config  # noqa: PLC0415 - see HEAD

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(command, command_name)(config, revision)
