"""Expressions that must be looked for in every article: all of a field's in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import re2

from aggregator.matching.query import Regex
from aggregator.matching.reading import Reading, numbers_of
from aggregator.matching.syntax.regexes import compiled_regex, set_options, set_pattern
from aggregator.matching.vocabulary import Space

_LARGEST_DELTA = 32
"""So many new expressions are tried one by one; one more, and the set is built again (0.1 s for 2,000)."""
_LARGEST_SET = 500
_SENTINEL = "\ufdd0\ufdd1\ufdd0"
"""Noncharacters, that no text has."""


class RegexAt(NamedTuple):
    """An expression, and where it is looked for."""

    space: Space
    regex: Regex


class RegexIndex:
    """Finds which of many expressions fit an article.

    They go through one automaton (`re2.Set`), which new ones join when there are enough of them; one that is taken
    out is no longer answered, and leaves the set when that is built again.
    """

    def __init__(self) -> None:
        self._by_space: dict[Space, _Sets] = {}
        self._keys: dict[RegexAt, int] = {}
        self._wanted: dict[int, RegexAt] = {}
        self._users: dict[int, int] = {}
        self._next_key = 0

    def intern(self, wanted: RegexAt) -> int:
        """Return the key of an expression, for one more query. It is negative: those of words are positive."""
        key = self._keys.get(wanted)
        if key is None:
            key = self._next_key = self._next_key - 1
            self._keys[wanted] = key
            self._wanted[key] = wanted
            self._users[key] = 0
            self._by_space.setdefault(wanted.space, _Sets()).add(key, wanted.regex)
        self._users[key] += 1
        return key

    def release(self, keys: Iterable[int]) -> None:
        """Let go of expressions, for one query."""
        for key in keys:
            self._users[key] -= 1
            if not self._users[key]:
                wanted = self._wanted.pop(key)
                del self._users[key], self._keys[wanted]
                self._by_space[wanted.space].remove(key)

    def keys_of(self, reading: Reading) -> set[int]:
        """Return the keys of the expressions that fit the article."""
        found: set[int] = set()
        for space, sets in self._by_space.items():
            for number in numbers_of(space):
                for _, value in reading.values(number):
                    if value:
                        found |= sets.keys_of(value)
        return found


class _Sets:
    """The expressions of one space."""

    def __init__(self) -> None:
        self._regexes: dict[int, Regex] = {}
        self._delta: dict[int, Regex] = {}
        self._alone: dict[int, Regex] = {}
        self._sets: list[tuple[re2.Set, list[int]]] = []

    def add(self, key: int, regex: Regex) -> None:
        self._regexes[key] = self._delta[key] = regex

    def remove(self, key: int) -> None:
        del self._regexes[key]
        self._delta.pop(key, None)
        self._alone.pop(key, None)

    def keys_of(self, text: str) -> set[int]:
        if len(self._delta) > _LARGEST_DELTA:
            self._rebuild()
        singly = {**self._delta, **self._alone}
        found = {key for key, regex in singly.items() if compiled_regex(regex).search(text)}
        for automaton, keys in self._sets:
            found.update(keys[number] for number in automaton.Match(text) or () if keys[number] in self._regexes)
        return found

    def _rebuild(self) -> None:
        self._delta, self._alone, self._sets = {}, {}, []
        for start in range(0, len(self._regexes), _LARGEST_SET):
            self._build(list(self._regexes)[start : start + _LARGEST_SET])

    def _build(self, keys: list[int]) -> None:
        """Build one set, or two of halves where it would need more memory than it may have."""
        automaton = _set_of([set_pattern(self._regexes[key]) for key in keys])
        if automaton is not None:
            self._sets.append((automaton, keys))
        elif len(keys) > 1:
            self._build(keys[: len(keys) // 2])
            self._build(keys[len(keys) // 2 :])
        else:
            self._alone[keys[0]] = self._regexes[keys[0]]


def _set_of(patterns: list[str]) -> re2.Set | None:
    """Return the automaton of some expressions, None when it has no memory to run.

    A set that cannot be built says so; one that is built and then has no memory to run finds nothing, in silence. That
    depends on its expressions alone, so a text that must be found tells it from one that runs.
    """
    automaton = re2.Set.SearchSet(set_options())
    try:
        for pattern in patterns:
            automaton.Add(pattern)
        sentinel = automaton.Add(_SENTINEL)
        automaton.Compile()
    except re2.error:
        return None
    return automaton if sentinel in (automaton.Match(_SENTINEL) or ()) else None
