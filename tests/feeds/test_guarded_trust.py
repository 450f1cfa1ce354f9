"""Whose word opens what: the operator's feeds and `network.allow`, each for its own host and no further."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import feed, state
from support.certificates import Authority
from support.guarding import PUBLIC, STRANGER, guarded_fetcher
from support.names import Names
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.credentials import is_same_server, with_user_from
from aggregator.model.access import FeedAccess
from aggregator.model.feeds import COMMAND_LINE, CONFIGURATION
from aggregator.model.fetches import Fetched, PollFailed, PollFailure

OPERATORS = [CONFIGURATION, COMMAND_LINE]


@pytest.fixture
async def other() -> AsyncIterator[RecordingServer]:
    """A second server on loopback."""
    async with RecordingServer() as other:
        yield other


def is_refused(result: object) -> bool:
    """Whether a result is a refusal of its address."""
    return isinstance(result, PollFailed) and result.reason is PollFailure.REFUSED_ADDRESS


@pytest.mark.parametrize("owner", OPERATORS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "app.localhost", "loopback.example", "mixed-own.example"])
async def test_the_operators_feed_may_be_anywhere(server: RecordingServer, owner: str, host: str) -> None:
    """Who runs this machine may name any address of it, or of the network that it is in."""
    async with guarded_fetcher({"mixed-own.example": [["127.0.0.1", "10.0.0.1"]]}) as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url_as(host)}/feed", owner=owner), state())

    assert isinstance(result, Fetched)


@pytest.mark.parametrize("owner", ["page", "chat 42", "web", "api", "", "Configuration", "configuration "])
async def test_everybody_else_is_a_stranger(server: RecordingServer, owner: str) -> None:
    """Only the two owners that are the operator are trusted: whoever is not known is not."""
    async with guarded_fetcher() as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url}/feed", owner=owner), state())

    assert is_refused(result)
    assert server.asked == []


async def test_a_redirect_on_the_operators_own_host_is_followed(
    server: RecordingServer, other: RecordingServer
) -> None:
    """The operator named the host: what it redirects to on itself, on whatever port, is of the same trust."""
    server.answers["/old"] = [Answer.redirect(f"{other.url}/new")]
    async with guarded_fetcher() as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url}/old"), state())

    assert isinstance(result, Fetched)
    assert other.last.path == "/new"


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/new",
        "http://127.0.0.2:{port}/new",
        "http://[::ffff:127.0.0.1]:{port}/new",
        "http://１２７.0.0.1:{port}/new",
        "http://127.0.0.1@localhost:{port}/new",
        "http://localhost:{port}/127.0.0.1",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_a_redirect_from_the_operators_own_host_to_another_is_guarded(
    server: RecordingServer, other: RecordingServer, connected: list[tuple[str, int]], target: str
) -> None:
    """A feed on a private host opens nothing else there, not even the same machine by another name."""
    server.answers["/old"] = [Answer.redirect(target.format(port=other.port))]
    async with guarded_fetcher() as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url}/old"), state())

    assert is_refused(result)
    assert connected == [("127.0.0.1", server.port)]
    assert other.asked == []


async def test_a_stranger_cannot_send_us_back_to_the_operators_host(
    server: RecordingServer, other: RecordingServer
) -> None:
    """Once a redirect has left the private host, what comes back to it is somebody else's wish."""
    server.answers["/old"] = [Answer.redirect(f"{other.url_as(PUBLIC)}/over")]
    other.answers["/over"] = [Answer.redirect(f"{server.url}/admin?delete=all")]
    async with guarded_fetcher() as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url}/old"), state())
        moved = await fetcher.fetch(feed(url=f"{server.url}/feed"), state(url=f"{other.url_as(PUBLIC)}/over"))

    assert is_refused(result)
    assert is_refused(moved)
    assert [asked.path for asked in server.asked] == ["/old"]


async def test_the_full_text_of_an_article_is_public_even_where_the_feed_is_not(server: RecordingServer) -> None:
    """Whoever writes into a feed names its articles: on the operator's own host they want `network.allow` too."""
    source = feed(url=f"{server.url}/feed")
    async with guarded_fetcher() as fetcher, guarded_fetcher(networks=["127.0.0.1/32"]) as allowing:
        refused = await fetcher.fetch_page(f"{server.url}/admin?delete=all", source)
        read = await allowing.fetch_page(f"{server.url}/article", source)

    assert is_refused(refused)
    assert isinstance(read, Fetched)
    assert [asked.path for asked in server.asked] == ["/article"]


@pytest.mark.parametrize(
    ("hosts", "networks", "host", "is_allowed"),
    [
        ([], [], "wiki.intranet", False),
        (["wiki.intranet"], [], "wiki.intranet", True),
        (["Wiki.INTRANET"], [], "wiki.intranet", True),
        (["wiki.intranet."], [], "wiki.intranet", True),
        (["wiki.intranet"], [], "WIKI.intranet", True),
        (["wiki.intranet"], [], "wiki.intranet.", True),
        (["wiki.intranet"], [], "wiki.intranet:80@wiki.intranet", True),
        (["wiki.intranet"], [], "sub.wiki.intranet", False),
        (["wiki.intranet"], [], "intranet", False),
        (["wiki.intranet"], [], "wiki.intranet.evil.example", False),
        (["wiki.intranet"], [], "evilwiki.intranet", False),
        (["wiki.intranet"], [], "wiki.intranet@evil.example", False),
        (["wiki.intranet"], [], "evil.example?wiki.intranet", False),
        (["wiki.intranet"], [], "ｗｉｋｉ.intranet", False),
        (["wiki.intranet"], [], "127.0.0.1", False),
        (["бюро.intranet"], [], "бюро.intranet", True),
        (["БЮРО.intranet"], [], "xn--90a0af9c.intranet", True),
        (["xn--90a0af9c.intranet"], [], "бюро.intranet", True),
        (["strasse.intranet"], [], "straße.intranet", False),
        (["strasse.intranet"], [], "strasse.intranet", True),
        (["straße.intranet"], [], "straße.intranet", True),
        (["straße.intranet"], [], "strasse.intranet", False),
        (["127.0.0.1"], [], "127.0.0.1", True),
        ([], ["127.0.0.0/8"], "127.0.0.1", True),
        ([], ["127.0.0.0/8"], "wiki.intranet", True),
        ([], ["127.0.0.0/8"], "[::ffff:127.0.0.1]", True),
        ([], ["127.0.0.1/32"], "0x7f.1", True),
        ([], ["127.0.0.2/32"], "127.0.0.1", False),
        ([], ["10.0.0.0/8"], "wiki.intranet", False),
        (["10.0.0.0/8"], ["10.0.0.0/8"], "wiki.intranet", False),
        ([], ["::1/128"], "127.0.0.1", False),
        ([], ["::/0"], "127.0.0.1", False),
    ],
)
async def test_network_allow_opens_what_it_lists(
    server: RecordingServer, hosts: list[str], networks: list[str], host: str, is_allowed: bool
) -> None:
    """A host by its name in any spelling, an address by its network: for strangers, redirects and full texts alike."""
    inside = ("wiki.intranet", "sub.wiki.intranet", "intranet", "wiki.intranet.evil.example", "evilwiki.intranet")
    look_alikes = ("evil.example", "xn--90a0af9c.intranet", "strasse.intranet", "xn--strae-oqa.intranet")
    names = Names({PUBLIC: [["127.0.0.1"]]} | {name: [["127.0.0.1"]] for name in (*inside, *look_alikes)})
    authority, question, query = host.partition("?")
    url = f"http://{authority}:{server.port}/feed{question}{query}"
    server.answers["/old"] = [Answer.redirect(url)]
    async with guarded_fetcher(names, hosts=[PUBLIC, *hosts], networks=networks) as fetcher:
        results = [
            await fetcher.fetch(feed(url=url, owner=STRANGER), state()),
            await fetcher.fetch(feed(url=f"{server.url_as(PUBLIC)}/old"), state()),
            await fetcher.fetch_page(url),
        ]

    assert [isinstance(result, Fetched) for result in results] == [is_allowed] * 3
    assert [is_refused(result) for result in results] == [not is_allowed] * 3


@pytest.mark.parametrize("path", ["/feed", "/old"])
async def test_a_name_that_changes_between_two_requests_is_refused(
    server: RecordingServer, other: RecordingServer, connected: list[tuple[str, int]], path: str
) -> None:
    """DNS rebinding: each connection is looked at, whatever the name led to a moment ago, by a redirect as well."""
    names = {"rebinding.example": [["127.0.0.1"], ["127.0.0.2"]]}
    server.answers["/old"] = [Answer.redirect(f"{other.url_as('rebinding.example')}/new")]
    async with guarded_fetcher(names, networks=["127.0.0.1/32"]) as fetcher:
        first = await fetcher.fetch(feed(url=f"{server.url_as('rebinding.example')}{path}", owner=STRANGER), state())
        second = await fetcher.fetch(feed(url=f"{other.url_as('rebinding.example')}/feed", owner=STRANGER), state())

    assert isinstance(first, Fetched) is (path == "/feed")
    assert is_refused(second)
    assert connected == [("127.0.0.1", server.port)]
    assert other.asked == []


async def test_a_name_is_not_asked_again_between_the_look_and_the_connection(
    server: RecordingServer, connected: list[tuple[str, int]]
) -> None:
    """What was looked at is what is connected to: a name that answers otherwise the next time gains nothing."""
    names = Names({"rebinding.example": [["127.0.0.1"], ["127.0.0.2"]]})
    async with guarded_fetcher(names, networks=["127.0.0.1/32"]) as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url_as('rebinding.example')}/", owner=STRANGER), state())

    assert isinstance(result, Fetched)
    assert names.asked == ["rebinding.example"]
    assert connected == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("order", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.1", "::1"]])
async def test_a_dead_public_address_does_not_lead_to_a_private_one(
    connected: list[tuple[str, int]], order: list[str]
) -> None:
    """A name with a public address on which nobody answers, and a private one beside it, gets neither."""
    async with guarded_fetcher({"mixed.example": [order]}, networks=["127.0.0.1/32"]) as fetcher:
        result = await fetcher.fetch(feed(url="http://mixed.example:1/", owner=STRANGER), state())

    assert is_refused(result)
    assert connected == []


async def test_a_connection_that_the_operators_feed_left_open_is_not_for_strangers(
    server: RecordingServer, connected: list[tuple[str, int]]
) -> None:
    """A kept connection to a private host is used by the operator's own feeds again, and by nobody else."""
    own = feed(url=f"{server.url}/feed")
    async with guarded_fetcher() as fetcher:
        own_results = [await fetcher.fetch(own, state()), await fetcher.fetch(own, state())]
        kept = list(connected)
        strangers = [
            await fetcher.fetch(replace(own, owner=STRANGER), state()),
            await fetcher.fetch_page(own.url, own),
            await fetcher.fetch_page(own.url),
        ]

    assert all(isinstance(result, Fetched) for result in own_results)
    assert kept == [("127.0.0.1", server.port)]
    assert all(is_refused(result) for result in strangers)
    assert connected == kept
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("own", "other", "is_same"),
    [
        ("https://a.example/feed", "https://a.example/article", True),
        ("https://a.example/feed", "https://A.example.:443/article", True),
        ("http://a.example/feed", "http://a.example:80/article", True),
        ("http://a.example/feed", "https://a.example/article", True),
        ("http://a.example:8080/feed", "https://a.example:8443/article", True),
        ("https://бюро.example/feed", "https://xn--90a0af9c.example/feed", True),
        ("https://a.example/feed", "http://a.example/article", False),
        ("https://a.example/feed", "http://a.example:443/article", False),
        ("https://a.example/feed", "https://a.example:8443/article", False),
        ("http://a.example/feed", "http://a.example:8080/article", False),
        ("http://a.example/feed", "http://a.example:0/article", False),
        ("https://a.example/feed", "https://b.example/article", False),
        ("https://a.example/feed", "https://sub.a.example/article", False),
        ("https://a.example/feed", "https://a.example@b.example/article", False),
        ("https://strasse.example/feed", "https://straße.example/article", False),
    ],
)
def test_secrets_are_one_servers(own: str, other: str, is_same: bool) -> None:
    """What a feed shows is for its origin, and for that host by https: never in the clear, never another port's."""
    login = own.replace("://", "://reader:s3cret@")

    assert is_same_server(own, other) is is_same
    assert ("reader:s3cret@" in with_user_from(login, other)) is is_same


async def test_another_port_of_the_same_host_sees_no_secrets(server: RecordingServer, other: RecordingServer) -> None:
    """Two servers on one machine are two: a redirect and an article on the other's port come without the password."""
    server.answers["/old"] = [Answer.redirect(f"{other.url}/new")]
    source = feed(url=f"{server.url}/old", access=FeedAccess(username="reader", password="s3cret"))
    async with guarded_fetcher(networks=["127.0.0.1/32"]) as fetcher:
        redirected = await fetcher.fetch(source, state())
        page = await fetcher.fetch_page(f"{other.url}/article", source)

    assert isinstance(redirected, Fetched)
    assert isinstance(page, Fetched)
    assert server.last.times("Authorization") == 1
    assert [asked.times("Authorization") for asked in other.asked] == [0, 0]


async def test_a_redirect_to_https_keeps_the_secrets(server: RecordingServer, tmp_path: Path) -> None:
    """A server that moves to https asks for the same password there, and gets it."""
    authority = Authority.make(tmp_path)
    async with RecordingServer(authority.server_context(authority.issue("server"))) as secure:
        server.answers["/old"] = [Answer.redirect(f"{secure.url}/new", 301)]
        access = FeedAccess(bearer="t0ken", ca_file=str(authority.root.cert))
        async with guarded_fetcher() as fetcher:
            result = await fetcher.fetch(feed(url=f"{server.url}/old", access=access), state())

        assert isinstance(result, Fetched)
        assert secure.last.headers["Authorization"] == "Bearer t0ken"
