"""What emulated services do alike: listen on loopback, count, give answers that a test planned, lose others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Planned = tuple[int, dict[str, Any] | str, dict[str, str]]
"""Status, body (JSON or text) and headers of an answer."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True, kw_only=True)
class EmulatedService:
    """A server. `answers` are given, in order, instead of its own.

    As often as `lost_answers` says, it takes what it is sent and breaks the connection instead of answering. `requests`
    counts all that came, by method and the end of the path; `bodies` are what they said.
    """

    answers: list[Planned] = field(default_factory=list)
    lost_answers: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    bodies: list[Any] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add what the service answers to."""

    async def __aenter__(self) -> Self:
        @web.middleware
        async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        application = web.Application(middlewares=[answer])
        self.add_routes(application.router)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests[f"{request.method} {request.path.rpartition('/')[2]}"] += 1
        self.bodies.append(await request.json())
        if self.answers:
            return planned(*self.answers.pop(0))
        response = await handler(request)
        if self.lost_answers:
            self.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return response


def planned(status: int, body: dict[str, Any] | str, headers: dict[str, str]) -> web.Response:
    """Return an answer."""
    if isinstance(body, str):
        return web.Response(status=status, text=body, headers=headers)
    return web.json_response(body, status=status, headers=headers)
