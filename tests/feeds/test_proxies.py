"""Feeds behind proxies: real HTTP and SOCKS5 ones, with and without passwords, and what is said when they fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import feed, state
from support.certificates import Authority
from support.fetching import loopback_fetcher
from support.proxies import HttpProxy, Socks5Proxy
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.access import FeedAccess
from aggregator.model.fetches import Fetched, PollFailed, PollFailure

NAMES = {"feeds.invalid": "127.0.0.1"}
"""Hosts that only the proxy can find (RFC 6761 §6.4)."""
PAIR = ("clerk", "pr0xy-s3cret")


async def test_an_http_proxy_is_asked_for_the_whole_address(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """A feed over http is requested from the proxy in absolute form, and the name is the proxy's to resolve."""
    async with HttpProxy(names=NAMES) as proxy:
        url = f"{server.url_as('feeds.invalid')}/feed?x=1"

        result = await fetcher.fetch(feed(url=url, access=FeedAccess(proxy=proxy.url)), state())

        assert isinstance(result, Fetched)
        assert proxy.heads[0].startswith(f"GET {url} HTTP/1.1\r\n")
        assert server.last.path == "/feed?x=1"
        assert server.last.headers["Host"] == f"feeds.invalid:{server.port}"


async def test_an_http_proxy_tunnels_to_https(fetcher: HttpFetcher, tmp_path: Path) -> None:
    """A feed over https goes through CONNECT: the proxy sees the host, and no header of the request."""
    authority = Authority.make(tmp_path)
    async with RecordingServer(authority.server_context(authority.issue("server"))) as server, HttpProxy() as proxy:
        access = FeedAccess(proxy=proxy.url, ca_file=str(authority.root.cert), bearer="t0ken")

        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, Fetched)
        assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
        assert "t0ken" not in proxy.heads[0]
        assert server.last.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_an_http_proxy_gets_its_password(fetcher: HttpFetcher, tmp_path: Path, secure: bool) -> None:
    """The proxy's name and password are for the proxy alone: the feed's server sees none of them."""
    authority = Authority.make(tmp_path)
    tls = authority.server_context(authority.issue("server")) if secure else None
    async with RecordingServer(tls) as server, HttpProxy(PAIR) as proxy:
        access = FeedAccess(proxy=proxy.url_for(":".join(PAIR)), verify_tls=False, username="reader", password="p")

        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, Fetched)
        assert server.last.headers["Authorization"].startswith("Basic ")
        assert server.last.times("Proxy-Authorization") == 0


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_a_wrong_password_of_an_http_proxy_is_a_sentence(fetcher: HttpFetcher, secure: bool) -> None:
    """407 says where the name and the password belong, and shows neither."""
    async with HttpProxy(PAIR) as proxy:
        url = f"{'https' if secure else 'http'}://feeds.invalid/feed"
        access = FeedAccess(proxy=proxy.url_for("clerk:wr0ng-s3cret"))

        result = await fetcher.fetch(feed(url=url, access=access), state())

        assert isinstance(result, PollFailed)
        assert "407" in result.detail
        assert "`proxy`" in result.detail
        assert "s3cret" not in result.detail


@pytest.mark.parametrize("credentials", [None, PAIR], ids=["open", "with a password"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_a_socks_proxy_resolves_the_name(
    fetcher: HttpFetcher, server: RecordingServer, credentials: tuple[str, str] | None, scheme: str
) -> None:
    """A SOCKS5 proxy is given the host's name, which this machine cannot resolve, and carries the request."""
    async with Socks5Proxy(credentials, NAMES) as proxy:
        url = proxy.url_for(":".join(credentials or ())).replace("socks5:", f"{scheme}:")

        result = await fetcher.fetch(
            feed(url=f"{server.url_as('feeds.invalid')}/feed", access=FeedAccess(proxy=url)), state()
        )

        assert isinstance(result, Fetched)
        assert proxy.asked == [f"feeds.invalid:{server.port}"]
        assert server.last.headers["Host"] == f"feeds.invalid:{server.port}"


async def test_a_socks_proxy_carries_tls(fetcher: HttpFetcher, tmp_path: Path) -> None:
    """The certificate is checked against the feed's server, not against the proxy."""
    authority = Authority.make(tmp_path)
    async with RecordingServer(authority.server_context(authority.issue("server"))) as server, Socks5Proxy() as proxy:
        trusting = FeedAccess(proxy=proxy.url_for(), ca_file=str(authority.root.cert))

        trusted = await fetcher.fetch(feed(url=f"{server.url}/feed", access=trusting), state())
        refused = await fetcher.fetch(feed(url=f"{server.url}/feed", access=FeedAccess(proxy=proxy.url_for())), state())

        assert isinstance(trusted, Fetched)
        assert isinstance(refused, PollFailed)
        assert refused.reason is PollFailure.TLS


async def test_a_wrong_password_of_a_socks_proxy_is_a_sentence(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """What the proxy refuses is said of the proxy, without its password."""
    async with Socks5Proxy(PAIR) as proxy:
        access = FeedAccess(proxy=proxy.url_for("clerk:wr0ng-s3cret"))

        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.UNREACHABLE
        assert "is `proxy` right?" in result.detail
        assert "s3cret" not in result.detail
        assert server.asked == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("target", ["http", "https"])
async def test_a_proxy_that_is_away_is_a_sentence(fetcher: HttpFetcher, scheme: str, target: str) -> None:
    """A proxy that nobody runs is named as the reason, and the feed is not asked without it."""
    access = FeedAccess(proxy=f"{scheme}://clerk:pr0xy-s3cret@127.0.0.1:1")

    result = await fetcher.fetch(feed(url=f"{target}://feeds.invalid/feed", access=access), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.UNREACHABLE
    assert "is `proxy` right?" in result.detail
    assert "s3cret" not in result.detail


@pytest.mark.parametrize("kind", [HttpProxy, Socks5Proxy])
async def test_each_feed_takes_its_own_way(
    fetcher: HttpFetcher, server: RecordingServer, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """Two proxies and the direct way are kept apart, connections that stay open included."""
    async with kind() as first, kind() as second:
        ways = [first.url_for(""), second.url_for(""), None] if kind is Socks5Proxy else [first.url, second.url, None]  # type: ignore[union-attr] # narrowed by the kind

        for way in ways:
            result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=FeedAccess(proxy=way)), state())
            assert isinstance(result, Fetched)

        assert first.asked == second.asked == [f"127.0.0.1:{server.port}"]
        assert len(server.asked) == 3


async def test_the_general_proxy_is_for_all_that_have_none(server: RecordingServer) -> None:
    """Feeds, those that were added included, and pages go through it; a feed's own proxy goes before it."""
    async with HttpProxy() as general, HttpProxy() as own, loopback_fetcher(proxy=general.url) as fetcher:
        plain, special = feed(url=f"{server.url}/a"), feed(url=f"{server.url}/b", access=FeedAccess(proxy=own.url))

        results = [
            await fetcher.fetch(plain, state()),
            await fetcher.fetch(replace(plain, owner="chat 42"), state()),
            await fetcher.fetch_page(f"{server.url}/page"),
            await fetcher.fetch(special, state()),
            await fetcher.fetch_page(f"{server.url}/page", special),
        ]

        assert [type(result) for result in results] == [Fetched] * 5
        assert (len(general.heads), len(own.heads)) == (3, 2)
        assert fetcher.is_by_proxy(plain)
        assert fetcher.is_by_proxy(special)


@pytest.mark.parametrize("kind", [HttpProxy, Socks5Proxy])
async def test_a_redirect_goes_through_the_proxy_too(
    server: RecordingServer, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """The way stays the feed's; but behind it nobody is led to an address that is not public."""
    server.answers["/old"] = [Answer.redirect(f"{server.url_as('localhost')}/new")]
    async with (
        kind(None, NAMES) as proxy,
        loopback_fetcher() as anywhere,
        loopback_fetcher(is_loopback_public=False) as w,
    ):
        url = proxy.url if isinstance(proxy, HttpProxy) else proxy.url_for()
        source = feed(url=f"{server.url_as('feeds.invalid')}/old", access=FeedAccess(proxy=url))

        followed = await anywhere.fetch(source, state())
        asked = list(proxy.asked)
        refused = await w.fetch(source, state())

        assert isinstance(followed, Fetched)
        # The redirect leads to another host: a SOCKS proxy is told the address that was checked.
        there = "localhost" if isinstance(proxy, HttpProxy) else "127.0.0.1"
        assert asked == [f"feeds.invalid:{server.port}", f"{there}:{server.port}"]
        assert isinstance(refused, PollFailed)
        assert refused.reason is PollFailure.REFUSED_ADDRESS
        assert proxy.asked[2:] == [f"feeds.invalid:{server.port}"]
