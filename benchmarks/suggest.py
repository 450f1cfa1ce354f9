"""What `rules suggest` proposes for articles of real feeds, and what else that finds: to be looked at by a person.

python benchmarks/suggest.py [--feeds ../shared/feeds] [--seed ../shared/seed/article.txt] [WORDS…]
For each of WORDS (or some topics) the article that has them in its title and is longest is the example.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aggregator.feeds.workers import ParserPool
from aggregator.matching.index import RuleIndex
from aggregator.matching.suggesting.counting import TermCounter
from aggregator.matching.suggesting.suggest import Suggester
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, ParsedFeed
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.match_text import plain_article

MOST_BYTES = 50_000_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHOWN = 6


def main() -> None:
    """Print a proposal for each topic, and the titles that it finds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=Path, default=Path("../shared/feeds"))
    options.add_argument("--seed", type=Path, default=Path("../shared/seed/article.txt"))
    options.add_argument("topics", nargs="*")
    given = options.parse_args()
    articles = asyncio.run(read_feeds(sorted(given.feeds.iterdir())))
    print(f"{len(articles):,} articles")
    if not given.topics:
        propose([plain_article("seed", given.seed.read_text(), NOW)], articles)
    for topic in given.topics:
        words = topic.split()
        found = [one for one in articles if all(word.lower() in one.title.lower() for word in words)]
        if found:
            propose([max(found, key=lambda one: len(one.text))], articles)


def propose(examples: Sequence[Article], articles: Sequence[Article]) -> None:
    """Print the proposal for `examples`, and what it finds."""
    begun = time.perf_counter()
    suggester = Suggester([(one.title, one) for one in examples])
    counter = TermCounter(suggester.terms)
    read = time.perf_counter()
    for article in articles:
        counter.count(article)
    counted = time.perf_counter()
    suggestion = suggester.suggest(counter.background())
    ended = time.perf_counter()
    print(f"\n=== {'; '.join(one.title for one in examples)} [{examples[0].language}, {len(examples[0].text):,}]")
    print(
        f"read {read - begun:.2f} s, counted {len(suggester.terms)} terms at "
        f"{len(articles) / (counted - read):,.0f} articles/s, suggested {ended - counted:.2f} s"
    )
    for name, query in (("", suggestion.query), ("tighter", suggestion.tighter), ("looser", suggestion.looser)):
        if query is not None:
            titles = matching(query, articles)
            print(f"{name:8}{query}\n        finds {len(titles)}: {'; '.join(titles[:SHOWN])}")


def matching(query: str, articles: Sequence[Article]) -> list[str]:
    """Return the titles of the articles that a query finds."""
    index = RuleIndex()
    index.add(Rule(id=RuleId("proposal"), title="", query=query))
    return [article.title for article in articles if index.matching_rules(article)]


async def read_feeds(paths: Sequence[Path]) -> list[Article]:
    """Return the articles of feed files that can be read."""
    articles: list[Article] = []
    async with ParserPool(max_body_bytes=MOST_BYTES, workers=1) as parser:
        for path in paths:
            fetched = Fetched(url=path.as_uri(), status=200, body=path.read_bytes(), body_hash="", fetched_at=NOW)
            parsed = await parser.parse(Feed(id=FeedId(path.name), url=path.as_uri()), fetched)
            if isinstance(parsed, ParsedFeed):
                articles += parsed.articles
    return articles


if __name__ == "__main__":
    main()
