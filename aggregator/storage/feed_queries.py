"""What the store does with feeds, their states and what was seen in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from aggregator.model.access import OPEN_ACCESS
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.feeds import CONFIGURATION, DueFeed, Feed, FeedState, FeedStatus, FeedSummary
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleId, ArticleKey, FeedId
from aggregator.model.links import comparable_address
from aggregator.model.polls import HostHold
from aggregator.storage.engine import IN_LIMIT
from aggregator.storage.learning_codec import outline_from
from aggregator.storage.rows import (
    Row,
    Values,
    article_from,
    feed_from,
    feed_values,
    revision_from,
    seen_from,
    state_from,
)
from aggregator.storage.tables import (
    articles,
    feed_outlines,
    feed_states,
    feeds,
    host_holds,
    revisions,
    seen_articles,
)

SEEN_KEPT = timedelta(days=30)
"""How long a key outlives its last listing (DESIGN: seen-state outlives retention)."""

_RESET: Values = {
    "etag": None,
    "last_modified": None,
    "body_hash": None,
    "failures": 0,
    "last_error": None,
    "gone_at": None,
    "url": None,
    "moved_url": None,
    "moved_polls": 0,
    "broken_noticed_at": None,
}
"""What is unlearned when a feed's address changes."""

_NEW: Values = {"is_active": True, "failures": 0, "moved_polls": 0, "listed": 0, "gaps": 0}
_UNKNOWN: Values = {column.name: None for column in feed_states.c if column.nullable and column.name not in _NEW} | _NEW
"""The state of a feed that was never polled, but for when it is due."""


def sync_feeds(connection: sa.Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """See `ports.Store.sync_feeds`. Only differences are written."""
    known = {row.id: row for row in connection.execute(sa.select(feeds))}
    _write_feeds(connection, wanted, known, now)
    wanted_ids = {feed.id for feed in wanted}
    gone = [
        FeedId(row.id)
        for row in known.values()
        if row.is_active and row.owner == CONFIGURATION and row.id not in wanted_ids
    ]
    _deactivate(connection, gone)


def add_feeds(connection: sa.Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """See `ports.Store.add_feeds`."""
    rows = _chunks(connection, sa.select(feeds), feeds.c.id, [feed.id for feed in wanted])
    known = {row.id: row for row in rows}
    free = [feed for feed in wanted if not (feed.id in known and _is_configured(known[feed.id]))]
    _write_feeds(connection, free, known, now)
    for feed in free:
        row = known.get(feed.id)
        if row is not None and not row.is_active and comparable_address(row.url) != comparable_address(feed.url):
            # Another feed under a name that was free again: nothing that was learned under it is true of this one.
            forgotten = _UNKNOWN | {"next_poll_at": now}
            connection.execute(feed_states.update().where(feed_states.c.feed_id == feed.id).values(forgotten))


def remove_feeds(connection: sa.Connection, ids: Collection[FeedId]) -> list[FeedId]:
    """See `ports.Store.remove_feeds`."""
    query = sa.select(feeds.c.id).where(feeds.c.is_active, feeds.c.owner != CONFIGURATION)
    removed = [FeedId(row.id) for row in _chunks(connection, query, feeds.c.id, ids)]
    _deactivate(connection, removed)
    return removed


def make_due(connection: sa.Connection, ids: Collection[FeedId], now: datetime) -> int:
    """See `ports.Store.make_due`."""
    query = sa.select(feed_states.c.feed_id, feed_states.c.is_active)
    active = [FeedId(row.feed_id) for row in _chunks(connection, query, feed_states.c.feed_id, ids) if row.is_active]
    _set_states(connection, active, {"next_poll_at": now})
    return len(active)


def added_feeds(connection: sa.Connection, ids: Collection[FeedId] | None) -> list[Feed]:
    """See `ports.Store.added_feeds`."""
    query = sa.select(feeds).where(feeds.c.is_active, feeds.c.owner != CONFIGURATION)
    if ids is None:
        return [feed_from(row) for row in connection.execute(query.order_by(feeds.c.id))]
    return sorted((feed_from(row) for row in _chunks(connection, query, feeds.c.id, ids)), key=lambda feed: feed.id)


def _chunks(
    connection: sa.Connection, query: sa.Select[Any], column: sa.Column[str], wanted: Collection[str]
) -> Iterator[Row]:
    """Yield the rows of `query` whose `column` is one of `wanted`, each once, in as many statements as it takes.

    Whether a state is active is for the caller to look at: asked for that too, SQLite goes through all that are.
    """
    values = list(dict.fromkeys(wanted))
    for start in range(0, len(values), IN_LIMIT):
        yield from connection.execute(query.where(column.in_(values[start : start + IN_LIMIT])))


def _is_configured(row: Row) -> bool:
    return bool(row.is_active) and row.owner == CONFIGURATION


def _write_feeds(connection: sa.Connection, wanted: Sequence[Feed], known: Mapping[str, Row], now: datetime) -> None:
    new = [feed for feed in wanted if feed.id not in known]
    if new:
        connection.execute(feeds.insert(), [feed_values(feed) for feed in new])
        connection.execute(feed_states.insert(), [_NEW | {"feed_id": feed.id, "next_poll_at": now} for feed in new])
    for feed in wanted:
        row = known.get(feed.id)
        if row is not None and (not row.is_active or feed_from(row) != replace(feed, access=OPEN_ACCESS)):
            _change_feed(connection, row.url, feed, now)


def _deactivate(connection: sa.Connection, gone: Sequence[FeedId]) -> None:
    for start in range(0, len(gone), IN_LIMIT):
        ids = gone[start : start + IN_LIMIT]
        connection.execute(feeds.update().where(feeds.c.id.in_(ids)).values(is_active=False))
    _set_states(connection, gone, {"is_active": False})


def _set_states(connection: sa.Connection, ids: Sequence[FeedId], values: Values) -> None:
    for start in range(0, len(ids), IN_LIMIT):
        of_these = feed_states.c.feed_id.in_(ids[start : start + IN_LIMIT])
        connection.execute(feed_states.update().where(of_these).values(values))


def _change_feed(connection: sa.Connection, old_url: str, feed: Feed, now: datetime) -> None:
    connection.execute(feeds.update().where(feeds.c.id == feed.id).values(feed_values(feed)))
    changes: Values = {"is_active": True}
    if feed.url != old_url:
        changes |= _RESET | {"next_poll_at": now}
    connection.execute(feed_states.update().where(feed_states.c.feed_id == feed.id).values(changes))


def due_feeds(connection: sa.Connection, now: datetime, limit: int, after: DueFeed | None) -> list[DueFeed]:
    """See `ports.Store.due_feeds`."""
    due_at, own_id = feed_states.c.next_poll_at, feed_states.c.feed_id
    query = (
        sa.select(due_at, own_id, sa.func.coalesce(feed_states.c.url, feeds.c.url).label("url"))
        .join(feeds, feeds.c.id == feed_states.c.feed_id)
        .where(feed_states.c.is_active, due_at <= now)
        .order_by(due_at, own_id)
        .limit(limit)
    )
    if after is not None:
        last = after.next_poll_at
        query = query.where(due_at >= last, sa.or_(due_at > last, own_id > after.feed_id))
    return [
        DueFeed(feed_id=FeedId(row.feed_id), url=row.url, next_poll_at=row.next_poll_at)
        for row in connection.execute(query)
    ]


def active_states(connection: sa.Connection, ids: Collection[FeedId] | None = None) -> list[FeedState]:
    """See `ports.Store.feed_states`."""
    query = sa.select(feed_states).order_by(feed_states.c.feed_id)
    if ids is None:
        return [state_from(row) for row in connection.execute(query.where(feed_states.c.is_active))]
    rows = _chunks(connection, query, feed_states.c.feed_id, sorted(ids))
    return [state_from(row) for row in rows if row.is_active]


def feed_state(connection: sa.Connection, feed_id: FeedId) -> FeedState | None:
    """See `ports.Store.feed_state`."""
    query = sa.select(feed_states).where(feed_states.c.is_active, feed_states.c.feed_id == feed_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else state_from(row)


def count_feeds(connection: sa.Connection) -> dict[FeedStatus, int]:
    """See `ports.Store.count_feeds`."""
    states = feed_states.c
    status = sa.case(
        (states.gone_at.is_not(None), FeedStatus.GONE.value),
        (states.failures > 0, FeedStatus.FAILING.value),
        (states.last_polled_at.is_(None), FeedStatus.NEW.value),
        else_=FeedStatus.OK.value,
    ).label("status")
    query = sa.select(status, sa.func.count().label("many")).where(states.is_active).group_by(status)
    return {FeedStatus(row.status): row.many for row in connection.execute(query)}


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


def seen(
    connection: sa.Connection, feed_id: FeedId, keys: Sequence[ArticleKey], link_keys: Sequence[str]
) -> list[SeenArticle]:
    """See `ports.Store.seen_articles`."""
    query = sa.select(seen_articles).where(seen_articles.c.feed_id == feed_id)
    found = {row.key: seen_from(row) for row in _chunks(connection, query, seen_articles.c.key, keys)}
    found |= {row.key: seen_from(row) for row in _chunks(connection, query, seen_articles.c.link_key, link_keys)}
    return list(found.values())


def stored_articles(connection: sa.Connection, ids: Sequence[ArticleId]) -> dict[ArticleId, Article]:
    """See `ports.Store.stored_articles`."""
    rows = _chunks(connection, sa.select(articles), articles.c.id, ids)
    return {ArticleId(row.id): article_from(row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name


def revisions_of(connection: sa.Connection, article_id: ArticleId) -> list[Revision]:
    """See `ports.Store.revisions`."""
    query = sa.select(revisions).where(revisions.c.article_id == article_id).order_by(revisions.c.replaced_at)
    return [revision_from(row) for row in connection.execute(query)]


def outline(connection: sa.Connection, feed_id: FeedId) -> Outline | None:
    """See `ports.Store.outline`."""
    packed = connection.execute(
        sa.select(feed_outlines.c.outline).where(feed_outlines.c.feed_id == feed_id)
    ).scalar_one_or_none()
    return None if packed is None else outline_from(packed)


def holds(connection: sa.Connection, now: datetime) -> list[HostHold]:
    """See `ports.Store.host_holds`."""
    query = sa.select(host_holds).where(host_holds.c.until > now).order_by(host_holds.c.host)
    return [HostHold(host=row.host, until=row.until) for row in connection.execute(query)]


def prune_seen(connection: sa.Connection, now: datetime) -> int:
    """Forget keys whose article no feed has listed for 30 days, under any of its keys, and which is no longer stored.

    Only the first key of an article is renewed when it is listed; the others live as long as it does.
    """
    first = seen_articles.alias("first")
    is_listed = (
        sa.select(sa.literal(1))
        .where(
            first.c.feed_id == seen_articles.c.feed_id,
            first.c.key == seen_articles.c.article_key,
            first.c.last_listed_at >= now - SEEN_KEPT,
        )
        .exists()
    )
    is_stored = (
        sa.select(sa.literal(1))
        .where(articles.c.feed_id == seen_articles.c.feed_id, articles.c.key == seen_articles.c.article_key)
        .exists()
    )
    connection.execute(host_holds.delete().where(host_holds.c.until <= now))
    result = connection.execute(
        seen_articles.delete().where(seen_articles.c.last_listed_at < now - SEEN_KEPT, ~is_stored, ~is_listed)
    )
    return result.rowcount
