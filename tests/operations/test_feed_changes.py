"""What may be added, imported and taken out, and what that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.builders import NOW, feed
from support.stores import new_store

from aggregator.errors import NotFound
from aggregator.model.feeds import COMMAND_LINE, Feed
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.feed_changes import (
    FeedAddresses,
    ImportPlan,
    apply_import,
    feeds_by_id,
    plan_import,
    remove_feeds,
)
from aggregator.ports import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await new_store(tmp_path / "a.db")
    yield store
    await store.close()


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Configuration]:
    """Makes a configuration."""

    def make(text: str) -> Configuration:
        path = tmp_path / "c.yaml"
        path.write_text(text)
        return configure(path, {}, lambda _channel, _settings: [])

    return make


def added(feed_id: str = "", **changes: object) -> Feed:
    """A feed that the command line owns."""
    return feed(feed_id, owner=COMMAND_LINE, **changes)


def plan(*wanted: Feed, known: tuple[Feed, ...] = (), configured: tuple[str, ...] = ()) -> ImportPlan:
    """Plan an import in which each feed asks for the id that it has, if any."""
    return plan_import(
        [(source.id or None, source) for source in wanted],
        {source.id: source for source in known},
        [FeedId(name) for name in configured],
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/rss?cat=1",
        "https://www.news.example/rss?cat=1",
        "https://NEWS.example:443/rss/?cat=1",
        "http://news.example:80/rss?cat=1#top",
        "https://news.example./rss?cat=1",
        " https://news.example/rss?cat=1 ",
    ],
)
def test_one_feed_has_many_addresses(url: str) -> None:
    """Scheme, `www.`, default port, case, a trailing slash and a fragment make no second feed."""
    known = added("ep", url="https://news.example/rss?cat=1")

    made = plan(added(url=url), known=(known,))

    assert (made.added, made.changed, made.known) == ((), (), (known,))


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/rss?cat=2",
        "https://news.example/rss?source=2",
        "https://news.example/rss?cat=1&feed_id=7",
        "https://news.example/RSS?cat=1",
        "https://news.example:8080/rss?cat=1",
        "https://other.news.example/rss?cat=1",
        "https://another.reader@news.example/rss?cat=1",
        "file:///news.example/rss",
        "http://[news",
    ],
)
def test_what_chooses_between_feeds_makes_another_feed(url: str) -> None:
    """The whole query, the path's case, another port, host or user name are another feed: none is lost."""
    known = added("ep", url="https://news.example/rss?cat=1")

    made = plan(added(url=url), known=(known,))

    assert [source.url for source in made.added] == [url]


def test_a_list_names_a_feed_once_however_often_it_stands_there() -> None:
    """Duplicates in a list are one feed with the tags of all, and the first one's title and id."""
    made = plan(
        added("first", url="https://a.example/", title="A", tags=("x",)),
        added("second", url="http://www.a.example", title="B", tags=("y", "x")),
    )

    [only] = made.added
    assert (only.id, only.title, only.tags) == ("first", "A", ("x", "y"))


def test_a_known_feed_gains_tags_unless_the_configuration_owns_it() -> None:
    """Tags are joined, nothing else is changed; a feed of the configuration stays as it is."""
    known = added("ep", url="https://a.example/", title="Mine", tags=("x",))
    again = [added(url="https://a.example/", title="Theirs", tags=("y",)), added(url="http://a.example/", tags=("z",))]

    free = plan(*again, known=(known,))
    owned = plan(*again, known=(known,), configured=("ep",))

    assert [(source.id, source.title, source.tags) for source in free.changed] == [("ep", "Mine", ("x", "y", "z"))]
    assert free.known == ()
    assert (owned.changed, owned.known) == ((), (known,))


def test_ids_are_the_feeds_own_unless_they_are_taken() -> None:
    """A wish is granted if it can be; else, and without one, the address gives a name that nobody has or wants."""
    known = added("ep", url="https://a.example/")
    made = plan(
        added("ep", url="https://b.example/"),
        added("mine", url="https://c.example/"),
        added("mine", url="https://d.example/"),
        added(url="https://e.example/rss?1"),
        added(url="https://e.example/rss?2"),
        added("e-example-rss", url="https://f.example/"),
        known=(known,),
    )

    ids = [source.id for source in made.added]
    assert ids[:3] == ["b-example", "mine", "d-example"]
    assert ids[3].startswith("e-example-rss-")
    assert ids[4].startswith("e-example-rss-")
    assert ids[5] == "e-example-rss"
    assert len(set(ids)) == 6


def test_an_address_without_its_secret_is_the_feed_that_it_was_exported_from() -> None:
    """Imported again, an export without secrets changes nothing; the id tells feeds apart that are exported alike."""
    one = added("one", url="https://a.example/rss?token=1")
    two = added("two", url="https://a.example/rss?token=2")
    named = added("named", url="https://me:pass@b.example/rss")
    masked = "https://a.example/rss?token=***"

    made = plan(
        added("two", url=masked, tags=("x",)),
        added("gone", url=masked, tags=("y",)),
        added(url="https://b.example/rss"),
        known=(one, two, named),
    )

    assert [(source.id, source.url, source.tags) for source in made.changed] == [
        ("two", two.url, ("x",)),
        ("one", one.url, ("y",)),
    ]
    assert (made.known, made.added, made.masked) == ((named,), (), ())


def test_a_masked_address_is_never_added() -> None:
    """Where the secret is nowhere known, the feed is left out, and said to be."""
    lost = added("lost", url="https://a.example/rss?token=***")

    made = plan(lost, added("ep", url="https://b.example/"))

    assert made.masked == (lost,)
    assert [source.id for source in made.added] == ["ep"]


def test_an_import_of_thousands_is_planned_in_one_pass() -> None:
    """Twenty thousand feeds of one host and path get twenty thousand names."""
    made = plan(*(added(url=f"https://a.example/rss?feed={number}") for number in range(20_000)))

    assert len({source.id for source in made.added}) == 20_000


def test_a_feed_is_found_by_its_address() -> None:
    """The plain address finds the plain feed before one that is merely exported like it."""
    secret = added("secret", url="https://me:pass@a.example/")
    plain = added("plain", url="https://a.example/")

    both = FeedAddresses([secret, plain])
    alone = FeedAddresses([secret])

    assert both.find("http://a.example/") == plain
    assert both.find("https://me:other@a.example/") == secret
    assert alone.find("http://a.example/") == secret
    assert alone.find("https://b.example/") is None


async def test_what_is_added_is_there_and_the_configuration_wins(
    store: Store, configured: Callable[[str], Configuration]
) -> None:
    """Added feeds stand beside the configured ones; under one id the configuration's is the feed."""
    configuration = configured("feeds: [{id: both, url: 'https://yaml.example/'}]")
    await apply_import(
        ImportPlan(added=(added("both", url="https://added.example/"), added("own", url="https://own.example/"))),
        store,
        NOW,
    )

    feeds = await feeds_by_id(configuration, store)

    assert {feed_id: source.url for feed_id, source in feeds.items()} == {
        "both": "https://yaml.example/",
        "own": "https://own.example/",
    }


async def test_an_import_changes_tags_where_it_adds(store: Store) -> None:
    """What a plan changes is stored with what it adds."""
    await apply_import(ImportPlan(added=(added("a"),)), store, NOW)

    await apply_import(ImportPlan(added=(added("b"),), changed=(added("a", tags=("x",)),)), store, NOW)

    assert [(source.id, source.tags) for source in await store.added_feeds()] == [("a", ("x",)), ("b", ())]


async def test_all_are_removed_or_none(store: Store, configured: Callable[[str], Configuration]) -> None:
    """A wrong id, or one of the configuration, is named, and nothing is taken out with it."""
    configuration = configured("feeds: [{id: yaml, url: 'https://yaml.example/'}]")
    await apply_import(ImportPlan(added=(added("a"), added("b"))), store, NOW)

    for wrong, words in (("yaml", "take it out there"), ("nothing", "there is no feed 'nothing'")):
        with pytest.raises(NotFound, match=words):
            await remove_feeds([FeedId("a"), FeedId(wrong)], configuration, store)
    before = await store.added_feeds()
    removed = await remove_feeds([FeedId("b"), FeedId("a")], configuration, store)

    assert [source.id for source in before] == ["a", "b"]
    assert sorted(removed) == ["a", "b"]
    assert await store.added_feeds() == []
