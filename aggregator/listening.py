"""The daemon's ear: the HTTP server, and what hubs push to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from aggregator.errors import AggregatorError, NotFound, StoreError
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.hosts import HostGate
from aggregator.feeds.hub_requests import request_subscription
from aggregator.feeds.politeness import Politeness
from aggregator.feeds.websub import Confirmed, Denied
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubLinks, HubRefusal, Push, WebSubSubscription
from aggregator.operations.websub import WebSubSubscriber
from aggregator.ports import Store
from aggregator.runtime import make_politeness, utc_now
from aggregator.settings import Settings
from aggregator.web.intake import Intake
from aggregator.web.metrics import Metrics
from aggregator.web.server import WebServer, WebServerError
from aggregator.web.websub import CALLBACK_PATH, websub_routes

_log = structlog.get_logger(__name__)

TakePush = Callable[[Push], Awaitable[None]]
FindFeed = Callable[[FeedId], Awaitable[Feed | None]]


class Listening:
    """Listens where the settings say, and hands on what is pushed. Fulfils `web.websub.PushReceiver`."""

    def __init__(
        self, store: Store, *, take: TakePush, find_feed: FindFeed, subscriber: WebSubSubscriber, metrics: Metrics
    ) -> None:
        self._store = store
        self._take = take
        self._find_feed = find_feed
        self._subscriber = subscriber
        self._metrics = metrics
        self._intake = Intake(0)
        self._server: WebServer | None = None
        self._listen: str | None = None
        self._fetcher: HttpFetcher | None = None
        self._politeness: Politeness | None = None
        self._user_agent = ""
        self._gate = HostGate()
        self._pushes: dict[asyncio.Task[None], FeedId] = {}

    @property
    def url(self) -> str | None:
        """Where it listens, None when it does not."""
        return self._server.url if self._server is not None else None

    @property
    def held_bytes(self) -> int:
        """How much room the bodies of pushes take that are being received, or wait to be read."""
        return self._intake.held_bytes

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The pushes that are being read, and the requests to hubs that are under way."""
        return frozenset(self._pushes) | self._subscriber.running

    async def follow(self, settings: Settings, fetcher: HttpFetcher) -> None:
        """Listen as `settings` say, on another address than before if need be, and ask hubs for what is due.

        Raises:
            WebServerError: when the address cannot be had; what was listened on before goes on.
        """
        self._fetcher = fetcher
        self._politeness, self._user_agent = make_politeness(settings), settings.polling.user_agent
        self._intake.max_body_bytes = settings.polling.max_body_bytes
        if settings.web.listen != self._listen:
            await self._move(settings.web.listen)
        public_url = settings.web.public_url if settings.web.listen else None
        self._subscriber.reconfigure(self._request, f"{public_url}{CALLBACK_PATH}" if public_url else None)
        await self.renew()

    async def renew(self) -> None:
        """Renew what is due at the hubs."""
        with _later("websub_not_renewed"):
            await self._subscriber.renew()

    async def note_poll(self, feed: Feed, links: HubLinks | None, *, found_new: bool) -> None:
        """Take note of what a poll read: of the feed's hub, and of what that hub should have pushed."""
        usable = links if self._can_be_pushed(feed) else None
        with _later("websub_not_saved", feed=feed.id):
            await self._subscriber.after_poll(feed.id, usable, found_new=found_new)

    async def stop(self, grace_seconds: float) -> None:
        """Stop listening; let what was pushed be read within `grace_seconds`; the rest is polled at the next start."""
        await self._stop_server()
        await self._subscriber.stop(0)
        if self._pushes:
            await asyncio.wait(self._pushes, timeout=grace_seconds)
        unread = dict(self._pushes)
        for task in unread:
            task.cancel()
        await asyncio.gather(*unread, return_exceptions=True)
        if unread:
            _log.warning("pushes_cancelled", count=len(unread))
            with suppress(StoreError):  # polling comes to it all the same, later
                await self._store.make_due(set(unread.values()), utc_now())

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """See `web.websub.PushReceiver`."""
        return await self._subscriber.subscription(callback_id)

    async def is_wanted(self, subscription: WebSubSubscription) -> bool:
        """See `web.websub.PushReceiver`."""
        feed = await self._find_feed(subscription.feed_id)
        return feed is not None and self._can_be_pushed(feed)

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """See `web.websub.PushReceiver`."""
        await self._subscriber.answered(subscription, answer)

    def pushed(self, push: Push) -> asyncio.Future[None]:
        """See `web.websub.PushReceiver`."""
        feed_id = push.subscription.feed_id
        task = asyncio.create_task(self._hand_on(push), name=f"push {feed_id}")
        self._pushes[task] = feed_id
        task.add_done_callback(self._pushes.pop)
        return task

    def _can_be_pushed(self, feed: Feed) -> bool:
        """Whether its hub may know of us: who reads a feed through a proxy is not to be seen without it."""
        return self._fetcher is not None and not self._fetcher.is_by_proxy(feed)

    async def _hand_on(self, push: Push) -> None:
        feed_id = push.subscription.feed_id
        try:
            await self._subscriber.note_push(push)
            await self._take(push)
        except AggregatorError as error:
            _log.warning("push_not_taken", feed=feed_id, reason=str(error), advice="it will be found by polling")
        except Exception:  # noqa: BLE001 - the task loop: one push's failure must not end the others
            _log.exception("push_crashed", feed=feed_id)

    async def _request(self, subscription: WebSubSubscription, callback_url: str) -> HubRefusal | None:
        feed, fetcher, politeness = await self._find_feed(subscription.feed_id), self._fetcher, self._politeness
        if feed is None or not self._can_be_pushed(feed) or fetcher is None or politeness is None:
            raise NotFound(f"there is no feed {subscription.feed_id!r} that can be pushed")
        async with self._gate.turn(politeness.policy(subscription.hub_url)):
            return await request_subscription(
                lambda url: fetcher.session_for(feed, url),
                subscription,
                callback_url,
                user_agent=feed.access.user_agent or self._user_agent,
                now=utc_now(),
            )

    async def _move(self, listen: str | None) -> None:
        """Listen on another address; where it cannot be had, go on as before."""
        if listen is not None:
            server = self._make_server(listen)
            try:
                await server.start()
            except WebServerError:
                if self._listen is None or _port(self._listen) != _port(listen):
                    raise
                server = await self._replace_server(listen)
            await self._stop_server()
            self._server = server
        else:
            await self._stop_server()
        self._listen = listen

    async def _replace_server(self, listen: str) -> WebServer:
        """Let go of the old address first: 127.0.0.1:8080 and 0.0.0.0:8080 exclude each other."""
        await self._stop_server()
        server = self._make_server(listen)
        try:
            await server.start()
        except WebServerError:
            before, self._listen = str(self._listen), None
            old = self._make_server(before)
            await old.start()
            self._server, self._listen = old, before
            raise
        return server

    def _make_server(self, listen: str) -> WebServer:
        routes = [*websub_routes(self, self._intake), *self._metrics.routes(self._store.count_feeds)]
        return WebServer(listen, routes)

    async def _stop_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()


@contextmanager
def _later(event: str, **fields: str) -> Iterator[None]:
    """Let what the database does not take now be a line in the log: it comes up again."""
    try:
        yield
    except AggregatorError as error:
        _log.warning(event, reason=str(error), **fields)


def _port(listen: str) -> str:
    return listen.rpartition(":")[2]
