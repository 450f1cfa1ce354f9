"""Nouns with everything filled in, for tests to change what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.model.alerts import Alert, AlertRule, Delivery, DeliveryKind, DueDelivery
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.fetches import Fetched
from aggregator.model.ids import AlertId, ArticleKey, ChannelId, DeliveryId, FeedId, RuleId, derive_id
from aggregator.model.rules import Field, Match, Priority, Rule, Span
from aggregator.stories.identity import new_story

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feed(feed_id: str = "ep", **changes: object) -> Feed:
    """A feed."""
    made = Feed(id=FeedId(feed_id), url=f"https://news.example/{feed_id}.xml")
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def state(feed_id: str = "ep", **changes: object) -> FeedState:
    """The state of a feed that was never polled."""
    made = FeedState(feed_id=FeedId(feed_id), next_poll_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def article(key: str = "a1", **changes: object) -> Article:
    """An article."""
    made = Article(
        feed_id=FeedId("ep"),
        key=ArticleKey(key),
        url=f"https://news.example/{key}",
        title="Families of captives were called",
        published_at=NOW - HOUR,
        content_hash="1",
        summary="Relatives of captives were asked to gather intelligence.",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def seen(of: Article, **changes: object) -> SeenArticle:
    """What is remembered of an article."""
    made = SeenArticle(
        key=of.key,
        article_key=of.key,
        content_hash=of.content_hash,
        title=of.title,
        published_at=of.published_at,
        link_key=of.link_key,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def fetched(body: bytes, **changes: object) -> Fetched:
    """A document as fetched."""
    made = Fetched(url="https://news.example/feed.xml", status=200, body=body, body_hash="h", fetched_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def rule(rule_id: str = "r1", **changes: object) -> Rule:
    """A rule for captives."""
    made = Rule(id=RuleId(rule_id), title=f"Rule {rule_id}", query="captives", send_to=(ChannelId("desk"),))
    if changes.get("any_of") or changes.get("all_of") or changes.get("none_of"):
        made = replace(made, query=None)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def match(of: Article, rule_id: str = "r1", *words: tuple[Field, str]) -> Match:
    """A match of `words`, each where it first stands in its field."""
    texts = {Field.TITLE: of.title, Field.SUMMARY: of.summary, Field.BODY: of.body}
    spans = tuple(
        Span(field=field, start=texts[field].index(word), end=texts[field].index(word) + len(word), text=word)
        for field, word in words
    )
    return Match(rule_id=RuleId(rule_id), article_id=of.id, spans=spans, clause="captives")


def alert(of: Article, channel_id: str = "desk", **changes: object) -> Alert:
    """An alert about an article."""
    made = Alert(
        id=AlertId(derive_id("alert", channel_id, of.id)),
        channel_id=ChannelId(channel_id),
        story_id=new_story(of),
        article_id=of.id,
        rules=(AlertRule(id=RuleId("r1"), title="Rule r1"),),
        priority=Priority.NORMAL,
        created_at=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def delivery(of: Alert, **changes: object) -> Delivery:
    """The first delivery of an alert."""
    made = Delivery(
        id=DeliveryId(derive_id("delivery", of.id, "new")),
        alert_id=of.id,
        channel_id=of.channel_id,
        kind=DeliveryKind.NEW,
        created_at=of.created_at,
        next_attempt_at=of.created_at,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def due(of: Article, *matches: Match, feed_title: str = "Local News", **alert_changes: object) -> DueDelivery:
    """A due delivery of an article."""
    about = alert(of, **alert_changes)  # type: ignore[arg-type] # the test names fields
    return DueDelivery(delivery=delivery(about), alert=about, article=of, feed_title=feed_title, matches=matches)
