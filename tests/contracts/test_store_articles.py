"""What every store keeps to about going through its articles: each sentence of `ports.Store`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.builders import HOUR, NOW, article, feed, state

from aggregator.model.articles import Article
from aggregator.model.ids import FeedId
from aggregator.model.polls import PollPlan
from aggregator.model.stored import StoredArticle
from aggregator.ports import Store
from aggregator.storage.article_queries import articles_page
from aggregator.storage.engine import make_engine
from aggregator.storage.store import open_store

BASELINED_AT = NOW - 2 * HOUR
TICK = timedelta(microseconds=1)
WHOLE = article(
    "whole",
    authors=("Ann", "Ян, сын"),
    body="A body.",
    tags=("war", "«a»"),
    feed_tags=("ukraine",),
    language="uk",
    image_url="https://news.example/a.png",
    has_page_text=True,
    page_error="gone",
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of its own for each test."""
    return f"sqlite:///{tmp_path}/aggregator.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store that knows two feeds."""
    store = await open_store(url)
    await store.sync_feeds([feed(), feed("b")], NOW)
    yield store
    await store.close()


async def put(
    store: Store, stored_at: datetime, *articles: Article, baselined_at: datetime | None = BASELINED_AT
) -> None:
    """Store articles of one feed at one time."""
    of_feed = state(articles[0].feed_id, last_polled_at=stored_at, baselined_at=baselined_at)
    await store.apply(PollPlan(state=of_feed, new_articles=articles))


async def all_pages(store: Store, limit: int, since: datetime = BASELINED_AT) -> list[list[StoredArticle]]:
    """Go through all of it, page by page."""
    pages = [await store.articles_stored(since, limit)]
    while pages[-1]:
        pages.append(await store.articles_stored(since, limit, pages[-1][-1]))
    return pages[:-1]


async def test_articles_come_back_whole(store: Store) -> None:
    """Every field that is stored is as it was; the same as when it is asked for by its id."""
    plain = article("plain")
    await put(store, NOW, WHOLE)
    await put(store, NOW - TICK, plain)

    found = await store.articles_stored(NOW - TICK, 10)

    assert found == [
        StoredArticle(article=WHOLE, stored_at=NOW, came_at=NOW),
        StoredArticle(article=plain, stored_at=NOW - TICK, came_at=NOW - TICK),
    ]
    assert await store.stored_articles([WHOLE.id, plain.id]) == {one.article.id: one.article for one in found}


async def test_the_last_stored_come_first_and_those_of_one_time_by_their_ids(store: Store) -> None:
    """Pages go through them in one order, without overlap or gap, also within one time."""
    early = [article(f"early{n}") for n in range(4)]
    late = [article(f"late{n}", feed_id=FeedId("b")) for n in range(5)]
    await put(store, NOW, *late)
    await put(store, NOW - TICK, *early)

    pages = await all_pages(store, 2)

    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    expected = [one.id for part in (late, early) for one in sorted(part, key=lambda one: one.id, reverse=True)]
    assert [one.article.id for page in pages for one in page] == expected


async def test_only_what_was_stored_since_is_there(store: Store) -> None:
    """The first moment belongs to it; the count agrees."""
    await put(store, NOW, article("a"), article("b"))
    await put(store, NOW - TICK, article("c"))

    found = await store.articles_stored(NOW, 10)

    assert {one.article.key for one in found} == {"a", "b"}
    assert await store.count_articles_stored(NOW) == 2
    assert await store.count_articles_stored(NOW + TICK) == 0
    assert await store.articles_stored(NOW + TICK, 10) == []


async def test_what_is_stored_between_two_pages_moves_nothing(store: Store) -> None:
    """New articles, and a new text of an old one, neither repeat nor hide any."""
    known = [article(f"a{n}") for n in range(4)]
    await put(store, NOW - HOUR, *known)

    first = await store.articles_stored(BASELINED_AT, 2)
    await put(store, NOW, article("new"))
    changed = replace(first[-1].article, title="Changed", content_hash="2")
    await store.apply(PollPlan(state=state(last_polled_at=NOW), updated_articles=(changed,), listed=(changed.key,)))
    second = await store.articles_stored(BASELINED_AT, 10, first[-1])

    assert {one.article.id for one in first + second} == {one.id for one in known}


@pytest.mark.parametrize(
    ("stored_at", "published_at", "baselined_at", "came_at"),
    [
        pytest.param(NOW, NOW - 9 * HOUR, BASELINED_AT, NOW, id="news, whatever its date says"),
        pytest.param(NOW, NOW + HOUR, BASELINED_AT, NOW, id="news with a date to come"),
        pytest.param(BASELINED_AT, NOW - 9 * HOUR, BASELINED_AT, NOW - 9 * HOUR, id="listed at the first reading"),
        pytest.param(BASELINED_AT, NOW, BASELINED_AT, BASELINED_AT, id="listed then with a date to come"),
        pytest.param(NOW, NOW - HOUR, None, NOW - HOUR, id="pushed before the first reading"),
    ],
)
async def test_when_an_article_came(
    store: Store, stored_at: datetime, published_at: datetime, baselined_at: datetime | None, came_at: datetime
) -> None:
    """News came when it was stored; what a feed listed already at its first reading, when it was published."""
    await put(store, stored_at, article(published_at=published_at), baselined_at=baselined_at)

    [found] = await store.articles_stored(BASELINED_AT, 10)

    assert (found.stored_at, found.came_at) == (stored_at, came_at)


async def test_articles_of_removed_feeds_are_among_them(store: Store) -> None:
    """They stay until they are purged."""
    await put(store, NOW, article())

    await store.sync_feeds([feed("b")], NOW)

    assert len(await store.articles_stored(NOW, 10)) == 1
    assert await store.count_articles_stored(NOW) == 1


async def test_pages_and_counts_go_along_an_index(url: str) -> None:
    """No page sorts, and neither goes through the whole table: a database has years in it."""
    statements: list[tuple[str, tuple[object, ...]]] = []
    await (await open_store(url)).close()
    engine = make_engine(url)
    last = StoredArticle(article=article(), stored_at=NOW, came_at=NOW)

    def explained(connection: sa.Connection) -> list[str]:
        sa.event.listen(
            connection, "before_cursor_execute", lambda _c, _u, *said: statements.append((said[0], said[1]))
        )
        articles_page(connection, NOW, 10, last)
        sql, given = next(one for one in statements if one[0].startswith("SELECT"))
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]

    with engine.connect() as connection:
        plan = explained(connection)
    engine.dispose()

    assert any("ix_articles_stored_at_id (stored_at>? AND (stored_at,id)<(?,?))" in step for step in plan)
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan)
