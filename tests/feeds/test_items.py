"""What items of every format become: keys, links and dates, and which items are one article."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, feed
from support.listings import SITE, Listed, parsed, rss_of

from aggregator.feeds.items import MAX_ARTICLES, Item, articles_of, other_keys
from aggregator.model.articles import Article


def read(*items: Listed) -> tuple[Article, ...]:
    """The articles of a document."""
    return parsed(rss_of(*items)).articles


def item(**changes: object) -> Item:
    """An item as a format gives it."""
    made = Item(
        guid="",
        urls=[],
        title="",
        summary="",
        body="",
        published_at=None,
        authors=[],
        tags=[],
        base_url=f"{SITE}/feed.xml",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


@pytest.mark.parametrize(
    ("listed", "key"),
    [
        (Listed("A", f"{SITE}/a", "id-1"), "id-1"),
        (Listed("A", f"{SITE}/a", "  id\n 1 "), "id 1"),
        (Listed("A", f"{SITE}/a", "https://www.news.example/x/?utm_source=rss"), "//news.example/x"),
        (Listed("A", f"{SITE}/a?fbclid=1", None), "//news.example/a"),
        (Listed("A", f"{SITE}/a", "  "), "//news.example/a"),
        (Listed("A", f"{SITE}/a", "g" * 512), "g" * 512),
    ],
)
def test_a_key_is_the_id_or_else_the_link(listed: Listed, key: str) -> None:
    """As they are compared: without what changes from poll to poll."""
    [article] = read(listed)

    assert article.key == key


@pytest.mark.parametrize(
    ("configured", "declared", "title", "body", "language"),
    [
        ("uk", "ru", "Курс долара", "", "uk"),
        (None, "en-GB", "Release notes", "", "en-GB"),
        (None, "en", "Тривога", "У Києві та області лунають вибухи.", "uk"),
        ("uk", None, "Семьям пленных звонят неизвестные", "", "ru"),
        (None, None, "Тривога", "У Києві та області лунають вибухи.", "uk"),
        (None, None, "OK", "", None),
    ],
)
def test_the_language_is_what_the_text_is_in(
    configured: str | None, declared: str | None, title: str, body: str, language: str | None
) -> None:
    """What the operator or else the feed says of it holds unless title and text contradict; the hash is the text's."""
    listed = item(guid="a", title=title, body=body, language=declared)
    of_feed = replace(feed(), language=configured)

    [article] = articles_of([listed], of_feed, fallback_url=SITE, fetched_at=NOW).articles
    [plain] = articles_of([replace(listed, language=None)], feed(), fallback_url=SITE, fetched_at=NOW).articles

    assert article.language == language
    assert article.content_hash == plain.content_hash


@pytest.mark.parametrize(
    "listed",
    [
        Listed("A", None, None),
        Listed("A", SITE, None),
        Listed("A", "https://www.news.example/?utm_source=rss", None),
        Listed("A", None, "g" * 513),
        Listed("A", f"{SITE}/{'a' * 600}", None),
    ],
)
def test_a_key_is_made_where_there_is_none_that_is_one(listed: Listed) -> None:
    """Neither nothing, nor the address of the site, nor what fits no column."""
    [article] = read(listed)
    [other] = read(replace(listed, title="B", guid=listed.guid and f"{listed.guid}B"))

    assert article.key.startswith("hash:")
    assert len(article.key) < 50
    assert (other.key == article.key) == (listed.link is not None and len(listed.link) > 500)


def test_a_link_that_several_have_or_the_site_has_is_no_evidence() -> None:
    """Only a link of its own tells what an article is."""
    shared = [Listed(title, f"{SITE}/live", title) for title in "AB"]

    links = [article.link_key for article in read(*shared, Listed("C", f"{SITE}/c", "C"), Listed("D", SITE, "D"))]

    assert links == [None, None, "//news.example/c", None]


@pytest.mark.parametrize(
    ("items", "articles"),
    [
        # One id: one article, unless all else differs.
        ([("A", "a", "1"), ("A", "a", "1")], 1),
        ([("A", "a", "1"), ("B", "a", "1")], 1),
        ([("A", "a", "1"), ("A", "b", "1")], 1),
        ([("A", "a", "1"), ("B", "b", "1")], 2),
        ([("A", "a", "1"), ("B", "b", "1"), ("A", "a", "1")], 2),
        # One id for everything is none.
        ([("A", "a", "1"), ("A", "b", "1"), ("A", "c", "1")], 3),
        ([("A", "a", "1"), ("B", "a", "1"), ("C", "a", "1")], 3),
        ([("A", "a", "1"), ("B", "a", "1"), ("C", "a", "1"), ("A", "a", "1")], 3),
        # No id, one link: as many as there are titles.
        ([("A", "a", None), ("A", "a", None)], 1),
        ([("A", "a", None), ("B", "a", None)], 2),
        ([("A", "", None), ("B", "", None)], 2),
        ([("A", "a", None), ("B", "b", None), ("C", "c", "1")], 3),
    ],
)
def test_items_that_share_something_are_told_apart(items: list[tuple[str, str, str | None]], articles: int) -> None:
    """In any order, under the same keys."""
    listed = [Listed(title, f"{SITE}/{link}", guid, None) for title, link, guid in items]

    found, turned = read(*listed), read(*reversed(listed))

    assert len(found) == len({article.key for article in found}) == articles
    if articles > 1:
        assert {article.key for article in found} == {article.key for article in turned}


def test_equal_titles_without_ids_are_told_apart_by_their_texts() -> None:
    """Reports of a status page differ in nothing else."""
    reports = [Listed("Investigating", f"{SITE}/status", None, None, text) for text in ("Login", "Mail", "Login")]

    assert [article.summary for article in read(*reports)] == ["Login", "Mail"]


def test_the_keys_for_want_of_an_id_do_not_depend_on_who_else_is_listed() -> None:
    """A link counts for them whether others have it or not."""
    one, other = Listed("A", f"{SITE}/live", "same"), Listed("B", f"{SITE}/live", "x")

    [alone] = read(one)
    together, _ = read(one, other)

    assert other_keys(alone) == other_keys(together)
    assert len({alone.key, *other_keys(alone)}) == 3


@pytest.mark.parametrize(
    ("published_at", "is_dated"),
    [
        (NOW - timedelta(days=9000), True),
        (NOW + timedelta(hours=23), True),
        (NOW + timedelta(hours=25), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_a_date_that_cannot_be_is_none(published_at: datetime | None, is_dated: bool) -> None:
    """An article without a believable date is as old as its fetching, and known to be undated."""
    read_items = articles_of([item(title="A", published_at=published_at)], feed(), fallback_url=SITE, fetched_at=NOW)

    [article] = read_items.articles
    assert article.is_dated is is_dated
    assert article.published_at == (published_at if is_dated else NOW)


def test_nothing_is_no_article_and_too_much_is_cut_off() -> None:
    """An item without anything is left out, and of a feed without end ten thousand are read; both are told."""
    empty = articles_of([item(), item(title="A")], feed(), fallback_url=SITE, fetched_at=NOW)
    endless = (item(title=str(number)) for number in range(MAX_ARTICLES + 5))
    many = articles_of(endless, feed(), fallback_url=SITE, fetched_at=NOW)
    plain = articles_of([item(title="A"), item(title="B")], feed(), fallback_url=SITE, fetched_at=NOW)

    assert (len(empty.articles), empty.is_one_to_one) == (1, False)
    assert (len(many.articles), many.is_one_to_one) == (MAX_ARTICLES, False)
    assert (len(plain.articles), plain.is_one_to_one) == (2, True)


@pytest.mark.parametrize(
    ("urls", "base_url", "url"),
    [
        (["/a"], f"{SITE}/feed.xml", f"{SITE}/a"),
        (["a"], "https://b.example/x/", "https://b.example/x/a"),
        (["javascript:alert(1)", f"{SITE}/b"], SITE, f"{SITE}/b"),
        (["mailto:a@b.example", "", "http://[", "ftp://b.example/x"], SITE, f"{SITE}/home"),
    ],
)
def test_the_first_link_to_a_page_is_the_articles(urls: list[str], base_url: str, url: str) -> None:
    """Relative ones count from their base; without any, the site stands in."""
    made = item(title="A", urls=urls, base_url=base_url, image_url="i.png")

    [article] = articles_of([made], feed(), fallback_url=f"{SITE}/home", fetched_at=NOW).articles

    assert article.url == url


ANY = st.sampled_from(["", "a", "b", SITE, f"{SITE}/a", "http://news.example/a?utm_source=x"])
ITEMS = st.lists(st.builds(item, guid=ANY, title=ANY, body=ANY, urls=st.lists(ANY, max_size=2)), max_size=8)


@settings(max_examples=300)
@given(ITEMS)
def test_keys_are_each_articles_own(items: list[Item]) -> None:
    """No two articles of a document share a key, and the same document gives the same keys."""
    first = articles_of(items, feed(), fallback_url=SITE, fetched_at=NOW)
    second = articles_of(items, feed(), fallback_url=SITE, fetched_at=NOW + timedelta(days=1))

    keys = [article.key for article in first.articles]
    assert len(keys) == len(set(keys)) == len(first.links)
    assert keys == [article.key for article in second.articles]
    assert first.is_one_to_one <= (len(keys) == len(items))
