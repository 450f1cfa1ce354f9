"""Word forms: recall and precision on the tables of the tests, and what forms cost.

PYTHONPATH=tests python benchmarks/word_forms.py [--verbose]
"""

from __future__ import annotations

import random
import statistics
import sys
import time

import psutil
import Stemmer
from support.word_pairs import TABLES, tallies

from aggregator.matching.forms import STEMMED, forms_of, stem
from aggregator.matching.frequencies import words_of
from aggregator.matching.text import analyse

EXPANDED = ("en", "ru", "uk")
WORDS = 4_000
MILLION = 1_000_000


def print_tables(*, verbose: bool) -> None:
    """Print a line for each language of each table: pairs, recall and precision."""
    print(f"{'table':14}{'language':9}{'must':>6}{'not':>6}{'recall':>9}{'precision':>11}")
    for table in ("pairs.tsv", "held_out.tsv"):
        for language, tally in tallies(table).items():
            if tally.must:
                pairs = f"{tally.must:6}{tally.must_not:6}{tally.recall:9.3f}"
                print(f"{table:14}{language:9}{pairs}{tally.precision if tally.must_not else float('nan'):11.3f}")
                if verbose:
                    print(f"    {tally}")


def print_snowball() -> None:
    """Print what Snowball's stems alone would make of English and Russian, the alternative that was not taken."""
    for language, algorithm in (("en", "english"), ("ru", "russian")):
        stemmer = Stemmer.Stemmer(algorithm)
        right = must = wrong = 0
        for line in (TABLES / "pairs.tsv").read_text(encoding="utf-8").splitlines():
            if line.startswith(language + "\t"):
                _, query, *columns = line.split("\t")
                base = _stemmed(stemmer, query)
                words = [[word for word in column.split() if _fold(word) != _fold(query)] for column in columns]
                must += len(words[0])
                right += sum(_stemmed(stemmer, word) == base for word in words[0])
                wrong += sum(_stemmed(stemmer, word) == base for word in words[1])
        print(f"Snowball alone, {language}: recall {right / must:.3f}, precision {right / (right + wrong):.3f}")


def print_costs() -> None:
    """Print the forms a word, the time and the memory of distinct words of each expanded language, common and rare."""
    words_of("en")
    print(f"{WORDS} words each, by their language   always mean/max   by language: mean/max   µs   first ms   MB")
    for language in EXPANDED:
        before = _megabytes()
        start = time.perf_counter()
        forms_of(next(iter(words_of(language))))
        first_ms = (time.perf_counter() - start) * 1_000
        loaded = _megabytes() - before
        words = random.Random(1).sample(list(words_of(language)), WORDS)  # noqa: S311 - the same words each time
        start = time.perf_counter()
        found = [forms_of(word) for word in words]
        each_us = (time.perf_counter() - start) / WORDS * MILLION
        always = [len(forms.always) for forms in found]
        lexemes = {
            name: [len(forms.by_language.get(name, ())) for forms in found]
            for name in sorted({name for forms in found for name in forms.by_language})
        }
        named = "  ".join(f"{name} {statistics.mean(sizes):.1f}/{max(sizes)}" for name, sizes in lexemes.items())
        print(
            f"{language}   {statistics.mean(always):.1f}/{max(always)}   {named or '-'}   {each_us:.0f} µs   "
            f"{first_ms:.0f} ms   {loaded:.0f} MB"
        )
    for language in ("de", "es", "fr", "pl"):
        words = list(words_of(language))[:WORDS]
        start = time.perf_counter()
        for word in words:
            stem(word, language)
        print(f"stem {language}: {(time.perf_counter() - start) / len(words) * MILLION:.1f} µs a word")
    print(f"{len(STEMMED)} languages have stemmers\n")


def _stemmed(stemmer: Stemmer.Stemmer, word: str) -> str:
    stemmed: str = stemmer.stemWord(_fold(word))
    return stemmed


def _fold(word: str) -> str:
    return analyse(word)[0].folded


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss) / MILLION


if __name__ == "__main__":
    print_costs()
    print_tables(verbose="--verbose" in sys.argv)
    print_snowball()
