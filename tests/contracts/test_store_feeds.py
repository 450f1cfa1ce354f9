"""What every store keeps to about feeds: who owns them, when they are due, and how they are doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builders import HOUR, NOW, article, feed, state
from support.stores import new_store

from aggregator.model.access import FeedAccess
from aggregator.model.cadence import HOURS_OF_WEEK, Cadence, FeedHints
from aggregator.model.feeds import (
    COMMAND_LINE,
    CONFIGURATION,
    Feed,
    FeedState,
    FeedStatus,
    FirstPoll,
    FullText,
)
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.model.polls import PollPlan
from aggregator.ports import Store

MANY = 40_000
"""More than SQLite takes parameters in one statement (32,766)."""
WHOLE = Feed(
    id=FeedId("whole"),
    url="https://me:pass@a.example/?token=1",
    title="Whole",
    tags=("a", "b,c", "d/é"),
    interval=timedelta(milliseconds=1500),
    first_poll=FirstPoll.ALERT,
    language="uk",
    full_text=FullText.AUTO,
    ignores_hints=True,
    folder=("News", "World"),
    site_url="https://a.example/",
    description="About «a»",
    owner="telegram:42",
)
LEARNED = FeedState(
    feed_id=FeedId("whole"),
    next_poll_at=NOW + HOUR,
    title="Local News",
    etag='"e"',
    last_modified="Thu, 08 Aug 2024 10:00:00 GMT",
    body_hash="h",
    baselined_at=NOW - 9 * HOUR,
    last_polled_at=NOW,
    gone_at=NOW - HOUR,
    failures=3,
    last_error="https://a.example/: answered 410 Gone",
    url="https://moved.example/",
    moved_url="https://moving.example/",
    moved_polls=2,
    listed=20,
    gaps=4,
    last_gap_at=NOW - 2 * HOUR,
    pace_limit=timedelta(seconds=90),
    broken_noticed_at=NOW - 3 * HOUR,
    silence_noticed_at=NOW - 4 * HOUR,
    cadence=Cadence(
        started_at=NOW - 99 * HOUR,
        updated_at=NOW,
        arrivals=(0.5,) * HOURS_OF_WEEK,
        watched_weeks=1.5,
        articles=7,
        last_article_at=NOW - HOUR,
        longest_gap=timedelta(hours=3, microseconds=1),
    ),
    hints=FeedHints(least_interval=timedelta(minutes=90), skip_hours=frozenset({1, 23}), skip_days=frozenset({0, 6})),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await new_store(tmp_path / "a.db")
    yield store
    await store.close()


def added(feed_id: str, **changes: object) -> Feed:
    """A feed that the command line owns."""
    return replace(feed(feed_id, **changes), owner=COMMAND_LINE)


async def learn(store: Store, learned: FeedState) -> None:
    """Store what a poll that read the feed has learned."""
    await store.apply(PollPlan(state=learned, outline=Outline(context="c", items=(("f", ArticleKey("k")),))))


async def ids(store: Store) -> list[str]:
    """The active feeds."""
    return [known.feed_id for known in await store.feed_states()]


async def test_a_feed_comes_back_whole(store: Store) -> None:
    """Every value of a feed is kept, but for how it is accessed: the database holds no passwords of its own."""
    assert all(getattr(WHOLE, of.name) != of.default for of in fields(Feed) if of.name != "access")

    await store.add_feeds([replace(WHOLE, access=FeedAccess(username="me", password="pass"))], NOW)

    assert await store.added_feeds() == [WHOLE]
    assert [summary.feed for summary in await store.list_feeds()] == [WHOLE]


async def test_a_state_comes_back_whole(store: Store) -> None:
    """Every value that polling learned is kept, to the microsecond."""
    assert all(getattr(LEARNED, of.name) != of.default for of in fields(FeedState))
    await store.add_feeds([WHOLE], NOW)

    await learn(store, LEARNED)

    assert await store.feed_state(WHOLE.id) == LEARNED
    assert await store.feed_states() == [LEARNED]


async def test_a_state_that_has_learned_nothing_comes_back_so(store: Store) -> None:
    """A cadence without an article and hints without a word are not the absence of them."""
    await store.add_feeds([WHOLE], NOW)
    empty = state("whole", cadence=Cadence(started_at=NOW, updated_at=NOW), hints=FeedHints())
    await learn(store, empty)
    first = await store.feed_state(WHOLE.id)

    await learn(store, state("whole"))

    assert first == empty
    assert await store.feed_state(WHOLE.id) == state("whole")


async def test_syncing_touches_only_what_the_configuration_owns(store: Store) -> None:
    """Feeds that others added stay as they are, whatever the configuration names or stops naming."""
    await store.add_feeds([added("mine")], NOW)
    await store.sync_feeds([feed("yaml")], NOW)

    await store.sync_feeds([], NOW)

    assert await store.added_feeds() == [added("mine")]
    assert await ids(store) == ["mine"]


async def test_syncing_again_changes_nothing(store: Store) -> None:
    """What was learned stays when a configuration is read again that says the same, or says it of other things."""
    access = FeedAccess(bearer="t0ken")
    await store.sync_feeds([replace(WHOLE, owner=CONFIGURATION, access=access)], NOW)
    await learn(store, LEARNED)

    await store.sync_feeds([replace(WHOLE, owner=CONFIGURATION, title="Other", access=access)], NOW + HOUR)

    assert await store.feed_state(WHOLE.id) == LEARNED
    assert [summary.feed.title for summary in await store.list_feeds()] == ["Other"]


@pytest.mark.parametrize("owner", [CONFIGURATION, COMMAND_LINE])
async def test_another_url_unlearns_what_was_the_old_ones(store: Store, owner: str) -> None:
    """Under another address a feed is due, without validators, failures, moves or `gone_at`, and keeps its baseline."""
    source = replace(WHOLE, owner=owner)
    await store.add_feeds([source], NOW)
    await learn(store, LEARNED)
    moved = replace(source, url="https://elsewhere.example/")

    await (store.sync_feeds if owner == CONFIGURATION else store.add_feeds)([moved], NOW + 5 * HOUR)

    assert await store.feed_state(WHOLE.id) == replace(
        LEARNED,
        next_poll_at=NOW + 5 * HOUR,
        etag=None,
        last_modified=None,
        body_hash=None,
        failures=0,
        last_error=None,
        gone_at=None,
        url=None,
        moved_url=None,
        moved_polls=0,
        broken_noticed_at=None,
    )


async def test_the_configuration_takes_over_what_it_names(store: Store) -> None:
    """An added feed that the configuration names too is its own from then on, with all that was learned.

    Taken out of the configuration it rests like any other feed of it; added again, it goes on where it was.
    """
    await store.add_feeds([WHOLE], NOW)
    await learn(store, LEARNED)

    await store.sync_feeds([replace(WHOLE, owner=CONFIGURATION, title="YAML's")], NOW)
    owned = await store.added_feeds(), await store.feed_state(WHOLE.id), await store.remove_feeds([WHOLE.id])
    await store.sync_feeds([], NOW)
    resting = await ids(store)
    await store.add_feeds([WHOLE], NOW + HOUR)

    assert owned == ([], LEARNED, [])
    assert resting == []
    assert await store.added_feeds() == [WHOLE]
    assert await store.feed_state(WHOLE.id) == LEARNED


async def test_adding_leaves_the_configurations_feeds_alone(store: Store) -> None:
    """A feed that the configuration owns is not taken from it, even where it was read in between."""
    await store.sync_feeds([feed("ep")], NOW)

    await store.add_feeds([added("ep", url="https://other.example/"), added("own")], NOW)

    assert [source.id for source in await store.added_feeds()] == ["own"]
    assert [summary.feed for summary in await store.list_feeds()] == [feed("ep"), added("own")]


async def test_a_feed_that_is_added_again_goes_on_where_it_was(store: Store) -> None:
    """The same address, http or https, under the same name is the same feed: nothing old is news."""
    await store.add_feeds([added("ep", url="https://a.example/rss")], NOW)
    await learn(store, replace(LEARNED, feed_id=FeedId("ep")))
    await store.remove_feeds([FeedId("ep")])

    await store.add_feeds([added("ep", url="http://a.example/rss/")], NOW + HOUR)

    again = await store.feed_state(FeedId("ep"))
    assert again is not None
    assert (again.baselined_at, again.cadence) == (LEARNED.baselined_at, LEARNED.cadence)


async def test_another_feed_under_a_free_name_begins_at_the_beginning(store: Store) -> None:
    """Its articles are not news because a feed that was removed had the name: it gets a baseline of its own."""
    await store.add_feeds([added("rss", url="https://a.example/rss?cat=1")], NOW)
    await learn(store, replace(LEARNED, feed_id=FeedId("rss")))
    await store.remove_feeds([FeedId("rss")])

    await store.add_feeds([added("rss", url="https://a.example/rss?cat=2")], NOW + HOUR)

    assert await store.feed_state(FeedId("rss")) == FeedState(feed_id=FeedId("rss"), next_poll_at=NOW + HOUR)


async def test_only_added_feeds_are_removed(store: Store) -> None:
    """The answer names what was removed: no feed of the configuration, no unknown one, none twice."""
    await store.sync_feeds([feed("yaml")], NOW)
    await store.add_feeds([added("a"), added("b")], NOW)
    subject = article(feed_id=FeedId("a"))
    await store.apply(PollPlan(state=state("a"), new_articles=(subject,), listed=(subject.key,)))

    removed = await store.remove_feeds([FeedId(name) for name in ("a", "yaml", "nothing", "a")])
    again = await store.remove_feeds([FeedId("a")])

    assert (removed, again) == (["a"], [])
    assert await ids(store) == ["b", "yaml"]
    assert await store.feed_state(FeedId("a")) is None
    assert list(await store.stored_articles([subject.id])) == [subject.id]


async def test_feeds_are_made_due(store: Store) -> None:
    """Those that are active are due at the time that is said; the others are not counted."""
    await store.sync_feeds([feed("yaml")], NOW)
    await store.add_feeds([added("a"), added("gone")], NOW)
    await store.remove_feeds([FeedId("gone")])
    for name in ("yaml", "a"):
        await store.apply(PollPlan(state=state(name, next_poll_at=NOW + 9 * HOUR)))

    many = await store.make_due([FeedId(name) for name in ("a", "yaml", "gone", "nothing", "a")], NOW + HOUR)

    assert many == 2
    assert {known.feed_id: known.next_poll_at for known in await store.feed_states()} == {
        "a": NOW + HOUR,
        "yaml": NOW + HOUR,
    }


async def test_added_feeds_are_asked_for_by_id(store: Store) -> None:
    """Those of the ids that were added and are there, in the order of their ids."""
    await store.sync_feeds([feed("yaml")], NOW)
    await store.add_feeds([added("c"), added("a"), added("b")], NOW)
    await store.remove_feeds([FeedId("b")])

    some = await store.added_feeds([FeedId(name) for name in ("c", "yaml", "b", "a", "a", "nothing")])

    assert [source.id for source in some] == ["a", "c"]
    assert await store.added_feeds([]) == []


async def test_forty_thousand_feeds_are_no_problem(store: Store) -> None:
    """Lists longer than a statement takes are split, in whatever is asked with a list of ids."""
    many = [added(f"f{number:05}") for number in range(MANY)]
    names = [source.id for source in many]

    await store.add_feeds(many, NOW)
    await store.add_feeds(many, NOW)
    due = await store.make_due(names, NOW + HOUR)
    some = await store.added_feeds(names[::-1])
    states = await store.feed_states(names[::-1])
    removed = await store.remove_feeds(names)

    assert due == MANY
    assert [source.id for source in some] == names
    assert [known.feed_id for known in states] == names
    assert len(removed) == MANY
    assert await store.feed_states() == []


async def test_an_import_takes_few_statements(tmp_path: Path) -> None:
    """Five thousand feeds are two inserts; adding some of them again reads these alone, and writes what differs."""
    store = await new_store(tmp_path / "b.db")
    statements: list[str] = []
    sa.event.listen(store.database.engine, "before_cursor_execute", lambda *row: statements.append(row[2]))
    many = [added(f"f{number}") for number in range(5000)]

    await store.add_feeds(many, NOW)
    first = [statement.split()[0] for statement in statements if not statement.startswith("BEGIN")]
    statements.clear()
    await store.add_feeds([*many[:499], replace(many[499], tags=("x",))], NOW)
    second = [statement.split()[0] for statement in statements if not statement.startswith("BEGIN")]
    await store.close()

    assert (first.count("SELECT"), first.count("INSERT"), len(first)) == (10, 2, 12)
    assert second == ["SELECT", "UPDATE", "UPDATE"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            lambda gone, failures, polled: {"gone_at": gone, "failures": failures, "last_polled_at": polled},
            st.sampled_from([None, NOW]),
            st.integers(0, 2),
            st.sampled_from([None, NOW]),
        ),
        max_size=6,
    )
)
async def test_feeds_are_counted_by_their_status(store: Store, shapes: list[dict[str, object]]) -> None:
    """The counts are those of the states, removed feeds left out, statuses without feeds too."""
    everything = [added(f"f{number}") for number in range(6)]
    await store.add_feeds(everything, NOW)
    for number, shape in enumerate(shapes):
        await store.apply(PollPlan(state=state(f"f{number}", **shape)))
    await store.remove_feeds([source.id for source in everything[len(shapes) :]])

    counts = await store.count_feeds()

    statuses = [known.status for known in await store.feed_states()]
    assert len(statuses) == len(shapes)
    assert counts == {status: statuses.count(status) for status in FeedStatus if status in statuses}


async def test_a_list_counts_the_stored_articles(store: Store) -> None:
    """Feeds come in the order of their ids, each with its own articles."""
    await store.sync_feeds([feed("b"), feed("a")], NOW)
    found = tuple(article(f"k{number}", feed_id=FeedId("b")) for number in range(3))
    await store.apply(PollPlan(state=state("b"), new_articles=found, listed=tuple(item.key for item in found)))

    assert [(summary.feed.id, summary.articles) for summary in await store.list_feeds()] == [("a", 0), ("b", 3)]
