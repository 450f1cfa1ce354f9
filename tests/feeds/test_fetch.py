"""Fetching: documents and files with their validators, and servers that are not there."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, feed, state
from support.feed_server import FeedServer

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.politeness import Politeness
from aggregator.model.fetches import Fetched, NotModified, PollFailed, PollFailure

LIMIT_BYTES = 200_000


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher with small limits."""
    async with HttpFetcher(
        limits=NetworkLimits(timeout=timedelta(seconds=1), concurrency=10),
        max_body_bytes=LIMIT_BYTES,
        user_agent="aggregator-test",
        politeness=Politeness(per_host=5, host_delay=timedelta(0), exceptions={}),
        clock=lambda: NOW,
    ) as fetcher:
        yield fetcher


async def test_a_document_comes_with_its_validators(fetcher: HttpFetcher, server: FeedServer) -> None:
    """A 200 answer gives the body and what makes the next request conditional."""
    server.publish("a", "Title")

    result = await fetcher.fetch(feed(url=f"{server.url}/feed/a"), state())

    assert isinstance(result, Fetched)
    assert b"<title>Title</title>" in result.body
    assert result.etag
    assert result.content_type == "application/rss+xml"
    assert result.fetched_at == NOW


async def test_an_unchanged_document_is_not_modified(fetcher: HttpFetcher, server: FeedServer) -> None:
    """With the validator the server says 304; without it the same bytes say the same."""
    source = feed(url=f"{server.url}/feed/a")
    first = await fetcher.fetch(source, state())
    assert isinstance(first, Fetched)

    by_validator = await fetcher.fetch(source, state(etag=first.etag))
    by_hash = await fetcher.fetch(source, state(body_hash=first.body_hash))

    assert isinstance(by_validator, NotModified)
    assert isinstance(by_hash, NotModified)
    assert server.statuses == {200: 2, 304: 1}


@pytest.mark.parametrize(
    ("url", "reason", "words"),
    [
        ("http://127.0.0.1:1/feed", PollFailure.UNREACHABLE, "cannot connect to 127.0.0.1:1"),
        ("http://no-such-host.invalid/feed", PollFailure.UNREACHABLE, "no such host 'no-such-host.invalid'"),
        ("http://[::bad/feed", PollFailure.BAD_URL, "not a usable address"),
        ("http://name:secret@127.0.0.1:1/feed", PollFailure.UNREACHABLE, "http://127.0.0.1:1/feed"),
    ],
)
async def test_an_unreachable_server_is_named(fetcher: HttpFetcher, url: str, reason: PollFailure, words: str) -> None:
    """Without a server there is a sentence too, and never a password in it."""
    result = await fetcher.fetch(feed(url=url), state())

    assert isinstance(result, PollFailed)
    assert result.reason is reason
    assert words in result.detail
    assert "secret" not in result.detail


async def test_a_certificate_that_nobody_trusts_is_named(fetcher: HttpFetcher, server: FeedServer) -> None:
    """TLS to a server that speaks none is a TLS or a connection failure, not an exception."""
    result = await fetcher.fetch(feed(url=server.url.replace("http:", "https:") + "/feed/a"), state())

    assert isinstance(result, PollFailed)
    assert result.reason in (PollFailure.TLS, PollFailure.UNREACHABLE)


async def test_a_file_is_a_feed(fetcher: HttpFetcher, tmp_path: Path) -> None:
    """A file is read once, and again when it changes."""
    path = tmp_path / "feed one.xml"
    path.write_text("<rss/>")
    source = feed(url=path.as_uri())

    first = await fetcher.fetch(source, state())
    assert isinstance(first, Fetched)
    same = await fetcher.fetch(source, state(etag=first.etag))
    os.utime(path, ns=(1, 1))
    touched = await fetcher.fetch(source, state(etag=first.etag, body_hash=first.body_hash))

    assert first.body == b"<rss/>"
    assert isinstance(same, NotModified)
    assert isinstance(touched, NotModified)


async def test_a_file_that_cannot_be_read_is_a_reason(fetcher: HttpFetcher, tmp_path: Path) -> None:
    """A missing file, a folder and a file over the limit are told apart."""
    (tmp_path / "large.xml").write_bytes(b"x" * (LIMIT_BYTES + 1))

    missing = await fetcher.fetch(feed(url=(tmp_path / "none.xml").as_uri()), state())
    folder = await fetcher.fetch(feed(url=tmp_path.as_uri()), state())
    large = await fetcher.fetch(feed(url=(tmp_path / "large.xml").as_uri()), state())

    assert isinstance(missing, PollFailed)
    assert "No such file" in missing.detail
    assert isinstance(folder, PollFailed)
    assert "not a regular file" in folder.detail
    assert isinstance(large, PollFailed)
    assert large.reason is PollFailure.TOO_LARGE
