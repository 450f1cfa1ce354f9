"""Many rules against an article: the index, a loop of compiled `re`, and Aho-Corasick, on the same work in one run.

python benchmarks/matching.py [--million]
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import TypeVar

import ahocorasick
import psutil

from aggregator.matching.forms import forms_of
from aggregator.matching.frequencies import words_of
from aggregator.matching.index import RuleIndex
from aggregator.matching.rules import compile_rule
from aggregator.matching.text import WORD
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId, RuleId
from aggregator.model.rules import Rule
from aggregator.runtime import freeze_memory

SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000
ARTICLES = 300
WORDS_IN_ARTICLE = 350
NAMES = 40_000
PHRASES = 40_000
ARTICLES_FOR_LOOP = 3
LARGEST_LOOP = 10_000
CHANGES = 1_000
PASSES = 5

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A rule as a person writes it: terms that must be there, some of them phrases, perhaps one that must not."""

    query: str
    terms: Sequence[str]
    unwanted: str | None


class News:
    """Made-up news with the words of English as often as they are: common words, topics, names; and rules about it."""

    def __init__(self) -> None:
        self._roll = random.Random(1)  # noqa: S311 - a fixed seed for a fixed workload
        table = words_of("en")
        self._words = list(table)
        self._weights = list(accumulate(10 ** (zipf - 9) for zipf in table.values()))
        self._words_of_topics = [
            word for word, zipf in table.items() if zipf < 5.3 and word.isalpha() and len(word) > 3
        ]
        # Names and terms that no table of common words has, each rarer than the one before (Zipf's law).
        self._names = [self._name(number) for number in range(NAMES)]
        self._name_weights = list(accumulate(1 / (rank + 20) for rank in range(NAMES)))
        self._phrases = [
            f"{self._roll.choice(self._words_of_topics)} {self._roll.choice(self._words_of_topics)}"
            for _ in range(PHRASES)
        ]

    def article(self, number: int) -> Article:
        """Return an article of about 2 KB."""
        roll = self._roll
        words = roll.choices(self._words, cum_weights=self._weights, k=WORDS_IN_ARTICLE)
        topic = [*roll.choices(self._names, cum_weights=self._name_weights, k=8), *roll.choices(self._phrases, k=4)]
        for _ in range(40):
            words[roll.randrange(len(words))] = roll.choice(topic)
        text = " ".join(words)
        return Article(
            feed_id=FeedId("f"),
            key=ArticleKey(str(number)),
            url=f"https://news.example/{number}",
            title=" ".join(words[:10]).capitalize(),
            body=". ".join(text[start : start + 120] for start in range(0, len(text), 120)),
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
            content_hash="",
            language="en",
        )

    def watch(self) -> Watch:
        """Return a rule: 1 to 4 terms, 20 % of them phrases; 10 % of rules exclude a word, 5 % are NEAR.

        The first term is a name or a phrase: who watches a word of every day hears of every article.
        """
        roll = self._roll
        terms = [self._telling_term(), *(self._term() for _ in range(roll.randint(0, 3)))]
        if len(terms) > 1 and roll.random() < 0.05:
            terms = terms[:2]
            return Watch(query=" NEAR/20 ".join(map(_quoted, terms)), terms=terms, unwanted=None)
        unwanted = roll.choice(self._words_of_topics) if roll.random() < 0.1 else None
        query = " ".join(map(_quoted, terms)) + (f" NOT {unwanted}" if unwanted else "")
        return Watch(query=query, terms=terms, unwanted=unwanted)

    def _telling_term(self) -> str:
        roll = self._roll
        return self._phrase() if roll.random() < 0.3 else roll.choices(self._names, cum_weights=self._name_weights)[0]

    def _term(self) -> str:
        roll = self._roll
        return self._phrase() if roll.random() < 0.15 else roll.choice(self._words_of_topics)

    def _phrase(self) -> str:
        return self._roll.choice(self._phrases)

    def _name(self, number: int) -> str:
        syllables = ("ka", "ro", "mi", "ven", "sha", "lu", "tor", "bel", "ny", "gra", "os", "ik")
        name = ""
        while number or not name:
            number, rest = divmod(number, len(syllables))
            name += syllables[rest]
        return f"{name}ov"


def main() -> None:
    """Print what each engine needs, for each number of rules."""
    options = argparse.ArgumentParser()
    options.add_argument("--million", action="store_true", help="a million rules too; some minutes, 2 GB")
    sizes = (*SIZES, MILLION) if options.parse_args().million else SIZES
    news = News()
    articles = [news.article(number) for number in range(ARTICLES)]
    size_bytes = statistics.mean(len(article.body) for article in articles)
    floor, _ = _spread(_tokenise, articles, PASSES)
    print(f"matching: {ARTICLES} articles of {size_bytes:.0f} bytes; tokenising one {floor:.0f} µs")
    for size in sizes:
        _print_size([news.watch() for _ in range(size)], articles, floor)


def _tokenise(article: Article) -> set[str]:
    """What a matcher of words does before it matches: find the words of an article with `re`, and fold each."""
    return {word.lower() for text in (article.title, article.body) for word in WORD.findall(text)}


def _print_size(watches: Sequence[Watch], articles: Sequence[Article], floor: float) -> None:
    size = len(watches)
    rules = [Rule(id=RuleId(f"r{number}"), title="", query=watch.query) for number, watch in enumerate(watches)]
    process = psutil.Process()
    gc.collect()
    gc.disable()
    before_bytes = process.memory_info().rss
    index = RuleIndex()
    started = time.perf_counter()
    for rule in rules:
        index.add(rule)
    built = time.perf_counter() - started
    gc.enable()
    gc.collect()
    used_bytes = process.memory_info().rss - before_bytes
    freeze_memory()
    for article in articles:
        index.match(article)
    median, slowest = _spread(index.matching_rules, articles, PASSES)
    found = statistics.mean(len(index.matching_rules(article)) for article in articles)
    whole, slowest_whole = _spread(index.match, articles, PASSES)
    print(
        f"matching: {size:9,} rules  {median:6.0f} µs an article (95 %: {slowest:.0f}), "
        f"{median / floor:.1f}x tokenising"
    )
    print(
        f"matching:           with the words and clauses of the {found:.1f} rules that match: {whole:.0f} µs "
        f"(95 %: {slowest_whole:.0f})"
    )
    megabytes = used_bytes / 2**20
    print(f"matching:           built in {built:.1f} s, {used_bytes / size:.0f} bytes a rule, {megabytes:.0f} MB")
    parsing, adding, removing = _changes(index, rules)
    print(f"matching:           parsing {parsing:.0f} µs, add {adding:.0f} µs, remove {removing:.0f} µs a rule")
    literals = _micros_of_automaton(watches, articles)
    print(f"matching:           Aho-Corasick, literals only: {literals:.0f} µs an article, {median / literals:.1f}x")
    if size <= LARGEST_LOOP:
        whole_loop, loop = _micros_of_loops(watches, articles[:ARTICLES_FOR_LOOP])
        print(
            f"matching:           loop of re: {whole_loop:,.0f} µs an article, {whole_loop / median:,.0f} times; "
            f"where it stops at the first term that is not there {loop:,.0f} µs, {loop / median:,.0f} times"
        )


def _spread(work: Callable[[Item], object], items: Sequence[Item], passes: int = 1) -> tuple[float, float]:
    """Return the median and the 95th percentile of µs over items.

    Of each item the quickest of some passes over all of them counts: what else the machine does is left out, while
    what an item needs has left the caches since the pass before.
    """
    times = [math.inf] * len(items)
    for _ in range(passes):
        for number, item in enumerate(items):
            started = time.perf_counter()
            work(item)
            times[number] = min(times[number], (time.perf_counter() - started) * 1e6)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def _changes(index: RuleIndex, rules: Sequence[Rule]) -> tuple[float, float, float]:
    """Return µs to parse a query, to add a rule whose query has been parsed, and to remove one."""
    some = rules[:: max(1, len(rules) // CHANGES)][:CHANGES]
    removing, _ = _spread(lambda rule: index.remove(rule.id), some)
    parsing, _ = _spread(compile_rule, some)
    adding, _ = _spread(index.add, some)
    return parsing, adding - parsing, removing


def _micros_of_automaton(watches: Sequence[Watch], articles: Sequence[Article]) -> float:
    automaton = ahocorasick.Automaton()
    for watch in watches:
        for term in watch.terms:
            automaton.add_word(term.lower(), term)
    automaton.make_automaton()
    texts = [f"{article.title}\n{article.body}".lower() for article in articles]
    return _spread(lambda text: list(automaton.iter(text)), texts, PASSES)[0]


def _micros_of_loops(watches: Sequence[Watch], articles: Sequence[Article]) -> tuple[float, float]:
    """Return µs an article of a loop that looks for all terms of each rule, and of one that stops where it may."""
    patterns = [
        ([_pattern(term) for term in watch.terms], watch.unwanted and _pattern(watch.unwanted)) for watch in watches
    ]

    def try_each(article: Article) -> list[bool]:
        text = f"{article.title}\n{article.body}"
        return [
            all(pattern.search(text) for pattern in wanted) and not (unwanted and unwanted.search(text))
            for wanted, unwanted in patterns
        ]

    def try_all(article: Article) -> list[bool]:
        text = f"{article.title}\n{article.body}"
        searches = (
            ([pattern.search(text) for pattern in wanted], unwanted and unwanted.search(text))
            for wanted, unwanted in patterns
        )
        return [all(found) and not excluded for found, excluded in searches]

    return _spread(try_all, articles)[0], _spread(try_each, articles)[0]


def _pattern(term: str) -> re.Pattern[str]:
    """Return what finds the forms of a term's words, which is what a rule means by it."""
    words = ("|".join(map(re.escape, sorted(forms_of(word).always))) for word in term.lower().split())
    return re.compile(r"\b" + r"\W+".join(f"(?:{forms})" for forms in words) + r"\b", re.IGNORECASE)


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term


if __name__ == "__main__":
    main()
