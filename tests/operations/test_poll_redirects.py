"""Redirects over many polls: what moves a feed for good, what does not, and who hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from support.bad_answers import FIRST, http
from support.bad_web import BadWeb
from support.builders import NOW
from support.feed_server import rss
from support.polled import Polled, polled

from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import FeedState, FeedStatus
from aggregator.model.ids import ChannelId

TOGETHER = pytest.mark.asyncio(loop_scope="module")
MOVED_AFTER = 3
"""As the configuration of `polled` says."""

pytestmark = TOGETHER


@pytest_asyncio.fixture(loop_scope="module", name="web")
async def open_web() -> AsyncIterator[BadWeb]:
    """A server with a feed at `/old`, `/new` and `/newer`, to be changed by each test."""
    async with BadWeb() as web:
        web.answers |= dict.fromkeys(("/old", "/new", "/newer"), FIRST)
        yield web


@pytest_asyncio.fixture(loop_scope="module", name="polls")
async def open_polls(parser: ParserPool, tmp_path: Path) -> AsyncIterator[Polled]:
    """Polls into a database of its own."""
    async with polled(tmp_path, parser) as polls:
        yield polls


def to(path: str, status: int = 301) -> bytes:
    """A redirect."""
    return http(b"", f"{status} Elsewhere", Location=path)


async def polled_at(polls: Polled, web: BadWeb, *answers: bytes) -> FeedState:
    """Poll a feed that was read well once more for each answer, and return its state."""
    source = await polls.add("moving", f"{web.url}/old")
    await polls.poll(source)
    for answer in answers:
        web.answers["/old"] = answer
        await polls.poll_again(source)
    return await polls.state(source)


@pytest.mark.parametrize("status", [301, 308])
async def test_a_feed_moves_after_enough_polls_in_a_row(polls: Polled, web: BadWeb, status: int) -> None:
    """One poll before, nothing is believed; with the last one the new address is the feed's, and is asked directly."""
    before = await polled_at(polls, web, *[to("/new", status)] * (MOVED_AFTER - 1))
    source = await polls.add("moving", f"{web.url}/old")
    after = await polls.poll_again(source)
    asked = web.requests("/old")
    later = await polls.poll_again(source, times=2)

    assert (before.url, before.moved_url, before.moved_polls) == (None, f"{web.url}/new", MOVED_AFTER - 1)
    assert (after.url, after.moved_url, after.moved_polls) == (f"{web.url}/new", None, 0)
    assert (later.url, later.status) == (after.url, FeedStatus.OK)
    assert web.requests("/old") == asked == MOVED_AFTER + 1
    assert web.requests("/new") == MOVED_AFTER + 2


async def test_the_admins_hear_of_a_move_once(polls: Polled, web: BadWeb) -> None:
    """With both addresses."""
    await polled_at(polls, web, *[to("/new")] * MOVED_AFTER)
    source = await polls.add("moving", f"{web.url}/old")
    await polls.poll_again(source, times=3)

    [told] = await polls.store.claim_deliveries(ChannelId("desk"), polls.now + timedelta(days=1), 10)
    assert told.article.title == "Feed moved: Local News"
    assert f"from {web.url}/old to {web.url}/new" in told.article.text


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_redirect_never_moves_a_feed(polls: Polled, web: BadWeb, status: int) -> None:
    """However often it is seen."""
    state = await polled_at(polls, web, *[to("/new", status)] * (2 * MOVED_AFTER))

    assert (state.url, state.moved_url, state.moved_polls, state.status) == (None, None, 0, FeedStatus.OK)
    assert web.requests("/old") == 2 * MOVED_AFTER + 1


MISSING = http(b"", "404 Not Found")
PAGE = http(b"<html><title>Wi-Fi of the hotel</title></html>")
BUSY = http(b"", "503 Service Unavailable", Retry_After="60")


@pytest.mark.parametrize(
    "between",
    [to("/newer"), to("/new", 302), to("/new", 307), FIRST, MISSING, BUSY, PAGE, to("/404"), to("/html"), to("/old")],
    ids=["another target", "302", "307", "no redirect", "404", "503", "page", "to 404", "to a page", "circle"],
)
async def test_an_interruption_starts_the_count_anew(polls: Polled, web: BadWeb, between: bytes) -> None:
    """Another target, a temporary redirect, none, or a failure: what was seen before no longer counts."""
    almost = [to("/new")] * (MOVED_AFTER - 1)

    state = await polled_at(polls, web, *almost, between, *almost)

    assert (state.url, state.moved_url, state.moved_polls) == (None, f"{web.url}/new", MOVED_AFTER - 1)


@pytest.mark.parametrize("target", ["/html", "/404", "/empty", "/broken-gzip"])
async def test_a_redirect_to_no_feed_never_moves_one(polls: Polled, web: BadWeb, target: str) -> None:
    """A hotel's login page may call itself permanent: the feed fails meanwhile, and comes back where it was."""
    during = await polled_at(polls, web, *[to(target)] * (2 * MOVED_AFTER))
    web.answers["/old"] = FIRST
    after = await polls.poll_again(await polls.add("moving", f"{web.url}/old"))

    assert (during.url, during.moved_polls, during.status) == (None, 0, FeedStatus.FAILING)
    assert (after.url, after.status) == (None, FeedStatus.OK)


NOT_MODIFIED = http(b"", "304 Not Modified", ETag='"v1"')


async def test_a_move_counts_also_where_nothing_has_changed(polls: Polled, web: BadWeb) -> None:
    """A feed that moved and publishes nothing answers 304 at its new address: it has moved all the same."""
    web.answers["/new"] = NOT_MODIFIED

    state = await polled_at(polls, web, *[to("/new")] * MOVED_AFTER)

    assert state.url == f"{web.url}/new"


async def test_a_permanent_redirect_that_sets_a_cookie_and_comes_back_is_no_move(polls: Polled, web: BadWeb) -> None:
    """The feed is where it was: nobody is told that it moved there."""
    bounce = http(b"", "301 Elsewhere", Location="/old", Set_Cookie="seen=1; Path=/")
    source = await polls.add("moving", f"{web.url}/old")
    web.answers["/old"] = bounce
    web.with_cookie["/old"] = FIRST

    state = await polls.poll_again(source, times=MOVED_AFTER + 1)

    assert (state.status, state.url, state.moved_url) == (FeedStatus.OK, None, None)
    assert await polls.notices() == []


async def test_a_feed_can_move_again(polls: Polled, web: BadWeb) -> None:
    """What was learned is no end: the new address may redirect for good, too."""
    await polled_at(polls, web, *[to("/new")] * MOVED_AFTER)
    web.answers["/new"] = to("/newer")

    state = await polls.poll_again(await polls.add("moving", f"{web.url}/old"), times=MOVED_AFTER)

    assert state.url == f"{web.url}/newer"
    assert await polls.notices() == ["Feed moved: Local News"] * 2


async def test_a_feed_whose_new_address_dies_is_looked_for_at_the_old_one(polls: Polled, web: BadWeb) -> None:
    """A move that was believed and leads nowhere is taken back when the feed counts as broken, and not before."""
    await polled_at(polls, web, *[to("/new")] * MOVED_AFTER)
    web.answers |= {"/old": FIRST, "/new": http(b"", "404 Not Found")}
    source = await polls.add("moving", f"{web.url}/old")

    waiting = await polls.poll_again(source, times=4)
    broken = await polls.poll_again(source)
    back = await polls.poll_again(source)

    assert (waiting.url, waiting.failures) == (f"{web.url}/new", 4)
    assert (broken.url, broken.failures, broken.etag) == (None, 5, None)
    assert (back.url, back.status) == (None, FeedStatus.OK)
    assert await polls.notices() == ["Feed recovered: Local News", "Feed broken: Local News", "Feed moved: Local News"]


async def test_an_owner_who_writes_another_address_is_obeyed(polls: Polled, web: BadWeb) -> None:
    """What was learned of the old address is forgotten with it."""
    await polled_at(polls, web, *[to("/new")] * MOVED_AFTER)

    source = await polls.add("moving", f"{web.url}/newer")
    state = await polls.poll_again(source)

    assert (state.url, state.moved_polls, state.status) == (None, 0, FeedStatus.OK)
    assert web.requests("/newer") == 1


@pytest.mark.parametrize(
    "another", [lambda n: http(rss([(f"Article {n}", "Text.")]).encode()), lambda _n: NOT_MODIFIED], ids=["200", "304"]
)
async def test_what_differs_at_each_poll_is_no_new_address(
    polls: Polled, web: BadWeb, another: Callable[[int], bytes]
) -> None:
    """A server that puts a session into each redirect leads nowhere for good."""
    web.answers |= {f"/new?session={number}": another(number) for number in range(5)}

    state = await polled_at(polls, web, *[to(f"/new?session={number}") for number in range(5)])

    assert (state.url, state.moved_url, state.moved_polls) == (None, f"{web.url}/new?session=4", 1)
    assert state.last_polled_at is not None
    assert state.last_polled_at > NOW
