"""The bounds of fetching from a bad web: bytes, memory and time, and what one host can do to the others."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.bad_answers import ANSWERS, BOMB_BYTES, CHANGED_AT, TWO, V1
from support.bad_web import BadWeb
from support.builders import NOW, feed, state

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.decode import TooLarge, decode_body
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.politeness import Politeness
from aggregator.model.fetches import Fetched, NotModified, PollFailed, PollFailure

LIMIT_BYTES = 200_000
IN_TRANSIT_BYTES = 16_000_000
"""What the buffers of two sockets hold on loopback, and some."""


def fetcher_for(*, seconds: float = 20.0, concurrency: int = 10) -> HttpFetcher:
    """A fetcher that is to be closed."""
    return HttpFetcher(
        limits=NetworkLimits(timeout=timedelta(seconds=seconds), concurrency=concurrency),
        max_body_bytes=LIMIT_BYTES,
        user_agent="aggregator-test",
        politeness=Politeness(per_host=1, host_delay=timedelta(0), exceptions={}),
        clock=lambda: NOW,
    )


@pytest.fixture
async def web() -> AsyncIterator[BadWeb]:
    """The bad web."""
    async with BadWeb() as web:
        yield web


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gigabyte", PollFailure.TOO_LARGE),
        ("endless-body", PollFailure.TOO_LARGE),
        ("endless-chunks", PollFailure.TOO_LARGE),
        ("endless-headers", PollFailure.UNREACHABLE),
        ("endless-header", PollFailure.UNREACHABLE),
        ("endless-header-name", PollFailure.UNREACHABLE),
        ("endless-status", PollFailure.UNREACHABLE),
        ("endless-trailers", PollFailure.UNREACHABLE),
    ],
)
async def test_an_answer_without_end_is_left_at_the_limit(web: BadWeb, name: str, reason: PollFailure) -> None:
    """The connection is closed as soon as a limit is passed: the server is rid of no more than what buffers hold."""
    async with fetcher_for() as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/{name}"), state())
        exchange = await web.request_to(f"/{name}")
        await exchange.closed.wait()

    assert isinstance(result, PollFailed)
    assert result.reason is reason
    assert exchange.written < IN_TRANSIT_BYTES


@pytest.mark.parametrize("name", ["endless-body", "endless-headers", "endless-chunk-size", "endless-hints"])
async def test_an_answer_without_end_takes_no_memory(web: BadWeb, name: str) -> None:
    """Whatever is thrown away is not kept first."""
    async with fetcher_for(seconds=0.3) as fetcher:
        await fetcher.fetch(feed(url=f"{web.url}/ok"), state())
        tracemalloc.start()
        try:
            await fetcher.fetch(feed(url=f"{web.url}/{name}"), state())
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak_bytes < IN_TRANSIT_BYTES


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_never_unpacked_beyond_the_limit(encoding: str) -> None:
    """Of 50 MB that a few bytes stand for, not even a second limit's worth comes into memory."""
    bomb = ANSWERS[f"{encoding}-bomb"](NOW).partition(b"\r\n\r\n")[2]
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decode_body(bomb, encoding, LIMIT_BYTES)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bomb) < LIMIT_BYTES < BOMB_BYTES / 100
    assert peak_bytes < 5 * LIMIT_BYTES


@pytest.mark.parametrize("name", ["silence", "slow-start", "slow-headers", "slow-body"])
async def test_a_server_that_drips_is_left_at_the_timeout(web: BadWeb, name: str) -> None:
    """A byte now and then is no progress: the whole request has its time, and then the connection is closed."""
    async with fetcher_for(seconds=0.5) as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/{name}"), state())
        await (await web.request_to(f"/{name}")).closed.wait()

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.TIMEOUT
    assert "no full answer within 0.5 s" in result.detail


async def test_the_timeout_is_for_all_redirects_together(web: BadWeb) -> None:
    """A server that takes its time at each of many steps gains none by it."""
    web.answers["/way"] = b"HTTP/1.1 302 Found\r\nLocation: /slow-body\r\nContent-Length: 0\r\n\r\n"
    async with fetcher_for(seconds=0.2) as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/way"), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.TIMEOUT


async def test_a_slow_host_holds_nobody_else(web: BadWeb) -> None:
    """Feeds that wait for their turn at a host that hangs take no room from the feeds of other hosts."""
    async with BadWeb() as other, fetcher_for(concurrency=2) as fetcher:
        slow = [
            asyncio.create_task(fetcher.fetch(feed(str(number), url=f"{web.url}/silence?{number}"), state()))
            for number in range(20)
        ]
        await web.arrival.wait()

        results = await asyncio.gather(*(fetcher.fetch(feed(url=f"{other.url}/ok"), state()) for _ in range(5)))

        assert all(isinstance(result, Fetched) for result in results)
        assert not any(task.done() for task in slow)
        assert sum(web.requests(f"/silence?{number}") for number in range(20)) == 1
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_what_follows_a_short_body_is_no_answer(web: BadWeb) -> None:
    """A second answer smuggled behind the first on the same connection is not taken for that of the next poll."""
    smuggled = ANSWERS["html"](NOW)
    web.answers["/feed"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(TWO) + TWO + smuggled
    async with fetcher_for() as fetcher:
        await fetcher.fetch(feed(url=f"{web.url}/feed"), state())

        result = await fetcher.fetch(feed(url=f"{web.url}/one"), state())

    assert isinstance(result, Fetched)
    assert web.requests("/one") == 1
    assert b"Captives are home" in result.body


@pytest.mark.parametrize(
    ("name", "etag", "last_modified"),
    [
        ("ok", '"v2"', None),
        ("weak-etag", 'W/"v2"', None),
        ("odd-etag", "v2 unquoted", None),
        ("dated", None, "Sun, 01 Mar 2026 11:30:00 GMT"),
        ("same-etag", V1, CHANGED_AT),
        ("bare", None, None),
        ("byte-etag", None, None),
    ],
)
async def test_validators_go_back_as_they_came(
    web: BadWeb, name: str, etag: str | None, last_modified: str | None
) -> None:
    """Verbatim (RFC 9110 §13.1.2, §13.1.3), where they can be kept; with an ETag, what is new alone is welcome."""
    source = feed(url=f"{web.url}/{name}")
    async with fetcher_for() as fetcher:
        first = await fetcher.fetch(source, state())
        assert isinstance(first, Fetched)

        await fetcher.fetch(source, state(etag=first.etag, last_modified=first.last_modified))

    asked = (await web.request_to(f"/{name}", 2)).headers
    assert (asked.get("if-none-match"), asked.get("if-modified-since")) == (etag, last_modified)
    assert asked.get("a-im") == ("feed" if etag else None)
    assert not {"if-none-match", "if-modified-since", "a-im"} & web.exchanges[f"/{name}"][0].headers.keys()


async def test_a_304_is_an_answer_to_conditions_only(web: BadWeb) -> None:
    """Where nothing was asked conditionally, a 304 tells nothing, also of a page; with a condition it does."""
    source = feed(url=f"{web.url}/unchanged")
    async with fetcher_for() as fetcher:
        first = await fetcher.fetch(source, state(body_hash="h"))
        by_etag = await fetcher.fetch(source, state(etag=V1))
        by_date = await fetcher.fetch(source, state(last_modified=CHANGED_AT))
        page = await fetcher.fetch_page(f"{web.url_as('localhost')}/unchanged")

    assert isinstance(first, PollFailed)
    assert first.status == 304
    assert isinstance(by_etag, NotModified)
    assert isinstance(by_date, NotModified)
    assert isinstance(page, PollFailed)


async def test_links_of_raw_bytes_are_left_out(web: BadWeb) -> None:
    """A Link header that is no text, as no database takes it, does not spoil the poll; the others count."""
    links = b"Link: <https://hub.example/>; rel=hub\r\nLink: <https://\xe9.example/>; rel=self\r\n"
    web.answers["/feed"] = b"HTTP/1.1 200 OK\r\n" + links + b"\r\n" + TWO
    async with fetcher_for() as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/feed"), state())

    assert isinstance(result, Fetched)
    assert result.link_headers == ("<https://hub.example/>; rel=hub",)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (b"http://127.0.0.1:1/" + b"x" * 10_000, "http://127.0.0.1:1/" + "x" * 281 + "…: cannot connect"),
        (b"http://127.0.0.1:1/\xc2\x9b31m\xe2\x80\xae", "http://127.0.0.1:1/%C2%9B31m%E2%80%AE: cannot connect"),
        (b"x" * 100 + b":feed", "not a web page (" + "x" * 20 + ":); refused"),
    ],
    ids=["long", "controls", "scheme"],
)
async def test_a_server_cannot_write_what_it_likes_on_a_screen(web: BadWeb, location: bytes, shown: str) -> None:
    """An address that a server names is shown short, and without what moves a terminal's cursor or turns text."""
    web.answers["/feed"] = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    async with fetcher_for() as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/feed"), state())

    assert isinstance(result, PollFailed)
    assert shown in result.detail
    assert result.detail.isprintable()


async def test_an_answer_that_is_cut_off_tells_nothing_of_itself(web: BadWeb) -> None:
    """What the server had set in its headers before it hung up is in no sentence of ours."""
    web.answers["/feed"] = b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cret\r\n"
    async with fetcher_for() as fetcher:
        result = await fetcher.fetch(feed(url=f"{web.url}/feed"), state())

    assert isinstance(result, PollFailed)
    assert "the server hung up before it had answered" in result.detail
    assert "s3cret" not in result.detail
