"""Notices on their way: in the shape of an alert, so that every notifier can send them as they are."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from aggregator.alerts import phrases
from aggregator.model.alerts import Alert, AlertRule, Delivery, DueDelivery
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ArticleKey, RuleId, StoryId
from aggregator.model.notices import Notice
from aggregator.model.rules import Priority

NOTICE_RULE = RuleId("notice")


def due_notice(delivery: Delivery, notice: Notice, feed_url: str) -> DueDelivery:
    """Return a notice as what a notifier is given: its text is the article's, its link that of the feed."""
    article = Article(
        feed_id=notice.feed_id,
        key=ArticleKey(notice.id),
        url=_shown(feed_url),
        title=notice.title,
        published_at=notice.created_at,
        content_hash="",
        summary=notice.text,
    )
    alert = Alert(
        id=AlertId(notice.id),
        channel_id=delivery.channel_id,
        story_id=StoryId(notice.id),
        article_id=article.id,
        rules=(AlertRule(id=NOTICE_RULE, title=phrases.NOTICE_RULE),),
        priority=Priority.NORMAL,
        created_at=notice.created_at,
    )
    return DueDelivery(delivery=delivery, alert=alert, article=article, feed_title=phrases.NOTICE_SOURCE, matches=())


def _shown(url: str) -> str:
    """The address without what may be secret in it: user name, password and parameters."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
