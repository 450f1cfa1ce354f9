"""OPML out, and in again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW, feed

from aggregator.feeds.opml import exported_url, write_opml
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import FeedId
from aggregator.model.links import comparable_address
from aggregator.operations.feed_changes import plan_import
from aggregator.settings.convert import feed_of
from aggregator.settings.documents import FeedDocument
from aggregator.settings.opml import read_outlines

CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
NAMES = st.text(CHARACTERS, min_size=1, max_size=30).map(str.strip).filter(bool)
FEEDS = st.builds(
    Feed,
    id=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True).map(FeedId),
    url=st.builds(
        "{}://{}n{}.example/{}{}".format,
        st.sampled_from(["http", "https"]),
        st.sampled_from(["", "me@", "me:pass@"]),
        st.integers(0, 1000),
        st.sampled_from(["", "rss", "a/b/"]),
        st.sampled_from(["", "?token=1", "?token=2", "?id=1&key=x", "?a=%20&b=é"]),
    ),
    title=st.none() | NAMES,
    tags=st.lists(NAMES, unique=True, max_size=4).map(tuple),
    interval=st.none() | st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    first_poll=st.sampled_from(FirstPoll),
    full_text=st.sampled_from(FullText),
    language=st.none() | st.sampled_from(["uk", "en-GB"]),
    ignores_hints=st.booleans(),
    folder=st.lists(NAMES, max_size=3).map(tuple),
    site_url=st.none() | st.just("https://a.example/"),
    description=st.none() | NAMES,
)

LISTS = st.lists(FEEDS, unique_by=(lambda f: comparable_address(f.url), lambda f: f.id), max_size=6)


def read(content: bytes) -> list[Feed]:
    """Feeds of a list, as an import makes them."""
    documents = [FeedDocument.model_validate(outline.values) for outline in read_outlines(content)]
    return [feed_of(document, FeedId(document.id or ""), document.url) for document in documents]


@given(feeds=LISTS)
def test_a_round_trip_loses_nothing(feeds: list[Feed]) -> None:
    """Whatever a feed is called and wherever it stands, it comes back the same; written again, so does the list."""
    content = write_opml(feeds, {}, created_at=NOW, with_secrets=True)

    returned = read(content)

    assert sorted(returned, key=lambda f: f.id) == sorted(feeds, key=lambda f: f.id)
    assert write_opml(returned, {}, created_at=NOW) == write_opml(read(content), {}, created_at=NOW)


@given(feeds=LISTS)
def test_an_export_that_is_imported_where_it_came_from_changes_nothing(feeds: list[Feed]) -> None:
    """Every feed is known again, with or without the secrets of its address."""
    known = {source.id: source for source in feeds}

    for with_secrets in (True, False):
        wanted = read(write_opml(feeds, {}, created_at=NOW, with_secrets=with_secrets))
        plan = plan_import([(source.id, source) for source in wanted], known, ())

        assert (plan.added, plan.changed, plan.masked) == ((), (), ())
        assert len(plan.known) == len(feeds)


def test_folders_nest_and_tags_stand_in_for_them() -> None:
    """Other readers see folders: the feed's own, or one named like its first tag."""
    feeds = [feed("a", folder=("News", "World")), feed("b", folder=("News",)), feed("c", tags=("ukraine", "war"))]

    text = write_opml(feeds, {FeedId("a"): "Title of A"}, created_at=NOW).decode()

    assert text.index('text="News"') < text.index('text="World"') < text.index('text="Title of A"')
    assert text.count('text="News"') == 1
    assert 'text="ukraine"' in text
    assert 'category="ukraine,war"' in text
    assert "<dateCreated>Sun, 01 Mar 2026 12:00:00 +0000</dateCreated>" in text


def test_secrets_stay_here() -> None:
    """Names, passwords and tokens in addresses are left out unless they are asked for."""
    url = "https://me:pass@a.example/feed?token=abc&page=2#x"

    assert exported_url(url, with_secrets=False) == "https://a.example/feed?token=***&page=2#x"
    assert exported_url(url, with_secrets=True) == url
    assert exported_url("http://[bad@x", with_secrets=False) == "x"
    assert b"pass" not in write_opml([feed(url=url)], {}, created_at=NOW)


def test_a_list_is_no_deeper_than_what_is_read() -> None:
    """A folder of a thousand names is cut where other readers see it, and whole for us."""
    deep = feed("a", folder=tuple(f"f{n}" for n in range(1000)))

    content = write_opml([deep], {}, created_at=NOW)

    assert content.count(b"<outline text=") == 50
    assert read(content) == [deep]


def test_what_xml_cannot_say_is_left_out() -> None:
    """Control characters in a title do not break the list."""
    [returned] = read(write_opml([feed(title="a\x00b\x1bc")], {}, created_at=NOW))

    assert returned.title == "abc"


def test_feeds_that_only_their_secrets_tell_apart_stay_two() -> None:
    """Exported without them, each is known again by its id, with its own tags."""
    feeds = [feed(name, url=f"https://n.example/?token={name}", tags=(name,)) for name in ("a", "b")]

    wanted = read(write_opml(feeds, {}, created_at=NOW))
    plan = plan_import([(source.id, source) for source in wanted], {source.id: source for source in feeds}, ())

    assert [(source.id, source.tags) for source in plan.known] == [("a", ("a",)), ("b", ("b",))]
    assert (plan.added, plan.changed, plan.masked) == ((), (), ())
