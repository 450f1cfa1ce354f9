"""A server on loopback that answers as it is told, and remembers how it was asked."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web
from support.feed_server import rss

FEED = rss([("Captives are home", "Some text.")]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a path is answered with."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = FEED

    @classmethod
    def redirect(cls, url: str, status: int = 302, **headers: str) -> Answer:
        """Return a redirect to `url`."""
        more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return cls(status=status, headers=(("Location", url), *more), body=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came: `client` is the name in the client's certificate."""

    path: str
    headers: Mapping[str, str]
    names: tuple[str, ...]
    client: str | None

    def times(self, name: str) -> int:
        """Return how often a header stands in the request."""
        return [known.lower() for known in self.names].count(name.lower())


@dataclass(slots=True)
class RecordingServer:
    """Answers each path with the `answers` for it in their order, the last one again and again; others with a feed."""

    tls: ssl.SSLContext | None = None
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it is."""
        return self.url_as("127.0.0.1")

    def url_as(self, host: str) -> str:
        """Return where it is under another name, or with a user's name before its own."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def last(self) -> Asked:
        """The latest request."""
        return self.asked[-1]

    async def _answer(self, request: web.Request) -> web.Response:
        peer = request.get_extra_info("peercert") or {}
        subject = {name: value for part in peer.get("subject", ()) for name, value in part}
        self.asked.append(
            Asked(
                path=request.path_qs,
                headers=request.headers,
                names=tuple(request.headers.keys()),
                client=subject.get("commonName"),
            )
        )
        planned = self.answers.get(request.path, [Answer()])
        answer = planned.pop(0) if len(planned) > 1 else planned[0]
        response = web.Response(status=answer.status, body=answer.body, content_type="application/rss+xml")
        for name, value in answer.headers:
            response.headers.add(name, value)
        return response
