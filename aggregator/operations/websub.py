"""Keep subscriptions at the hubs of feeds: ask, renew, remember what hubs answer, and notice when one goes quiet."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from aggregator.feeds.websub import (
    Confirmed,
    Denied,
    after_answer,
    after_poll,
    after_push,
    is_pushed,
    should_request,
)
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubLinks, Push, WebSubStatus, WebSubSubscription
from aggregator.ports import Store

_ID_BYTES = 24
_SECRET_BYTES = 32
_REQUESTS_AT_ONCE = 20
_log = structlog.get_logger(__name__)


class HubRequest(Protocol):
    """Asks a hub for a subscription."""

    def __call__(self, subscription: WebSubSubscription, callback_url: str) -> Awaitable[str | None]:
        """Return None when the hub took the request, else why not."""


class WebSubSubscriber:
    """The subscriptions of one instance. Without a public address nothing is asked for, and all is polled."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._request: HubRequest | None = None
        self._callback_base: str | None = None
        self._by_feed: dict[FeedId, WebSubSubscription] = {}
        self._requesting: set[FeedId] = set()
        self._slots = asyncio.Semaphore(_REQUESTS_AT_ONCE)

    @property
    def subscriptions(self) -> Mapping[FeedId, WebSubSubscription]:
        """What is known of every feed with a hub."""
        return self._by_feed

    async def load(self) -> None:
        """Read what an earlier run knew."""
        self._by_feed = {known.feed_id: known for known in await self._store.websub_subscriptions()}

    def reconfigure(self, request: HubRequest, callback_base: str | None) -> None:
        """Ask by `request`, with callbacks whose addresses begin with `callback_base` (None: nobody can push to us)."""
        self._request, self._callback_base = request, callback_base

    def is_pushed(self, feed_id: FeedId) -> bool:
        """Whether a hub can be relied on to tell of this feed's changes."""
        return self._callback_base is not None and is_pushed(self._by_feed.get(feed_id), self._clock())

    async def after_poll(self, feed_id: FeedId, links: HubLinks | None, *, found_new: bool) -> None:
        """Take note of a read that polling made: of the feed's hub, and of what that hub should have pushed."""
        known = self._by_feed.get(feed_id)
        if known is not None and (after := after_poll(known, self._clock(), found_new=found_new)) != known:
            _log.warning("websub_hub_quiet", feed=feed_id, hub=known.hub_url, advice="the feed is polled as usual")
            await self._save(after)
        if links is not None:
            await self._ask(feed_id, links)

    async def renew(self) -> None:
        """Ask for what is due: leases that end, and requests that failed or were never answered."""
        wanted = [
            (known.feed_id, HubLinks(hub_url=known.hub_url, topic_url=known.topic_url))
            for known in self._by_feed.values()
        ]
        async with asyncio.TaskGroup() as group:
            for feed_id, links in wanted:
                group.create_task(self._ask(feed_id, links))

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """See `web.websub.PushReceiver`."""
        return next((known for known in self._by_feed.values() if known.callback_id == callback_id), None)

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """See `web.websub.PushReceiver`."""
        after = after_answer(subscription, answer, self._clock())
        await self._save(after)
        if after.status is WebSubStatus.ACTIVE:
            expires = after.expires_at.isoformat(timespec="seconds") if after.expires_at else None
            _log.info("websub_verified", feed=after.feed_id, hub=after.hub_url, expires_at=expires)
        else:
            _log.warning("websub_denied", feed=after.feed_id, hub=after.hub_url, reason=after.reason)

    async def note_push(self, push: Push) -> None:
        """Take note that the hub of a subscription is alive."""
        known = self._by_feed.get(push.subscription.feed_id, push.subscription)
        await self._save(after_push(known, self._clock()))

    async def _ask(self, feed_id: FeedId, links: HubLinks) -> None:
        known = self._by_feed.get(feed_id)
        if (
            self._callback_base is None
            or feed_id in self._requesting
            or not should_request(known, links, self._clock())
        ):
            return
        self._requesting.add(feed_id)
        try:
            async with self._slots:
                await self._request_anew(feed_id, links, known)
        finally:
            self._requesting.discard(feed_id)

    async def _request_anew(self, feed_id: FeedId, links: HubLinks, known: WebSubSubscription | None) -> None:
        is_same = known is not None and (known.hub_url, known.topic_url) == (links.hub_url, links.topic_url)
        if known is not None and is_same:
            asked = replace(known, requested_at=self._clock())
        else:
            asked = WebSubSubscription(
                feed_id=feed_id,
                hub_url=links.hub_url,
                topic_url=links.topic_url,
                callback_id=secrets.token_urlsafe(_ID_BYTES),
                secret=secrets.token_urlsafe(_SECRET_BYTES),
                status=WebSubStatus.PENDING,
                requested_at=self._clock(),
            )
        # Known before it is asked for: a hub may verify before it answers.
        await self._save(asked)
        assert self._request is not None  # noqa: S101 - it came with the callback's address
        why_not = await self._request(asked, f"{self._callback_base}{asked.callback_id}")
        if why_not is not None:
            current = self._by_feed[feed_id]
            await self._save(replace(current, failures=current.failures + 1, reason=why_not))
            _log.warning("websub_request_failed", feed=feed_id, hub=links.hub_url, reason=why_not)

    async def _save(self, subscription: WebSubSubscription) -> None:
        self._by_feed[subscription.feed_id] = subscription
        await self._store.save_websub(subscription)
