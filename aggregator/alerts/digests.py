"""Digests on their way: in the shape of an alert, so that every notifier can send them."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.alerts.digest_text import digest_title
from aggregator.model.alerts import Alert, Delivery, DueDelivery
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ArticleKey, FeedId, StoryId
from aggregator.model.rules import Priority

_NO_FEED = FeedId("aggregator")


def due_digest(delivery: Delivery, items: Sequence[DueDelivery]) -> DueDelivery:
    """Return the delivery of a digest as what a notifier is given: its title is the article's, and there is no link.

    `items` are what it has still to tell: it names their rules, and is as loud as the loudest of them.
    """
    assert delivery.digest is not None  # noqa: S101 - it is one
    article = Article(
        feed_id=_NO_FEED,
        key=ArticleKey(delivery.id),
        url="",
        title=digest_title(delivery.digest.reason, delivery.digest.total),
        published_at=delivery.created_at,
        content_hash="",
    )
    alert = Alert(
        id=AlertId(delivery.id),
        channel_id=delivery.channel_id,
        story_id=StoryId(delivery.id),
        article_id=article.id,
        rules=tuple({rule.id: rule for item in items for rule in item.alert.rules}.values()),
        priority=max((item.alert.priority for item in items), default=Priority.NORMAL),
        created_at=delivery.created_at,
    )
    return DueDelivery(
        delivery=delivery, alert=alert, article=article, feed_title=str(_NO_FEED), matches=(), items=tuple(items)
    )
