"""The terms of articles that may say what they are about, with where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from aggregator.matching.query import Term
from aggregator.matching.suggesting.prose import Zone

_FREE = 1 / 3
"""A word that stands so rarely outside of phrases is told by them."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a term stands: words `first` to `last` of an example, and in which sentence of it."""

    example: int
    first: int
    last: int
    zone: Zone
    sentence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingTerm:
    """A term with all its places.

    `key` are its words as lexemes. `is_name`: written with capitals in sentences. `neighbours` are the telling words
    directly before and after its places; `sourced` is the share of its places where it is who says something.
    """

    term: Term
    key: Key
    places: tuple[Place, ...]
    is_name: bool
    neighbours: Mapping[str, int]
    sourced: float

    @property
    def examples(self) -> frozenset[int]:
        """The numbers of the examples that have it."""
        return frozenset(place.example for place in self.places)

    def spoken(self, example: int) -> float:
        """Return how often an example has it, each place by the weight of its zone."""
        return sum(place.zone.value for place in self.places if place.example == example)


def without_overlap(found: Collection[TellingTerm]) -> list[TellingTerm]:
    """Of phrases and their parts, return those that stand by themselves.

    A phrase goes where a shorter one in it stands more often, or one of its words twice as often; a word goes where
    it stands in phrases, and hardly elsewhere.
    """
    count_of = {one.key: len(one.places) for one in found}
    phrases = [one for one in found if len(one.key) > 1 and not _is_told_by_less(one, count_of)]
    phrases = [one for one in phrases if not _is_cut_off(one, count_of, {other.key for other in phrases})]
    longest_first = sorted(phrases, key=lambda one: -len(one.key))
    kept: list[TellingTerm] = []
    for one in [*longest_first, *(one for one in found if len(one.key) == 1)]:
        inside = {place for phrase in kept if _has(phrase.key, one.key) for place in _covered(phrase, one)}
        free = tuple(place for place in one.places if place not in inside)
        if one.term.raw or not inside:
            kept.append(one)
        elif len(free) > _FREE * len(one.places):
            kept.append(replace(one, places=free))
    return kept


def _is_told_by_less(phrase: TellingTerm, count_of: Mapping[Key, int]) -> bool:
    count = len(phrase.places)
    for length in range(1, len(phrase.key)):
        for first in range(len(phrase.key) - length + 1):
            part = count_of.get(phrase.key[first : first + length], 0)
            is_weightier = part > count if length > 1 else part >= 2 * count
            if is_weightier and not (phrase.is_name and length == 1 and not phrase.key[first].isupper()):
                return True
    return False


def _is_cut_off(phrase: TellingTerm, count_of: Mapping[Key, int], kept: Collection[Key]) -> bool:
    """Whether a phrase always stands in a longer one that goes: `families of Ukrainian`, of `… Ukrainian POWs`."""
    count = len(phrase.places)
    return any(key not in kept and other == count and _has(key, phrase.key) for key, other in count_of.items())


def _has(longer: Key, part: Key) -> bool:
    width = len(part)
    return len(longer) > width and any(longer[at : at + width] == part for at in range(len(longer) - width + 1))


def _covered(phrase: TellingTerm, part: TellingTerm) -> Iterator[Place]:
    """Return the places of `part` that lie in `phrase`."""
    for place in part.places:
        if any(
            whole.example == place.example and whole.first <= place.first and place.last <= whole.last
            for whole in phrase.places
        ):
            yield place
