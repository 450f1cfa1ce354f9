"""Behind a proxy too strangers reach public addresses only, though the proxy stands inside of the wall."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import feed, state
from support.certificates import Authority
from support.forbidden import REFUSED, UNKNOWN, UNUSABLE
from support.guarding import (
    PUBLIC,
    STRANGER,
    Visit,
    Way,
    a_page_of_the_operators_feed,
    a_redirect_of_the_operators_feed,
    a_strangers_feed,
    guarded_fetcher,
)
from support.names import Names
from support.proxies import HttpProxy, Socks5Proxy
from support.recording_server import RecordingServer

from aggregator.model.access import FeedAccess
from aggregator.model.feeds import CONFIGURATION
from aggregator.model.fetches import Fetched, PollFailed, PollFailure

KINDS = [HttpProxy, Socks5Proxy]
WAYS: list[Way] = [a_strangers_feed, a_page_of_the_operators_feed]
HERE = ["127.0.0.1/32"]


def url_of(proxy: HttpProxy | Socks5Proxy) -> str:
    """Return the address of a proxy."""
    return proxy.url if isinstance(proxy, HttpProxy) else proxy.url_for()


def is_looked_at(result: object) -> bool:
    """Whether a result is a refusal: of what is not public, or of what nobody here can tell."""
    return isinstance(result, PollFailed) and (
        result.reason is PollFailure.REFUSED_ADDRESS or "the proxy was not asked" in result.detail
    )


@pytest.mark.parametrize("form", [*REFUSED, *UNUSABLE, *UNKNOWN])
async def test_no_proxy_is_asked_for_what_is_not_public(
    server: RecordingServer, connected: list[tuple[str, int]], form: str
) -> None:
    """However it is written: what a proxy would connect to is looked at before it hears a word."""
    url = form.format(port=server.port)
    async with HttpProxy() as http, Socks5Proxy() as socks, guarded_fetcher() as fetcher:
        for proxy in (http, socks):
            for way in WAYS:
                access = FeedAccess(proxy=url_of(proxy))

                result = await way(Visit(fetcher=fetcher, server=server, url=url, access=access))

                assert isinstance(result, PollFailed)
                assert form not in REFUSED or is_looked_at(result)
    assert connected == []


@pytest.mark.parametrize("form", REFUSED)
async def test_no_redirect_behind_a_proxy_leads_to_what_is_not_public(server: RecordingServer, form: str) -> None:
    """The proxy is asked for the first address, and not for the next."""
    url, names = form.format(port=server.port), {PUBLIC: "127.0.0.1"}
    async with HttpProxy(None, names) as http, Socks5Proxy(None, names) as socks, guarded_fetcher() as fetcher:
        for proxy in (http, socks):
            access = FeedAccess(proxy=url_of(proxy))

            result = await a_redirect_of_the_operators_feed(
                Visit(fetcher=fetcher, server=server, url=url, access=access)
            )

            assert is_looked_at(result)
            assert proxy.asked == [f"{PUBLIC}:{server.port}"]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_operators_feed_behind_a_proxy_may_be_anywhere(
    server: RecordingServer, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """The way is the operator's, and so is the feed: the proxy is given the name, which need not be known here."""
    async with kind(None, {"feeds.invalid": "127.0.0.1"}) as proxy, guarded_fetcher() as fetcher:
        source = feed(url=f"{server.url_as('feeds.invalid')}/feed", access=FeedAccess(proxy=url_of(proxy)))

        result = await fetcher.fetch(source, state())

        assert isinstance(result, Fetched)
        assert proxy.asked == [f"feeds.invalid:{server.port}"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_host_that_is_not_known_here_is_told_to_no_proxy(
    server: RecordingServer, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """Where only the proxy could say what a name leads to, the sentence says what an operator can do."""
    async with kind(None, {"feeds.invalid": "127.0.0.1"}) as proxy, guarded_fetcher() as fetcher:
        access = FeedAccess(proxy=url_of(proxy))
        url = f"{server.url_as('feeds.invalid')}/feed"

        result = await fetcher.fetch(feed(url=url, owner=STRANGER, access=access), state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.UNREACHABLE
        assert "the proxy was not asked" in result.detail
        assert "network.allow" in result.detail
        assert proxy.asked == []


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_allowed_goes_through_the_proxy_by_its_name(
    server: RecordingServer, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """A host of `network.allow` may be anywhere, known here or not."""
    async with kind(None, {"feeds.invalid": "127.0.0.1"}) as proxy, guarded_fetcher(hosts=["feeds.invalid"]) as fetcher:
        access = FeedAccess(proxy=url_of(proxy))
        url = f"{server.url_as('feeds.invalid')}/feed"

        result = await fetcher.fetch(feed(url=url, owner=STRANGER, access=access), state())

        assert isinstance(result, Fetched)
        assert proxy.asked == [f"feeds.invalid:{server.port}"]


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_a_socks_proxy_connects_to_the_address_that_was_checked(
    server: RecordingServer, tmp_path: Path, secure: bool
) -> None:
    """DNS rebinding: the proxy does not look the name up again; the certificate is still the name's."""
    names = Names({"localhost": [["127.0.0.1"], ["127.0.0.2"]]})
    authority = Authority.make(tmp_path)
    tls = authority.server_context(authority.issue("server")) if secure else None
    async with RecordingServer(tls) as there, Socks5Proxy() as proxy, guarded_fetcher(names, networks=HERE) as fetcher:
        access = FeedAccess(proxy=proxy.url_for(), ca_file=str(authority.root.cert) if secure else None)
        source = feed(url=f"{there.url_as('localhost')}/feed", owner=STRANGER, access=access)

        result = await fetcher.fetch(source, state())

        assert isinstance(result, Fetched)
        assert proxy.asked == [f"127.0.0.1:{there.port}"]
        assert names.asked == ["localhost"]
        assert there.last.headers["Host"] == f"localhost:{there.port}"
    assert server.asked == []


async def test_a_socks_proxy_is_told_the_next_address_when_it_cannot_reach_one() -> None:
    """A host with several addresses is tried at each, as without a proxy."""
    names = Names({"news.example": [["127.0.0.3", "127.0.0.1"]]})
    async with (
        RecordingServer() as there,
        Socks5Proxy() as proxy,
        guarded_fetcher(names, networks=["127.0.0.0/8"]) as fetcher,
    ):
        access = FeedAccess(proxy=proxy.url_for())
        url = f"{there.url_as('news.example')}/feed"

        result = await fetcher.fetch(feed(url=url, owner=STRANGER, access=access), state())

        assert isinstance(result, Fetched)
        assert proxy.asked == [f"127.0.0.3:{there.port}", f"127.0.0.1:{there.port}"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_tunnel_that_the_operators_feed_left_open_is_not_for_strangers(
    tmp_path: Path, kind: type[HttpProxy | Socks5Proxy]
) -> None:
    """Where the proxy led a name for the operator may be private: a stranger gets a way of its own, looked at anew."""
    authority = Authority.make(tmp_path)
    async with (
        RecordingServer(authority.server_context(authority.issue("server"))) as there,
        kind() as proxy,
        guarded_fetcher(networks=HERE) as fetcher,
    ):
        access = FeedAccess(proxy=url_of(proxy), ca_file=str(authority.root.cert))
        own = feed(url=f"{there.url_as('localhost')}/feed", access=access)

        results = [
            await fetcher.fetch(source, state())
            for source in (own, own, replace(own, owner=STRANGER), replace(own, owner=STRANGER))
        ]

        assert all(isinstance(result, Fetched) for result in results)
        told = "localhost" if kind is HttpProxy else "127.0.0.1"
        assert proxy.asked == [f"localhost:{there.port}", f"{told}:{there.port}"]


async def test_a_name_that_another_standard_reads_differently_is_told_to_no_proxy(server: RecordingServer) -> None:
    """IDNA 2003 and 2008 make two hosts of one name: what was looked at must be what the proxy is asked for."""
    names = Names({"straße.example": [["127.0.0.1"]], "strasse.example": [["127.0.0.1"]]})
    async with HttpProxy() as proxy, guarded_fetcher(names, networks=HERE) as fetcher:
        access = FeedAccess(proxy=proxy.url)

        result = await fetcher.fetch(
            feed(url=f"{server.url_as('straße.example')}/feed", owner=STRANGER, access=access), state()
        )

        assert isinstance(result, PollFailed)
        assert "the proxy was not asked" in result.detail
        assert proxy.asked == []


@pytest.mark.parametrize("owner", [CONFIGURATION, STRANGER])
async def test_a_socks_proxy_that_hangs_up_is_a_sentence(owner: str) -> None:
    """A proxy that ends the conversation in the middle is named as the reason, and ends nothing else."""
    async with Socks5Proxy() as proxy, guarded_fetcher(networks=HERE) as fetcher:
        source = feed(url="http://127.0.0.1:1/feed", owner=owner, access=FeedAccess(proxy=proxy.url_for()))

        result = await fetcher.fetch(source, state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.UNREACHABLE
        assert "the proxy does not help (it hung up)" in result.detail
        assert proxy.asked == ["127.0.0.1:1"]


async def test_a_certificate_that_is_not_the_names_is_refused_behind_a_socks_proxy(tmp_path: Path) -> None:
    """The proxy connects to an address, but the certificate must be that of the name which was asked for."""
    authority = Authority.make(tmp_path)
    names = {"news.example": [["127.0.0.1"]]}
    async with (
        RecordingServer(authority.server_context(authority.issue("server"))) as there,
        Socks5Proxy() as proxy,
        guarded_fetcher(names, networks=HERE) as fetcher,
    ):
        access = FeedAccess(proxy=proxy.url_for(), ca_file=str(authority.root.cert))
        url = f"{there.url_as('news.example')}/feed"

        result = await fetcher.fetch(feed(url=url, owner=STRANGER, access=access), state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.TLS
        assert there.asked == []
