"""What is the same article at the next poll, and what is another: cases from other readers' trackers, and rules."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, article, feed, seen
from support.identity_cases import OTHER, OTHERS, SAME, STORY, Case, changed
from support.listings import SITE, Listed, Polls, parsed, rss_of
from support.stores import new_store

from aggregator.feeds.identity import identify, lookup_keys
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.ids import ArticleKey, ChannelId
from aggregator.ports import Store
from aggregator.storage.store import open_store


@pytest.fixture(scope="module")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that knows one feed, to be copied: making it takes longer than most tests."""
    path = tmp_path_factory.mktemp("identity") / "fresh.db"

    async def make() -> None:
        store = await open_store(f"sqlite:///{path}")
        await store.sync_feeds([feed()], NOW)
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture
async def store(fresh_database: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """A database of its own for each test."""
    shutil.copy(fresh_database, tmp_path / "aggregator.db")
    store = await new_store(tmp_path / "aggregator.db")
    yield store
    await store.close()


@pytest.mark.parametrize("in_parts", [True, False], ids=["in parts", "whole"])
@pytest.mark.parametrize("case", [*SAME, *OTHERS], ids=lambda case: case.of)
async def test_what_is_new_at_each_poll(case: Case, in_parts: bool, store: Store) -> None:
    """The same article is never new again, another one is new once: through the parser and the store."""
    polls = Polls(store, in_parts)

    found = [
        len(await polls.new_titles(case.document(*items), NOW + number * case.step))
        for number, (items, _) in enumerate(case.polls)
    ]

    assert found == [new for _, new in case.polls]


async def test_a_feed_that_flips_never_alerts_twice(store: Store) -> None:
    """By turns two schemes, ids and titles, for ten days: one delivery for each article, under its first key."""
    polls = Polls(store)
    by_turns = [
        rss_of(STORY, OTHER),
        rss_of(changed(STORY, link="http://news.example/budget", guid="http://news.example/budget"), OTHER),
        rss_of(OTHER, changed(STORY, guid="tag:news.example:7", title="Budget: the full story")),
    ]

    found = [await polls.poll(by_turns[number % 3], NOW + number * timedelta(hours=8)) for number in range(30)]

    assert [len(poll.new) for poll in found] == [2, *[0] * 29]
    [one, other] = (item.article.key for item in await store.claim_deliveries(ChannelId("desk"), NOW, 10))
    assert {key for poll in found for key in poll.keys} == {one, other}


@pytest.mark.parametrize(("away", "new"), [(timedelta(days=29), 0), (timedelta(days=31), 0)])
async def test_an_article_that_comes_back_is_not_new(store: Store, away: timedelta, new: int) -> None:
    """It is remembered for 30 days after it was listed last, and for as long as it is stored."""
    polls = Polls(store)
    await polls.poll(rss_of(STORY, OTHER))
    await polls.poll(rss_of(OTHER), NOW + away)
    await store.prune_seen(NOW + away)

    assert await polls.new_titles(rss_of(STORY, OTHER), NOW + away) == [STORY.title] * new


async def test_an_id_that_was_given_later_is_remembered_when_the_link_changes_too(store: Store) -> None:
    """An article keeps its first key when its id changes, then its link, then both change back."""
    polls = Polls(store)
    moved = changed(STORY, guid="tag:7")
    found = [
        await polls.poll(rss_of(item), NOW + number * timedelta(days=1))
        for number, item in enumerate([STORY, moved, changed(moved, link=f"{SITE}/archive/7"), STORY, moved])
    ]

    assert {key for poll in found for key in poll.keys} == {ArticleKey("//news.example/budget")}
    assert [len(poll.aliases) for poll in found] == [0, 1, 0, 0, 0]


async def test_ids_made_up_at_every_poll_do_not_pile_up(store: Store) -> None:
    """Of a hundred ids of one article a few are remembered, not all."""
    polls = Polls(store)

    for number in range(100):
        await polls.poll(rss_of(changed(STORY, guid=f"uuid-{number}")), NOW + number * timedelta(minutes=15))

    assert len(await store.seen_articles(feed().id, [], ["//news.example/budget"])) == 4


TITLES = st.sampled_from(["Budget agreed", "Storm closes harbour", "Update", "Untitled", "内阁", ""])
PARAMETERS = st.sampled_from(["utm_source=rss", "fbclid=1", "at_medium=x", "ref=rss", "source=rss-12--4", "xtor=RSS-1"])
ITEMS = st.lists(
    st.builds(
        Listed,
        title=TITLES,
        link=st.none() | st.integers(0, 5).map(lambda number: f"{SITE}/{number or ''}"),
        guid=st.none() | st.integers(0, 5).map(lambda number: f"id-{number}"),
        date=st.none() | st.integers(10, 14).map(lambda hour: f"Sat, 28 Feb 2026 {hour}:07:00 GMT"),
        text=st.sampled_from(["", "One text", "Another text, which is longer than the first one"]),
    ),
    max_size=6,
)


class Memory:
    """What a store would remember."""

    def __init__(self) -> None:
        self.rows: dict[ArticleKey, SeenArticle] = {}

    def poll(self, items: Sequence[Listed], now: datetime = NOW) -> list[Article]:
        """Return what is new, and remember it."""
        articles = parsed(rss_of(*items), now).articles
        keys, links = lookup_keys(articles)
        found = identify(articles, [row for row in self.rows.values() if row.key in keys or row.link_key in links])
        for row in (*map(seen, found.new), *found.aliases):
            self.rows.setdefault(row.key, row)
        for known, _ in found.known:
            for key, row in self.rows.items():
                if row.article_key == known.key:
                    self.rows[key] = replace(row, title=known.title, content_hash=known.content_hash)
        return list(found.new)


@settings(max_examples=100, deadline=None)
@given(ITEMS)
def test_the_same_document_twice_has_nothing_new(items: list[Listed]) -> None:
    """Whatever it lists, at once and a day later."""
    memory = Memory()
    memory.poll(items)

    assert memory.poll(items) == []
    assert memory.poll(items, NOW + timedelta(days=1)) == []


@settings(max_examples=100, deadline=None)
@given(ITEMS, st.data())
def test_known_items_in_any_order_and_number_are_not_new(items: list[Listed], data: st.DataObject) -> None:
    """Items that leave, come back and change places are what they were."""
    memory = Memory()
    memory.poll(items)

    for _ in range(3):
        some = data.draw(st.lists(st.sampled_from(items), max_size=6, unique_by=id)) if items else []
        assert memory.poll(some) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), TITLES), max_size=5, unique_by=lambda pair: pair[0]), st.data())
def test_schemes_and_tracking_are_never_new(listed: list[tuple[int, str]], data: st.DataObject) -> None:
    """A link with other parameters that track, and http or https, is the same link, and the same id."""

    def written(number: int) -> str:
        scheme, slash = data.draw(st.sampled_from(["http", "https"])), data.draw(st.sampled_from(["", "/"]))
        return f"{scheme}://news.example/{number}{slash}?{'&'.join(data.draw(st.lists(PARAMETERS, max_size=2)))}"

    memory = Memory()
    has_ids = data.draw(st.booleans())

    def items() -> list[Listed]:
        links = [(title, written(number)) for number, title in listed]
        return [Listed(title, link, link if has_ids else None) for title, link in links]

    assert len(memory.poll(items())) == len(listed)
    assert memory.poll(items()) == []
    assert memory.poll(items(), NOW + timedelta(days=40)) == []


@settings(max_examples=100, deadline=None)
@given(ITEMS, ITEMS)
def test_articles_with_other_links_and_titles_are_never_merged(before: list[Listed], after: list[Listed]) -> None:
    """An item whose link, title and id were not there before is new, whatever else was."""
    memory = Memory()
    memory.poll(before)
    strangers = [
        changed(item, link=f"{SITE}/new/{number}", title=f"Fresh {number} {item.title}", guid=f"new-{number}")
        for number, item in enumerate(after)
    ]

    assert len(memory.poll([*strangers, *before])) == len(strangers)


@settings(max_examples=100, deadline=None)
@given(ITEMS, ITEMS)
def test_an_id_that_is_used_again_is_new_once(before: list[Listed], after: list[Listed]) -> None:
    """Other link, title and time under a known id: a new article, and at the next poll a known one."""
    memory = Memory()
    memory.poll(before)
    reused = [
        changed(
            item, link=f"{SITE}/new/{number}", title=f"Fresh {number}", date=f"Sun, 01 Mar 2026 09:0{number}:01 GMT"
        )
        for number, item in enumerate(after)
    ]

    assert len(memory.poll(reused)) == len(reused)
    assert memory.poll(reused) == []
    assert memory.poll(before) == []


def test_an_article_that_is_still_listed_is_not_taken_for_another() -> None:
    """The link of an article that was not read again, because it had not changed, is no evidence."""
    old = article("a1", link_key="//news.example/live")
    fresh = replace(old, key=ArticleKey("a2"))

    found = identify([fresh], [seen(old)], unchanged=[old.key])

    assert [item.key for item in found.new] == ["a2"]


def test_an_article_that_is_listed_under_two_of_its_ids_is_known_once() -> None:
    """Then the text of the first one counts, not each in turn at every poll."""
    old = article("a1")
    both = [replace(old, content_hash="2"), replace(old, key=ArticleKey("b1"), content_hash="3")]

    found = identify(both, [seen(old), seen(old, key=ArticleKey("b1"))])

    assert [(item.key, item.content_hash) for item, _ in found.known] == [("a1", "2")]
    assert found.keys == ("a1", "a1")
    assert found.new == ()
