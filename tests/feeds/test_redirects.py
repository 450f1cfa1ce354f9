"""Which redirects are followed and what they mean: a table of steps, and TLS for real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bad_web import BadWeb
from support.builders import feed, state
from support.certificates import Authority
from support.fetching import loopback_fetcher

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.redirects import RedirectRefused, Trail
from aggregator.model.access import FeedAccess
from aggregator.model.fetches import Fetched, PollFailed, PollFailure

START = "https://a.example/news/feed?x=1"


def follow(*locations: str, start: str = START, temporary: int | None = None) -> Trail:
    """The trail after these redirects, all of them permanent but for one."""
    trail = Trail(start)
    for number, location in enumerate(locations):
        trail.follow(location, is_permanent=number != temporary, cookies={})
    return trail


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://b.example/feed", "https://b.example/feed"),
        ("HTTPS://b.example/feed", "https://b.example/feed"),
        ("//b.example/feed", "https://b.example/feed"),
        ("/feed", "https://a.example/feed"),
        ("feed.xml", "https://a.example/news/feed.xml"),
        ("../feed.xml", "https://a.example/feed.xml"),
        ("../../../feed.xml", "https://a.example/feed.xml"),
        ("?page=2", "https://a.example/news/feed?page=2"),
        ("  /feed \t", "https://a.example/feed"),
        ("/feed#part", "https://a.example/feed"),
        ("https://name:s3cret@b.example/feed", "https://b.example/feed"),
        ("https://b.example:8443/feed", "https://b.example:8443/feed"),
        ("/a b", "https://a.example/a%20b"),
        ("/a\tb\x1b[31m", "https://a.example/a%09b%1B[31m"),
        ("/\udce9t\udce9", "https://a.example/%E9t%E9"),
        ("/новини%20", "https://a.example/новини%20"),
        ("https://новини.укр/feed", "https://новини.укр/feed"),
        ("/\u202egnp.exe", "https://a.example/%E2%80%AEgnp.exe"),
    ],
)
def test_a_location_is_read_as_browsers_read_it(location: str, url: str) -> None:
    """Relative to where it came from (RFC 9110 §10.2.2), without fragment and user, encoded where it has to be."""
    assert follow(location).url == url


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "not a web page (file:)"),
        ("FILE:///etc/passwd", "not a web page (file:)"),
        ("data:text/xml,<rss/>", "not a web page (data:)"),
        ("javascript:alert(1)", "not a web page (javascript:)"),
        ("ftp://a.example/feed", "not a web page (ftp:)"),
        ("gopher://a.example/", "not a web page (gopher:)"),
        ("feed:https://a.example/", "not a web page (feed:)"),
        ("http://a.example/news/feed", "from https to http"),
        ("http://b.example/", "from https to http"),
        ("http:///feed", "without a host"),
        ("https://@/feed", "without a host"),
        ("https://:443/feed", "without a host"),
        ("", "in a circle"),
        ("#part", "in a circle"),
        ("https:", "in a circle"),
        (START, "in a circle"),
    ],
)
def test_a_location_that_leads_nowhere_good_is_refused(location: str, words: str) -> None:
    """Only the web, never down from https, never where we have been; one line names the feed and the reason."""
    with pytest.raises(RedirectRefused) as refused:
        follow(location)

    failure = refused.value.failure
    assert failure.reason is PollFailure.REDIRECTS
    assert words in failure.detail
    assert failure.detail.startswith(f"{START}: ")


def test_ten_steps_are_enough() -> None:
    """The eleventh redirect is one too many, whoever it leads to."""
    steps = [f"https://host{number}.example/" for number in range(11)]

    assert follow(*steps[:10]).url == steps[9]
    with pytest.raises(RedirectRefused, match="too many times"):
        follow(*steps)


def test_a_circle_over_other_hosts_is_seen() -> None:
    """Coming back to a place under the same circumstances is a circle, however long it is."""
    with pytest.raises(RedirectRefused, match="in a circle"):
        follow("https://b.example/", "https://c.example/", "https://b.example/")


def test_the_same_place_with_another_cookie_is_no_circle() -> None:
    """A page that sets a cookie and redirects to itself may do so ten times; with the same cookie it is a circle."""
    trail = Trail(START)
    for number in range(10):
        trail.follow(START, is_permanent=False, cookies={"seen": str(number)})
    again = Trail(START)
    again.follow(START, is_permanent=False, cookies={"seen": "1"})

    with pytest.raises(RedirectRefused, match="too many times"):
        trail.follow(START, is_permanent=False, cookies={"seen": "11"})
    with pytest.raises(RedirectRefused, match="in a circle"):
        again.follow(START, is_permanent=False, cookies={})


def test_cookies_stay_with_the_host_that_set_them() -> None:
    """Another host sees none of them, and they do not come back with us."""
    trail = Trail(START)

    trail.follow("/next", is_permanent=False, cookies={"seen": "1"})
    at_home = trail.cookies
    trail.follow("https://b.example/", is_permanent=False, cookies={"more": "1"})
    away = trail.cookies
    trail.follow("https://a.example/back", is_permanent=False, cookies={})

    assert (at_home, away, trail.cookies) == ({"seen": "1"}, {}, {})


@pytest.mark.parametrize(
    ("locations", "temporary", "permanent_url"),
    [
        ([], None, None),
        (["/new"], None, "https://a.example/new"),
        (["/new"], 0, None),
        (["/new", "/newer"], None, "https://a.example/newer"),
        (["/new", "/newer"], 0, None),
        (["/new", "/newer"], 1, None),
    ],
)
def test_a_trail_is_permanent_when_every_step_is(
    locations: list[str], temporary: int | None, permanent_url: str | None
) -> None:
    """One temporary step makes all of it temporary (RFC 9110 §15.4.3): the end of the way may be another tomorrow."""
    assert follow(*locations, temporary=temporary).permanent_url == permanent_url


def test_a_way_that_ends_where_it_began_is_no_move() -> None:
    """By a permanent redirect a page sets a cookie and comes back: the feed is where it was."""
    trail = Trail(START)

    trail.follow(START, is_permanent=True, cookies={"seen": "1"})

    assert trail.permanent_url is None


@given(st.lists(st.text(), min_size=1, max_size=12))
def test_no_location_breaks_it(locations: list[str]) -> None:
    """Whatever a server names, the end is a web address with a host that can be stored, a refusal, or no address."""
    try:
        trail = follow(*locations)
    except (RedirectRefused, ValueError):
        return

    assert urlsplit(trail.url).scheme == "https"
    assert trail.host
    assert trail.url.encode()
    assert trail.url.isprintable()


@pytest.fixture(name="authority", scope="module")
def make_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority."""
    return Authority.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(name="fetcher")
async def open_fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher for loopback."""
    async with loopback_fetcher() as fetcher:
        yield fetcher


def trusting(folder: Path) -> FeedAccess:
    """The access of a feed that trusts our authority."""
    return FeedAccess(ca_file=str(folder))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_https_never_leads_down_to_http(fetcher: HttpFetcher, authority: Authority, status: int) -> None:
    """By whatever status: nothing is asked in the clear."""
    async with BadWeb(authority=authority) as safe, BadWeb() as open_to_all:
        safe.answers["/feed"] = redirect(status, f"{open_to_all.url}/ok")

        result = await fetcher.fetch(feed(url=f"{safe.url}/feed", access=trusting(authority.root.cert)), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.REDIRECTS
    assert "from https to http" in result.detail
    assert open_to_all.requests("/ok") == 0


async def test_http_may_lead_up_to_https(fetcher: HttpFetcher, authority: Authority) -> None:
    """The most usual move of all counts as one."""
    async with BadWeb(authority=authority) as safe, BadWeb() as open_to_all:
        open_to_all.answers["/feed"] = redirect(301, f"{safe.url}/ok")

        result = await fetcher.fetch(feed(url=f"{open_to_all.url}/feed", access=trusting(authority.root.cert)), state())

    assert isinstance(result, Fetched)
    assert result.permanent_url == f"{safe.url}/ok"


def redirect(status: int, location: str) -> bytes:
    """A whole answer."""
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
