"""A feed server on loopback: feeds that gain articles, and some that are bad; `bad_web` is worse."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import escape
from typing import Self

from aiohttp import web

_CHUNK = b"x" * 65536


@dataclass(slots=True)
class FeedServer:
    """Serves `/feed/NAME` with validators, and `/bad/KIND`."""

    url: str = ""
    items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/feed/{name}", self._feed)
        application.router.add_get("/bad/{kind}", self._bad)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def publish(self, name: str, title: str, text: str = "Some text.") -> None:
        """Add an article to a feed."""
        self.items.setdefault(name, []).insert(0, (title, text))

    async def _feed(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.requests[name] += 1
        body = rss(self.items.get(name, [])).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            self.statuses[304] += 1
            return web.Response(status=304, headers={"ETag": etag})
        self.statuses[200] += 1
        return web.Response(body=body, content_type="application/rss+xml", headers={"ETag": etag})

    async def _bad(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        self.requests[kind] += 1
        if kind.isdigit():
            return web.Response(status=int(kind))
        if kind in _BODIES:
            body, content_type = _BODIES[kind]()
            return web.Response(body=body, headers={"Content-Type": content_type})
        if kind == "loop":
            raise web.HTTPFound(request.path)
        answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = getattr(self, f"_{kind}")
        return await answer(request)

    async def _gigabyte(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(1 << 30), "Content-Type": "text/xml"})
        await response.prepare(request)
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/xml"})
        await response.prepare(request)
        try:
            while True:
                await response.write(_CHUNK)
        except ConnectionError:
            return response

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/xml"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.05)
        except ConnectionError:
            return response

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "text/xml"})
        await response.prepare(request)
        await response.write(b"<rss>")
        assert request.transport is not None
        request.transport.abort()
        return response


def _html() -> tuple[bytes, str]:
    page = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    return f"{page}<title>Parked</title></head><body>Hello</body></html>".encode(), "text/html"


def _truncated() -> tuple[bytes, str]:
    whole = rss([("Whole article", "All of it"), ("Cut article", "Half of it")])
    return whole[: whole.index("Half")].encode(), "application/rss+xml"


def _charset() -> tuple[bytes, str]:
    body = rss([("Полонені", "Текст про полонених")]).replace("utf-8", "windows-1251").encode("cp1251")
    return body, "application/rss+xml; charset=utf-8"


def _empty() -> tuple[bytes, str]:
    return b"", "application/rss+xml"


_BODIES = {
    "html": _html,
    "truncated": _truncated,
    "charset": _charset,
    "empty": _empty,
}


def rss(items: list[tuple[str, str]]) -> str:
    """Return an RSS 2.0 document of titles and texts, newest first."""
    entries = "".join(
        f"<item><title>{escape(title)}</title><guid isPermaLink='false'>{escape(title)}</guid>"
        f"<link>https://news.example/{hashlib.blake2b(title.encode(), digest_size=4).hexdigest()}</link>"
        f"<pubDate>Thu, 08 Aug 2024 1{min(number, 9)}:00:00 GMT</pubDate>"
        f"<description>{escape(text)}</description></item>"
        for number, (title, text) in enumerate(items)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Local News</title>'
        f"<link>https://news.example/</link><description>News</description>{entries}</channel></rss>"
    )
