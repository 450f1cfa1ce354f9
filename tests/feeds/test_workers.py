"""Parsing in worker processes: hostile documents are stopped, and the pool goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.builders import feed, fetched
from support.feed_server import rss

from aggregator.feeds.workers import ParserPool
from aggregator.model.fetches import Fetched, ParsedFeed, PollFailed, PollFailure

GOOD = fetched(rss([("Fine", "Text")]).encode())
HOSTILE = {
    "attributes": b"<rss " + b" ".join(b"a%d='1'" % number for number in range(100_000)) + b"/>",
    "author": rss([("x", "y")]).replace("</item>", f"<author>{'a@' + 'a.' * 30_000}</author></item>").encode(),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_document_that_takes_too_long_is_stopped(kind: str) -> None:
    """The wall limit ends the worker; the next document is read by another."""
    async with ParserPool(max_body_bytes=10_000_000, workers=1, wall_limit=timedelta(seconds=1.5)) as pool:
        hostile = await pool.parse(feed(), fetched(HOSTILE[kind]))
        good = await pool.parse(feed(), GOOD)

    assert isinstance(hostile, PollFailed)
    assert hostile.reason is PollFailure.PARSER_TIMEOUT
    assert "longer than 1.5 s" in hostile.detail
    assert isinstance(good, ParsedFeed)


async def test_a_document_that_takes_too_much_memory_is_stopped() -> None:
    """The memory limit ends the document, not the pool."""
    body = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 300_000 + b"</channel></rss>"
    limit = 200 * 1024 * 1024
    async with ParserPool(max_body_bytes=100_000_000, workers=1, memory_limit_bytes=limit) as pool:
        hostile = await pool.parse(feed(), fetched(body))
        good = await pool.parse(feed(), GOOD)

    assert isinstance(hostile, PollFailed)
    assert hostile.reason in (PollFailure.PARSER_MEMORY, PollFailure.PARSER_CRASHED, PollFailure.PARSER_TIMEOUT)
    assert isinstance(good, ParsedFeed)


async def test_an_error_of_a_library_is_that_feeds_failure() -> None:
    """Whatever is raised over a document comes back as a sentence."""
    broken: Fetched = fetched("not bytes")  # type: ignore[arg-type] # on purpose: the worker must fail
    async with ParserPool(max_body_bytes=1000, workers=1) as pool:
        result = await pool.parse(feed(), broken)
        await pool.close()

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.PARSER_CRASHED
