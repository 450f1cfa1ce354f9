"""The daemon's ear: the HTTP server, and what hubs push to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from aggregator.errors import AggregatorError
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.websub import Confirmed, Denied, request_subscription
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.websub import Push, WebSubSubscription
from aggregator.operations.websub import WebSubSubscriber
from aggregator.ports import Store
from aggregator.settings import Settings
from aggregator.settings.model import Web
from aggregator.web.metrics import Metrics
from aggregator.web.server import WebServer
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
        self._server: WebServer | None = None
        self._serving: Web | None = None
        self._fetcher: HttpFetcher | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def follow(self, settings: Settings, fetcher: HttpFetcher) -> None:
        """Listen as `settings` say, on another address than before if need be.

        Raises:
            WebServerError: when the address cannot be had; what was listened on before goes on.
        """
        self._fetcher = fetcher
        public_url = settings.web.public_url if settings.web.listen else None
        self._subscriber.reconfigure(self._request, f"{public_url}{CALLBACK_PATH}" if public_url else None)
        if self._serving is not None and self._serving.listen == settings.web.listen:
            self._serving = settings.web
            return
        server = None
        if settings.web.listen is not None:
            routes = [*websub_routes(self), *self._metrics.routes(self._store.count_feeds)]
            server = WebServer(settings.web.listen, routes, max_body_bytes=settings.polling.max_body_bytes)
            await server.start()
        await self._stop_server()
        self._server, self._serving = server, settings.web

    async def renew(self) -> None:
        """Renew what is due at the hubs."""
        await self._subscriber.renew()

    async def stop(self, grace_seconds: float) -> None:
        """Stop listening; let what was pushed be read within `grace_seconds`."""
        await self._stop_server()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """See `web.websub.PushReceiver`."""
        return await self._subscriber.subscription(callback_id)

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """See `web.websub.PushReceiver`."""
        await self._subscriber.answered(subscription, answer)

    async def pushed(self, push: Push) -> None:
        """See `web.websub.PushReceiver`."""
        task = asyncio.create_task(self._hand_on(push), name=f"push {push.subscription.feed_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_on(self, push: Push) -> None:
        try:
            await self._take(push)
            await self._subscriber.note_push(push)
        except AggregatorError as error:
            _log.warning("push_not_taken", feed=push.subscription.feed_id, reason=str(error))

    async def _request(self, subscription: WebSubSubscription, callback_url: str) -> str | None:
        feed = await self._find_feed(subscription.feed_id)
        if feed is None or self._fetcher is None:
            return "the feed is no longer there"
        session = self._fetcher.session_for(feed, subscription.hub_url)
        return await request_subscription(session, subscription, callback_url)

    async def _stop_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()
