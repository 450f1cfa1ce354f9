"""Find the feeds of a page, and look at each: what is listed is a feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from aggregator.feeds.credentials import is_same_server, with_user_from, without_secrets, without_user
from aggregator.feeds.discovery import page_candidates, site_candidates
from aggregator.model.candidates import Candidate, CandidateSource
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.fetches import Fetched, ParsedFeed, PollFailed
from aggregator.model.ids import FeedId
from aggregator.ports import Fetcher, Parser

_LOOKED_AT = 25
_ENOUGH = 10
_DISCOVERY = FeedId("discovery")
_OTHER_PAGES_MAY_BE_THERE = frozenset({403, 404, 405, 406, 410})
_STRANGER = "page"
"""Owner of addresses that a page names: they may be public only."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was read: where it is, what it is called, and how it was found."""

    url: str
    title: str | None
    articles: int
    format: str
    source: CandidateSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverTools:
    """What discovery needs of the world. `time` is for all that a page leads to."""

    fetcher: Fetcher
    parser: Parser
    clock: Callable[[], datetime]
    time: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The feeds of an address, the best first; `failure` is why the address itself could not be read."""

    feeds: tuple[FoundFeed, ...]
    failure: PollFailed | None = None


async def discover(
    feed: Feed, tools: DiscoverTools, on_look: Callable[[int, int], None] = lambda _done, _all: None
) -> Discovery:
    """Return the feeds that `feed.url` leads to: itself, or those of the page that it is.

    What the page declares and where its kind of site keeps its feeds is looked at first, and guesses only when that
    gave nothing. The page's own host may be anywhere if the operator asks; where it leads must be public.
    `on_look` is called with how many addresses were looked at, and of how many.
    """
    document = await tools.fetcher.fetch(feed, _unknown(feed, tools))
    search = _Search(feed=feed, tools=tools, on_look=on_look)
    if not isinstance(document, Fetched):
        failure = document if isinstance(document, PollFailed) else None
        is_there = failure is not None and failure.status in _OTHER_PAGES_MAY_BE_THERE
        guesses = page_candidates(feed.url, "") if is_there else ()
        return Discovery(feeds=await search.look_at((*site_candidates(feed.url), *guesses)), failure=failure)
    itself = await search.read(feed.url, document, CandidateSource.ITSELF)
    if itself is not None:
        return Discovery(feeds=(itself,))
    # Where the page was taken from elsewhere, it does not speak for the host that the operator named.
    search.is_own_page = urlsplit(document.url).hostname == urlsplit(feed.url).hostname
    on_page = await tools.parser.candidates(document)
    candidates = (*site_candidates(feed.url), *site_candidates(document.url), *on_page)
    return Discovery(feeds=await search.look_at(candidates, besides=(feed.url, document.url)))


@dataclass(slots=True, kw_only=True)
class _Search:
    """Looks at candidates. `found` are the feeds by where their documents were in the end."""

    feed: Feed
    tools: DiscoverTools
    on_look: Callable[[int, int], None]
    is_own_page: bool = True
    found: dict[str, FoundFeed] = field(default_factory=dict)

    async def look_at(self, candidates: Iterable[Candidate], *, besides: Collection[str] = ()) -> tuple[FoundFeed, ...]:
        """Return the feeds among the candidates, the best first: the likeliest 25 are looked at, in so much time."""
        ranked = _ranked(candidates, besides)[:_LOOKED_AT]
        try:
            async with asyncio.timeout(self.tools.time.total_seconds()):
                await self._look_at_each(ranked)
        except TimeoutError:
            _log.warning("discovery_ended_early", found=len(self.found), reason=f"it took {self.tools.time}")
        self.on_look(len(ranked), len(ranked))
        return tuple(self.found.values())

    async def read(
        self, url: str, document: Fetched, source: CandidateSource, title: str | None = None
    ) -> FoundFeed | None:
        """Return the feed that `document` is, got from `url`; None when it is none."""
        parsed = await self.tools.parser.parse(Feed(id=_DISCOVERY, url=document.url), document)
        if not isinstance(parsed, ParsedFeed):
            return None
        return FoundFeed(
            # A redirect that is not for good changes no address (RFC 9110 §15.4.3).
            url=with_user_from(self.feed.url, document.permanent_url or url),
            title=parsed.title or title,
            articles=len(parsed.articles),
            format=parsed.format,
            source=source,
        )

    async def _look_at_each(self, ranked: Sequence[Candidate]) -> None:
        for number, candidate in enumerate(ranked):
            is_guess = candidate.source is CandidateSource.COMMON_PATH
            if (is_guess and self.found) or len(self.found) >= _ENOUGH:
                return
            self.on_look(number, len(ranked))
            look = self._feed_at(candidate.url)
            document = await self.tools.fetcher.fetch(look, _unknown(look, self.tools))
            if isinstance(document, Fetched) and _address(document.url) not in self.found:
                known = await self.read(candidate.url, document, candidate.source, candidate.title)
                if known is not None:
                    self.found[_address(document.url)] = known

    def _feed_at(self, url: str) -> Feed:
        """Whoever may read the page may read its feeds; nobody else's server learns what is shown to the page's."""
        is_own_host = self.is_own_page and urlsplit(url).hostname == urlsplit(self.feed.url).hostname
        access = self.feed.access if is_same_server(self.feed.url, url) else without_secrets(self.feed.access)
        return replace(
            self.feed,
            url=with_user_from(self.feed.url, url),
            access=access,
            owner=self.feed.owner if is_own_host else _STRANGER,
        )


def _unknown(feed: Feed, tools: DiscoverTools) -> FeedState:
    return FeedState(feed_id=feed.id, next_poll_at=tools.clock())


def _ranked(candidates: Iterable[Candidate], besides: Collection[str]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    known = {_address(url) for url in besides}
    for candidate in sorted(candidates, key=lambda candidate: candidate.rank):
        if _address(candidate.url) not in known:
            best.setdefault(candidate.url, candidate)
    return list(best.values())


def _address(url: str) -> str:
    """The form in which two addresses of one document are equal: http or https, with the last slash or without."""
    parts = urlsplit(without_user(url))
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"
