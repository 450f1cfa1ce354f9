"""Channels, alerts, and the deliveries that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from aggregator.model.articles import Article
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import (
    AlertId,
    ArticleId,
    ChannelId,
    DeliveryId,
    FeedId,
    NoticeId,
    RuleId,
    SilenceId,
    StoryId,
)
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Match, Priority
from aggregator.model.schedules import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where alerts go: a notifier (`type`) and its options (address, token …), as that notifier's plugin knows them.

    `timezone` is an IANA name. A channel that is not enabled takes no new alerts. In `quiet_hours` only urgent alerts
    come; with a `digest` all others come together on that schedule. The limits are for messages of alerts.
    """

    id: ChannelId
    type: str
    timezone: str = "UTC"
    language: str = "en"
    enabled: bool = True
    quiet_hours: QuietHours | None = None
    digest: Schedule | None = None
    max_per_minute: int | None = None
    max_per_hour: int | None = None
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A channel that is to hear of a rule."""

    channel_id: ChannelId
    rule_id: RuleId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A rule as an alert names it: kept with the alert, so that it can still be sent when the rule is gone."""

    id: RuleId
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one channel is to be told about one story: its identity is (channel, story), or (channel, article)."""

    id: AlertId
    channel_id: ChannelId
    story_id: StoryId
    article_id: ArticleId
    rules: tuple[AlertRule, ...]
    priority: Priority
    created_at: datetime


class DeliveryKind(StrEnum):
    """What a delivery's message is: the first word of an alert, a change to it, many in one, or one to the admins."""

    NEW = "new"
    UPDATE = "update"
    DIGEST = "digest"
    NOTICE = "notice"


class DeliveryStatus(StrEnum):
    """Where a delivery stands. `dead` is a dead letter: nothing happens to it until a person decides."""

    PENDING = "pending"
    RETRYING = "retrying"
    HELD = "held"
    """It waits for the end of quiet hours, of a silence, for the next digest, or for a limit."""
    FOLDED = "folded"
    """A digest that is on its way tells it."""
    SENT = "sent"
    SKIPPED = "skipped"
    """An update that its service cannot show, or whose first message is no more; or what is silenced for good."""
    DEAD = "dead"
    DISCARDED = "discarded"
    """A person decided that it is not to be sent."""


WAITING = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING, DeliveryStatus.HELD)
"""Where a delivery stands that is still to be sent by itself, now or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One more article that reports the story of an alert."""

    feed_id: FeedId
    feed_title: str
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChange:
    """What a publisher changed in an article that was alerted: its headline, and the rules that hold for it.

    `gained` and `lost` are the titles of the rules that match it now, and that no longer do.
    """

    before: str
    after: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way, of an alert or of a notice. `attempts` counts those made; `reason` is why one failed.

    An update says what `change` its publisher made, if it is not about more sources, and `is_reply` where it is to be a
    message of its own that answers the first, not a change to that. `hold` is why it is told later than it could have
    been, `silence_id` what silenced it, `digest_id` the delivery of the digest that tells it. One that a person wants
    sent at once `is_released`: nothing holds it. Of a digest, `digest` says what it tells.
    """

    id: DeliveryId
    alert_id: AlertId | None = None
    notice_id: NoticeId | None = None
    channel_id: ChannelId
    kind: DeliveryKind
    created_at: datetime
    next_attempt_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    reason: str | None = None
    receipt: str | None = None
    change: ArticleChange | None = None
    is_reply: bool = False
    hold: DigestReason | None = None
    silence_id: SilenceId | None = None
    digest_id: DeliveryId | None = None
    is_released: bool = False
    digest: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery with all that its message can say. `matches` are those of the alert's rules, in their order.

    `sources` are the other articles of its story. `first_message_id` is, for an update, the name of the message that it
    changes or answers: None where none was sent, or its service gives none; `is_told_later` where that is still to be
    told, by itself or in a digest. `items` are what a digest has still to tell.
    """

    delivery: Delivery
    alert: Alert
    article: Article
    feed_title: str
    matches: tuple[Match, ...]
    sources: tuple[Source, ...] = ()
    first_message_id: str | None = None
    is_told_later: bool = False
    items: tuple[DueDelivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """A delivery as `deliveries list` shows it."""

    delivery: Delivery
    feed_id: FeedId | None
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The service took the message. `message_id` is its own name for it, where it gives one."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSent:
    """The service took one message of a digest, which told `told`; there are more to come, unless it `is_last`.

    `digest` is how far it is now.
    """

    message_id: str | None
    told: tuple[DeliveryId, ...]
    digest: Digest
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """The attempt failed in a way that may pass. It `pauses` a channel that takes nothing until a person helps."""

    at: datetime
    reason: str
    pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """The message can never be sent as things stand, or its last try is used up."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What was learned of a channel: whether it takes nothing at present and why, and where its recipient is now."""

    channel_id: ChannelId
    paused_at: datetime | None = None
    reason: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """There is nothing to send: as an update that its service cannot show, or whose first message is no more."""

    reason: str


AttemptOutcome = Sent | PageSent | RetryAt | Dead | Skipped
