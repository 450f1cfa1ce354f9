"""What became of an article: the queries behind `why`, which nothing but a person's question runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from aggregator.model.alerts import DeliveryStatus, Source
from aggregator.model.ids import ArticleId, ArticleKey, FeedId, StoryId, derive_id
from aggregator.model.traces import (
    ArticleAddress,
    ArticleTitle,
    DeliveryAttempt,
    FoundMatch,
    TracedAlert,
    TracedArticle,
    TracedDelivery,
)
from aggregator.storage.rows import alert_from, article_from, delivery_from, feed_from, match_from, state_from
from aggregator.storage.silence_queries import silence_of
from aggregator.storage.story_queries import sources
from aggregator.storage.tables import (
    UNFINISHED,
    alerts,
    articles,
    deliveries,
    delivery_attempts,
    feed_states,
    feeds,
    matches,
    seen_articles,
    story_members,
)

_Place = tuple[FeedId, ArticleKey]


def trace_articles(
    connection: sa.Connection, ids: Collection[str], keys: Collection[str], link_keys: Collection[str]
) -> list[TracedArticle]:
    """See `ports.Store.trace_articles`."""
    of_any_feed = seen_articles.c.feed_id.in_(sa.select(feeds.c.id))  # so that the index by feed and link is used
    seen_places = sa.select(seen_articles.c.feed_id, seen_articles.c.article_key.label("key")).where(of_any_feed)
    about = sa.select(alerts.c.article_id)
    by_id = sa.or_(
        articles.c.id.in_(ids),
        articles.c.id.in_(about.where(alerts.c.id.in_(ids))),
        articles.c.id.in_(about.join(deliveries, deliveries.c.alert_id == alerts.c.id).where(deliveries.c.id.in_(ids))),
    )
    queries = (
        sa.select(articles.c.feed_id, articles.c.key).where(by_id),
        seen_places.where(seen_articles.c.key.in_(keys)),
        seen_places.where(seen_articles.c.link_key.in_(link_keys)),
    )
    places = {(FeedId(row.feed_id), ArticleKey(row.key)) for query in queries for row in connection.execute(query)}
    return list(_traced(connection, sorted(places)))


def _traced(connection: sa.Connection, places: Iterable[_Place]) -> Iterable[TracedArticle]:
    for feed_id, key in places:
        article_id = ArticleId(derive_id("article", feed_id, key))
        feed_row = connection.execute(sa.select(feeds).where(feeds.c.id == feed_id)).one()
        state_row = connection.execute(sa.select(feed_states).where(feed_states.c.feed_id == feed_id)).one()
        # A feed gives an article other keys at times; the first of them may be forgotten before the others are.
        named = sa.select(seen_articles).where(seen_articles.c.feed_id == feed_id, seen_articles.c.article_key == key)
        seen = connection.execute(named.order_by(seen_articles.c.first_seen_at)).mappings().first()
        row = connection.execute(sa.select(articles).where(articles.c.id == article_id)).mappings().first()
        known: Mapping[Any, Any] = row or seen or {}  # one of them there is: it led here
        story_id, others = _story_of(connection, article_id)
        yield TracedArticle(
            id=article_id,
            feed=feed_from(feed_row),
            state=state_from(state_row),
            is_read=feed_row.is_active,
            title=known["title"],
            published_at=known["published_at"],
            article=None if row is None else article_from(row),
            stored_at=None if row is None else row["stored_at"],
            first_seen_at=None if seen is None else seen["first_seen_at"],
            last_listed_at=None if seen is None else seen["last_listed_at"],
            story_id=story_id,
            sources=others,
        )


def _story_of(connection: sa.Connection, article_id: ArticleId) -> tuple[StoryId | None, tuple[Source, ...]]:
    query = sa.select(story_members.c.story_id).where(story_members.c.article_id == article_id)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        return None, ()
    story_id = StoryId(found)
    members = sources(connection, [story_id]).get(story_id, [])
    return story_id, tuple(source for member_id, source in members if member_id != article_id)


def titles(connection: sa.Connection, limit: int) -> list[ArticleTitle]:
    """See `ports.Store.article_titles`."""
    query = (
        sa.select(seen_articles.c.feed_id, seen_articles.c.key, seen_articles.c.title)
        .where(seen_articles.c.key == seen_articles.c.article_key)
        .order_by(seen_articles.c.first_seen_at.desc(), seen_articles.c.feed_id, seen_articles.c.key)
        .limit(limit)
    )
    return [
        ArticleTitle(feed_id=FeedId(row.feed_id), key=ArticleKey(row.key), title=row.title)
        for row in connection.execute(query)
    ]


def addresses(connection: sa.Connection, host: str, limit: int) -> list[ArticleAddress]:
    """See `ports.Store.article_addresses`."""
    query = (
        sa.select(articles.c.id, articles.c.feed_id, articles.c.url)
        .where(sa.func.lower(articles.c.url).contains(host.lower(), autoescape=True))
        .order_by(articles.c.stored_at.desc(), articles.c.id.desc())
        .limit(limit)
    )
    return [
        ArticleAddress(id=ArticleId(row.id), feed_id=FeedId(row.feed_id), url=row.url)
        for row in connection.execute(query)
    ]


def matches_of(connection: sa.Connection, article_id: ArticleId) -> list[FoundMatch]:
    """See `ports.Store.article_matches`."""
    query = sa.select(matches).where(matches.c.article_id == article_id).order_by(matches.c.found_at, matches.c.rule_id)
    return [FoundMatch(match=match_from(row), found_at=row.found_at) for row in connection.execute(query)]


def trace_alerts(connection: sa.Connection, article_id: ArticleId, ids: Collection[str]) -> list[TracedAlert]:
    """See `ports.Store.trace_alerts`."""
    query = (
        sa.select(alerts)
        .where(sa.or_(alerts.c.article_id == article_id, alerts.c.id.in_(ids)))
        .order_by(alerts.c.created_at, alerts.c.channel_id, alerts.c.id)
    )
    found = [alert_from(row) for row in connection.execute(query).mappings()]
    carried: dict[str, list[TracedDelivery]] = {alert.id: [] for alert in found}
    of_these = sa.select(deliveries).where(deliveries.c.alert_id.in_(carried)).order_by(deliveries.c.position)
    for row in connection.execute(of_these).mappings().all():
        carried[row["alert_id"]].append(_trace(connection, row))
    return [TracedAlert(alert=alert, deliveries=tuple(carried[alert.id])) for alert in found]


def _trace(connection: sa.Connection, row: Mapping[Any, Any]) -> TracedDelivery:
    digest = connection.execute(sa.select(deliveries).where(deliveries.c.id == row["digest_id"])).mappings().first()
    return TracedDelivery(
        delivery=delivery_from(row),
        attempts=attempts_of(connection, row["id"]),
        ahead=_ahead_of(connection, row["channel_id"], row["position"]),
        silence=None if row["silence_id"] is None else silence_of(connection, row["silence_id"]),
        digest=None if digest is None else _trace(connection, digest),
    )


def attempts_of(connection: sa.Connection, delivery_id: str) -> tuple[DeliveryAttempt, ...]:
    """Return what was tried to send a delivery, and what persons decided of it, in order."""
    query = (
        sa.select(delivery_attempts)
        .where(delivery_attempts.c.delivery_id == delivery_id)
        .order_by(delivery_attempts.c.id)
    )
    return tuple(
        DeliveryAttempt(attempted_at=row.attempted_at, status=DeliveryStatus(row.outcome), detail=row.detail)
        for row in connection.execute(query)
    )


def _ahead_of(connection: sa.Connection, channel_id: str, position: int) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(deliveries)
        .where(
            UNFINISHED,
            deliveries.c.channel_id == channel_id,
            deliveries.c.position < position,
            deliveries.c.notice_id.is_(None),
        )
    )
    return connection.execute(query).scalar_one()
