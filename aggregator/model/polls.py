"""What one poll changes: planned purely, applied in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model.alerts import Alert, Delivery
from aggregator.model.articles import Article
from aggregator.model.feeds import FeedState
from aggregator.model.ids import ArticleKey
from aggregator.model.rules import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """Everything that follows from one poll of one feed.

    `listed` are the keys that the feed lists now, whether or not they are new (empty when it was not read).
    Every alert has its deliveries in the same plan, in the order in which they are to be sent.
    """

    state: FeedState
    new_articles: tuple[Article, ...] = ()
    updated_articles: tuple[Article, ...] = ()
    listed: tuple[ArticleKey, ...] = ()
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
