"""Push: a feed that says which hub tells of its changes (WebSub, W3C Recommendation), and our subscription there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.ids import FeedId


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLinks:
    """What a feed says of its push (WebSub §4): the hub to subscribe at, and the topic to name there."""

    hub_url: str
    topic_url: str


class WebSubStatus(StrEnum):
    """Where a subscription stands.

    PENDING was not verified yet. QUIET is verified, but polling found what the hub did not push.
    """

    PENDING = "pending"
    ACTIVE = "active"
    QUIET = "quiet"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubSubscription:
    """A feed's subscription at its hub.

    `callback_id` is the end of the callback's address, which nobody can guess; `secret` signs what the hub sends.
    `failures` counts the requests in a row that no verification has followed, `reason` is why the last one failed,
    or why the hub is quiet. `expires_at` is when the lease is over, or when the hub ended it.
    """

    feed_id: FeedId
    hub_url: str
    topic_url: str
    callback_id: str = field(repr=False)
    secret: str = field(repr=False)
    status: WebSubStatus
    requested_at: datetime
    verified_at: datetime | None = None
    expires_at: datetime | None = None
    last_push_at: datetime | None = None
    failures: int = 0
    reason: str | None = None

    @property
    def links(self) -> HubLinks:
        """What the feed said when this was asked for."""
        return HubLinks(hub_url=self.hub_url, topic_url=self.topic_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRefusal:
    """Why a hub did not take a request, in one line without secrets, and for how long it wants to be left alone."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a hub sent for a subscription, proved by its signature. The signature is of `body` alone (§7.1)."""

    subscription: WebSubSubscription
    body: bytes
    content_type: str | None = None
    content_encoding: str | None = None
