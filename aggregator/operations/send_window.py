"""How much delivering is done at a time: what has arrived and is not yet recorded is what a crash repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_MOST_LOOKING = 4
_MOST_SENDING = 3
_PATIENCE_SECONDS = 0.04
"""A service that takes longer than this to answer gives its place free: a slow channel holds up no other."""
_STEPS = 4
_LONGEST_SECONDS = 1.0
"""Where this process is so busy that it cannot tell how long a service takes."""


class SendWindow:
    """Lets few channels at a time look for what they are due, and fewer send and record; the others wait in turn.

    A message that has arrived and is not yet recorded comes twice when the process dies. Without a bound, fifty
    channels that send at once keep the event loop and the database busy with what is to be sent next, and what was
    sent waits for its record.
    """

    def __init__(self) -> None:
        self._looking = asyncio.Semaphore(_MOST_LOOKING)
        self._sending = asyncio.Semaphore(_MOST_SENDING)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Take a place to look for what is due."""
        async with self._looking:
            yield

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[SendPlace]:
        """Take a place to send one message and to record it: until then, or until its service lets it wait."""
        await self._sending.acquire()
        place = SendPlace(self._sending.release)
        try:
            yield place
        finally:
            place.give_back()


class SendPlace:
    """The place of one message. Time in which this process was late itself is none that its service took."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + _LONGEST_SECONDS
        self._steps = 0
        self._timer = self._wait()

    def answered(self) -> None:
        """Keep the place for the record: the service has answered."""
        self._timer.cancel()

    def give_back(self) -> None:
        """Let the next one have the place. Idempotent."""
        self._timer.cancel()
        if self._release is not None:
            self._release()
            self._release = None

    def _wait(self) -> asyncio.TimerHandle:
        return self._loop.call_later(_PATIENCE_SECONDS / _STEPS, self._step)

    def _step(self) -> None:
        now = self._loop.time()
        was_on_time = now - self._timer.when() < _PATIENCE_SECONDS / _STEPS
        self._steps += was_on_time
        if self._steps == _STEPS or now >= self._ends_at:
            self.give_back()
        else:
            self._timer = self._wait()
