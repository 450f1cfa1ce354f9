"""Push subscriptions for tests to change what they are about, and hubs that are asked for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from support.builders import NOW

from aggregator.errors import NotFound
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubRefusal, WebSubStatus, WebSubSubscription
from aggregator.operations.websub import WebSubSubscriber


def subscription(feed_id: str = "ep", **changes: object) -> WebSubSubscription:
    """A subscription that the hub has just verified for ten days."""
    made = WebSubSubscription(
        feed_id=FeedId(feed_id),
        hub_url="https://hub.example/",
        topic_url=f"https://news.example/{feed_id}.xml",
        callback_id=f"hidden-id-{feed_id}",
        secret=f"hidden-secret-{feed_id}",
        status=WebSubStatus.ACTIVE,
        requested_at=NOW,
        verified_at=NOW,
        expires_at=NOW + timedelta(days=10),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


@dataclass(slots=True)
class Hubs:
    """All hubs: they remember how they were asked, and answer as they are told, when they may."""

    asked: list[tuple[WebSubSubscription, str]] = field(default_factory=list)
    refusal: HubRefusal | None = None
    is_feed_gone: bool = False
    hanging: set[str] = field(default_factory=set)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def request(self, subscription: WebSubSubscription, callback_url: str) -> HubRefusal | None:
        self.asked.append((subscription, callback_url))
        if subscription.hub_url in self.hanging:
            await self.go_on.wait()
        if self.is_feed_gone:
            raise NotFound("gone")
        return self.refusal

    @property
    def feeds(self) -> list[FeedId]:
        """For which feeds they were asked."""
        return [subscription.feed_id for subscription, _ in self.asked]


@dataclass(slots=True)
class Clock:
    """A time that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


async def settle(subscriber: WebSubSubscriber) -> None:
    """Wait until no hub is being asked."""
    while subscriber.running:
        await asyncio.wait(subscriber.running)
