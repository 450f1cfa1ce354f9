"""Metrics as Prometheus reads them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregator.errors import StoreUnavailable
from aggregator.model.feeds import FeedStatus
from aggregator.operations.poll import PollOutcome, PollReport
from aggregator.web.metrics import Metrics
from aggregator.web.server import WebServer

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def metrics() -> Metrics:
    """The metrics of a process that has done nothing yet."""
    return Metrics()


@pytest.fixture
async def server(metrics: Metrics) -> AsyncIterator[WebServer]:
    """A server that shows them, with twelve feeds."""

    async def count_feeds() -> Mapping[FeedStatus, int]:
        return {FeedStatus.OK: 10, FeedStatus.GONE: 2}

    async with WebServer("127.0.0.1:0", metrics.routes(count_feeds)) as server:
        yield server


async def samples(server: WebServer) -> Samples:
    """Read `/metrics` as Prometheus does."""
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        text = await answer.text()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def of(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The name of one series."""
    return f"aggregator_{name}", tuple(sorted(labels.items()))


async def test_all_series_are_there_from_the_start(server: WebServer) -> None:
    """Before anything happened every count is 0, so that the first increase is seen; feeds are counted by status."""
    shown = await samples(server)

    zero = [of("polls_total", outcome=outcome.value) for outcome in PollOutcome]
    zero += [of("articles_total", kind="new"), of("articles_total", kind="revised")]
    zero += [of("matches_total"), of("alerts_total"), of("pushes_total"), of("event_loop_lag_max_seconds")]
    feeds = {of("feeds", status=status.value): 0.0 for status in FeedStatus}
    feeds |= {of("feeds", status="ok"): 10.0, of("feeds", status="gone"): 2.0}
    assert shown == dict.fromkeys(zero, 0.0) | feeds


async def test_polls_and_pushes_are_counted(server: WebServer, metrics: Metrics) -> None:
    """Each poll counts by its outcome, each push as a push, and both what they found."""
    read = PollReport(outcome=PollOutcome.READ, new_articles=3, updated_articles=2, matches=5, alerts=4)

    metrics.count_poll("a", read)
    metrics.count_poll("a", PollReport(outcome=PollOutcome.NOT_MODIFIED))
    metrics.count_poll("b", PollReport(outcome=PollOutcome.FAILED))
    metrics.count_push("a", read)
    metrics.count_push("a", None)

    shown = await samples(server)
    assert [shown[of("polls_total", outcome=outcome.value)] for outcome in PollOutcome] == [1, 1, 1, 0]
    assert shown[of("articles_total", kind="new")] == 6
    assert shown[of("articles_total", kind="revised")] == 4
    assert (shown[of("matches_total")], shown[of("alerts_total")], shown[of("pushes_total")]) == (10, 8, 2)


async def test_gaps_name_the_feeds_that_have_one(server: WebServer, metrics: Metrics) -> None:
    """Of many feeds only those with a gap have a series, whatever their name is."""
    for number in range(10_000):
        metrics.count_poll(f"f{number}", PollReport(outcome=PollOutcome.READ))
    for feed_id in ('a "b"\\\n', "f7", "f7"):
        metrics.count_poll(feed_id, PollReport(outcome=PollOutcome.READ, lost=True))

    shown = await samples(server)

    gaps = {labels: value for (name, labels), value in shown.items() if name == "aggregator_feed_gaps_total"}
    assert gaps == {(("feed", 'a "b"\\\n'),): 1, (("feed", "f7"),): 2}


async def test_a_busy_loop_is_seen(server: WebServer, metrics: Metrics) -> None:
    """The longest time for which the loop was held up is kept."""
    watching = asyncio.create_task(metrics.watch_lag())
    await asyncio.sleep(0)

    time.sleep(0.1)  # noqa: ASYNC251 - what it measures
    while metrics._longest_lag == 0:
        await asyncio.sleep(0)
    watching.cancel()

    assert (await samples(server))[of("event_loop_lag_max_seconds")] > 0.05


async def test_a_database_that_is_away_is_said() -> None:
    """When feeds cannot be counted the answer is 503, not a page of half the truth."""

    async def count_feeds() -> Mapping[FeedStatus, int]:
        raise StoreUnavailable("away")

    async with WebServer("127.0.0.1:0", Metrics().routes(count_feeds)) as server, aiohttp.ClientSession() as session:
        answer = await session.get(f"{server.url}/metrics")

    assert answer.status == 503
