"""Addresses that documents name, of feeds, archives and hubs, are strangers' addresses, whoever owns the feed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from html import escape

import pytest
from support.builders import NOW, feed
from support.forbidden import REFUSED, UNKNOWN, UNUSABLE
from support.guarding import PUBLIC, STRANGER, guarded_fetcher
from support.recording_server import Answer, RecordingServer
from support.subscriptions import subscription

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.hub_requests import request_subscription
from aggregator.feeds.identity import Identified
from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import COMMAND_LINE, CONFIGURATION
from aggregator.model.fetches import Outline, ParsedFeed
from aggregator.operations.archive import Archive, missed_articles
from aggregator.operations.discover import DiscoverTools, discover

OWNERS = [CONFIGURATION, STRANGER]
CALLBACK = "https://desk.example/websub/hidden"


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher for which only `public.example` is public."""
    async with guarded_fetcher() as fetcher:
        yield fetcher


async def ask_hub(fetcher: HttpFetcher, feed_url: str, owner: str, hub_url: str) -> str | None:
    """Ask a hub that a feed names; return why it was not taken."""
    source = feed(url=feed_url, owner=owner)
    refusal = await request_subscription(
        lambda url: fetcher.session_for(source, url),
        subscription(hub_url=hub_url),
        CALLBACK,
        user_agent="aggregator-test",
        now=NOW,
    )
    return None if refusal is None else refusal.reason


@pytest.mark.parametrize("form", [*REFUSED, *UNUSABLE, *UNKNOWN])
async def test_no_hub_is_asked_that_is_not_public(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str
) -> None:
    """The hub that a feed names gets our request, with a secret in it, at public addresses only."""
    for owner in OWNERS:
        said = await ask_hub(fetcher, f"http://{PUBLIC}/feed", owner, form.format(port=server.port))

        assert said is not None
        assert any(words in said for words in ("so nothing was sent", "not a usable address", "no such host"))
        assert connected == []
    assert server.asked == []


@pytest.mark.parametrize("owner", OWNERS)
async def test_a_hub_on_the_feeds_own_host_may_be_where_the_feed_is(
    fetcher: HttpFetcher, server: RecordingServer, owner: str
) -> None:
    """The operator's feed on a private host may have its hub there; a stranger's may not."""
    said = await ask_hub(fetcher, f"{server.url}/feed", owner, f"{server.url}/hub")

    assert said is not None
    assert ("answered 405" in said) is (owner == CONFIGURATION)
    assert ("not public" in said) is (owner == STRANGER)


@pytest.mark.parametrize("form", REFUSED)
@pytest.mark.parametrize("owner", OWNERS)
async def test_no_archive_is_read_that_is_not_public(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str, owner: str
) -> None:
    """Older pages that a feed names (RFC 5005) are looked for at public addresses only."""

    async def nothing_is_new(_page: ParsedFeed) -> Identified:
        raise AssertionError("no page can have been read")

    archive = Archive(
        feed=feed(url=f"http://{PUBLIC}/feed", owner=owner),
        fetcher=fetcher,
        parser=ParserPool(max_body_bytes=1_000),
        identify=nothing_is_new,
        last=Outline(context="", items=()),
        since=NOW,
    )
    parsed = ParsedFeed(format="atom10", articles=(), archive_urls=(form.format(port=server.port),))

    found = await missed_articles(archive, parsed, f"http://{PUBLIC}/feed")

    assert found == ()
    assert connected == []


def page(links: Sequence[str]) -> Answer:
    """Return a page that declares feeds."""
    elements = "".join(f'<link rel="alternate" type="application/rss+xml" href="{escape(link)}">' for link in links)
    return Answer(body=f"<html><head>{elements}</head><body>News</body></html>".encode())


@pytest.mark.parametrize("owner", [COMMAND_LINE, STRANGER])
@pytest.mark.parametrize("part", range(0, len(REFUSED), 20))
async def test_no_feed_is_looked_for_where_it_is_not_public(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], owner: str, part: int
) -> None:
    """A page that says its feeds are in our network is not believed: only its own host hears of us."""
    links = [form.format(port=server.port) for form in REFUSED[part : part + 20]]
    server.answers = {"/page": [page(links)], "/feed": [Answer(status=500)]}
    async with ParserPool(max_body_bytes=100_000) as parser:
        found = await discover(
            feed(url=f"{server.url_as(PUBLIC)}/page", owner=owner),
            DiscoverTools(fetcher=fetcher, parser=parser, clock=lambda: NOW),
        )

    assert {each.url for each in found.feeds} <= {f"{server.url_as(PUBLIC)}{asked.path}" for asked in server.asked}
    assert set(connected) == {("127.0.0.1", server.port)}
    assert {asked.headers["Host"] for asked in server.asked} == {f"{PUBLIC}:{server.port}"}


async def test_the_operator_finds_feeds_on_a_private_host(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """Of a page that the operator names, its own host's feeds are found, wherever it is."""
    server.answers["/page"] = [page(["/feed.xml", server.url_as("localhost") + "/other.xml"])]
    async with ParserPool(max_body_bytes=100_000) as parser:
        tools = DiscoverTools(fetcher=fetcher, parser=parser, clock=lambda: NOW)
        own = await discover(feed(url=f"{server.url}/page", owner=COMMAND_LINE), tools)
        strangers = await discover(feed(url=f"{server.url}/page", owner=STRANGER), tools)

    assert [each.url for each in own.feeds] == [f"{server.url}/feed.xml"]
    assert strangers.feeds == ()
    assert strangers.failure is not None
