"""A fetcher that knows the names of a test alone, and all ways in which a stranger's address reaches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network

from support.builders import NOW, feed, state
from support.fetching import AGENT, UNHURRIED
from support.forbidden import NAMES
from support.names import Names
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.feeds import CONFIGURATION, Feed
from aggregator.model.fetches import DocumentResult, FetchResult

STRANGER = "chat 42"
PUBLIC = "public.example"
"""A host on loopback that the fetcher takes for public: `network.allow` lists it."""


def guarded_fetcher(
    names: Mapping[str, Sequence[Sequence[str]]] | Names | None = None,
    *,
    hosts: Iterable[str] = (PUBLIC,),
    networks: Iterable[str] = (),
) -> HttpFetcher:
    """Return a fetcher that is to be closed; `hosts` and `networks` are what `network.allow` lists."""
    known = names if isinstance(names, Names) else Names({**NAMES, PUBLIC: [["127.0.0.1"]], **(names or {})})
    return HttpFetcher(
        limits=NetworkLimits(
            timeout=timedelta(seconds=5),
            concurrency=10,
            allowed_networks=[ip_network(text) for text in networks],
            allowed_hosts=frozenset(hosts),
        ),
        max_body_bytes=100_000,
        user_agent=AGENT,
        politeness=UNHURRIED,
        clock=lambda: NOW,
        resolver=known,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A fetcher, a server on a public host, the address of a stranger, and by which way the feed is reached."""

    fetcher: HttpFetcher
    server: RecordingServer
    url: str
    access: FeedAccess = field(default=OPEN_ACCESS)

    def feed(self, url: str, owner: str = STRANGER) -> Feed:
        """Return a feed."""
        return feed(url=url, owner=owner, access=self.access)

    def redirecting(self, status: int = 302) -> str:
        """Return a public address that redirects to the stranger's."""
        self.server.answers["/old"] = [Answer.redirect(self.url, status)]
        return f"{self.server.url_as(PUBLIC)}/old"


Way = Callable[[Visit], Awaitable[FetchResult | DocumentResult]]


async def a_strangers_feed(visit: Visit) -> FetchResult:
    """A chat, the web or the API added it."""
    return await visit.fetcher.fetch(visit.feed(visit.url), state())


async def a_page(visit: Visit) -> DocumentResult:
    """The full text of an article, on nobody's behalf."""
    return await visit.fetcher.fetch_page(visit.url)


async def a_page_of_a_strangers_feed(visit: Visit) -> DocumentResult:
    """The full text of an article in a chat's feed."""
    return await visit.fetcher.fetch_page(visit.url, visit.feed(f"http://{PUBLIC}/feed"))


async def a_page_of_the_operators_feed(visit: Visit) -> DocumentResult:
    """The full text of an article in a feed of the configuration."""
    return await visit.fetcher.fetch_page(visit.url, visit.feed(f"http://{PUBLIC}/feed", CONFIGURATION))


async def a_page_on_the_host_of_the_operators_feed(visit: Visit) -> DocumentResult:
    """The full text of an article, where the operator's feed is at the same address."""
    return await visit.fetcher.fetch_page(visit.url, visit.feed(visit.url, CONFIGURATION))


async def where_the_operators_feed_moved(visit: Visit) -> FetchResult:
    """A permanent redirect that was seen often enough to be believed."""
    return await visit.fetcher.fetch(visit.feed(f"http://{PUBLIC}/feed", CONFIGURATION), state(url=visit.url))


async def a_redirect_of_a_strangers_feed(visit: Visit) -> FetchResult:
    """A public server sends on what a chat's feed asks for."""
    return await visit.fetcher.fetch(visit.feed(visit.redirecting(301)), state())


async def a_redirect_of_the_operators_feed(visit: Visit) -> FetchResult:
    """A public server sends on what the operator's feed asks for."""
    return await visit.fetcher.fetch(visit.feed(visit.redirecting(308), CONFIGURATION), state())


async def a_redirect_of_a_page(visit: Visit) -> DocumentResult:
    """A public server sends on what a full text asks for."""
    return await visit.fetcher.fetch_page(visit.redirecting(303))


async def a_second_redirect(visit: Visit) -> FetchResult:
    """A public server sends on to itself, and from there to the stranger's address."""
    visit.server.answers["/first"] = [Answer.redirect(visit.redirecting(307), 302)]
    return await visit.fetcher.fetch(visit.feed(f"{visit.server.url_as(PUBLIC)}/first", CONFIGURATION), state())


DIRECT: tuple[Way, ...] = (
    a_strangers_feed,
    a_page,
    a_page_of_a_strangers_feed,
    a_page_of_the_operators_feed,
    a_page_on_the_host_of_the_operators_feed,
    where_the_operators_feed_moved,
)
REDIRECTS: tuple[Way, ...] = (
    a_redirect_of_a_strangers_feed,
    a_redirect_of_the_operators_feed,
    a_redirect_of_a_page,
    a_second_redirect,
)
