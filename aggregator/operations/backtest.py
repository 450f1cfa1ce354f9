"""What a rule would have come to over the stored articles. It sends nothing and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.matching.term_use import TermUses
from aggregator.model.articles import Article
from aggregator.model.rules import Rule
from aggregator.model.stored import StoredArticle
from aggregator.operations.backtest_report import BacktestReport, Findings
from aggregator.ports import Store

PAGE = 500
"""Articles read in one transaction, of some milliseconds: the daemon's writes wait for none of it."""
_STRETCH = 50
"""Articles after which others have their turn on the event loop: about 10 ms of matching, 30 ms on a busy machine."""

OnProgress = Callable[[int, int], None]
"""Hears how many of how many articles are done."""


async def backtest(  # noqa: PLR0913 - what is tried on which span, and who hears of it
    store: Store,
    rule: Rule,
    *,
    since: datetime,
    until: datetime,
    timezone: ZoneInfo,
    on_progress: OnProgress,
    most: int | None = None,
) -> BacktestReport:
    """Try `rule` on the articles that came at `since` or later and before `until`, in the feeds that it reads.

    An article comes when it is stored; what a feed listed already when it was first read, when that was published
    (`StoredArticle.came_at`). Each story, or each article where the rule says so, is one alert, at the first article
    of it that matches. Days are those of `timezone`. `on_progress` hears after every few articles, the last time that
    all are done; never when there are none. The event loop is held for no more than one stretch of 50 articles, or
    for making one page of 500 from its rows: 10 ms each on an idle machine. Of more than `most` articles the last are
    tried, and the report is `since` the first of these.

    Raises:
        QueryError: when the rule's query cannot be read.
    """
    uses = TermUses(rule)
    findings = Findings(rule)
    total = await store.count_articles_stored(since)
    done = 0
    async for page in stored_pages(store, since):
        for start in range(0, len(page), _STRETCH):
            for stored in page[start : start + _STRETCH]:
                if since <= stored.came_at < until:
                    _try(rule, stored, uses, findings)
            done += len(page[start : start + _STRETCH])
            on_progress(min(done, total), total)
            await asyncio.sleep(0)
        if most is not None and done >= most:
            since = max(since, page[-1].stored_at)
            break
    return findings.report(uses.uses(), since=since, until=until, timezone=timezone)


async def stored_pages(store: Store, since: datetime) -> AsyncIterator[list[StoredArticle]]:
    """Yield what was stored at `since` or later, the last stored first, in pages: each is a transaction of its own."""
    before: StoredArticle | None = None
    while page := await store.articles_stored(since, PAGE, before):
        yield page
        if len(page) < PAGE:
            break
        before = page[-1]


def first_moment(until: datetime, days: int, timezone: ZoneInfo) -> datetime:
    """Return when the first of the last `days` days of `timezone` began; the day of `until` is the last of them."""
    first: date = until.astimezone(timezone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), timezone)


def _try(rule: Rule, stored: StoredArticle, uses: TermUses, findings: Findings) -> None:
    article: Article = stored.article
    is_read = rule.feeds.reads(article.feed_id, article.feed_tags)
    findings.count(is_read=is_read)
    if is_read and (terms := uses.matches(article)) is not None:
        findings.add(stored, terms)
