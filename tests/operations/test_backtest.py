"""A rule tried on stored articles: what it would have come to."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.builders import HOUR, NOW, article, feed, rule, state
from support.stores import new_store

from aggregator.errors import QueryError
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import FeedSelector, Field, Rule
from aggregator.operations.backtest import PAGE, backtest, first_moment, stored_pages
from aggregator.operations.backtest_report import BacktestReport, DayCount, FeedShare, WorstHour
from aggregator.storage.column_types import to_microseconds
from aggregator.storage.store import SqlStore

KYIV = ZoneInfo("Europe/Kyiv")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SINCE = NOW - 2 * DAY


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A database with two feeds, read since long ago."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed(), feed("b")], NOW)
    yield store
    await store.close()


async def put(store: SqlStore, stored_at: datetime, *articles: Article) -> None:
    """Store articles of one feed as news."""
    of_feed = state(articles[0].feed_id, last_polled_at=stored_at, baselined_at=NOW - 99 * DAY)
    await store.apply(PollPlan(state=of_feed, new_articles=articles))


async def tried(
    store: SqlStore, of: Rule | None = None, progress: list[tuple[int, int]] | None = None
) -> BacktestReport:
    """Try a rule for captives that alerts of each article, or `of`, on the last two days."""
    steps = [] if progress is None else progress
    return await backtest(
        store,
        of or rule(once_per_story=False),
        since=SINCE,
        until=NOW,
        timezone=KYIV,
        on_progress=lambda done, total: steps.append((done, total)),
    )


async def test_without_stored_articles_there_is_nothing(store: SqlStore) -> None:
    """The report is whole, with every day in it; nobody hears of progress."""
    progress: list[tuple[int, int]] = []

    report = await tried(store, progress=progress)

    assert (report.stored, report.articles, report.matched, report.alerts) == (0, 0, 0, 0)
    days = (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1))
    assert report.by_day == tuple(DayCount(day=day, alerts=0) for day in days)
    assert (report.worst_hour, report.examples, report.feeds) == (None, (), ())
    assert [use.articles for use in report.terms] == [0]
    assert progress == []


async def test_alerts_are_counted_by_the_days_of_the_time_zone(store: SqlStore) -> None:
    """Half past ten in the evening by UTC is the next day in Kyiv."""
    await put(store, datetime(2026, 2, 27, 22, 30, tzinfo=NOW.tzinfo), article("a"), article("b"))
    await put(
        store, datetime(2026, 2, 27, 21, 30, tzinfo=NOW.tzinfo), article("c"), article("d", title="No", summary="")
    )

    report = await tried(store)

    assert [(one.day.day, one.alerts) for one in report.by_day] == [(27, 1), (28, 2), (1, 0)]
    assert (report.articles, report.matched, report.alerts) == (4, 3, 3)


async def test_the_worst_hour_is_the_fullest_sixty_minutes(store: SqlStore) -> None:
    """Not an hour of the clock; one of exactly an hour later is no more in it; of two as full, the first."""
    for number, minutes in enumerate((0, 40, 59, 60, 500, 510, 559)):
        await put(store, SINCE + minutes * MINUTE, article(f"a{number}"))

    report = await tried(store)

    assert report.worst_hour == WorstHour(starts_at=SINCE, alerts=3)


async def test_the_span_ends_before_its_last_moment(store: SqlStore) -> None:
    """What came when it begins belongs to it; what came earlier, or as it ends, does not."""
    await put(store, SINCE, article("a"))
    await put(store, SINCE - MINUTE, article("b"))
    await put(store, NOW, article("c"))

    report = await tried(store)

    assert (report.stored, report.alerts) == (1, 1)


async def test_what_a_feed_listed_at_first_counts_when_it_was_published(store: SqlStore) -> None:
    """Else all of it would have come in one minute; what is older than the span is not in it."""
    old = article("old", published_at=SINCE - HOUR)
    known = article("known", published_at=SINCE + HOUR)
    await store.apply(PollPlan(state=state(last_polled_at=NOW, baselined_at=NOW), new_articles=(old, known)))

    report = await tried(store)

    assert report.stored == 1
    assert report.worst_hour == WorstHour(starts_at=SINCE + HOUR, alerts=1)


async def test_only_feeds_that_the_rule_reads_are_asked(store: SqlStore) -> None:
    """By its id or by its tag; the others are counted."""
    await put(store, SINCE, article("a"), article("b", feed_tags=("x",)))
    await put(store, SINCE, article("c", feed_id=FeedId("b")))

    by_tag = await tried(store, rule(once_per_story=False, feeds=FeedSelector(tags=("x",))))
    by_id = await tried(store, rule(once_per_story=False, feeds=FeedSelector(ids=(FeedId("ep"),))))

    assert (by_tag.stored, by_tag.articles, by_tag.alerts) == (3, 1, 1)
    assert (by_id.stored, by_id.articles, by_id.alerts) == (3, 2, 2)


async def test_a_story_is_one_alert_at_its_first_article(store: SqlStore) -> None:
    """Its best article is the example; a rule may ask for every article."""
    await put(store, SINCE, article("a", title="First"))
    await put(store, SINCE + DAY, article("b", feed_id=FeedId("b")))
    await put(store, SINCE + DAY + HOUR, article("c", title="Last"))

    once = await tried(store, rule())
    each = await tried(store)

    assert (once.matched, once.alerts) == (3, 1)
    assert once.worst_hour == WorstHour(starts_at=SINCE, alerts=1)
    assert [share.feed_id for share in once.feeds] == ["ep"]
    assert [example.article.key for example in once.examples] == ["b"]
    assert (each.alerts, len(each.examples)) == (3, 3)


async def test_a_story_begins_when_its_first_article_was_published(store: SqlStore) -> None:
    """Of what a feed listed at first, whatever the order in which it was stored."""
    listed = sorted((article(f"a{number}") for number in range(3)), key=lambda one: one.id, reverse=True)
    dated = tuple(replace(one, published_at=SINCE + number * HOUR) for number, one in enumerate(listed, start=1))
    await store.apply(PollPlan(state=state(last_polled_at=NOW, baselined_at=NOW), new_articles=dated))

    report = await tried(store, rule())

    assert report.worst_hour == WorstHour(starts_at=SINCE + HOUR, alerts=1)


async def test_feeds_come_by_what_they_bring(store: SqlStore) -> None:
    """Each with its share of the alerts."""
    await put(store, SINCE, article("a"))
    await put(store, SINCE, *(article(f"b{n}", feed_id=FeedId("b")) for n in range(3)))

    report = await tried(store)

    assert report.feeds == (
        FeedShare(feed_id=FeedId("b"), alerts=3, share=0.75),
        FeedShare(feed_id=FeedId("ep"), alerts=1, share=0.25),
    )
    assert len(report.examples) == 4


async def test_the_best_examples_have_the_most_terms_then_one_in_the_title_then_are_new(store: SqlStore) -> None:
    """Ten at most, each with its words."""
    asked = rule(once_per_story=False, query="captive OR hostage")
    plain = [article(f"p{n}", title="Other", summary="captive") for n in range(12)]
    for number, one in enumerate(plain):
        await put(store, SINCE + number * MINUTE, one)
    await put(store, SINCE, article("titled", title="Hostage", summary=""))
    await put(store, SINCE, article("two", title="Other", summary="A captive, a hostage"))

    report = await tried(store, asked)

    assert [example.article.key for example in report.examples] == [
        *("two", "titled"),
        *(f"p{number}" for number in range(11, 3, -1)),
    ]
    assert [example.terms for example in report.examples][:2] == [2, 1]
    assert [(span.field, span.text) for span in report.examples[0].match.spans] == [
        (Field.SUMMARY, "captive"),
        (Field.SUMMARY, "hostage"),
    ]
    assert report.examples[0].came_at == SINCE


async def test_terms_are_told_of(store: SqlStore) -> None:
    """Those of the query, in its order."""
    await put(store, SINCE, article())

    report = await tried(store, rule(query="(captive OR hostage) NOT film"))

    assert [(use.term, use.fired) for use in report.terms] == [("captive", 1), ("hostage", 0), ("film", 0)]


async def test_progress_ends_with_all(store: SqlStore) -> None:
    """It grows, and says how many there are from the first word on, also over several pages."""
    many = PAGE + 70
    await put(store, SINCE, *(article(f"a{number}") for number in range(many)))
    progress: list[tuple[int, int]] = []

    report = await tried(store, progress=progress)

    assert report.alerts == many
    assert progress == sorted(progress)
    assert progress[0] == (50, many)
    assert progress[-1] == (many, many)


async def test_no_more_than_so_many_are_tried(store: SqlStore) -> None:
    """The last ones; the report says since when."""
    await put(store, SINCE + MINUTE, *(article(f"a{number}") for number in range(PAGE)))
    await put(store, SINCE + 2 * MINUTE, *(article(f"b{number}") for number in range(PAGE)))

    report = await backtest(
        store,
        rule(once_per_story=False),
        since=SINCE,
        until=NOW,
        timezone=KYIV,
        on_progress=lambda _done, _total: None,
        most=PAGE,
    )

    assert (report.stored, report.since) == (PAGE, SINCE + 2 * MINUTE)


async def test_more_articles_than_were_counted_are_no_more_than_all(store: SqlStore, tmp_path: Path) -> None:
    """A daemon stores on while a rule is tried."""
    await put(store, SINCE + MINUTE, *(article(f"a{number}") for number in range(PAGE)))
    await put(store, SINCE - MINUTE, *(article(f"late{number}") for number in range(5)))
    arriving = "UPDATE articles SET stored_at = :since WHERE stored_at < :since"
    progress: list[tuple[int, int]] = []

    def hear(done: int, total: int) -> None:
        progress.append((done, total))
        with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
            connection.execute(arriving, {"since": to_microseconds(SINCE)})

    report = await backtest(store, rule(once_per_story=False), since=SINCE, until=NOW, timezone=KYIV, on_progress=hear)

    assert report.alerts == PAGE + 5
    assert progress[-2:] == [(PAGE, PAGE), (PAGE, PAGE)]


async def test_others_have_their_turn_meanwhile(store: SqlStore) -> None:
    """After every fifty articles."""
    await put(store, SINCE, *(article(f"a{number}") for number in range(PAGE)))
    turns: list[int] = []
    progress: list[int] = []

    async def other() -> None:
        while True:
            turns.append(len(progress))
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await backtest(
        store, rule(), since=SINCE, until=NOW, timezone=KYIV, on_progress=lambda done, _total: progress.append(done)
    )
    task.cancel()

    assert len(progress) == PAGE // 50
    assert set(turns) >= set(range(len(progress)))


async def test_nothing_is_changed(store: SqlStore) -> None:
    """No match, no alert, no delivery."""
    await put(store, SINCE, article())

    report = await tried(store)

    assert report.alerts == 1
    assert await store.count_deliveries() == {}


async def test_a_query_that_cannot_be_read_is_an_error(store: SqlStore) -> None:
    """Before anything is read."""
    with pytest.raises(QueryError):
        await tried(store, rule(query="captive AND"))


async def test_pages_end_where_the_articles_do(store: SqlStore) -> None:
    """A last page that is full is followed by no empty one."""
    await put(store, SINCE, *(article(f"a{number}") for number in range(PAGE)))

    pages = [len(page) async for page in stored_pages(store, SINCE)]

    assert pages == [PAGE]
    assert [page async for page in stored_pages(store, NOW)] == []


@pytest.mark.parametrize(
    ("until", "days", "begins"),
    [
        (NOW, 1, datetime(2026, 3, 1, tzinfo=KYIV)),
        (NOW, 30, datetime(2026, 1, 31, tzinfo=KYIV)),
        (datetime(2026, 3, 1, 23, tzinfo=NOW.tzinfo), 1, datetime(2026, 3, 2, tzinfo=KYIV)),
        (datetime(2026, 3, 29, 12, tzinfo=NOW.tzinfo), 2, datetime(2026, 3, 28, tzinfo=KYIV)),
    ],
)
def test_days_are_whole_ones_and_today_is_one(until: datetime, days: int, begins: datetime) -> None:
    """They begin at midnight in the time zone, also across the night that is an hour short."""
    assert first_moment(until, days, KYIV) == begins
