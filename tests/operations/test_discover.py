"""The feeds of a page, each looked at: on a real web site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs
from support.builders import NOW, feed
from support.fetching import AGENT, UNHURRIED, loopback_fetcher
from support.site import Document, Site, rss_item

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.workers import ParserPool
from aggregator.model.access import FeedAccess
from aggregator.model.candidates import CandidateSource
from aggregator.model.feeds import COMMAND_LINE
from aggregator.model.fetches import PollFailure
from aggregator.operations.discover import DiscoverTools, Discovery, discover

RSS = 'rel="alternate" type="application/rss+xml"'
ITEM = rss_item("https://home.example/1", "A title", "A text")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A web site."""
    async with Site() as made:
        yield made


@pytest.fixture
async def parser() -> AsyncIterator[ParserPool]:
    """One worker."""
    async with ParserPool(max_body_bytes=100_000, workers=1) as pool:
        yield pool


async def found_at(
    url: str,
    parser: ParserPool,
    *,
    steps: list[tuple[int, int]] | None = None,
    is_loopback_public: bool = True,
    time: timedelta = timedelta(minutes=2),
    **changes: object,
) -> Discovery:
    """Look for the feeds of an address, as the command line does."""
    source = replace(feed("discovery", url=url, owner=COMMAND_LINE), **changes)  # type: ignore[arg-type] # field names
    async with loopback_fetcher(is_loopback_public=is_loopback_public) as fetcher:
        tools = DiscoverTools(fetcher=fetcher, parser=parser, clock=lambda: NOW, time=time)
        if steps is None:
            return await discover(source, tools)
        return await discover(source, tools, lambda done, total: steps.append((done, total)))


def fetcher_for(public: str) -> HttpFetcher:
    """A fetcher for which this part of loopback is public."""
    return HttpFetcher(
        limits=NetworkLimits(timeout=timedelta(seconds=5), concurrency=10, allowed_networks=[ip_network(public)]),
        max_body_bytes=100_000,
        user_agent=AGENT,
        politeness=UNHURRIED,
        clock=lambda: NOW,
    )


def paths(found: Discovery, site: Site) -> list[str]:
    """Where on the site the feeds are."""
    return [each.url.removeprefix(site.url) for each in found.feeds]


async def test_address_of_a_feed(site: Site, parser: ParserPool) -> None:
    """A feed's own address is its feed, and nothing else is asked for."""
    site.put_feed("/feed", [ITEM, ITEM.replace("/1", "/2")], title="All the news")

    found = await found_at(f"{site.url}/feed", parser)

    [one] = found.feeds
    assert (one.url, one.title, one.articles, one.format) == (f"{site.url}/feed", "All the news", 2, "rss20")
    assert one.source is CandidateSource.ITSELF
    assert site.requests == {"/feed": 1}


async def test_declared_feeds_comments_last(site: Site, parser: ParserPool) -> None:
    """All that a page declares is looked at, the feed of the comments last; no guess is made besides."""
    site.put(
        "/blog",
        f'<html><head><link {RSS} href="/comments/feed" title="Comments"><link {RSS} href="/feed.rss" title="News">'
        '<link rel="alternate" type="application/feed+json" href="/feed.json"></head><body>Hello</body></html>',
    )
    site.put_feed("/comments/feed", [ITEM])
    site.put_feed("/feed.rss", [ITEM])
    site.put(
        "/feed.json",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "", "items": [{"id": "1", "content_text": "x"}]}',
        "application/feed+json",
    )
    site.put_feed("/feed")

    found = await found_at(f"{site.url}/blog", parser)

    assert paths(found, site) == ["/feed.rss", "/feed.json", "/comments/feed"]
    assert {each.source for each in found.feeds} == {CandidateSource.LINK_ELEMENT}
    assert site.requests["/feed"] == 0


async def test_what_is_declared_but_no_feed_is_not_listed(site: Site, parser: ParserPool) -> None:
    """A candidate that answers with a page, an error or nothing is none; then what is linked counts."""
    site.put(
        "/", f'<link {RSS} href="/html"><link {RSS} href="/gone"><link {RSS} href="/empty"><a href="/news.rss">RSS</a>'
    )
    site.put("/html", "<html><body>Not a feed</body></html>")
    site.put("/empty", "")
    site.put_feed("/news.rss", [ITEM])

    found = await found_at(f"{site.url}/", parser)

    assert paths(found, site) == ["/news.rss"]
    assert found.feeds[0].source is CandidateSource.PAGE_LINK
    assert {"/html", "/gone", "/empty"} <= site.requests.keys()


async def test_usual_address(site: Site, parser: ParserPool) -> None:
    """Where the page tells nothing the usual places are tried, until one of them is a feed."""
    site.put("/", "<html><body>Hello</body></html>")
    site.put_feed("/rss.xml", [ITEM])
    site.put_feed("/atom.xml", [ITEM])

    found = await found_at(site.url, parser)

    assert paths(found, site) == ["/rss.xml"]
    assert found.feeds[0].source is CandidateSource.COMMON_PATH
    assert site.requests["/atom.xml"] == 0


async def test_known_kind_of_site(site: Site, parser: ParserPool) -> None:
    """A profile of the fediverse leads to its feed by its address alone, before what the page links to."""
    site.put("/@ana", '<html><body><a href="/other.rss">RSS</a></body></html>')
    site.put_feed("/@ana.rss", [ITEM], title="Ana")
    site.put_feed("/other.rss", [ITEM])

    found = await found_at(f"{site.url}/@ana", parser)

    assert paths(found, site) == ["/@ana.rss", "/other.rss"]
    assert found.feeds[0].source is CandidateSource.PATTERN


async def test_address_with_the_scheme_of_feeds(site: Site, parser: ParserPool) -> None:
    """`feed:` before an address says that it is a feed's."""
    site.put_feed("/feed", [ITEM])

    found = await found_at(f"feed:{site.url}/feed", parser)

    assert paths(found, site) == ["/feed"]
    assert found.feeds[0].source is CandidateSource.ITSELF


async def test_feed_without_a_title_has_the_pages(site: Site, parser: ParserPool) -> None:
    """Where a feed does not say what it is called, what the page calls it is told."""
    site.put("/", f'<link {RSS} href="/f" title="What the page calls it">')
    site.put_feed("/f", [ITEM], title="")

    found = await found_at(site.url, parser)

    assert found.feeds[0].title == "What the page calls it"


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_page_that_is_not_there(site: Site, parser: ParserPool, status: int) -> None:
    """A missing page is a failure that is told; the site's usual places are tried, and its error page is not read."""
    site.answer("/old/page", Document(status=status, body=f'<link {RSS} href="/error-feed">'.encode()))
    site.put_feed("/error-feed", [ITEM])
    site.put_feed("/feed", [ITEM])

    found = await found_at(f"{site.url}/old/page", parser)

    assert found.failure is not None
    assert found.failure.status == status
    assert paths(found, site) == ["/feed"]
    assert site.requests["/error-feed"] == 0


@pytest.mark.parametrize("status", [500, 503, 401, 429])
async def test_server_in_trouble_is_left_alone(site: Site, parser: ParserPool, status: int) -> None:
    """A server that fails, or wants to be left alone, is not asked for more."""
    site.answer("/page", Document(status=status))

    found = await found_at(f"{site.url}/page", parser)

    assert found.feeds == ()
    assert found.failure is not None
    assert f"answered {status}" in found.failure.detail
    assert site.requests == {"/page": 1}


async def test_page_of_a_server_that_is_down(parser: ParserPool) -> None:
    """Where nobody answers, that is what is told."""
    async with Site() as gone:
        url = gone.url

    found = await found_at(f"{url}/page", parser)

    assert found.feeds == ()
    assert found.failure is not None
    assert found.failure.reason is PollFailure.UNREACHABLE


async def test_page_behind_redirects(site: Site, parser: ParserPool) -> None:
    """A page's addresses are meant from where the page is in the end."""
    site.answer("/", Document.redirect("/en/", 301))
    site.put("/en/", f'<link {RSS} href="feed">')
    site.put_feed("/en/feed", [ITEM])

    found = await found_at(site.url, parser)

    assert paths(found, site) == ["/en/feed"]


@pytest.mark.parametrize(("status", "kept"), [(301, "/new.rss"), (308, "/new.rss"), (302, "/f"), (307, "/f")])
async def test_only_a_redirect_for_good_changes_the_address(
    site: Site, parser: ParserPool, status: int, kept: str
) -> None:
    """A feed behind a redirect that is not for good keeps the address that the page names."""
    site.put("/", f'<link {RSS} href="/f">')
    site.answer("/f", Document.redirect("/new.rss", status))
    site.put_feed("/new.rss", [ITEM])

    found = await found_at(site.url, parser)

    assert paths(found, site) == [kept]


async def test_addresses_of_one_feed_are_one(site: Site, parser: ParserPool) -> None:
    """The last slash, a redirect to the same place, and the same address twice make no second feed; a query does."""
    links = "".join(f'<link {RSS} href="{href}">' for href in ("/f", "/f/", "/moved", "/f", "/f?feed_id=2"))
    site.put("/", links)
    for path in ("/f", "/f/", "/f?feed_id=2"):
        site.put_feed(path, [ITEM])
    site.answer("/moved", Document.redirect("/f"))

    found = await found_at(site.url, parser)

    assert paths(found, site) == ["/f", "/f?feed_id=2"]
    assert site.requests["/f"] == 2


async def test_page_that_names_itself(site: Site, parser: ParserPool) -> None:
    """A page that calls itself a feed, and is none, is not asked for again."""
    site.put("/page", f'<link {RSS} href="/page/"><link {RSS} href="/f">')
    site.put_feed("/f", [ITEM])

    found = await found_at(f"{site.url}/page", parser)

    assert paths(found, site) == ["/f"]
    assert site.requests == {"/page": 1, "/f": 1}


async def test_so_many_are_looked_at(site: Site, parser: ParserPool) -> None:
    """However many feeds a page declares that are none, 25 are asked for, and the progress tells."""
    site.put("/", "".join(f'<link {RSS} href="/{number}">' for number in range(100)))
    steps: list[tuple[int, int]] = []

    found = await found_at(site.url, parser, steps=steps)

    assert found == Discovery(feeds=())
    assert site.requests.total() == 1 + 25
    assert steps == [(number, 25) for number in range(26)]


async def test_ten_feeds_are_enough(site: Site, parser: ParserPool) -> None:
    """After ten feeds no further one is asked for."""
    site.put("/", "".join(f'<link {RSS} href="/{number}">' for number in range(20)))
    for number in range(20):
        site.put_feed(f"/{number}", [ITEM])

    found = await found_at(site.url, parser)

    assert paths(found, site) == [f"/{number}" for number in range(10)]
    assert site.requests.total() == 1 + 10


async def test_forbidden_addresses_are_never_asked(site: Site, parser: ParserPool) -> None:
    """A page that the operator names may be anywhere; where it leads, beyond its own host, must be public."""
    async with Site(host="127.0.0.2") as inside:
        inside.put_feed("/secret.rss", [ITEM])
        site.put("/", f'<link {RSS} href="{inside.url}/secret.rss"><link {RSS} href="/f">')
        site.put_feed("/f", [ITEM])

        found = await found_at(site.url, parser, is_loopback_public=False)

    assert paths(found, site) == ["/f"]
    assert inside.requests == {}


async def test_strangers_page_leads_nowhere(site: Site, parser: ParserPool) -> None:
    """For whoever is not the operator a page on an address that is not public is refused before a byte is sent."""
    found = await found_at(site.url, parser, is_loopback_public=False, owner="chat 42")

    assert found.feeds == ()
    assert found.failure is not None
    assert found.failure.reason is PollFailure.REFUSED_ADDRESS
    assert site.requests == {}


async def test_page_from_elsewhere_does_not_speak_for_the_operators_host(parser: ParserPool) -> None:
    """A page that was taken from another host cannot have addresses of the host that the operator named asked for."""
    async with Site(host="127.0.0.2") as inside, Site() as outside:
        inside.answer("/", Document.redirect(f"{outside.url}/page"))
        inside.put_feed("/secret.rss", [ITEM])
        outside.put("/page", f'<link {RSS} href="{inside.url}/secret.rss">')
        source = feed("discovery", url=inside.url, owner=COMMAND_LINE)
        async with fetcher_for("127.0.0.1/32") as fetcher:
            found = await discover(source, DiscoverTools(fetcher=fetcher, parser=parser, clock=lambda: NOW))

    assert found.feeds == ()
    assert inside.requests == {"/": 1}
    assert outside.requests["/page"] == 1


async def test_secrets_stay_with_the_pages_server(site: Site, parser: ParserPool) -> None:
    """A name, a password and headers are shown to the page's server, and to no other that the page names."""
    address = site.url.replace("http://", "http://ana:hunter2@")
    async with Site(host="127.0.0.2") as other:
        other.put_feed("/f", [ITEM])
        site.put("/", f'<link {RSS} href="/own"><link {RSS} href="{other.url}/f">')
        site.put_feed("/own", [ITEM])

        found = await found_at(address, parser, access=FeedAccess(headers=(("X-Key", "hunter2"),)))

    assert [each.url for each in found.feeds] == [f"{address}/own", f"{other.url}/f"]
    assert all("Authorization" in headers and headers["X-Key"] == "hunter2" for headers in site.headers)
    assert "hunter2" not in str(other.headers)
    assert "Authorization" not in str(other.headers)


async def test_secrets_are_not_in_a_failure(site: Site, parser: ParserPool) -> None:
    """What is told of an address that fails has neither its password nor its token."""
    address = site.url.replace("http://", "http://ana:hunter2@")

    found = await found_at(f"{address}/page?token=hunter2", parser)

    assert found.failure is not None
    assert "hunter2" not in str(found)


async def test_search_takes_only_so_long(site: Site, parser: ParserPool) -> None:
    """A page whose feeds never answer ends the search in time, with what was found until then."""
    site.put("/", f'<link {RSS} href="/f"><link {RSS} href="/slow">')
    site.put_feed("/f", [ITEM])
    site.put_feed("/slow", [ITEM])
    site.waiting = frozenset({"/slow"})
    site.gate.clear()

    with capture_logs() as logs:
        found = await found_at(site.url, parser, time=timedelta(seconds=3))

    assert paths(found, site) == ["/f"]
    assert [line["event"] for line in logs] == ["discovery_ended_early"]
