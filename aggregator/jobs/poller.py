"""Keeps polls under way: of what is due, a few at each host, so that a slow host never holds up the others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from aggregator.errors import AggregatorError
from aggregator.jobs.embedded import KeyedTasks
from aggregator.model.feeds import DueFeed, FeedState
from aggregator.model.ids import FeedId

_LIMIT = 1000
"""Polls under way at once, those that wait their turn at a host included: a bound on memory."""
_PAGE = 500
"""Due feeds asked for at once: each page occupies the event loop for some milliseconds."""
_BATCH = 25
"""Polls started at once, for the same reason; their states come by one query."""
_OVERLAP = timedelta(seconds=10)
"""A look begins so much before the end of the last one: who makes a feed due is a moment late with saying so."""
_LOOKS_TO_REPEAT = 60
"""After so many looks at what became due, look at all that is: what was missed, for any reason, is found so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where a feed waits: one lane for the hosts that share their turns, and how many polls it may have under way."""

    name: str
    width: int


_log = structlog.get_logger(__name__)

DueFeeds = Callable[[int, DueFeed | None], Awaitable[list[DueFeed]]]
States = Callable[[Collection[FeedId]], Awaitable[list[FeedState]]]
LaneOf = Callable[[str], Lane]
Poll = Callable[[FeedState], Awaitable[None]]


@dataclass(slots=True)
class _Queue:
    lane: Lane
    waiting: deque[FeedId] = field(default_factory=deque)
    under_way: int = 0
    is_ready: bool = False


class DueQueue:
    """Feeds that are due, each in its lane; lanes take turns. Nothing here depends on time."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._ready: deque[_Queue] = deque()
        self._lanes: dict[FeedId, str] = {}
        self._waiting = 0

    def __contains__(self, feed_id: object) -> bool:
        return feed_id in self._lanes

    @property
    def waiting(self) -> int:
        """How many feeds wait."""
        return self._waiting

    def add(self, feed_id: FeedId, lane: Lane) -> None:
        """Put a feed, which is not in here, at the end of its lane; the lane is from now on as wide as this one."""
        queue = self._queues.setdefault(lane.name, _Queue(lane))
        queue.lane = lane
        queue.waiting.append(feed_id)
        self._lanes[feed_id] = lane.name
        self._waiting += 1
        self._offer(queue)

    def take(self, limit: int) -> list[FeedId]:
        """Return at most `limit` feeds whose lanes have room: one of each lane in turn, the longest waiting first."""
        taken: list[FeedId] = []
        while self._ready and len(taken) < limit:
            queue = self._ready.popleft()
            queue.is_ready = False
            if queue.under_way >= queue.lane.width:  # it was made narrower meanwhile
                continue
            taken.append(queue.waiting.popleft())
            queue.under_way += 1
            self._offer(queue)
        self._waiting -= len(taken)
        return taken

    def release(self, feed_id: FeedId) -> None:
        """Say that a feed that was taken is done with."""
        name = self._lanes.pop(feed_id)
        queue = self._queues[name]
        queue.under_way -= 1
        self._offer(queue)
        if not queue.waiting and not queue.under_way:
            del self._queues[name]

    def _offer(self, queue: _Queue) -> None:
        if queue.waiting and queue.under_way < queue.lane.width and not queue.is_ready:
            queue.is_ready = True
            self._ready.append(queue)


class Poller:
    """Polls due feeds in this process, each at most once at a time."""

    def __init__(self, *, due_feeds: DueFeeds, states: States, lane_of: LaneOf, poll: Poll) -> None:
        self._due_feeds = due_feeds
        self._states = states
        self._lane_of = lane_of
        self._poll = poll
        self._polls = KeyedTasks("poll")
        self._queue = DueQueue()
        self._is_open = True
        self._last: DueFeed | None = None
        self._looks = 0
        self._looking = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The polls that are under way now."""
        return self._polls.running

    async def look(self) -> int:
        """Queue what has become due since the last look; return how many feeds wait."""
        async with self._looking:
            after = self._last if self._looks % _LOOKS_TO_REPEAT else None
            self._looks += 1
            while True:
                page = await self._due_feeds(_PAGE, after)
                for due in page:
                    if due.feed_id not in self._queue:
                        self._queue.add(due.feed_id, self._lane_of(due.url))
                if page:
                    after = page[-1]
                    self._last = replace(after, feed_id=FeedId(""), next_poll_at=after.next_poll_at - _OVERLAP)
                if len(page) < _PAGE:
                    break
        return self._queue.waiting

    async def tick(self) -> None:
        """Look at what is due, and start it as far as there is room."""
        await self.look()
        self._wake()

    async def stop(self, grace_seconds: float) -> None:
        """Let running polls finish within `grace_seconds`, then cancel them: what they fetched is polled again."""
        self._is_open = False
        if self._starting is not None:
            await self._starting
        await self._polls.stop(grace_seconds)

    def _wake(self) -> None:
        if self._is_open and self._queue.waiting and self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="start polls")

    async def _start(self) -> None:
        """Start polls while there is room, some at a time."""
        try:
            while self._is_open and (taken := self._queue.take(min(_LIMIT - len(self._polls), _BATCH))):
                await self._start_these(taken)
        except AggregatorError as error:
            _log.warning("polls_not_started", reason=str(error), advice="they are started when the database answers")
        finally:
            self._starting = None

    async def _start_these(self, taken: Collection[FeedId]) -> None:
        waiting = set(taken)
        try:
            for state in await self._states(taken):
                if self._polls.start(state.feed_id, lambda state=state: self._poll_one(state)):  # type: ignore[misc] # mypy cannot infer a lambda's default argument
                    waiting.remove(state.feed_id)
        finally:
            for feed_id in waiting:  # removed since, or not startable
                self._queue.release(feed_id)

    async def _poll_one(self, state: FeedState) -> None:
        try:
            await self._poll(state)
        finally:
            self._queue.release(state.feed_id)
            self._wake()
