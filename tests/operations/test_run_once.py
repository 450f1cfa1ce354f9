"""One round over real feeds: what is polled, what is sent, and what the report says of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, feed, state
from support.feed_server import FeedServer
from support.polled import MAX_BODY_BYTES, Polled, polled

from aggregator.model.feeds import COMMAND_LINE, FeedState, FirstPoll
from aggregator.model.ids import FeedId
from aggregator.model.polls import HostHold, PollPlan
from aggregator.notifiers.registry import open_notifiers
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.configure import configure
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.run_once import RoundReport, run_round
from aggregator.operations.throttle import Throttle
from aggregator.runtime import notifier_context, opened_parser
from aggregator.storage.store import SqlStore, open_store

CONFIG = """
feeds: [{{id: yaml, url: "{url}/feed/yaml", first_poll: alert, tags: [war]}}]
rules:
  - {{id: tagged, query: captives, feeds: {{tags: [war]}}}}
  - {{id: everywhere, query: volcano}}
channels: {{desk: {{type: console}}}}
"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def polls(tmp_path: Path, server: FeedServer) -> AsyncIterator[Polled]:
    """One feed of the configuration, and what it takes to poll it."""
    async with opened_parser(MAX_BODY_BYTES) as parser, polled(tmp_path, parser) as polls:
        path = tmp_path / "own.yaml"
        path.write_text(CONFIG.format(url=server.url))
        polls.configuration = configure(path, {}, lambda _channel, _settings: [])
        await polls.store.sync_feeds(polls.configuration.settings.feeds, NOW)
        yield polls


async def run(
    polls: Polled, *, force: bool = False, only: Collection[FeedId] | None = None, seen: list[int] | None = None
) -> RoundReport:
    """Run a round that prints its alerts."""
    settings = polls.configuration.settings
    notifiers = open_notifiers(settings.channels, notifier_context(settings, io.StringIO()))
    deliver = DeliverTools(
        store=polls.store,
        throttle=Throttle(),
        states=ChannelStates(polls.store),
        notifiers=notifiers.by_channel,
        channels=polls.configuration.channels,
        clock=lambda: polls.now,
        roll=lambda: 0.0,
        stopping=asyncio.Event(),
    )
    counts = [] if seen is None else seen
    report = await run_round(polls.configuration, polls.tools, deliver, force=force, only=only, on_poll=counts.append)
    await notifiers.close()
    return report


async def test_added_feeds_are_polled_and_matched_like_the_configurations(polls: Polled, server: FeedServer) -> None:
    """A rule for a tag finds it on an added feed too; one without the tag is found by the other rule only."""
    for name, tags in (("mine", ("war",)), ("other", ())):
        await polls.add(name, f"{server.url}/feed/{name}", tags=tags, first_poll=FirstPoll.ALERT)
    homes = {"yaml": "Captives are home", "mine": "Miners held captive underground", "other": "Film on captives wins"}
    volcanoes = {
        "yaml": "A volcano wakes",
        "mine": "Etna, the volcano, rests",
        "other": "Tourists flee a volcano in Java",
    }
    for name in ("yaml", "mine", "other"):
        server.publish(name, homes[name], "")
        server.publish(name, volcanoes[name], "")

    report = await run(polls)

    assert (report.polled, report.failed, report.new_articles) == (3, 0, 6)
    assert (report.matches, report.alerts, report.sent) == (5, 5, 5)


async def test_only_what_is_due_is_polled_unless_it_is_forced(polls: Polled) -> None:
    """Nothing is asked twice before its time; a person may insist, for all feeds or for some, and sees the progress."""
    other = await polls.add("other", polls.configuration.settings.feeds[0].url.replace("yaml", "other"))
    seen: list[int] = []
    first = await run(polls, seen=seen)
    early = await run(polls)
    forced = await run(polls, force=True)
    some = await run(polls, force=True, only=[other.id])
    polls.now = NOW + 24 * HOUR

    later = await run(polls, only=[other.id])

    assert seen == [2, 2, 2]
    assert (first.polled, early.polled) == (2, 0)
    assert (forced.polled, forced.not_modified) == (2, 2)
    assert (some.polled, later.polled) == (1, 1)


async def test_a_held_host_is_left_alone_unless_it_is_forced(polls: Polled, server: FeedServer) -> None:
    """A feed that waits for its host was not polled, and is not counted as such."""
    hold = HostHold(host=polls.holds.hold_key(server.url), until=NOW + HOUR)
    polls.holds.note(hold, NOW)

    waiting = await run(polls)
    forced = await run(polls, force=True)

    assert (waiting.polled, waiting.failed, server.requests.total()) == (0, 0, 1)
    assert forced.polled == 1


async def test_failures_are_counted(polls: Polled, server: FeedServer) -> None:
    """A feed that cannot be read is polled and failed; the others are none the worse."""
    await polls.add("bad", f"{server.url}/bad/404")

    report = await run(polls)

    assert (report.polled, report.failed, report.not_modified) == (2, 1, 0)


class BusyStore(SqlStore):
    """A store on which another process adds a feed at the worst moment."""

    async def feed_states(self, ids: Collection[FeedId] | None = None) -> list[FeedState]:
        """Add a feed, then read."""
        other = await open_store(self.database.url)
        await other.add_feeds([replace(feed("late"), owner=COMMAND_LINE)], NOW)
        await other.close()
        return await super().feed_states(ids)


async def test_a_feed_that_is_added_meanwhile_waits_for_the_next_round(polls: Polled, server: FeedServer) -> None:
    """The round polls the feeds that it knows, and does not stumble over one that it does not."""
    assert isinstance(polls.store, SqlStore)
    plain = polls.store
    polls.store = BusyStore(plain.database.engine, plain.database.url)
    await plain.apply(PollPlan(state=state("yaml", next_poll_at=datetime(2000, 1, 1, tzinfo=NOW.tzinfo))))

    report = await run(polls)

    assert (report.polled, dict(server.requests)) == (1, {"yaml": 1})
    late = await plain.feed_state(FeedId("late"))
    assert late is not None
    assert late.next_poll_at <= NOW + timedelta(0)
