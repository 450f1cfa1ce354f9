"""What one poll of a bad server does to a feed's state: each row of the one table, and the same table in the reference.

Real throughout: sockets, the fetcher, the parser's processes, the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from support.bad_answers import ANSWERS
from support.bad_web import LIVE, BadWeb
from support.builders import NOW
from support.feed_states import REFERENCE, ROWS, Row, as_markdown
from support.polled import MAX_BODY_BYTES, Polled, polled

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import FeedStatus
from aggregator.operations.host_holds import HostHolds

TOGETHER = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="web")
async def open_web() -> AsyncIterator[BadWeb]:
    """The bad web."""
    async with BadWeb() as web:
        yield web


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="polls")
async def open_polls(parser: ParserPool, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Polled]:
    """Polls into one database."""
    async with polled(tmp_path_factory.mktemp("polls"), parser) as polls:
        yield polls


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="hasty")
async def open_hasty(polls: Polled) -> AsyncIterator[HttpFetcher]:
    """A fetcher that gives up soon, for what never ends."""
    async with HttpFetcher(
        limits=NetworkLimits(timeout=timedelta(milliseconds=300), concurrency=10),
        max_body_bytes=MAX_BODY_BYTES,
        user_agent="aggregator-test",
        politeness=polls.politeness,
        clock=lambda: NOW,
    ) as hasty:
        yield hasty


@TOGETHER
@pytest.mark.parametrize("row", ROWS, ids=[f"{row.path}{' at first' if row.is_first else ''}" for row in ROWS])
async def test_one_poll_makes_just_this_of_the_state(web: BadWeb, polls: Polled, hasty: HttpFetcher, row: Row) -> None:
    """A feed that was well is asked once more: its state, its articles and its host's hold are what the table says."""
    them = replace(polls, holds=HostHolds(polls.politeness))
    where = web.url if row.is_first else f"{web.url}/then"
    source = await them.add(f"{row.path}{row.is_first}", f"{where}/{row.path}")
    if not row.is_first:
        await them.poll(source)

    await (replace(them, fetcher=hasty) if row.is_slow else them).poll(source)

    state, hold = await them.state(source), them.holds.hold_on(source.url, NOW)
    assert row.said in (state.last_error or "")
    assert "\n" not in (state.last_error or "")
    moved_to = f"{web.url}{row.moved_to}" if row.moved_to else None
    assert {
        "status": state.status,
        "failures": state.failures,
        "articles": await them.count_articles(source),
        "due": state.next_poll_at - NOW,
        "validators": (state.etag, state.last_modified),
        "moved": (state.moved_url, state.moved_polls, state.url),
        "hold": None if hold is None else hold.until - NOW,
    } == {
        "status": row.status,
        "failures": 0 if row.status is FeedStatus.OK else 1,
        "articles": row.articles,
        "due": row.due,
        "validators": (row.etag, row.last_modified),
        "moved": (moved_to, 1 if row.moved_to else 0, None),
        "hold": row.hold,
    }


def test_every_answer_of_the_bad_web_is_in_the_table() -> None:
    """What the server can do and no row speaks of is a step on the way of another."""
    steps = {"one", "429", "to-and-back-again", *(f"chain-{left}" for left in range(1, 10))}

    assert {row.path for row in ROWS} | steps == ANSWERS.keys() | LIVE.keys()


def test_the_reference_has_the_same_table() -> None:
    """What a person reads is what was tested: docs/reference/feed-states.md is made of the rows."""
    assert REFERENCE.read_text().endswith(f"\n\n{as_markdown()}")
    assert REFERENCE.read_text().count("\n## ") == as_markdown().count("## ")
