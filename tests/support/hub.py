"""A WebSub hub on loopback with feeds that name it; it keeps to the W3C Recommendation unless it is told otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from support.feed_server import rss

LEASE_SECONDS = 864_000
RSS_TYPE = "application/rss+xml"
_LONGEST_SECRET_BYTES = 199


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who is told of a topic, and until when."""

    callback: str
    topic: str
    secret: str
    lease_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswer:
    """What a request for a subscription is answered with, instead of 202."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Hub:
    """The hub. `answers` are given in order instead of the usual one; it `verifies` what it takes, or `denies` it.

    Feeds are served when they `may_serve`, which at first they may.
    """

    answers: list[HubAnswer] = field(default_factory=list)
    verifies: bool = True
    denies: str | None = None
    lease_seconds: int = LEASE_SECONDS
    algorithm: str = "sha256"
    tls: ssl.SSLContext | None = None
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    user_agents: list[str] = field(default_factory=list)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    verifications: list[int] = field(default_factory=list)
    polls: Counter[str] = field(default_factory=Counter)
    items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    may_serve: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _session: aiohttp.ClientSession | None = None
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/hub", self._take_request)
        application.router.add_get("/feed/{name}", self._feed)
        self._session = aiohttp.ClientSession()
        self.may_serve.set()
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def hub_url(self) -> str:
        """Where it takes requests."""
        return f"{self.url}/hub"

    def feed_url(self, name: str) -> str:
        """Return the address of a feed, which is its topic too."""
        return f"{self.url}/feed/{name}"

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on what the hub has seen holds."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(condition)

    def publish(self, name: str, title: str, text: str = "Some text.") -> None:
        """Add an article to a feed, and tell nobody."""
        self.items.setdefault(name, []).insert(0, (title, text))

    async def announce(self, name: str, title: str, text: str = "Some text.") -> list[int]:
        """Add an article to a feed and push it alone (§7); return the subscribers' answers."""
        self.publish(name, title, text)
        body = rss([(title, text)]).encode()
        topic = self.feed_url(name)
        told = [subscriber for subscriber in self.subscribers.values() if subscriber.topic == topic]
        return [await self.push(subscriber, body) for subscriber in told]

    async def push(
        self, subscriber: Subscriber, body: bytes, content_type: str = RSS_TYPE, signature: str | None = None
    ) -> int:
        """Send content to a subscriber; return the status of its answer."""
        headers = {
            "Content-Type": content_type,
            "Link": f'<{self.hub_url}>; rel="hub", <{subscriber.topic}>; rel="self"',
            "X-Hub-Signature": signature or sign(subscriber.secret, body, self.algorithm),
        }
        assert self._session is not None
        async with self._session.post(subscriber.callback, data=body, headers=headers) as response:
            return response.status

    async def ask(self, subscriber: Subscriber, **parameters: str) -> tuple[int, str]:
        """Ask the subscriber's callback; return the status and the body of its answer."""
        query = urlencode({f"hub.{name}": value for name, value in parameters.items()})
        assert self._session is not None
        async with self._session.get(f"{subscriber.callback}?{query}") as response:
            return response.status, await response.text()

    async def _take_request(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        self.user_agents.append(request.headers.get("User-Agent", ""))
        if self.answers:
            answer = self.answers.pop(0)
            await self._tell()
            return web.Response(status=answer.status, text=answer.body, headers=answer.headers)
        problem = _problem(form, request.content_type)
        if problem is not None:
            await self._tell()
            return web.Response(status=400, text=problem)
        task = asyncio.create_task(self._verify(form))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=202)

    async def _verify(self, form: Mapping[str, str]) -> None:
        """Ask whether the request was meant, as §5.2 and §5.3 say."""
        subscriber = Subscriber(
            callback=form["hub.callback"],
            topic=form["hub.topic"],
            secret=form["hub.secret"],
            lease_seconds=self.lease_seconds,
        )
        if self.denies is not None:
            status, _ = await self.ask(subscriber, mode="denied", topic=subscriber.topic, reason=self.denies)
            self.verifications.append(status)
        elif self.verifies:
            challenge = secrets.token_urlsafe()
            status, echo = await self.ask(
                subscriber,
                mode="subscribe",
                topic=subscriber.topic,
                challenge=challenge,
                lease_seconds=str(self.lease_seconds),
            )
            self.verifications.append(status)
            if status == 200 and echo == challenge:
                self.subscribers[subscriber.callback] = subscriber
        await self._tell()

    async def _feed(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.polls[name] += 1
        await self._tell()
        await self.may_serve.wait()
        body = rss(self.items.get(name, [])).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        links = f'<{self.hub_url}>; rel="hub", <{self.feed_url(name)}>; rel="self"'
        is_known = request.headers.get("If-None-Match") == etag
        return web.Response(
            status=304 if is_known else 200,
            body=None if is_known else body,
            content_type=RSS_TYPE,
            headers={"ETag": etag, "Link": links},
        )

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def sign(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """Return the value of `X-Hub-Signature` (§7.1)."""
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


def _problem(form: Mapping[str, str], content_type: str) -> str | None:
    """Return what is wrong with a request for a subscription, by §5.1."""
    if content_type != "application/x-www-form-urlencoded":
        return "not a form"
    if form.get("hub.mode") != "subscribe" or not form.get("hub.topic") or not form.get("hub.callback"):
        return "hub.mode, hub.topic and hub.callback are required"
    if not 0 < len(form.get("hub.secret", "").encode()) <= _LONGEST_SECRET_BYTES:
        return "hub.secret must be shorter than 200 bytes"
    return None
