"""What is remembered of an article's way: from the feed that listed it to each attempt to send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.alerts import Alert, Delivery, DeliveryStatus, Source
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.ids import ArticleId, ArticleKey, FeedId, StoryId
from aggregator.model.rules import Match
from aggregator.model.silences import Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedArticle:
    """An article of a feed, and what is known of both.

    `article` and `stored_at` are None once its text was purged: then title, time and link are what is left. A feed
    that was removed is not `is_read` any more. The `…_seen_at` and `…_listed_at` times are None where its feed has not
    listed it for long and that was forgotten; `last_listed_at` is renewed once a day. `story_id` is None where no rule
    matched; `sources` are the other articles of its story, at most 20.
    """

    id: ArticleId
    feed: Feed
    state: FeedState
    is_read: bool
    title: str
    published_at: datetime
    article: Article | None = None
    stored_at: datetime | None = None
    first_seen_at: datetime | None = None
    last_listed_at: datetime | None = None
    story_id: StoryId | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTitle:
    """An article that a feed listed, stored or not, by its title."""

    feed_id: FeedId
    key: ArticleKey
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleAddress:
    """A stored article by its address."""

    id: ArticleId
    feed_id: FeedId
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMatch:
    """A match that was stored, and when it was found."""

    match: Match
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One attempt to send a delivery: what the delivery was after it, and the service's answer or its message's id."""

    attempted_at: datetime
    status: DeliveryStatus
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDelivery:
    """A delivery with its attempts, the first one first. `ahead` counts the channel's unfinished alerts before it.

    `silence` is what silenced it, `digest` the digest that tells it, where there is one.
    """

    delivery: Delivery
    attempts: tuple[DeliveryAttempt, ...]
    ahead: int
    silence: Silence | None = None
    digest: TracedDelivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedAlert:
    """An alert with its deliveries, in the channel's order."""

    alert: Alert
    deliveries: tuple[TracedDelivery, ...]
