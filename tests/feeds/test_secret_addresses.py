"""What is shown of an address and of an error: enough to find the feed, and none of its secrets."""

from __future__ import annotations

import asyncio

import pytest
from support.builders import feed, state
from support.fetching import loopback_fetcher

from aggregator.feeds.failures import without_credentials
from aggregator.model.access import FeedAccess
from aggregator.model.fetches import PollFailed


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/feed?x=1&y=2#part", "https://a.example/feed?x=1&y=2"),
        ("https://name:s3cret@a.example:8443/feed", "https://a.example:8443/feed"),
        ("https://s3cret@a.example/feed", "https://a.example/feed"),
        ("https://na@me:s3@cret@a.example/feed", "https://a.example/feed"),
        ("https://a.example/?token=s3cret", "https://a.example/?token=***"),
        ("https://a.example/?x=1&access_token=s3cret&y", "https://a.example/?x=1&access_token=***&y"),
        ("https://a.example/?API_KEY=s3cret", "https://a.example/?API_KEY=***"),
        ("https://a.example/?apikey=s3cret", "https://a.example/?apikey=***"),
        ("https://a.example/?api-key=s3cret", "https://a.example/?api-key=***"),
        ("https://a.example/?key=s3cret&keyword=war", "https://a.example/?key=***&keyword=war"),
        ("https://a.example/?password=s3cret&passwd=s3cret", "https://a.example/?password=***&passwd=***"),
        ("https://a.example/?pass=s3cret&pwd=s3cret", "https://a.example/?pass=***&pwd=***"),
        ("https://a.example/?client_secret=s3cret&auth=s3cret", "https://a.example/?client_secret=***&auth=***"),
        ("https://a.example/?sig=s3cret&signature=s3cret", "https://a.example/?sig=***&signature=***"),
        ("https://a.example/?PHPSESSION=s3cret&credential=s3cret", "https://a.example/?PHPSESSION=***&credential=***"),
        ("https://a.example/?passport=1&token=", "https://a.example/?passport=1&token="),
        ("https://a.example/?token=s3=cret", "https://a.example/?token=***"),
        ("http://[::bad/feed?token=s3cret", "http://[::bad/feed?token=***"),
        ("http://name:s3cret@[::bad/feed", "[::bad/feed"),
        ("file:///var/feeds/one.xml", "file:///var/feeds/one.xml"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    """Name, password, fragment and the values of parameters that are called like secrets are left out."""
    assert without_credentials(url) == shown


@pytest.mark.parametrize(
    "access",
    [
        FeedAccess(),
        FeedAccess(bearer="s3cret"),
        FeedAccess(username="reader", password="s3cret", headers=(("X-Key", "s3cret"),), cookies=(("sid", "s3cret"),)),
    ],
    ids=["open", "bearer", "everything"],
)
@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://other:s3cret@127.0.0.1:99999/?token=s3cret\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: gopher://other:s3cret@127.0.0.1/?token=s3cret\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"",
    ],
    ids=["no http", "bad length", "bad chunk", "long header", "bad port", "bad scheme", "500", "nothing"],
)
async def test_a_broken_answer_tells_no_secret(answer: bytes, access: FeedAccess) -> None:
    """Whatever a server does, the sentence about it has the address without what is secret in it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, loopback_fetcher() as fetcher:
        port = server.sockets[0].getsockname()[1]
        source = feed(url=f"http://reader:s3cret@127.0.0.1:{port}/feed?token=s3cret", access=access)

        result = await fetcher.fetch(source, state())

    assert isinstance(result, PollFailed)
    assert f"http://127.0.0.1:{port}/feed?token=***: " in result.detail or "127.0.0.1:99999" in result.detail
    assert "s3cret" not in repr(result)
    assert "s3cret" not in repr(source.access)
