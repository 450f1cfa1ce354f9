"""Stored articles a second of a backtest, and where the time goes.

python benchmarks/backtest.py [--articles 20000]
The articles are made: of 2 KB each, of words that are as common as in English. Seconds are those of the clock and, as
the machine may be shared, of the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator.matching.frequencies import words_of, zipf
from aggregator.matching.term_use import TermUses
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.ids import ArticleKey, FeedId, RuleId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Rule
from aggregator.operations.backtest import backtest, stored_pages
from aggregator.storage.store import SqlStore, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)
FEEDS = 20
BATCH = 200
WORDS = 330
QUERIES = {
    "plain": "prisoner",
    "NEAR of 8 terms": '("prisoner of war" OR ==POW OR captive OR detainee) NEAR/25 '
    "(family OR relative OR wife OR mother)",
    "with NOT": "(war OR army) (government OR president) NOT football NOT sport",
}


async def main() -> None:
    """Fill a store, and print the figures of each query."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=int, default=20_000)
    number = options.parse_args().articles
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{Path(folder)}/a.db")
        await fill(store, number)
        await print_parts(store)
        for name, query in QUERIES.items():
            await print_backtest(store, name, Rule(id=RuleId("tried"), title="", query=query))
        await store.close()


async def print_backtest(store: SqlStore, name: str, rule: Rule) -> None:
    """Print how fast a rule is tried."""
    begun, used = time.perf_counter(), time.process_time()
    report = await backtest(
        store, rule, since=SINCE, until=NOW, timezone=ZoneInfo("UTC"), on_progress=lambda _done, _total: None
    )
    seconds, used = time.perf_counter() - begun, time.process_time() - used
    print(
        f"backtest: {name}: {report.articles:,} articles, {report.matched:,} match; {report.articles / seconds:,.0f} "
        f"articles/s by the clock, {report.articles / used:,.0f} by the processor"
    )


async def print_parts(store: SqlStore) -> None:
    """Print where the time of one article goes."""
    pages = [page async for page in stored_pages(store, SINCE)]
    articles = [stored.article for page in pages for stored in page]

    async def read() -> None:
        async for _ in stored_pages(store, SINCE):
            pass

    async def count() -> None:
        await store.count_articles_stored(SINCE)

    async def match() -> None:
        uses = TermUses(Rule(id=RuleId("tried"), title="", query=QUERIES["NEAR of 8 terms"]))
        for article in articles:
            uses.matches(article)

    size = sum(len(article.title) + len(article.text) for article in articles) / len(articles)
    print(f"backtest: {len(articles):,} articles of {size:,.0f} characters; CPU microseconds an article:")
    for name, work in (("count for the progress bar", count), ("rows to articles", read), ("matching", match)):
        print(f"backtest:   {name}: {await cpu_us(work, len(articles)):.1f}")


async def cpu_us(work: Callable[[], Awaitable[None]], number: int) -> float:
    """Return the microseconds of the processor that `work` takes, by the article."""
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) / number * 1e6


async def fill(store: SqlStore, number: int) -> None:
    """Store so many articles, as polls do."""
    feeds = [Feed(id=FeedId(f"f{n}"), url=f"https://f{n}.example/", tags=("news",)) for n in range(FEEDS)]
    await store.sync_feeds(feeds, NOW)
    texts = made_texts()
    for start in range(0, number, BATCH):
        feed_id = feeds[start // BATCH % FEEDS].id
        now = SINCE + (NOW - SINCE) * (start + 1) / number
        articles = tuple(
            Article(
                feed_id=feed_id,
                key=ArticleKey(f"a{n}"),
                url=f"https://{feed_id}.example/{n}",
                title=" ".join(next(texts).split()[:9]),
                published_at=now,
                content_hash=str(n),
                body=next(texts),
                tags=("World",),
                feed_tags=("news",),
                language="en",
            )
            for n in range(start, min(start + BATCH, number))
        )
        state = FeedState(feed_id=feed_id, next_poll_at=now, last_polled_at=now, baselined_at=SINCE)
        await store.apply(PollPlan(state=state, new_articles=articles))


def made_texts() -> Iterator[str]:
    """Yield texts without end, of words as common as they are."""
    words: Sequence[str] = sorted(words_of("en"))
    weights = [10 ** zipf(word, "en") for word in words]
    chance = random.Random(7)  # noqa: S311 - the same texts each time
    while True:
        yield " ".join(chance.choices(words, weights, k=WORDS))


if __name__ == "__main__":
    asyncio.run(main())
