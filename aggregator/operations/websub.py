"""Keep subscriptions at the hubs of feeds: ask, renew, remember what hubs answer, and notice when one goes quiet."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from aggregator.errors import AggregatorError, NotFound
from aggregator.feeds.failures import without_credentials
from aggregator.feeds.websub import (
    Confirmed,
    Denied,
    after_answer,
    after_poll,
    after_push,
    after_request,
    is_pushed,
    should_request,
)
from aggregator.jobs.embedded import KeyedTasks
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubLinks, HubRefusal, Push, WebSubStatus, WebSubSubscription
from aggregator.ports import Store

_ID_BYTES = 24
_SECRET_BYTES = 32
_HUBS_AT_ONCE = 20
_LONGEST_HOLD = timedelta(days=1)
_LOOKED_AT_ONCE = 1000
_log = structlog.get_logger(__name__)


class HubRequest(Protocol):
    """Asks a hub for a subscription, politely."""

    def __call__(self, subscription: WebSubSubscription, callback_url: str) -> Awaitable[HubRefusal | None]:
        """Return None when the hub took the request, else why not.

        Raises:
            NotFound: when the feed is no longer there.
        """


class WebSubSubscriber:
    """The subscriptions of one instance. Without a public address nothing is asked for, and all is polled.

    Each hub is asked for one subscription after the other, so that a hub that hangs holds up no poll and no other hub.
    """

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._request: HubRequest | None = None
        self._callback_base = ""
        self._id_prefix = ""
        self._by_feed: dict[FeedId, WebSubSubscription] = {}
        self._by_callback: dict[str, FeedId] = {}
        self._wanted: dict[str, dict[FeedId, None]] = {}
        self._held_until: dict[str, datetime] = {}
        self._hubs = KeyedTasks("hub")
        self._slots = asyncio.Semaphore(_HUBS_AT_ONCE)

    @property
    def subscriptions(self) -> Mapping[FeedId, WebSubSubscription]:
        """What is known of every feed with a hub."""
        return self._by_feed

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The requests that are under way now."""
        return self._hubs.running

    async def load(self) -> None:
        """Read what an earlier run knew."""
        self._by_feed = {known.feed_id: known for known in await self._store.websub_subscriptions()}
        self._by_callback = {known.callback_id: feed_id for feed_id, known in self._by_feed.items()}

    def reconfigure(self, request: HubRequest, callback_base: str | None) -> None:
        """Ask by `request`, with callbacks whose addresses begin with `callback_base` (None: nobody can push to us)."""
        self._request = request
        self._callback_base = callback_base or ""
        self._id_prefix = f"{hashlib.blake2b(self._callback_base.encode(), digest_size=4).hexdigest()}-"

    async def stop(self, grace_seconds: float) -> None:
        """Ask no more hubs; let those that are being asked answer within `grace_seconds`."""
        await self._hubs.stop(grace_seconds)

    def is_pushed(self, feed_id: FeedId) -> bool:
        """Whether a hub can be relied on to tell of this feed's changes."""
        known = self._by_feed.get(feed_id)
        return known is not None and self._leads_here(known) and is_pushed(known, self._clock())

    async def after_poll(self, feed_id: FeedId, links: HubLinks | None, *, found_new: bool) -> None:
        """Take note of a read that polling made: of the feed's hub, and of what that hub should have pushed."""
        known = self._by_feed.get(feed_id)
        if known is not None and (after := after_poll(known, self._clock(), found_new=found_new)) != known:
            hub = without_credentials(known.hub_url)
            _log.warning("websub_hub_quiet", feed=feed_id, hub=hub, advice="the feed is polled as usual")
            await self._save(after)
        if links is None or not self._callback_base:
            return
        if known is None or known.links != links or not self._leads_here(known):
            await self._save(self._new(feed_id, links))
        self._want(feed_id)

    async def renew(self) -> None:
        """Ask, behind, for what is due: leases that end, and requests that failed or were never verified."""
        if not self._callback_base:
            return
        for number, feed_id in enumerate(list(self._by_feed), start=1):
            if not number % _LOOKED_AT_ONCE:
                await asyncio.sleep(0)
            known = self._by_feed.get(feed_id)
            if known is not None and not self._leads_here(known):
                await self._save(self._new(feed_id, known.links))
            self._want(feed_id)

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """See `web.websub.PushReceiver`."""
        feed_id = self._by_callback.get(callback_id)
        return None if feed_id is None else self._by_feed[feed_id]

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """See `web.websub.PushReceiver`."""
        known = self._current(subscription)
        if known is None:
            return
        after = after_answer(known, answer, self._clock())
        await self._save(after)
        hub = without_credentials(after.hub_url)
        if isinstance(answer, Confirmed):
            expires = after.expires_at.isoformat(timespec="seconds") if after.expires_at else None
            _log.info("websub_verified", feed=after.feed_id, hub=hub, expires_at=expires)
        else:
            _log.warning("websub_denied", feed=after.feed_id, hub=hub, reason=after.reason)

    async def note_push(self, push: Push) -> None:
        """Take note that the hub of a subscription is alive."""
        known = self._current(push.subscription)
        if known is not None:
            await self._save(after_push(known, self._clock()))

    def _current(self, subscription: WebSubSubscription) -> WebSubSubscription | None:
        """Return a subscription as it is known now, None when another took its place."""
        known = self._by_feed.get(subscription.feed_id)
        return known if known is not None and known.callback_id == subscription.callback_id else None

    def _leads_here(self, known: WebSubSubscription) -> bool:
        """Whether its hub was given the address at which we are reached now."""
        return bool(self._callback_base) and known.callback_id.startswith(self._id_prefix)

    def _new(self, feed_id: FeedId, links: HubLinks) -> WebSubSubscription:
        return WebSubSubscription(
            feed_id=feed_id,
            hub_url=links.hub_url,
            topic_url=links.topic_url,
            callback_id=f"{self._id_prefix}{secrets.token_urlsafe(_ID_BYTES)}",
            secret=secrets.token_urlsafe(_SECRET_BYTES),
            status=WebSubStatus.PENDING,
            requested_at=self._clock(),
        )

    def _want(self, feed_id: FeedId) -> None:
        """Have a hub asked, behind, if it is time."""
        known = self._by_feed.get(feed_id)
        if known is None or not should_request(known, self._clock()):
            return
        host = urlsplit(known.hub_url).netloc.rpartition("@")[2]
        if not self._is_held(host):
            self._wanted.setdefault(host, {})[feed_id] = None
            self._hubs.start(host, lambda: self._ask_for_all(host), repeat=True)

    async def _ask_for_all(self, host: str) -> None:
        """Ask one hub for all that is wanted of it, one after the other."""
        wanted = self._wanted.get(host, {})
        while wanted and not self._is_held(host):
            feed_id = next(iter(wanted))
            del wanted[feed_id]
            known = self._by_feed.get(feed_id)
            if known is not None and self._callback_base and should_request(known, self._clock()):
                async with self._slots:
                    await self._ask(host, known)
        self._wanted.pop(host, None)  # of a hub that wants to be left alone, the next renewal asks again

    async def _ask(self, host: str, known: WebSubSubscription) -> None:
        assert self._request is not None  # noqa: S101 - it came with the callback's address
        asked = after_request(known, self._clock())
        try:
            await self._save(asked)
            refusal = await self._request(asked, f"{self._callback_base}{asked.callback_id}")
            current = self._current(asked)
            if refusal is None or current is None:
                return
            if refusal.retry_after:
                self._held_until[host] = self._clock() + min(refusal.retry_after, _LONGEST_HOLD)
            _log.warning(
                "websub_request_failed",
                feed=known.feed_id,
                hub=without_credentials(known.hub_url),
                reason=refusal.reason,
                requests=current.failures,
            )
            await self._save(replace(current, reason=refusal.reason))
        except NotFound:
            self._forget(known.feed_id)
        except AggregatorError as error:
            _log.warning("websub_not_saved", feed=known.feed_id, reason=str(error))

    def _is_held(self, host: str) -> bool:
        until = self._held_until.get(host)
        if until is None:
            return False
        if until <= self._clock():
            del self._held_until[host]
            return False
        return True

    def _forget(self, feed_id: FeedId) -> None:
        known = self._by_feed.pop(feed_id)
        del self._by_callback[known.callback_id]

    async def _save(self, subscription: WebSubSubscription) -> None:
        """Remember before storing: a hub may verify before it has answered."""
        before = self._by_feed.get(subscription.feed_id)
        if before is not None:
            self._by_callback.pop(before.callback_id, None)
        self._by_feed[subscription.feed_id] = subscription
        self._by_callback[subscription.callback_id] = subscription.feed_id
        await self._store.save_websub(subscription)
