"""Give new articles the text of their pages, where their feed has only a summary."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

import structlog

from aggregator.model.articles import Article
from aggregator.model.feeds import Feed, FullText
from aggregator.model.fetches import Page, PollFailed
from aggregator.ports import Fetcher, Parser

_PAGES_AT_ONCE = 20
_SECONDS = 60.0
"""For all pages of one poll: an article that waits longer goes out with its summary."""

_SUMMARY_CHARACTERS = 1_500
_CUT_OFF = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\[&hellip;\]|(?:read|continue|learn) (?:more|reading)\W*|weiterlesen\W*|"
    r"lire la suite\W*|читати далі\W*|читать далее\W*|подробнее\W*|докладніше\W*)\s*$",
    re.IGNORECASE,
)
_log = structlog.get_logger(__name__)


async def with_full_texts(
    feed: Feed, articles: Sequence[Article], fetcher: Fetcher, parser: Parser
) -> tuple[Article, ...]:
    """Return the articles, those that want it with the text of their page; a failure leaves one as it is, and says so.

    At most 20 pages are fetched for one poll, in a minute, each with its host's turns and the limits of every fetch.
    """
    wanted = [article for article in articles if wants_page(feed, article)][:_PAGES_AT_ONCE]
    if not wanted:
        return tuple(articles)
    tasks = {article.key: asyncio.create_task(_read_page(feed, article, fetcher, parser)) for article in wanted}
    try:
        await asyncio.wait(tasks.values(), timeout=_SECONDS)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    return tuple(_after(feed, article, tasks.get(article.key)) for article in articles)


def wants_page(feed: Feed, article: Article) -> bool:
    """Whether the article's page is to be fetched: always, never, or where the feed gives a summary only."""
    if feed.full_text is FullText.NEVER or not article.url.startswith(("http://", "https://")):
        return False
    if feed.full_text is FullText.ALWAYS:
        return True
    return len(article.text) < _SUMMARY_CHARACTERS and (not article.body or _CUT_OFF.search(article.body) is not None)


async def _read_page(feed: Feed, article: Article, fetcher: Fetcher, parser: Parser) -> Page | PollFailed:
    fetched = await fetcher.fetch_page(article.url, feed)
    return fetched if isinstance(fetched, PollFailed) else await parser.extract(fetched)


def _after(feed: Feed, article: Article, task: asyncio.Task[Page | PollFailed] | None) -> Article:
    if task is None:
        return article
    if task.cancelled():
        error = f"its page was not read within {_SECONDS:g} s"
    elif isinstance(page := task.result(), PollFailed):
        error = page.detail
    elif len(page.text) <= len(article.text):
        error = "its page holds no more text than its feed"
    else:
        return replace(
            article,
            body=page.text,
            summary=article.text if article.text != page.text else "",
            authors=article.authors or page.authors,
            language=article.language or page.language,
            has_page_text=True,
        )
    _log.warning("page_not_read", feed=feed.id, article=article.url, reason=error)
    return replace(article, page_error=error)
