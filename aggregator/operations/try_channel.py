"""Send a test message to a channel, past the outbox: does it arrive?"""

from __future__ import annotations

from datetime import datetime

from aggregator.alerts import phrases
from aggregator.alerts.messages import render_message
from aggregator.alerts.templates import Template
from aggregator.model.alerts import Alert, AlertRule, Channel, Delivery, DeliveryKind, DueDelivery, Sent
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ArticleKey, DeliveryId, FeedId, RuleId, derive_id
from aggregator.model.rules import Field, Match, Priority, Span
from aggregator.ports import Notifier
from aggregator.stories.identity import new_story

_WORD = "test"
_FEED = FeedId("aggregator")
_RULE = RuleId("test")


async def try_channel(channel: Channel, notifier: Notifier, now: datetime, *, template: Template | None = None) -> Sent:
    """Send one test message, as the channel's `template` has it, and return the receipt.

    Raises:
        DeliveryFailed: with the reason.
    """
    due = sample_delivery(channel, now)
    return await notifier.send(render_message(due, notifier.capabilities, timezone=channel.timezone, template=template))


def sample_delivery(channel: Channel, now: datetime) -> DueDelivery:
    """Return a delivery like a real one, of an article that says it is a test."""
    article = Article(
        feed_id=_FEED,
        key=ArticleKey(now.isoformat()),
        url="https://example.org/aggregator-test",
        title=phrases.TEST_TITLE,
        published_at=now,
        content_hash="",
        summary=phrases.TEST_TEXT,
    )
    alert = Alert(
        id=AlertId(derive_id("test", channel.id, now.isoformat())),
        channel_id=channel.id,
        story_id=new_story(article),
        article_id=article.id,
        rules=(AlertRule(id=_RULE, title=phrases.TEST_RULE),),
        priority=Priority.NORMAL,
        created_at=now,
    )
    start = article.summary.index(_WORD)
    span = Span(field=Field.SUMMARY, start=start, end=start + len(_WORD), text=_WORD)
    delivery = Delivery(
        id=DeliveryId(derive_id("delivery", alert.id)),
        alert_id=alert.id,
        channel_id=channel.id,
        kind=DeliveryKind.NEW,
        created_at=now,
        next_attempt_at=now,
    )
    match = Match(rule_id=_RULE, article_id=article.id, spans=(span,))
    return DueDelivery(delivery=delivery, alert=alert, article=article, feed_title="aggregator", matches=(match,))
