"""Stories: how well they are found on the labelled articles, and what an article costs in a full window.

PYTHONPATH=tests python benchmarks/stories.py [--articles 100000] [--verbose: with the pairs that are wrong or missed]
The full window is made up: its events are told in the everyday words of the labelled articles, and in names and rarer
words of their own; three articles in five retell one of the last 400 events, with two fifths of the words changed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate

import psutil
from support.labelled_stories import DEVELOPED, HELD_OUT, Labelled, Quality, labelled, quality_of, stories_of

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.stories.index import StoryIndex

SEED = 5
FEEDS = 2_000
RARE_WORDS = 200_000
EVERYDAY_EVENTS = 3
WORDS_AN_ARTICLE, WORDS_A_TITLE = 110, 9
RETOLD, KEPT, RECENT = 0.6, 0.6, 400
MEASURED = 5_000
MEGABYTE = 1_000_000


def main() -> None:
    """Print the quality alone and in a full window, and the cost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=int, default=100_000)
    options.add_argument("--verbose", action="store_true")
    given = options.parse_args()
    print(f"{'labelled articles':34}{'articles':>9}{'events':>8}{'pairs':>7}{'precision':>11}{'recall':>8}")
    for name, files in (("developed", (DEVELOPED,)), ("held out", (HELD_OUT,)), ("both", (DEVELOPED, HELD_OUT))):
        items = labelled(*files)
        quality = quality_of(items, stories_of((item.article for item in items), StoryIndex()))
        print_quality(name, items, quality, verbose=given.verbose and name == "developed")
    index = print_cost(given.articles)
    for name, file in (("developed", DEVELOPED), ("held out", HELD_OUT)):
        items = labelled(file)
        quality = quality_of(items, stories_of((item.article for item in items), index))
        print_quality(f"{name}, among {given.articles:,} others", items, quality, verbose=False)
    print_forgetting(index)


def print_quality(name: str, items: list[Labelled], quality: Quality, *, verbose: bool) -> None:
    """Print a line of the table, and the pairs that are wrong or missed."""
    events = len({item.event for item in items})
    pairs = quality.found + len(quality.missed)
    print(f"{name:34}{len(items):9}{events:8}{pairs:7}{quality.precision:11.3f}{quality.recall:8.3f}")
    if verbose:
        for kind, found in (("wrong", quality.wrong), ("missed", quality.missed)):
            for one, other in found:
                print(f"    {kind:8}{one.event}: {one.article.title}\n            {other.event}: {other.article.title}")


def print_cost(count: int) -> StoryIndex:
    """Fill an index, and print the processor time of its last articles and the memory of all."""
    articles = list(made_up_articles(count))
    index = StoryIndex(timedelta(days=30))
    process = psutil.Process()
    before = process.memory_info().rss
    costs_us = []
    for article in articles:
        start = time.thread_time_ns()
        index.add(article, index.story_of(article))
        costs_us.append((time.thread_time_ns() - start) / 1_000)
    measured = statistics.quantiles(costs_us[-MEASURED:], n=100)
    stories = len({index.story_of(article) for article in articles})
    megabytes = (process.memory_info().rss - before) / MEGABYTE
    print(
        f"{count:,} articles in the window, in {stories:,} stories: story_of + add take p50 {measured[49]:.0f} µs, "
        f"p95 {measured[94]:.0f} µs, p99 {measured[98]:.0f} µs; {megabytes:.0f} MB"
    )
    return index


def print_forgetting(index: StoryIndex) -> None:
    """Print what it takes to forget the older half."""
    half = max(item.article.published_at for item in labelled(DEVELOPED)) - timedelta(hours=36)
    start = time.thread_time_ns()
    forgotten = index.forget(half)
    print(
        f"forgetting {forgotten:,} articles: {(time.thread_time_ns() - start) / 1_000 / max(forgotten, 1):.0f} µs each"
    )


def made_up_articles(count: int) -> Iterator[Article]:
    """Yield articles of the 72 hours before the last labelled one: the same for the same count."""
    chance = random.Random(SEED)  # noqa: S311 -- the same articles each time, nothing secret
    words = everyday_words()
    rare = sorted({made_up_word(chance) for _ in range(RARE_WORDS)})
    chance.shuffle(rare)
    words += rare
    frequencies = list(accumulate(1 / (rank + 30) for rank in range(len(words))))
    recent: list[list[str]] = []
    ends_at = max(item.article.published_at for item in labelled(DEVELOPED))
    for number in range(count):
        told = chance.choices(words, cum_weights=frequencies, k=WORDS_AN_ARTICLE)
        if recent and chance.random() < RETOLD:
            known = chance.choice(recent[-RECENT:])
            told = [old if chance.random() < KEPT else new for old, new in zip(known, told, strict=True)]
        else:
            recent.append(told)
        yield Article(
            feed_id=FeedId(f"made-up-{chance.randrange(FEEDS)}"),
            key=ArticleKey(str(number)),
            url=f"https://made-up.example/{number}",
            title=" ".join(told[:WORDS_A_TITLE]),
            summary=" ".join(told[WORDS_A_TITLE:]),
            published_at=ends_at - timedelta(hours=72) * (count - number) / count,
            content_hash="1",
            language="en",
        )


def everyday_words() -> list[str]:
    """Return the words that several events of the labelled articles share, those of the most events first."""
    events: dict[str, set[str]] = defaultdict(set)
    for item in labelled(DEVELOPED, HELD_OUT):
        for word in f"{item.article.title} {item.article.text}".split():
            events[word.strip(".,:;\"«»'?!").casefold()].add(item.event)
    everyday = [word for word, found_in in events.items() if word and len(found_in) >= EVERYDAY_EVENTS]
    return sorted(everyday, key=lambda word: (-len(events[word]), word))


def made_up_word(chance: random.Random) -> str:
    """Return a word of two to five syllables."""
    return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randint(2, 5)))


if __name__ == "__main__":
    main()
