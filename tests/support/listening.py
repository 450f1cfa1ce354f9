"""What listens for hubs, with a real store behind it and a test in the place of the reader of pushes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.builders import NOW, feed
from support.fetching import loopback_fetcher
from support.stores import new_store

from aggregator.listening import Listening
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.websub import Push, WebSubSubscription
from aggregator.operations.websub import WebSubSubscriber
from aggregator.ports import Store
from aggregator.runtime import utc_now
from aggregator.settings import Settings, load_settings
from aggregator.web.metrics import Metrics

LISTEN = "127.0.0.1:0"


@dataclass(slots=True, kw_only=True)
class Desk:
    """Takes pushes when it `may_take`; fails with `error` when there is one."""

    folder: Path
    store: Store
    subscriber: WebSubSubscriber
    feeds: dict[FeedId, Feed]
    taken: list[Push] = field(default_factory=list)
    may_take: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    _listening: Listening | None = None

    @property
    def listening(self) -> Listening:
        """What listens."""
        assert self._listening is not None
        return self._listening

    def callback(self, subscription: WebSubSubscription) -> str:
        """Return where a hub reaches us for a subscription."""
        return f"{self.listening.url}/websub/{subscription.callback_id}"

    def settings(self, listen: str | None = LISTEN, public_url: str | None = None, max_body: str = "1MB") -> Settings:
        """Return settings as a file says them."""
        lines = [f"polling: {{max_body: {max_body}, host_delay: 0s}}", "web:"]
        lines += [f'  listen: "{listen}"'] if listen else ["  listen:"]
        lines += [f'  public_url: "{public_url}"'] if public_url else []
        path = self.folder / "web.yaml"
        path.write_text("\n".join(lines))
        return load_settings(path, {}).settings

    async def take(self, push: Push) -> None:
        await self.may_take.wait()
        if self.error is not None:
            raise self.error
        self.taken.append(push)

    async def find_feed(self, feed_id: FeedId) -> Feed | None:
        return self.feeds.get(feed_id)

    async def until_read(self) -> None:
        """Wait until everything that was pushed is read."""
        while self.listening.running:
            await asyncio.wait(self.listening.running)


@asynccontextmanager
async def opened_desk(
    folder: Path, *subscriptions: WebSubSubscription, feed_url: str = "http://127.0.0.1/feed"
) -> AsyncIterator[Desk]:
    """Open a desk that follows the feeds of `subscriptions`, or the feed `ep`; it does not listen yet."""
    store = await new_store(folder / "desk.db")
    ids = [subscription.feed_id for subscription in subscriptions] or [FeedId("ep")]
    feeds = {feed_id: feed(feed_id, url=feed_url) for feed_id in ids}
    await store.sync_feeds(list(feeds.values()), NOW)
    for subscription in subscriptions:
        await store.save_websub(subscription)
    subscriber = WebSubSubscriber(store, clock=utc_now)
    await subscriber.load()
    desk = Desk(folder=folder, store=store, subscriber=subscriber, feeds=feeds)
    desk.may_take.set()
    desk._listening = Listening(
        store, take=desk.take, find_feed=desk.find_feed, subscriber=subscriber, metrics=Metrics()
    )
    try:
        yield desk
    finally:
        await desk.listening.stop(0)
        await store.close()


@asynccontextmanager
async def listening_desk(
    folder: Path, *subscriptions: WebSubSubscription, max_body: str = "1MB"
) -> AsyncIterator[Desk]:
    """Open a desk that listens on loopback, and asks no hub: it has no public address."""
    async with opened_desk(folder, *subscriptions) as desk, loopback_fetcher() as fetcher:
        await desk.listening.follow(desk.settings(max_body=max_body), fetcher)
        yield desk
