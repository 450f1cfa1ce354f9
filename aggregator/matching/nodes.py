"""A query ready to be asked of many articles: a tree like the query's, with keys in the place of words."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from aggregator.matching.query import Query, Regex, Term, conjunction
from aggregator.matching.raw_text import raw_pattern
from aggregator.matching.reading import Occurrence, Place, Reading, Stretch, numbers_of
from aggregator.matching.syntax.regexes import compiled_regex
from aggregator.matching.vocabulary import Space

_MOST_PLACES = 500
"""Of what is looked for as it is written no more places count: to find one, a whole text may have to be read."""


class Node(ABC):
    """One part of a query."""

    __slots__ = ()

    query: Query

    @abstractmethod
    def holds(self, reading: Reading) -> bool:
        """Whether it holds for the article."""

    @abstractmethod
    def stretches(self, reading: Reading) -> Iterable[Stretch]:
        """Return the characters that make it hold; for an article for which it does."""

    def held(self, reading: Reading) -> Query:  # noqa: ARG002 - a part without alternatives holds as a whole
        """Return the part of the query that holds: of alternatives the first; for an article for which it does."""
        return self.query

    def has_alternatives(self) -> bool:
        """Whether `held` depends on the article."""
        return False

    @abstractmethod
    def keys(self) -> Iterator[int]:
        """Return the keys that it refers to, one for each reference."""


class Occurring(Node):
    """A part that occurs at places in the text, as NEAR needs it."""

    __slots__ = ()

    @abstractmethod
    def occurrences(self, reading: Reading) -> list[Occurrence]:
        """Return where it occurs, in order."""


@dataclass(slots=True, eq=False)
class WordNode(Occurring):
    """One word."""

    query: Query
    space: Space
    key: int

    def holds(self, reading: Reading) -> bool:
        return self.key in reading.keys

    def occurrences(self, reading: Reading) -> list[Occurrence]:
        return reading.phrase((self.key,), self.space) if self.key in reading.keys else []

    def stretches(self, reading: Reading) -> Iterable[Stretch]:
        return reading.stretches((self.key,), self.space)

    def keys(self) -> Iterator[int]:
        yield self.key


@dataclass(slots=True, eq=False)
class ValueNode(Node):
    """A value of the article's metadata: its feed, its language."""

    query: Query
    key: int

    def holds(self, reading: Reading) -> bool:
        return self.key in reading.keys

    def stretches(self, reading: Reading) -> Iterable[Stretch]:  # noqa: ARG002 - metadata has no text
        return ()

    def keys(self) -> Iterator[int]:
        yield self.key


@dataclass(slots=True, eq=False)
class PhraseNode(Occurring):
    """Words one after the other. `pair_keys` are those of neighbours in scripts without spaces."""

    query: Query
    space: Space
    word_keys: tuple[int, ...]
    pair_keys: tuple[int, ...] = ()

    def holds(self, reading: Reading) -> bool:
        return reading.keys.issuperset(self.word_keys) and reading.has_phrase(self.word_keys, self.space)

    def occurrences(self, reading: Reading) -> list[Occurrence]:
        return reading.phrase(self.word_keys, self.space) if reading.keys.issuperset(self.word_keys) else []

    def stretches(self, reading: Reading) -> Iterable[Stretch]:
        return reading.stretches(self.word_keys, self.space)

    def keys(self) -> Iterator[int]:
        yield from self.word_keys
        yield from self.pair_keys


@dataclass(slots=True, eq=False)
class WrittenNode(Occurring):
    """Text as it is written: a raw term, or a regular expression. `word_keys` are words that a raw term has in it."""

    query: Query
    space: Space
    written: Term | Regex
    word_keys: tuple[int, ...] = ()

    def holds(self, reading: Reading) -> bool:
        return reading.keys.issuperset(self.word_keys) and next(self._found(reading), None) is not None

    def occurrences(self, reading: Reading) -> list[Occurrence]:
        return [occurrence for stretch in self.stretches(reading) if (occurrence := reading.occurrence(stretch))]

    def stretches(self, reading: Reading) -> list[Stretch]:
        return list(self._found(reading)) if reading.keys.issuperset(self.word_keys) else []

    def keys(self) -> Iterator[int]:
        return iter(self.word_keys)

    def _found(self, reading: Reading) -> Iterator[Stretch]:
        pattern = raw_pattern(self.written.raw) if isinstance(self.written, Term) else compiled_regex(self.written)
        places = (
            (number, start + found.start(), start + found.end())
            for number in numbers_of(self.space)
            for start, value in reading.values(number)
            for found in pattern.finditer(value)
        )
        return islice(places, _MOST_PLACES)


@dataclass(slots=True, eq=False)
class NearNode(Node):
    """Two sides with few words between."""

    query: Query
    left: Occurring | OrNode
    right: Occurring | OrNode
    distance: int
    is_ordered: bool

    def holds(self, reading: Reading) -> bool:
        left, right = self._sides(reading)
        return any(self._reach(left, right, is_left=True))

    def stretches(self, reading: Reading) -> Iterable[Stretch]:
        left, right = self._sides(reading)
        yield from map(reading.stretch, self._reach(left, right, is_left=True))
        yield from map(reading.stretch, self._reach(right, left, is_left=False))

    def keys(self) -> Iterator[int]:
        yield from self.left.keys()
        yield from self.right.keys()

    def _sides(self, reading: Reading) -> tuple[list[Occurrence], list[Occurrence]]:
        left = self.left.occurrences(reading)
        return left, self.right.occurrences(reading) if left else []

    def _reach(self, side: list[Occurrence], other: list[Occurrence], *, is_left: bool) -> Iterator[Occurrence]:
        """Return the occurrences of one side that have one of the other within reach."""
        starts = sorted(start for start, _ in other)
        ends = sorted(end for _, end in other)
        for start, end in side:
            after = words_after(end, starts) if is_left or not self.is_ordered else math.inf
            before = words_before(start, ends) if not is_left or not self.is_ordered else math.inf
            if min(after, before) <= self.distance:
                yield start, end


@dataclass(slots=True, eq=False)
class NotNode(Node):
    """What must not be."""

    query: Query
    part: Node

    def holds(self, reading: Reading) -> bool:
        return not self.part.holds(reading)

    def stretches(self, reading: Reading) -> Iterable[Stretch]:  # noqa: ARG002 - what is not there has no place
        return ()

    def keys(self) -> Iterator[int]:
        return self.part.keys()


@dataclass(slots=True, eq=False)
class _Parted(Node):
    """What has several parts."""

    query: Query
    parts: tuple[Node, ...]

    def stretches(self, reading: Reading) -> Iterable[Stretch]:
        for part in self._holding(reading):
            yield from part.stretches(reading)

    def keys(self) -> Iterator[int]:
        for part in self.parts:
            yield from part.keys()

    def _holding(self, reading: Reading) -> Iterator[Node]:
        return (part for part in self.parts if part.holds(reading))


class AndNode(_Parted):
    """All of its parts."""

    __slots__ = ()

    def holds(self, reading: Reading) -> bool:
        return all(part.holds(reading) for part in self.parts)

    def has_alternatives(self) -> bool:
        return any(part.has_alternatives() for part in self.parts)

    def held(self, reading: Reading) -> Query:
        return conjunction(tuple(part.held(reading) for part in self.parts))


class OrNode(_Parted):
    """One of its parts."""

    __slots__ = ()

    def holds(self, reading: Reading) -> bool:
        return any(part.holds(reading) for part in self.parts)

    def has_alternatives(self) -> bool:
        return True

    def held(self, reading: Reading) -> Query:
        return next(self._holding(reading)).held(reading)

    def occurrences(self, reading: Reading) -> list[Occurrence]:
        """Return where its parts occur, in order: as a side of NEAR, where each of them is an occurring one."""
        found = {
            occurrence
            for part in self.parts
            if isinstance(part, Occurring | OrNode)
            for occurrence in part.occurrences(reading)
        }
        return sorted(found)


@dataclass(slots=True, eq=False)
class AtLeastNode(_Parted):
    """So many of its parts."""

    count: int = 1

    def holds(self, reading: Reading) -> bool:
        return sum(1 for _ in islice(self._holding(reading), self.count)) == self.count

    def has_alternatives(self) -> bool:
        return True

    def held(self, reading: Reading) -> Query:
        enough = islice(self._holding(reading), self.count)
        return conjunction(tuple(part.held(reading) for part in enough))


def words_after(end: Place, starts: Sequence[Place]) -> float:
    """Return how many words stand between `end` and the next of the sorted `starts`; infinite when there is none."""
    found = bisect_right(starts, end)
    return starts[found] - end - 1 if found < len(starts) else math.inf


def words_before(start: Place, ends: Sequence[Place]) -> float:
    """Return how many words stand between the last of the sorted `ends` and `start`; infinite when there is none."""
    found = bisect_left(ends, start)
    return start - ends[found - 1] - 1 if found else math.inf
