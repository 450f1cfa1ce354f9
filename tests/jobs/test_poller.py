"""Due feeds, a few at each host: what is slow holds up only its own host."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import HOUR, NOW, state

from aggregator.errors import StoreUnavailable
from aggregator.jobs import poller
from aggregator.jobs.poller import DueQueue, Lane, Poller
from aggregator.model.feeds import DueFeed, FeedState
from aggregator.model.ids import FeedId


@dataclass
class Feeds:
    """Feeds named `host/number` in a table of what is due; a poll of one ends when its host is let go."""

    due: list[str]
    late: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    polled: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)
    most_at_host: dict[str, int] = field(default_factory=dict)
    is_down: bool = False

    async def due_feeds(self, limit: int, after: DueFeed | None) -> list[DueFeed]:
        await asyncio.sleep(0)
        known = sorted((NOW + HOUR * (name in self.late), name) for name in self.due)
        behind = [(at, name) for at, name in known if after is None or (at, name) > (after.next_poll_at, after.feed_id)]
        return [DueFeed(feed_id=FeedId(name), url=f"https://{name}", next_poll_at=at) for at, name in behind[:limit]]

    async def states(self, ids: Collection[FeedId]) -> list[FeedState]:
        await asyncio.sleep(0)
        if self.is_down:
            raise StoreUnavailable("the database is away")
        return [state(feed_id) for feed_id in ids if feed_id not in self.removed]

    async def poll(self, feed_state: FeedState) -> None:
        host = feed_state.feed_id.partition("/")[0]
        self.under_way.append(host)
        self.most_at_host[host] = max(self.most_at_host.get(host, 0), self.under_way.count(host))
        if host in self.held:
            await self.held[host].wait()
        else:
            await asyncio.sleep(0)
        self.under_way.remove(host)
        self.due.remove(feed_state.feed_id)
        self.polled.append(feed_state.feed_id)

    def poller(self, width: int = 2) -> Poller:
        """Return what polls them, `width` at a host."""

        def lane_of(url: str) -> Lane:
            return Lane(name=url.split("/")[2], width=width)

        return Poller(due_feeds=self.due_feeds, states=self.states, lane_of=lane_of, poll=self.poll)


async def settle(turns: int = 400) -> None:
    """Let everything go on that can."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def test_a_host_that_hangs_holds_up_its_own_feeds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred feeds of a host that does not answer take two places; all others are polled at the first tick."""
    monkeypatch.setattr(poller, "_LIMIT", 10)
    slow, others = [f"a/{n:03}" for n in range(100)], [f"h{n}/0" for n in range(30)]
    feeds = Feeds([*slow, *others], held={"a": asyncio.Event()})
    polling = feeds.poller()

    await polling.tick()
    await settle()
    polled_meanwhile = sorted(feeds.polled)
    feeds.held["a"].set()
    await settle(4000)

    assert polled_meanwhile == sorted(others)
    assert sorted(feeds.polled) == sorted([*slow, *others])
    assert feeds.most_at_host["a"] == 2


async def test_no_more_polls_are_under_way_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound holds over all hosts, and room that is free again is used without a tick."""
    monkeypatch.setattr(poller, "_LIMIT", 4)
    monkeypatch.setattr(poller, "_PAGE", 3)
    names = [f"h{n:02}/0" for n in range(20)]
    feeds = Feeds(list(names), held={name.partition("/")[0]: asyncio.Event() for name in names})
    polling = feeds.poller()

    await polling.tick()
    await settle()
    at_first = len(polling.running)
    for event in feeds.held.values():
        event.set()
    await settle()
    await polling.stop(1)

    assert at_first == 4
    assert feeds.polled == names


async def test_what_is_under_way_or_waiting_is_not_started_again() -> None:
    """Feeds are due in the store until their poll is committed; each is polled once."""
    feeds = Feeds(["a/1", "a/2", "a/3"], held={"a": asyncio.Event()})
    polling = feeds.poller()

    for _ in range(130):  # more than once through a look at everything
        await polling.tick()
        await settle(5)
    feeds.held["a"].set()
    await settle()

    assert feeds.polled == ["a/1", "a/2", "a/3"]


async def test_a_feed_that_was_removed_is_passed_over() -> None:
    """Without a state there is no poll, and its place at the host is free again."""
    feeds = Feeds(["a/1", "a/2"], removed={"a/1"})

    polling = feeds.poller(width=1)
    await polling.tick()
    await settle()

    assert feeds.polled == ["a/2"]


async def test_a_database_that_is_away_delays_polls_and_loses_none() -> None:
    """What could not be started is found when all that is due is looked at again, an hour behind the others too."""
    feeds = Feeds(["a/1", "b/1"], late={"b/1"}, is_down=True)
    polling = feeds.poller()

    await polling.tick()
    await settle()
    feeds.is_down = False
    for _ in range(60):
        await polling.tick()
        await settle(10)

    assert sorted(feeds.polled) == ["a/1", "b/1"]


async def test_a_stop_does_not_wait_for_all_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not started when the stop came is left for the next run."""
    monkeypatch.setattr(poller, "_BATCH", 1)
    feeds = Feeds([f"h{n:03}/0" for n in range(300)])
    polling = feeds.poller()
    await polling.tick()
    await settle(4)

    await polling.stop(1)

    assert 0 < len(feeds.polled) < 30


async def test_after_the_stop_nothing_starts() -> None:
    """What waits stays due for the next run; what is under way is ended after its grace."""
    feeds = Feeds([f"a/{n}" for n in range(5)], held={"a": asyncio.Event()})
    polling = feeds.poller()
    await polling.tick()
    await settle()

    await polling.stop(0.01)
    await polling.tick()
    await settle()

    assert feeds.polled == []
    assert not polling.running


Steps = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.integers(0, 4)), max_size=60)


@given(steps=Steps)
def test_the_queue_gives_each_feed_once_and_keeps_every_lane(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is added, taken and released, in whatever width: no feed is lost, doubled or let out of its turn."""
    queue = DueQueue()
    widths: dict[str, int] = {}
    out: list[FeedId] = []
    given_out: list[FeedId] = []
    for number, (lane, width, taken) in enumerate(steps):
        widths[lane] = width
        queue.add(FeedId(f"{lane}{number}"), Lane(name=lane, width=width))
        before = {name: sum(feed_id[0] == name for feed_id in out) for name in "abc"}
        fresh = queue.take(taken)
        out += fresh
        given_out += fresh
        for name, count in before.items():
            now = sum(feed_id[0] == name for feed_id in out)
            assert now == count or now <= widths[name]
        if number % 2 and out:
            queue.release(out.pop(0))
    while out or queue.waiting:
        fresh = queue.take(100)
        out += fresh
        given_out += fresh
        queue.release(out.pop(0))

    assert sorted(given_out) == sorted(f"{lane}{number}" for number, (lane, _, _) in enumerate(steps))
    for lane in "abc":
        numbers = [int(feed_id[1:]) for feed_id in given_out if feed_id[0] == lane]
        assert numbers == sorted(numbers)
    assert queue.take(1) == []
