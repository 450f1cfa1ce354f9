"""How much of what others send may be in memory at once: not more than a bound, and of one sender a part of it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiohttp import hdrs, web

_LEAST_BYTES = 16 * 1024
"""What the smallest body counts for: a task and its like come with it, so that their number is bounded too."""
_BODIES = 4
_RETRY_AFTER_SECONDS = "60"


class Intake:
    """Room for bodies of at most `max_body_bytes`: in all for four of the largest, for each sender for one."""

    def __init__(self, max_body_bytes: int) -> None:
        self.max_body_bytes = max_body_bytes
        self._held_bytes = 0
        self._held_by_sender: dict[str, int] = {}

    @property
    def held_bytes(self) -> int:
        """How much room is taken."""
        return self._held_bytes

    def take(self, sender: str, size_bytes: int) -> bool:
        """Take room, if there is enough."""
        largest = max(self.max_body_bytes, _LEAST_BYTES)
        of_sender = self._held_by_sender.get(sender, 0) + size_bytes
        if of_sender > largest or self._held_bytes + size_bytes > _BODIES * largest:
            return False
        self._held_by_sender[sender] = of_sender
        self._held_bytes += size_bytes
        return True

    def give_back(self, sender: str, size_bytes: int) -> None:
        """Give room back."""
        self._held_bytes -= size_bytes
        self._held_by_sender[sender] -= size_bytes
        if not self._held_by_sender[sender]:
            del self._held_by_sender[sender]


class Reservation:
    """The room of one body. Leaving it by an error closes it; otherwise its owner does, when the body is done with."""

    def __init__(self, intake: Intake, sender: str) -> None:
        self._intake = intake
        self._sender = sender
        self._size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.close()

    def close(self) -> None:
        """Give the room back. Idempotent."""
        size_bytes, self._size_bytes = self._size_bytes, 0
        if size_bytes:
            self._intake.give_back(self._sender, size_bytes)

    async def read(self, request: web.Request) -> bytes:
        """Return the request's body as it was sent.

        Raises:
            HTTPRequestEntityTooLarge: when it is larger than a body may be.
            HTTPServiceUnavailable: when there is no room now; it can be sent again.
            HTTPBadRequest: when the connection ends before it does.
        """
        # What is announced is reserved at once: of many large bodies that come together, the first ones get through.
        self._make_room(request.content_length or 0)
        chunks: list[bytes] = []
        size_bytes = 0
        try:
            async for chunk in request.content.iter_any():
                size_bytes += len(chunk)
                self._make_room(size_bytes)
                chunks.append(chunk)
        except (ConnectionError, web.RequestPayloadError) as error:
            raise web.HTTPBadRequest from error
        return b"".join(chunks)

    def _make_room(self, size_bytes: int) -> None:
        if size_bytes > self._intake.max_body_bytes:
            raise web.HTTPRequestEntityTooLarge(max_size=self._intake.max_body_bytes, actual_size=size_bytes)
        more = max(size_bytes, _LEAST_BYTES) - self._size_bytes
        if more <= 0:
            return
        if not self._intake.take(self._sender, more):
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: _RETRY_AFTER_SECONDS})
        self._size_bytes += more
