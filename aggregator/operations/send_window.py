"""How much delivering is done at a time: what has arrived and is not yet recorded is what a crash repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_MOST = 4
_PATIENCE_SECONDS = 0.04
"""A service that takes longer than this to answer gives its place free: a slow channel holds up no other."""


class SendWindow:
    """Lets few channels at a time look for what they are due, or send a message and record it; the others wait in turn.

    A message that has arrived and is not yet recorded comes twice when the process dies. Without a bound, fifty
    channels that send at once keep the event loop and the database busy with what is to be sent next, and what was
    sent waits for its record.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_MOST)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Take a place, for as long as it is needed or a moment."""
        await self._places.acquire()
        is_taken = True

        def give_back() -> None:
            nonlocal is_taken
            if is_taken:
                is_taken = False
                self._places.release()

        impatience = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, give_back)
        try:
            yield
        finally:
            impatience.cancel()
            give_back()
