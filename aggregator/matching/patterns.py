"""Words that are sought by a pattern: wildcards and fuzzy words."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from itertools import combinations

from rapidfuzz.distance import OSA

from aggregator.matching.query import How, Word
from aggregator.matching.text import without_possessive

_BUCKET_LENGTH = 2
"""A wildcard has at least so many letters before its first `*` or `?`."""
_START = "*"
"""Parts the beginnings of wildcards from the remnants of fuzzy words: no word has it."""
_WILD = re.compile(r"[*?]")
_GREATEST_DISTANCE = 2
_CACHE_SIZE = 50_000

Test = Callable[[str], bool]


class PatternIndex:
    """Finds the patterns that stand for a word, at a cost that hardly depends on how many there are.

    Of a fuzzy word, letters put in, taken out, changed, and neighbours that changed places count one each (optimal
    string alignment). A possessive ending does not count.
    """

    def __init__(self) -> None:
        self._by_entry: dict[str, dict[int, Test]] = {}
        self._longest: dict[int, int] = {}
        self._known: dict[str, tuple[int, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_entry)

    def add(self, key: int, word: Word) -> None:
        """Seek `word` under `key`."""
        self._known.clear()
        test = _test(word)
        for entry in _entries(word):
            self._by_entry.setdefault(entry, {})[key] = test
        if word.how is How.FUZZY:
            self._longest[key] = len(word.folded) + word.distance

    def remove(self, key: int, word: Word) -> None:
        """Seek it no more."""
        self._known.clear()
        self._longest.pop(key, None)
        for entry in _entries(word):
            del self._by_entry[entry][key]
            if not self._by_entry[entry]:
                del self._by_entry[entry]

    def keys_of(self, folded: str) -> tuple[int, ...]:
        """Return the keys of all patterns that stand for `folded`."""
        keys = self._known.get(folded)
        if keys is None:
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            keys = self._known[folded] = tuple({key for form in _bases(folded) for key in self._search(form)})
        return keys

    def _search(self, form: str) -> Iterator[int]:
        entries = {form[:_BUCKET_LENGTH] + _START}
        if self._longest and len(form) <= max(self._longest.values()):
            entries |= _remnants(form, _GREATEST_DISTANCE)
        for entry in entries & self._by_entry.keys():
            for key, test in self._by_entry[entry].items():
                if test(form):
                    yield key


def _bases(folded: str) -> tuple[str, ...]:
    base = without_possessive(folded)
    return (folded,) if base is None else (folded, base)


def _test(word: Word) -> Test:
    if word.how is How.FUZZY:
        return lambda form: OSA.distance(word.folded, form, score_cutoff=word.distance) <= word.distance
    start = word.folded[:-1]
    if word.folded.endswith("*") and not _WILD.search(start):
        return lambda form: form.startswith(start)
    # fnmatch writes expressions in which many stars take no longer than one.
    matches = re.compile(fnmatch.translate(word.folded)).match
    return lambda form: matches(form) is not None


def _entries(word: Word) -> set[str]:
    if word.how is How.FUZZY:
        return _remnants(word.folded, word.distance)
    return {word.folded[:_BUCKET_LENGTH] + _START}


def _remnants(word: str, distance: int) -> set[str]:
    """Return what is left of `word` when up to `distance` letters are taken out.

    Two words that are at most n letters different have one such remnant in common: it is how near words are found
    without comparing each with each (the symmetric delete method of SymSpell).
    """
    return {
        "".join(kept) for count in range(min(distance, len(word)) + 1) for kept in combinations(word, len(word) - count)
    }
