"""Between rows and the nouns: each table's row from a noun, each noun from its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from aggregator.model.alerts import Alert, AlertRule, ArticleChange, Delivery, DeliveryKind, DeliveryStatus
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.feeds import Feed, FeedState, FirstPoll, FullText
from aggregator.model.ids import (
    AlertId,
    ArticleId,
    ArticleKey,
    ChannelId,
    DeliveryId,
    FeedId,
    NoticeId,
    RuleId,
    SilenceId,
    StoryId,
)
from aggregator.model.notices import Notice, NoticeKind
from aggregator.model.rules import Field, Match, Priority, Span
from aggregator.storage.learning_codec import cadence_from, hints_from

Values = dict[str, object]
Row = sa.Row[Any]

_MICROSECOND = timedelta(microseconds=1)


def feed_values(feed: Feed) -> Values:
    """Return the row of `feeds`."""
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "tags": list(feed.tags),
        "interval_us": None if feed.interval is None else feed.interval // _MICROSECOND,
        "first_poll": feed.first_poll.value,
        "language": feed.language,
        "full_text": feed.full_text.value,
        "ignores_hints": feed.ignores_hints,
        "owner": feed.owner,
        "folder": list(feed.folder),
        "site_url": feed.site_url,
        "description": feed.description,
        "is_active": True,
    }


def feed_from(row: Row) -> Feed:
    """Read a row of `feeds`. How it is accessed stays in the configuration: the database holds no secrets of feeds."""
    return Feed(
        id=FeedId(row.id),
        url=row.url,
        title=row.title,
        tags=tuple(row.tags),
        interval=None if row.interval_us is None else row.interval_us * _MICROSECOND,
        first_poll=FirstPoll(row.first_poll),
        language=row.language,
        full_text=FullText(row.full_text),
        ignores_hints=row.ignores_hints,
        owner=row.owner,
        folder=tuple(row.folder),
        site_url=row.site_url,
        description=row.description,
    )


def state_from(row: Row) -> FeedState:
    """Read a row of `feed_states`."""
    return FeedState(
        feed_id=FeedId(row.feed_id),
        next_poll_at=row.next_poll_at,
        title=row.title,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        baselined_at=row.baselined_at,
        last_polled_at=row.last_polled_at,
        gone_at=row.gone_at,
        failures=row.failures,
        last_error=row.last_error,
        url=row.url,
        moved_url=row.moved_url,
        moved_polls=row.moved_polls,
        listed=row.listed,
        gaps=row.gaps,
        last_gap_at=row.last_gap_at,
        pace_limit=row.pace_limit,
        broken_noticed_at=row.broken_noticed_at,
        silence_noticed_at=row.silence_noticed_at,
        cadence=cadence_from(row.cadence),
        hints=hints_from(row.hints),
    )


def article_values(article: Article, stored_at: datetime) -> Values:
    """Return the row of `articles`."""
    return {
        "id": article.id,
        "feed_id": article.feed_id,
        "key": article.key,
        "url": article.url,
        "title": article.title,
        "published_at": article.published_at,
        "stored_at": stored_at,
        "content_hash": article.content_hash,
        "authors": list(article.authors),
        "summary": article.summary,
        "body": article.body,
        "tags": list(article.tags),
        "feed_tags": list(article.feed_tags),
        "language": article.language,
        "image_url": article.image_url,
        "has_page_text": article.has_page_text,
        "page_error": article.page_error,
    }


def article_from(row: Mapping[Any, Any]) -> Article:
    """Read a row of `articles`."""
    return Article(
        feed_id=FeedId(row["feed_id"]),
        key=ArticleKey(row["key"]),
        url=row["url"],
        title=row["title"],
        published_at=row["published_at"],
        content_hash=row["content_hash"],
        authors=tuple(row["authors"]),
        summary=row["summary"],
        body=row["body"],
        tags=tuple(row["tags"]),
        feed_tags=tuple(row["feed_tags"]),
        language=row["language"],
        image_url=row["image_url"],
        has_page_text=row["has_page_text"],
        page_error=row["page_error"],
    )


def seen_values(article: Article, now: datetime) -> Values:
    """Return the row of `seen_articles` of a new article."""
    return {
        "feed_id": article.feed_id,
        "key": article.key,
        "article_key": article.key,
        "content_hash": article.content_hash,
        "title": article.title,
        "published_at": article.published_at,
        "link_key": article.link_key,
        "first_seen_at": now,
        "last_listed_at": now,
    }


def seen_from(row: Row) -> SeenArticle:
    """Read a row of `seen_articles`."""
    return SeenArticle(
        key=ArticleKey(row.key),
        article_key=ArticleKey(row.article_key),
        content_hash=row.content_hash,
        title=row.title,
        published_at=row.published_at,
        link_key=row.link_key,
    )


def revision_values(revision: Revision) -> Values:
    """Return the row of `revisions`."""
    return {
        "article_id": revision.article_id,
        "replaced_at": revision.replaced_at,
        "title": revision.title,
        "text": revision.text,
        "content_hash": revision.content_hash,
        "diff": list(revision.diff),
    }


def revision_from(row: Row) -> Revision:
    """Read a row of `revisions`."""
    return Revision(
        article_id=ArticleId(row.article_id),
        replaced_at=row.replaced_at,
        title=row.title,
        text=row.text,
        content_hash=row.content_hash,
        diff=tuple(row.diff),
    )


def notice_values(notice: Notice) -> Values:
    """Return the row of `notices`."""
    return {
        "id": notice.id,
        "kind": notice.kind.value,
        "feed_id": notice.feed_id,
        "title": notice.title,
        "text": notice.text,
        "created_at": notice.created_at,
    }


def notice_from(row: Mapping[Any, Any]) -> Notice:
    """Read a row of `notices`."""
    return Notice(
        id=NoticeId(row["id"]),
        kind=NoticeKind(row["kind"]),
        feed_id=None if row["feed_id"] is None else FeedId(row["feed_id"]),
        title=row["title"],
        text=row["text"],
        created_at=row["created_at"],
    )


def match_values(match: Match, found_at: datetime) -> Values:
    """Return the row of `matches`."""
    spans = [[span.field.value, span.start, span.end, span.text] for span in match.spans]
    return {
        "article_id": match.article_id,
        "rule_id": match.rule_id,
        "spans": spans,
        "clause": match.clause,
        "found_at": found_at,
    }


def match_from(row: Row) -> Match:
    """Read a row of `matches`."""
    spans = tuple(Span(field=Field(field), start=start, end=end, text=text) for field, start, end, text in row.spans)
    return Match(rule_id=RuleId(row.rule_id), article_id=ArticleId(row.article_id), spans=spans, clause=row.clause)


def alert_values(alert: Alert) -> Values:
    """Return the row of `alerts`."""
    return {
        "id": alert.id,
        "channel_id": alert.channel_id,
        "story_id": alert.story_id,
        "article_id": alert.article_id,
        "rules": rules_values(alert.rules),
        "priority": int(alert.priority),
        "created_at": alert.created_at,
    }


def rules_values(rules: tuple[AlertRule, ...]) -> list[list[str]]:
    """Return the rules of an alert as its `rules` column holds them."""
    return [[rule.id, rule.title] for rule in rules]


def rules_from(values: list[list[str]]) -> tuple[AlertRule, ...]:
    """Read the `rules` column of an alert."""
    return tuple(AlertRule(id=RuleId(rule_id), title=title) for rule_id, title in values)


def alert_from(row: Mapping[Any, Any]) -> Alert:
    """Read a row of `alerts`."""
    return Alert(
        id=AlertId(row["id"]),
        channel_id=ChannelId(row["channel_id"]),
        story_id=StoryId(row["story_id"]),
        article_id=ArticleId(row["article_id"]),
        rules=rules_from(row["rules"]),
        priority=Priority(row["priority"]),
        created_at=row["created_at"],
    )


def delivery_values(delivery: Delivery) -> Values:
    """Return the row of `deliveries`, without its position, which the database gives."""
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "notice_id": delivery.notice_id,
        "channel_id": delivery.channel_id,
        "kind": delivery.kind.value,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at,
        "reason": delivery.reason,
        "receipt": delivery.receipt,
        "change": None if delivery.change is None else asdict(delivery.change),
        "is_reply": delivery.is_reply,
        "hold": delivery.hold,
        "silence_id": delivery.silence_id,
        "digest_id": delivery.digest_id,
        "is_released": delivery.is_released,
        "digest": None if delivery.digest is None else digest_values(delivery.digest),
    }


def digest_values(digest: Digest) -> Values:
    """Return a digest as the `digest` column of its delivery holds it."""
    return asdict(digest)


def digest_from(value: Mapping[str, Any]) -> Digest:
    """Read the `digest` column of a delivery."""
    return Digest(**{**value, "reason": DigestReason(value["reason"])})


def delivery_from(row: Mapping[Any, Any]) -> Delivery:
    """Read a row of `deliveries`."""
    return Delivery(
        id=DeliveryId(row["id"]),
        alert_id=None if row["alert_id"] is None else AlertId(row["alert_id"]),
        notice_id=None if row["notice_id"] is None else NoticeId(row["notice_id"]),
        channel_id=ChannelId(row["channel_id"]),
        kind=DeliveryKind(row["kind"]),
        status=DeliveryStatus(row["status"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        next_attempt_at=row["next_attempt_at"],
        reason=row["reason"],
        receipt=row["receipt"],
        change=None if row["change"] is None else _change_from(row["change"]),
        is_reply=row["is_reply"],
        hold=None if row["hold"] is None else DigestReason(row["hold"]),
        silence_id=None if row["silence_id"] is None else SilenceId(row["silence_id"]),
        digest_id=None if row["digest_id"] is None else DeliveryId(row["digest_id"]),
        is_released=row["is_released"],
        digest=None if row["digest"] is None else digest_from(row["digest"]),
    )


def _change_from(value: Mapping[str, Any]) -> ArticleChange:
    return ArticleChange(
        before=value["before"], after=value["after"], gained=tuple(value["gained"]), lost=tuple(value["lost"])
    )
