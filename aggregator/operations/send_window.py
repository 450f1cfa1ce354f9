"""How many messages may be on their way, unanswered or not yet recorded: what a crash can repeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_MOST = 6
_PATIENCE_SECONDS = 0.04
"""A service that takes longer than this to answer gives its place free: a slow channel holds up no other."""


class SendWindow:
    """Lets few messages at a time be sent and recorded; what is ready to be sent waits in the order of asking.

    A message that has arrived and is not yet recorded comes twice when the process dies. Without a bound, fifty
    channels that send at once keep the event loop busy with what is to be sent next, and what was sent waits for its
    record.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_MOST)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Take a place, for as long as the message needs or a moment."""
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
