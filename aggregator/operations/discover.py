"""Find the feeds of a page, and look at each: what is listed is a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.feeds.credentials import with_user_from
from aggregator.feeds.discovery import site_candidates
from aggregator.model.candidates import Candidate, CandidateSource
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.fetches import Fetched, ParsedFeed, PollFailed
from aggregator.model.ids import FeedId
from aggregator.model.links import comparable_link
from aggregator.ports import Fetcher, Parser

_LOOKED_AT = 25
_ENOUGH = 10
_DISCOVERY = FeedId("discovery")
_STRANGER = "page"
"""Owner of addresses that a page names: they may be public only."""


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
    """What discovery needs of the world."""

    fetcher: Fetcher
    parser: Parser
    clock: Callable[[], datetime]


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
    if not isinstance(document, Fetched):
        failure = document if isinstance(document, PollFailed) else None
        return Discovery(feeds=await _look_at(feed, site_candidates(feed.url), tools, on_look), failure=failure)
    itself = await _read(feed, document, CandidateSource.ITSELF, tools.parser)
    if itself is not None:
        return Discovery(feeds=(itself,))
    on_page = await tools.parser.candidates(document)
    candidates = (*site_candidates(feed.url), *site_candidates(document.url), *on_page)
    return Discovery(feeds=await _look_at(feed, candidates, tools, on_look))


async def _look_at(
    feed: Feed, candidates: Iterable[Candidate], tools: DiscoverTools, on_look: Callable[[int, int], None]
) -> tuple[FoundFeed, ...]:
    ranked = _ranked(candidates)[:_LOOKED_AT]
    found: dict[str, FoundFeed] = {}
    for number, candidate in enumerate(ranked):
        is_guess = candidate.source is CandidateSource.COMMON_PATH
        if (is_guess and found) or len(found) >= _ENOUGH:
            break
        on_look(number, len(ranked))
        is_own_host = urlsplit(candidate.url).hostname == urlsplit(feed.url).hostname
        # Whoever may read the page may read its feeds.
        look = replace(
            feed, url=with_user_from(feed.url, candidate.url), owner=feed.owner if is_own_host else _STRANGER
        )
        document = await tools.fetcher.fetch(look, _unknown(look, tools))
        known = await _read(look, document, candidate.source, tools.parser) if isinstance(document, Fetched) else None
        if known is not None:
            found.setdefault(comparable_link(known.url), known)
    on_look(len(ranked), len(ranked))
    return tuple(found.values())


def _unknown(feed: Feed, tools: DiscoverTools) -> FeedState:
    return FeedState(feed_id=feed.id, next_poll_at=tools.clock())


async def _read(feed: Feed, document: Fetched, source: CandidateSource, parser: Parser) -> FoundFeed | None:
    parsed = await parser.parse(Feed(id=_DISCOVERY, url=document.url), document)
    if not isinstance(parsed, ParsedFeed):
        return None
    return FoundFeed(
        url=with_user_from(feed.url, document.permanent_url or document.url),
        title=parsed.title,
        articles=len(parsed.articles),
        format=parsed.format,
        source=source,
    )


def _ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda candidate: candidate.rank):
        best.setdefault(candidate.url, candidate)
    return list(best.values())
