"""What a feed's server is shown: who we say we are, what only it may see, and nothing of that to anybody else."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest
from support.builders import feed, state
from support.fetching import AGENT
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.fetches import Fetched, PollFailed, PollFailure

EVERYTHING = FeedAccess(
    username="reader",
    password="s3cret",
    headers=(("X-Key", "k3y"),),
    cookies=(("sid", "c00kie"),),
    user_agent="Reader of one feed",
)


def basic(pair: str) -> str:
    """The Authorization header of a name and a password."""
    return f"Basic {b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("access", "header", "value"),
    [
        (FeedAccess(username="reader", password="s3cret"), "Authorization", basic("reader:s3cret")),
        (FeedAccess(username="читач", password="пароль"), "Authorization", basic("читач:пароль")),
        (FeedAccess(username="reader"), "Authorization", basic("reader:")),
        (FeedAccess(bearer="t0ken"), "Authorization", "Bearer t0ken"),
        (FeedAccess(headers=(("X-Key", "k3y"),)), "X-Key", "k3y"),
        (FeedAccess(headers=(("accept", "text/xml"),)), "Accept", "text/xml"),
        (FeedAccess(headers=(("USER-AGENT", "Mine"),)), "User-Agent", "Mine"),
        (FeedAccess(bearer="t0ken", headers=(("authorization", "Token own"),)), "Authorization", "Token own"),
        (FeedAccess(cookies=(("sid", "1"), ("lang", "uk"))), "Cookie", "sid=1; lang=uk"),
        (FeedAccess(headers=(("cookie", "own=0"),), cookies=(("sid", "1"),)), "Cookie", "own=0; sid=1"),
        (FeedAccess(user_agent="Reader of one feed"), "User-Agent", "Reader of one feed"),
        (OPEN_ACCESS, "User-Agent", AGENT),
    ],
)
async def test_a_server_sees_what_the_feed_says(
    fetcher: HttpFetcher, server: RecordingServer, access: FeedAccess, header: str, value: str
) -> None:
    """Authentication, headers, cookies and name arrive as they are configured, each once; ours give way."""
    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

    assert isinstance(result, Fetched)
    assert server.last.headers[header] == value
    assert server.last.times(header) == 1


async def test_an_open_feed_shows_nothing(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """Without access there is no authentication and no cookie."""
    await fetcher.fetch(feed(url=f"{server.url}/feed"), state())

    assert server.last.times("Authorization") == 0
    assert server.last.times("Cookie") == 0


async def test_a_server_cannot_set_cookies_for_the_next_poll(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """What one answer sets is not kept: only the feed's own cookies are shown."""
    server.answers["/feed"] = [Answer(headers=(("Set-Cookie", "track=1; Path=/"),))]
    source = feed(url=f"{server.url}/feed", access=FeedAccess(cookies=(("sid", "1"),)))

    await fetcher.fetch(source, state())
    await fetcher.fetch(source, state())

    assert [asked.headers["Cookie"] for asked in server.asked] == ["sid=1", "sid=1"]


async def test_a_name_and_a_password_in_the_address_are_shown(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """`https://name:password@host/` is basic authentication, percent-decoded (RFC 3986 §3.2.1)."""
    result = await fetcher.fetch(feed(url=f"{server.url_as('reader:p%40ss@127.0.0.1')}/feed"), state())

    assert isinstance(result, Fetched)
    assert server.last.headers["Authorization"] == basic("reader:p@ss")
    assert result.url == f"{server.url}/feed"


@pytest.mark.parametrize(
    "access", [FeedAccess(bearer="t0ken"), FeedAccess(username="other", password="pass")], ids=["bearer", "basic"]
)
async def test_what_is_configured_beats_the_address(
    fetcher: HttpFetcher, server: RecordingServer, access: FeedAccess
) -> None:
    """Given both, the feed's `auth` is what counts, and the address is asked without its name."""
    expected = "Bearer t0ken" if access.bearer else basic("other:pass")

    await fetcher.fetch(feed(url=f"{server.url_as('reader:s3cret@127.0.0.1')}/feed", access=access), state())

    assert server.last.headers["Authorization"] == expected


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_on_the_same_host_keeps_the_secrets(
    fetcher: HttpFetcher, server: RecordingServer, status: int
) -> None:
    """The server that may see them asks for another page of its own."""
    server.answers["/old"] = [Answer.redirect(f"{server.url}/new", status)]
    by_access = feed(url=f"{server.url}/old", access=EVERYTHING)
    by_address = feed(url=f"{server.url_as('reader:s3cret@127.0.0.1')}/old")

    for source in (by_access, by_address):
        result = await fetcher.fetch(source, state())

        assert isinstance(result, Fetched)
        assert server.last.path == "/new"
        assert server.last.headers["Authorization"] == basic("reader:s3cret")
        assert "s3cret" not in f"{result.url} {result.permanent_url}"


async def test_a_redirect_to_another_host_drops_the_secrets(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """Another host sees neither name, header nor cookie; who we are stays the same."""
    async with RecordingServer() as other:
        server.answers["/old"] = [Answer.redirect(f"{other.url_as('localhost')}/new", set_cookie="way=1")]

        result = await fetcher.fetch(feed(url=f"{server.url}/old", access=EVERYTHING), state())

        assert isinstance(result, Fetched)
        assert not {"Authorization", "X-Key", "Cookie"} & set(other.last.headers)
        assert other.last.headers["User-Agent"] == "Reader of one feed"


async def test_secrets_do_not_come_back_after_another_host(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """A host that sends us back to the first cannot make us show what it asks for there."""
    async with RecordingServer() as other:
        server.answers["/old"] = [Answer.redirect(f"{other.url_as('localhost')}/over")]
        other.answers["/over"] = [Answer.redirect(f"{server.url}/back")]

        await fetcher.fetch(feed(url=f"{server.url}/old", access=EVERYTHING), state())

        assert server.last.path == "/back"
        assert server.last.times("Authorization") == 0


async def test_cookies_on_the_way_reach_the_host_that_set_them(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """A page that sets a cookie and redirects gets that cookie, beside the feed's own."""
    server.answers["/feed"] = [Answer.redirect(f"{server.url}/feed", set_cookie="seen=1; Path=/"), Answer()]

    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=EVERYTHING), state())

    assert isinstance(result, Fetched)
    assert server.last.headers["Cookie"] == "sid=c00kie; seen=1"


async def test_a_feed_that_moved_to_another_host_keeps_its_secrets_at_home(
    fetcher: HttpFetcher, server: RecordingServer
) -> None:
    """Once a permanent redirect is believed, the new host gets none of what was meant for the old one."""
    source = feed(url=f"http://old.example:{server.port}/feed", access=EVERYTHING)
    by_address = replace(source, url=f"http://reader:s3cret@old.example:{server.port}/feed", access=OPEN_ACCESS)

    for moved in (source, by_address):
        await fetcher.fetch(moved, state(url=f"{server.url}/new"))

        assert server.last.path == "/new"
        assert not {"Authorization", "X-Key", "Cookie"} & set(server.last.headers)


async def test_a_page_of_the_same_host_is_read_as_the_feed_is(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """The full text of a closed feed's article needs the same key; an article elsewhere does not get it."""
    by_access = feed(url=f"{server.url}/feed", access=EVERYTHING)
    by_address = feed(url=f"{server.url_as('reader:s3cret@127.0.0.1')}/feed")

    for source in (by_access, by_address):
        await fetcher.fetch_page(f"{server.url}/article", source)
        await fetcher.fetch_page(f"{server.url_as('localhost')}/article", source)
        home, away = server.asked[-2:]

        assert home.headers["Authorization"] == basic("reader:s3cret")
        assert not {"Authorization", "X-Key", "Cookie"} & set(away.headers)


@pytest.mark.parametrize("port", ["99999", "abc"])
async def test_an_address_without_a_real_port_is_a_sentence(fetcher: HttpFetcher, port: str) -> None:
    """A feed, and an article that a feed names, may have any address: none of them ends the program."""
    url = f"http://name:s3cret@127.0.0.1:{port}/feed?token=s3cret"

    for result in (await fetcher.fetch(feed(url=url), state()), await fetcher.fetch_page(url, feed())):
        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.BAD_URL
        assert "s3cret" not in result.detail


async def test_a_broken_address_of_a_page_is_a_sentence(fetcher: HttpFetcher) -> None:
    """An article's address that cannot be read is no exception either."""
    result = await fetcher.fetch_page("http://name:s3cret@[::bad/feed?token=s3cret", feed())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.BAD_URL
    assert "s3cret" not in result.detail
