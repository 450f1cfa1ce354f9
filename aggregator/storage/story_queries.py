"""What the store knows of stories."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from aggregator.model.alerts import WAITING, DeliveryKind, DeliveryStatus, Source
from aggregator.model.ids import AlertId, ArticleId, FeedId, StoryId
from aggregator.model.stories import StoryArticle
from aggregator.storage.rows import article_from
from aggregator.storage.tables import articles, deliveries, feed_states, feeds, story_members

_MOST_SOURCES = 20
"""Of one story: a message has room for no more."""

# Made once: of a statement that is put together anew SQLAlchemy works out the key of its cache each time.
_SOURCES = (
    sa.select(
        story_members.c.story_id,
        articles.c.id,
        articles.c.feed_id,
        articles.c.title,
        articles.c.url,
        articles.c.published_at,
        sa.func.coalesce(feeds.c.title, feed_states.c.title).label("feed_title"),
        feeds.c.url.label("feed_url"),
    )
    .join(articles, articles.c.id == story_members.c.article_id)
    .join(feeds, feeds.c.id == articles.c.feed_id)
    .outerjoin(feed_states, feed_states.c.feed_id == feeds.c.id)
    .where(story_members.c.story_id.in_(sa.bindparam("story_ids", expanding=True)))
    .order_by(story_members.c.joined_at, articles.c.published_at, articles.c.id)
)


def story_articles(connection: sa.Connection, since: datetime) -> list[StoryArticle]:
    """See `ports.Store.story_articles`."""
    query = (
        sa.select(*articles.c, story_members.c.story_id, story_members.c.joined_at)
        .join(story_members, story_members.c.article_id == articles.c.id)
        .where(story_members.c.joined_at >= since)
        .order_by(story_members.c.joined_at, articles.c.published_at, articles.c.id)
    )
    return [
        StoryArticle(article=article_from(row), story_id=StoryId(row["story_id"]), joined_at=row["joined_at"])
        for row in connection.execute(query).mappings()
    ]


def has_story(connection: sa.Connection, story_id: StoryId) -> bool:
    """See `ports.Store.has_story`."""
    members = sa.select(story_members.c.story_id).where(story_members.c.story_id == story_id)
    return connection.execute(members.limit(1)).first() is not None


def sources(
    connection: sa.Connection, story_ids: Collection[StoryId]
) -> Mapping[StoryId, list[tuple[ArticleId, Source]]]:
    """Return the articles of each story, in the order in which they joined; at most 21 of each."""
    found: dict[StoryId, list[tuple[ArticleId, Source]]] = {}
    for row in connection.execute(_SOURCES, {"story_ids": list(story_ids)}):
        of_story = found.setdefault(StoryId(row.story_id), [])
        if len(of_story) <= _MOST_SOURCES:
            feed_title = row.feed_title or urlsplit(row.feed_url).hostname or row.feed_url
            source = Source(
                feed_id=FeedId(row.feed_id),
                feed_title=feed_title,
                title=row.title,
                url=row.url,
                published_at=row.published_at,
            )
            of_story.append((ArticleId(row.id), source))
    return found


def first_messages(connection: sa.Connection, alert_ids: Collection[AlertId]) -> Mapping[AlertId, str]:
    """Return the name of the message that says each alert and nothing else, as its service gave it last."""
    return _receipts(connection, alert_ids, deliveries.c.digest_id.is_(None))


def digest_messages(connection: sa.Connection, alert_ids: Collection[AlertId]) -> Mapping[AlertId, str]:
    """Return the name of the message of a digest that told each alert."""
    return _receipts(connection, alert_ids, deliveries.c.digest_id.is_not(None))


def waiting_alerts(connection: sa.Connection, alert_ids: Collection[AlertId]) -> frozenset[AlertId]:
    """Return those of the alerts whose first word is still to be said, by itself or in a digest."""
    waiting = (*WAITING, DeliveryStatus.FOLDED)
    query = sa.select(deliveries.c.alert_id).where(
        deliveries.c.alert_id.in_(list(alert_ids)),
        deliveries.c.kind == DeliveryKind.NEW.value,
        deliveries.c.status.in_([status.value for status in waiting]),
    )
    return frozenset(map(AlertId, connection.execute(query).scalars()))


def _receipts(
    connection: sa.Connection, alert_ids: Collection[AlertId], *conditions: sa.ColumnElement[bool]
) -> Mapping[AlertId, str]:
    query = (
        sa.select(deliveries.c.alert_id, deliveries.c.receipt)
        .where(
            deliveries.c.alert_id.in_(list(alert_ids)),
            deliveries.c.kind.in_([DeliveryKind.NEW.value, DeliveryKind.UPDATE.value]),
            ~deliveries.c.is_reply,
            deliveries.c.status == DeliveryStatus.SENT.value,
            deliveries.c.receipt.is_not(None),
            *conditions,
        )
        .order_by(deliveries.c.position)
    )
    return {AlertId(row.alert_id): row.receipt for row in connection.execute(query)}
