"""Find in a feed's archive what was published and dropped between two polls (RFC 5005)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from aggregator.feeds.identity import Identified
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Outline, ParsedFeed, PollFailed
from aggregator.model.ids import ArticleKey
from aggregator.ports import Fetcher, Parser

_PAGES = 10
_ARTICLES = 1_000
_SECONDS = 30.0
"""For the whole search: what the feed itself lists waits for it, and is not to alert late."""

_log = structlog.get_logger(__name__)

Identify = Callable[[ParsedFeed], Awaitable[Identified]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The archive of one feed, and what is known of the feed.

    `identify` finds the articles of a page among those that were seen. `last` is what the last poll listed, which
    is how far back to look. An article that was never seen but is dated before `since` is old, not missed: archives
    reach back to long before the feed was followed.
    """

    feed: Feed
    fetcher: Fetcher
    parser: Parser
    identify: Identify
    last: Outline
    since: datetime


@dataclass(slots=True, kw_only=True)
class _Search:
    """What was found so far. `listed` are the keys of articles that are not to be found again."""

    archive: Archive
    listed: set[ArticleKey]
    found: list[Article] = field(default_factory=list)

    async def take(self, page: ParsedFeed) -> bool:
        """Take what was missed from a page; return whether older pages may hold more."""
        articles = tuple(article for article in page.articles if article.key not in self.listed)
        identified = await self.archive.identify(ParsedFeed(format=page.format, articles=articles))
        self.listed |= {article.key for article in articles}
        new = {article.key: article for article in identified.new}
        known = set(self.archive.last.keys)
        is_older_than_last, has_recent = False, not articles
        for key in identified.keys:
            article = new.pop(key, None)
            if article is None:
                is_older_than_last = is_older_than_last or key in known
                has_recent = True
            elif self._is_recent(article, is_older_than_last=is_older_than_last):
                self.found.append(article)
                has_recent = True
        return has_recent and not is_older_than_last and len(self.found) < _ARTICLES

    def _is_recent(self, article: Article, *, is_older_than_last: bool) -> bool:
        """Whether an article was missed, by its date; by its place, the newest first, where it has no date."""
        return article.published_at >= self.archive.since if article.is_dated else not is_older_than_last


async def missed_articles(archive: Archive, parsed: ParsedFeed, document_url: str) -> tuple[Article, ...]:
    """Return the articles of older pages (RFC 5005 `prev-archive`, else `next`) that were never seen.

    The search goes back to an article that the last poll listed, or to pages that are older than that: over ten
    pages, 1,000 articles and half a minute at most. Where it cannot go on, it ends with what was found until then.
    """
    search = _Search(archive=archive, listed={article.key for article in parsed.articles})
    try:
        async with asyncio.timeout(_SECONDS):
            await _walk(search, parsed, document_url)
    except TimeoutError:
        _log.warning("archive_not_read", feed=archive.feed.id, reason=f"not read within {_SECONDS:g} s")
    return tuple(search.found)


async def _walk(search: _Search, parsed: ParsedFeed, document_url: str) -> None:
    visited = {search.archive.feed.url, document_url}
    ways, pages = list(parsed.archive_urls), 0
    while ways and pages < _PAGES:
        url = ways.pop(0).partition("#")[0]
        if url in visited:
            continue
        visited.add(url)
        pages += 1
        page = await _read_page(search.archive, url)
        if page is None:
            continue
        if not await search.take(page):
            return
        ways = list(page.archive_urls)


async def _read_page(archive: Archive, url: str) -> ParsedFeed | None:
    fetched = await archive.fetcher.fetch_page(url, archive.feed)
    page = fetched if isinstance(fetched, PollFailed) else await archive.parser.parse(archive.feed, fetched)
    if isinstance(page, PollFailed):
        _log.warning("archive_not_read", feed=archive.feed.id, reason=page.detail)
        return None
    return page
