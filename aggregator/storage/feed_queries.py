"""What the store does with feeds, their states and what was seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from aggregator.model.articles import SeenArticle
from aggregator.model.feeds import Feed, FeedState, FeedSummary
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.storage.engine import IN_LIMIT
from aggregator.storage.rows import Values, feed_from, feed_values, state_from
from aggregator.storage.tables import articles, feed_states, feeds, seen_articles

SEEN_KEPT = timedelta(days=30)
"""How long a key outlives its last listing (DESIGN: seen-state outlives retention)."""

_RESET: Values = {"etag": None, "last_modified": None, "body_hash": None, "failures": 0, "last_error": None}


def sync_feeds(connection: sa.Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """See `ports.Store.sync_feeds`. Only differences are written."""
    known = {row.id: row for row in connection.execute(sa.select(feeds))}
    new = [feed for feed in wanted if feed.id not in known]
    if new:
        connection.execute(feeds.insert(), [feed_values(feed) for feed in new])
        connection.execute(
            feed_states.insert(),
            [{"feed_id": feed.id, "is_active": True, "next_poll_at": now, "failures": 0} for feed in new],
        )
    for feed in wanted:
        row = known.get(feed.id)
        if row is not None and (not row.is_active or feed_from(row) != feed):
            _change_feed(connection, row.url, feed, now)
    wanted_ids = {feed.id for feed in wanted}
    gone = [row.id for row in known.values() if row.is_active and row.id not in wanted_ids]
    for start in range(0, len(gone), IN_LIMIT):
        ids = gone[start : start + IN_LIMIT]
        connection.execute(feeds.update().where(feeds.c.id.in_(ids)).values(is_active=False))
        connection.execute(feed_states.update().where(feed_states.c.feed_id.in_(ids)).values(is_active=False))


def _change_feed(connection: sa.Connection, old_url: str, feed: Feed, now: datetime) -> None:
    connection.execute(feeds.update().where(feeds.c.id == feed.id).values(feed_values(feed)))
    changes: Values = {"is_active": True}
    if feed.url != old_url:
        changes |= _RESET | {"gone_at": None, "next_poll_at": now}
    connection.execute(feed_states.update().where(feed_states.c.feed_id == feed.id).values(changes))


def due_feeds(connection: sa.Connection, now: datetime, limit: int) -> list[FeedState]:
    """See `ports.Store.due_feeds`."""
    query = (
        sa.select(feed_states)
        .where(feed_states.c.is_active, feed_states.c.next_poll_at <= now)
        .order_by(feed_states.c.next_poll_at, feed_states.c.feed_id)
        .limit(limit)
    )
    return [state_from(row) for row in connection.execute(query)]


def active_states(connection: sa.Connection) -> list[FeedState]:
    """See `ports.Store.feed_states`."""
    query = sa.select(feed_states).where(feed_states.c.is_active).order_by(feed_states.c.feed_id)
    return [state_from(row) for row in connection.execute(query)]


def list_feeds(connection: sa.Connection) -> list[FeedSummary]:
    """See `ports.Store.list_feeds`."""
    counts: dict[str, int] = {
        row.feed_id: row.stored
        for row in connection.execute(
            sa.select(articles.c.feed_id, sa.func.count().label("stored")).group_by(articles.c.feed_id)
        )
    }
    configured = {row.id: feed_from(row) for row in connection.execute(sa.select(feeds).where(feeds.c.is_active))}
    return [
        FeedSummary(feed=configured[state.feed_id], state=state, articles=counts.get(state.feed_id, 0))
        for state in active_states(connection)
    ]


def seen(connection: sa.Connection, feed_id: FeedId, keys: Sequence[ArticleKey]) -> dict[ArticleKey, SeenArticle]:
    """See `ports.Store.seen_articles`."""
    found: dict[ArticleKey, SeenArticle] = {}
    for start in range(0, len(keys), IN_LIMIT):
        query = sa.select(seen_articles.c.key, seen_articles.c.content_hash).where(
            seen_articles.c.feed_id == feed_id, seen_articles.c.key.in_(keys[start : start + IN_LIMIT])
        )
        for row in connection.execute(query):
            found[ArticleKey(row.key)] = SeenArticle(key=ArticleKey(row.key), content_hash=row.content_hash)
    return found


def prune_seen(connection: sa.Connection, now: datetime) -> int:
    """Forget keys whose feed has not listed them for 30 days and whose article is no longer stored."""
    is_stored = (
        sa.select(sa.literal(1))
        .where(articles.c.feed_id == seen_articles.c.feed_id, articles.c.key == seen_articles.c.key)
        .exists()
    )
    result = connection.execute(
        seen_articles.delete().where(seen_articles.c.last_listed_at < now - SEEN_KEPT, ~is_stored)
    )
    return result.rowcount
