"""The rate limits of services, shared by all channels that send through one bot or one webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from aggregator.alerts.agenda import Allowance
from aggregator.alerts.throttling import Sends, allowance_of, narrowest_first, sends_after, wait_for
from aggregator.model.messages import RateLimit


class Throttle:
    """Knows when the last messages went out in each scope: from `sends`, as they were stored, and from `note`."""

    def __init__(self, sends: Sends | None = None) -> None:
        self._sends: dict[str, Sequence[datetime]] = dict(sends or {})
        self._queues: dict[str, asyncio.Lock] = {}

    async def turn(
        self, limits: Sequence[RateLimit], clock: Callable[[], datetime], stopping: asyncio.Event
    ) -> Mapping[str, Sequence[datetime]] | None:
        """Wait until one more message may be sent, and count it; None when the process stops meanwhile.

        Those who wait for one scope have their turns in the order in which they came, so that of thousands of chats of
        one bot none starves, and only the first of them looks at the clock. Who waits for a chat holds up no other
        one: the narrowest scope is waited for first. Returns what is to be stored with the message's outcome.
        """
        async with AsyncExitStack() as queued:
            for scope, of_scope in narrowest_first(limits):
                await queued.enter_async_context(self._queues.setdefault(scope, asyncio.Lock()))
                while wait := wait_for(of_scope, self._sends, clock()):
                    await _pause(wait, stopping)
                    if stopping.is_set():
                        return None
            return self.note(limits, clock())

    def allowance(self, limits: Sequence[RateLimit], now: datetime) -> Allowance | None:
        """Return how many messages may be sent now; None for as many as there are."""
        return allowance_of(limits, self._sends, now)

    def note(self, limits: Sequence[RateLimit], now: datetime) -> Mapping[str, Sequence[datetime]]:
        """Count a message that is sent `now`; return what is to be stored with its outcome."""
        changed = sends_after(limits, self._sends, now)
        self._sends |= changed
        return changed


async def _pause(interval: timedelta, stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), interval.total_seconds())
    except TimeoutError:
        return
