"""Rules against one article: the index beside a loop of compiled regular expressions, in the same run."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime

from aggregator.matching import RuleIndex
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId, RuleId
from aggregator.model.rules import Rule

SIZES = (1_000, 10_000)
VOCABULARY = 20_000
WORDS_IN_ARTICLE = 350
ROUNDS = 50


def main() -> None:
    """Print µs an article for each number of rules, and the ratio."""
    roll = random.Random(1)  # noqa: S311 - a fixed seed for a fixed workload
    words = [f"{chr(97 + n % 26)}word{n}" for n in range(VOCABULARY)]
    text = " ".join(words[min(int(roll.paretovariate(0.6)), VOCABULARY) - 1] for _ in range(WORDS_IN_ARTICLE))
    article = Article(
        feed_id=FeedId("f"),
        key=ArticleKey("k"),
        url="https://news.example/1",
        title=text[:80],
        body=text,
        published_at=datetime.now(UTC),
        content_hash="",
    )
    for size in SIZES:
        terms = [[roll.choice(words) for _ in range(roll.randint(1, 4))] for _ in range(size)]
        index = RuleIndex()
        started = time.perf_counter()
        for number, group in enumerate(terms):
            index.add(Rule(id=RuleId(f"r{number}"), title="", query=" ".join(group)))
        built = time.perf_counter() - started
        ours = _micros(lambda index=index: index.match(article), ROUNDS)
        patterns = [[re.compile(rf"\b{word}\b", re.IGNORECASE) for word in group] for group in terms]
        loop = _micros(
            lambda patterns=patterns: [all(p.search(text) for p in group) for group in patterns],
            2,
        )
        print(
            f"matching: {size:6,} rules  {ours:8.0f} µs an article   loop of re {loop:10.0f} µs   "
            f"ratio {loop / ours:6.0f}   add {built / size * 1e6:.0f} µs a rule"
        )


def _micros(work: object, rounds: int) -> float:
    assert callable(work)  # noqa: S101 - both are lambdas
    started = time.perf_counter()
    for _ in range(rounds):
        work()
    return (time.perf_counter() - started) / rounds * 1e6


if __name__ == "__main__":
    main()
