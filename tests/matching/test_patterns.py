"""Wildcards and fuzzy words: the same words as by their definition, found without trying each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching.naive import Naive
from support.builders import article

from aggregator.matching.patterns import PatternIndex
from aggregator.matching.query import How, Word

LETTERS = st.text("ab'дє", min_size=1, max_size=7)
WILDCARDS = st.builds(
    lambda start, rest: Word(start + rest, How.WILDCARD),
    st.text("abд", min_size=2, max_size=2),
    st.lists(st.sampled_from(["*", "?", "a", "b", "д"]), min_size=1, max_size=5).map("".join),
).filter(lambda word: bool({"*", "?"} & set(word.folded)))
FUZZY = st.builds(lambda word, distance: Word(word, How.FUZZY, distance), LETTERS, st.integers(1, 2))


@given(st.lists(WILDCARDS | FUZZY, max_size=8), st.sets(st.integers(0, 7)), LETTERS)
def test_the_index_agrees_with_the_definition(words: list[Word], removed: set[int], folded: str) -> None:
    """Found are exactly the patterns that are there and stand for the word."""
    index = PatternIndex()
    for key, word in enumerate(words):
        index.add(key, word)
    index.keys_of(folded)
    for key in removed & set(range(len(words))):
        index.remove(key, words[key])

    found = index.keys_of(folded)

    naive = Naive(article())
    assert sorted(found) == [
        key for key, word in enumerate(words) if key not in removed and naive._is_word(word, folded)
    ]


@pytest.mark.parametrize(
    ("word", "fits", "misses"),
    [
        (Word("sabot*", How.WILDCARD), ["sabot", "sabotage", "saboteurs", "sabotage's"], ["sabo", "asabot"]),
        (Word("colo?r", How.WILDCARD), ["colour", "coloxr", "colour's"], ["color", "colours"]),
        (Word("co*r*s", How.WILDCARD), ["colours", "cors"], ["colour"]),
        (Word("zelensky", How.FUZZY, 1), ["zelensky", "zelenskyy", "zelensk", "zelenskiy", "zeelnsky"], ["selenskiy"]),
        (Word("zelensky", How.FUZZY, 2), ["selenskiy", "zelenskyy's", "zelenskaya"], ["selenskaya"]),
    ],
)
def test_a_pattern_stands_for_words(word: Word, fits: list[str], misses: list[str]) -> None:
    """Each kind of pattern has its words, and a possessive ending does not count."""
    index = PatternIndex()
    index.add(1, word)

    found = [form for form in fits + misses if index.keys_of(form)]

    assert found == fits


def test_an_empty_index_is_false() -> None:
    """Where nothing is sought by a pattern, nobody need ask."""
    index = PatternIndex()
    word = Word("sabot*", How.WILDCARD)
    was_empty = not index
    index.add(1, word)

    index.remove(1, word)

    assert was_empty
    assert not index


def test_many_words_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found for a word is remembered within a bound."""
    monkeypatch.setattr("aggregator.matching.patterns._CACHE_SIZE", 3)
    index = PatternIndex()
    index.add(1, Word("sabot*", How.WILDCARD))

    found = [index.keys_of(f"sabot{number}") for number in range(8)]

    assert found == [(1,)] * 8
    assert len(index._known) <= 3


def test_many_stars_take_no_longer_than_one() -> None:
    """A pattern of many stars is answered at once for a word that nearly fits it."""
    index = PatternIndex()
    index.add(1, Word("aa" + "*a" * 30 + "*b", How.WILDCARD))

    found = index.keys_of("a" * 5_000)

    assert found == ()
