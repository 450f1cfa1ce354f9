"""A web site on loopback: pages, articles and feeds, who asked for what, and how many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a path is answered with."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def redirect(cls, url: str, status: int = 302) -> Document:
        """Return a redirect to `url`."""
        return cls(status=status, headers=(("Location", url),))


@dataclass(slots=True)
class Site:
    """Answers `documents` by their paths, several for one path in their order; all else is 404.

    While `gate` is not set the answers for `waiting` paths wait for it, all of them where none is named.
    `most_at_once` is how many requests were there together.
    """

    host: str = "127.0.0.1"
    documents: dict[str, list[Document]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: frozenset[str] = frozenset()
    most_at_once: int = 0
    port: int = 0
    _at_once: int = 0
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self.gate.set()
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gate.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    def put(self, path: str, text: str | bytes, content_type: str = "text/html; charset=utf-8") -> None:
        """Answer a path with this text from now on."""
        body = text if isinstance(text, bytes) else text.encode()
        self.documents[path] = [Document(body=body, content_type=content_type)]

    def put_feed(self, path: str, items: Sequence[str] = (), title: str = "Site News") -> None:
        """Answer a path with a feed of these items."""
        self.put(path, rss_of(items, title), "application/rss+xml")

    def answer(self, path: str, *documents: Document) -> None:
        """Answer a path with these documents, the last one again and again."""
        self.documents[path] = list(documents)

    async def wait_for_requests(self, count: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(30):
            while self.requests.total() < count:
                self._asked.clear()
                await self._asked.wait()

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests[request.path_qs] += 1
        self.headers.append(dict(request.headers))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self._asked.set()
        try:
            if not self.waiting or request.path in self.waiting:
                await self.gate.wait()
        finally:
            self._at_once -= 1
        planned = self.documents.get(request.path_qs, [Document(status=404, body=b"<html><p>Not here</p></html>")])
        document = planned.pop(0) if len(planned) > 1 else planned[0]
        headers = {"Content-Type": document.content_type, **dict(document.headers)}
        return web.Response(status=document.status, body=document.body, headers=headers)


def rss_item(link: str, title: str = "", summary: str = "", more: str = "") -> str:
    """Return an item of a feed; what is empty is left out."""
    named = f"<title>{escape(title)}</title>" if title else ""
    described = f"<description>{escape(summary)}</description>" if summary else ""
    return f"<item>{named}<link>{escape(link)}</link>{described}{more}</item>"


def rss_of(items: Sequence[str], title: str = "Site News") -> str:
    """Return a feed."""
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{escape(title)}</title>"
        f"<link>https://home.example/</link><description>All</description>{''.join(items)}</channel></rss>"
    )


def news_page(
    paragraphs: Sequence[str], *, title: str, head: str = "", byline: str = "", lang: str = "", before: str = ""
) -> str:
    """Return a page as newspapers have them: the article among menus, a banner, advertising, teasers and comments."""
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!doctype html>
<html{f' lang="{lang}"' if lang else ""}>
<head><meta charset="utf-8"><title>{title} | The Daily Example</title>{head}
<script>window.dataLayer = [{{"page": "article", "published": "2001-01-01"}}];</script></head>
<body>
<div id="cookie-banner" class="cookie-consent"><p>COOKIEWORD We and our partners store cookies.</p>
<button>OK</button></div>
<header><nav class="menu"><ul><li><a href="/">Home</a></li><li><a href="/war">MENUWORD</a></li></ul></nav></header>
<main><article>
<h1>{title}</h1>
{byline}{before}
<div class="article-body">
{text}
</div>
</article></main>
<aside class="related"><h2>Read also</h2>
<ul><li><a href="/1">RELATEDWORD and other stories of 2003-03-03</a></li></ul></aside>
<div class="advertisement"><p>ADWORD Buy now, only today, at a price that you will not see again.</p></div>
<section id="comments" class="comments"><h2>Comments</h2>
<div class="comment"><p>COMMENTWORD I do not believe a word of it, said someone on 2002-02-02.</p></div></section>
<footer><p>FOOTERWORD Copyright 1999-2021 The Daily Example. All rights reserved.</p></footer>
</body></html>
"""
