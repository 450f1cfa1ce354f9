"""Going through stored articles, page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.model.stored import StoredArticle
from aggregator.storage.column_types import UtcDateTime, from_microseconds
from aggregator.storage.tables import articles, feed_states

_PLACE = (articles.c.stored_at, articles.c.id)


def _raw(column: sa.ColumnElement[Any], as_type: type[sa.types.TypeEngine[Any]]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(column, as_type)


_COLUMNS = (
    articles.c.feed_id,
    articles.c.key,
    articles.c.url,
    articles.c.title,
    _raw(articles.c.published_at, sa.BigInteger),
    _raw(articles.c.stored_at, sa.BigInteger),
    articles.c.content_hash,
    sa.cast(articles.c.authors, sa.Text),
    articles.c.summary,
    articles.c.body,
    sa.cast(articles.c.tags, sa.Text),
    sa.cast(articles.c.feed_tags, sa.Text),
    articles.c.language,
    articles.c.image_url,
    _raw(articles.c.has_page_text, sa.Integer),
    articles.c.page_error,
    _raw(feed_states.c.baselined_at, sa.BigInteger),
)
"""As they are in the table, in an order that `_article` knows: a row by names and types takes four times as long."""


def count_articles(connection: sa.Connection, since: datetime) -> int:
    """See `ports.Store.count_articles_stored`."""
    query = sa.select(sa.func.count()).select_from(articles).where(articles.c.stored_at >= since)
    return connection.execute(query).scalar_one()


def articles_page(
    connection: sa.Connection, since: datetime, limit: int, before: StoredArticle | None
) -> list[StoredArticle]:
    """See `ports.Store.articles_stored`."""
    query = (
        sa.select(*_COLUMNS)
        .outerjoin(feed_states, feed_states.c.feed_id == articles.c.feed_id)
        .where(articles.c.stored_at >= since)
        .order_by(*(column.desc() for column in _PLACE))
        .limit(limit)
    )
    if before is not None:
        place = sa.tuple_(sa.literal(before.stored_at, UtcDateTime), sa.literal(before.article.id, sa.Text))
        query = query.where(sa.tuple_(*_PLACE) < place)
    listed = _lists()
    return [_stored_article(row, listed) for row in connection.execute(query)]


def _lists() -> Callable[[str], tuple[str, ...]]:
    """Return what reads lists of words, each different one once: most articles of a feed have the same."""
    known: dict[str, tuple[str, ...]] = {"[]": ()}

    def read(text: str) -> tuple[str, ...]:
        words = known.get(text)
        if words is None:
            words = known[text] = tuple(json.loads(text))
        return words

    return read


def _stored_article(row: Sequence[Any], listed: Callable[[str], tuple[str, ...]]) -> StoredArticle:
    feed_id, key, url, title, published_us, stored_us, content_hash, *more = row
    authors, summary, body, tags, feed_tags, language, image_url, has_page_text, page_error, baselined_us = more
    is_news = baselined_us is not None and stored_us > baselined_us
    stored_at = from_microseconds(stored_us)
    published_at = from_microseconds(published_us)
    article = Article(
        feed_id=FeedId(feed_id),
        key=ArticleKey(key),
        url=url,
        title=title,
        published_at=published_at,
        content_hash=content_hash,
        authors=listed(authors),
        summary=summary,
        body=body,
        tags=listed(tags),
        feed_tags=listed(feed_tags),
        language=language,
        image_url=image_url,
        has_page_text=bool(has_page_text),
        page_error=page_error,
    )
    return StoredArticle(
        article=article, stored_at=stored_at, came_at=stored_at if is_news else min(published_at, stored_at)
    )
