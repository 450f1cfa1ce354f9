"""Keeps polls under way: asks the store what is due, at each tick and as soon as there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aggregator.jobs.embedded import KeyedTasks
from aggregator.model.feeds import FeedState

_LIMIT = 1000
"""Polls under way at once, those that wait their turn at a host included: a bound on memory."""
_ROOM = _LIMIT // 2
"""Ask for more when so many have finished, rather than after each one: a query for 500 feeds costs as one for 1."""

DueFeeds = Callable[[int], Awaitable[list[FeedState]]]
Poll = Callable[[FeedState], Awaitable[None]]


class Poller:
    """Polls due feeds in this process, each at most once at a time."""

    def __init__(self, *, due_feeds: DueFeeds, poll: Poll) -> None:
        self._due_feeds = due_feeds
        self._poll = poll
        self._polls = KeyedTasks("poll")
        self._asking = asyncio.Lock()
        self._has_more = False

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The polls that are under way now."""
        return self._polls.running

    async def tick(self) -> None:
        """Start what is due and not under way, as far as there is room."""
        async with self._asking:
            # Feeds under way are still due in the store, so that many more have to be asked for.
            due = await self._due_feeds(_LIMIT + len(self._polls))
            waiting = [state for state in due if state.feed_id not in self._polls]
            room = _LIMIT - len(self._polls)
            self._has_more = len(waiting) > room
            for state in waiting[:room]:
                self._polls.start(state.feed_id, lambda state=state: self._poll_one(state))  # type: ignore[misc] # mypy cannot infer a lambda's default argument

    async def stop(self, grace_seconds: float) -> None:
        """Let running polls finish within `grace_seconds`, then cancel them: what they fetched is polled again."""
        await self._polls.stop(grace_seconds)

    async def _poll_one(self, state: FeedState) -> None:
        await self._poll(state)
        if self._has_more and len(self._polls) <= _ROOM and not self._asking.locked():
            await self.tick()
