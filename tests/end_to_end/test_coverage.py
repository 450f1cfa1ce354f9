"""A list that turns over between two polls is noticed, counted and told, and the feed is polled faster.

Real throughout: sockets, the fetcher, the parser's processes, the database; only the time is the test's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from support.archives import latest, page, title_of
from support.builders import HOUR
from support.desk import MINUTE, Desk, following
from support.polled import MAX_BODY_BYTES
from support.recording_server import Answer

from aggregator.feeds.workers import ParserPool
from aggregator.model.alerts import DeliveryKind

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="parser")
async def open_parser() -> AsyncIterator[ParserPool]:
    """One pool of parser processes for all."""
    async with ParserPool(max_body_bytes=MAX_BODY_BYTES) as parser:
        yield parser


@pytest_asyncio.fixture(loop_scope="module", name="desk")
async def open_desk(parser: ParserPool, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk after its baseline."""
    async with following(tmp_path, parser) as desk:
        yield desk


async def test_a_list_that_turned_over_is_counted_and_told(desk: Desk) -> None:
    """None of the last list is there any more: a gap is counted, warned of, told once, and polled faster for."""
    desk.serve(latest(40))

    with capture_logs() as logs:
        report = await desk.poll()

    state = await desk.state()
    assert (report.lost, report.new_articles, state.gaps, state.last_gap_at) == (True, 3, 1, desk.polled.now)
    # An hour since the last poll, but the list reaches back for 25 minutes: from report 38, of 12:38, to 13:03.
    assert state.pace_limit == 12.5 * MINUTE
    assert state.next_poll_at == desk.polled.now + 12.5 * MINUTE
    assert await desk.told(DeliveryKind.NOTICE) == ["Articles probably lost: Reports"]
    assert await desk.told() == [title_of(number) for number in (38, 39, 40)]
    [warning] = [log for log in logs if log["event"] == "articles_probably_lost"]
    assert (warning["feed"], warning["gaps"], warning["recovered"]) == ("reports", 1, 0)


@pytest.mark.parametrize(
    "document",
    [
        latest(5),
        latest(3, ids="urn:other"),
        latest(6, count=4, ids="urn:other"),
        page([]),
        page([3, 90, 91]),
    ],
    ids=["partly new", "other ids", "partly new under other ids", "emptied", "one was pinned"],
)
async def test_a_list_with_one_article_of_the_last_one_has_no_gap(desk: Desk, document: Answer) -> None:
    """An overlap of one article is proof, under whatever id it is listed; of an empty list nothing can be told."""
    desk.serve(document)

    report = await desk.poll()

    state = await desk.state()
    assert (report.lost, state.gaps, state.pace_limit) == (False, 0, None)
    assert await desk.told(DeliveryKind.NOTICE) == []


async def test_ids_that_change_at_every_poll_are_no_gap(desk: Desk) -> None:
    """A feed that makes up its ids is the same feed each time, and alerts on nothing again."""
    for number in range(6):
        desk.serve(latest(3, ids=f"urn:poll{number}"))
        report = await desk.poll()
        assert (report.lost, report.new_articles) == (False, 0)

    assert (await desk.state()).gaps == 0


async def test_an_emptied_feed_that_fills_again_has_no_gap(desk: Desk) -> None:
    """What is listed after an empty list may be all there was."""
    desk.serve(page([]))
    await desk.poll()
    desk.serve(latest(40))

    report = await desk.poll()

    assert (report.lost, report.new_articles) == (False, 3)


async def test_only_what_is_new_is_no_list_to_miss_articles_in(desk: Desk) -> None:
    """A delta (226, RFC 3229) is no gap, and what it brought is where the next whole list may begin."""
    desk.serve(Answer(status=226, body=latest(9, count=2).body))
    delta = await desk.poll()
    desk.serve(latest(11))

    whole = await desk.poll()

    assert (delta.lost, delta.new_articles) == (False, 2)
    assert (whole.lost, whole.new_articles) == (False, 2)


async def test_after_losses_a_feed_is_polled_faster_until_most_of_its_list_is_there_again(desk: Desk) -> None:
    """The limit shrinks with each loss, holds while more than half of the list is new, and goes when it is not."""
    limits = []
    for last in (40, 50, 60, 62, 64, *(64 for _ in range(16))):
        desk.serve(latest(last))
        await desk.poll(after=(await desk.state()).next_poll_at - desk.polled.now)
        limits.append((await desk.state()).pace_limit or timedelta.max)

    lost, part_new, unchanged = limits[:3], limits[3:5], limits[5:]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[-1]
    assert part_new == [lost[-1]] * 2
    assert unchanged[0] == lost[-1] * 1.5
    assert unchanged == sorted(unchanged)
    assert unchanged[-1] == timedelta.max
    assert (await desk.state()).gaps == 3


async def test_the_admins_hear_of_losses_once_a_week(desk: Desk) -> None:
    """A feed with a new list each day is counted each time, and told of once; after a quiet week once more."""
    for day in range(1, 5):
        desk.serve(latest(1440 * day))
        await desk.poll(after=timedelta(days=1))
    often = await desk.told(DeliveryKind.NOTICE)
    desk.serve(latest(1440 * 12))
    await desk.poll(after=timedelta(days=8))

    assert len(often) == 1
    assert len(await desk.told(DeliveryKind.NOTICE)) == 2
    assert (await desk.state()).gaps == 5


async def test_failures_in_between_do_not_make_a_gap_look_shorter(desk: Desk) -> None:
    """A retry a minute ago read nothing: the limit follows from when the feed was last read, or how far it reaches."""
    desk.serve(Answer(status=500, body=b""))
    await desk.poll(after=10 * HOUR)
    desk.serve(page([500, 499, 498], dated=False))

    report = await desk.poll(after=MINUTE)

    state = await desk.state()
    assert report.lost
    assert state.pace_limit is not None
    assert state.pace_limit > 4 * HOUR
