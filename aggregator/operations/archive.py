"""Find in a feed's archive what was published and dropped between two polls (RFC 5005)."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Outline, ParsedFeed, PollFailed
from aggregator.model.ids import ArticleKey
from aggregator.ports import Fetcher, Parser

_PAGES = 10
_log = structlog.get_logger(__name__)


async def missed_articles(
    feed: Feed, parsed: ParsedFeed, last: Outline, fetcher: Fetcher, parser: Parser
) -> tuple[Article, ...]:
    """Return the articles of older pages (`prev-archive`, `next`), back to one that the last poll listed.

    Ten pages at most; a page that cannot be read ends the search, with what was found until then.
    """
    known: Collection[ArticleKey] = set(last.keys)
    found: dict[ArticleKey, Article] = {}
    listed = {article.key for article in parsed.articles}
    visited = {feed.url}
    urls = list(parsed.archive_urls[:1])
    while urls and len(visited) <= _PAGES:
        url = urls.pop()
        if url in visited:
            break
        visited.add(url)
        fetched = await fetcher.fetch_page(url, feed)
        page = fetched if isinstance(fetched, PollFailed) else await parser.parse(feed, fetched)
        if isinstance(page, PollFailed):
            _log.warning("archive_not_read", feed=feed.id, reason=page.detail)
            break
        found |= {article.key: article for article in page.articles if article.key not in listed}
        if any(article.key in known for article in page.articles):
            break
        urls = list(page.archive_urls[:1])
    return tuple(article for key, article in found.items() if key not in known)
