"""Which telling terms belong together: the subject, what stands with it, and what else the articles speak of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.matching.suggesting.prose import Zone
from aggregator.matching.suggesting.telling_terms import Place, TellingTerm

_NEAR_WORDS = 12
_SAME_LIST_WORDS = 3
_CONTEXT_WORDS = 5
_SHORTEST_BEGINNING = 5
_SHARE_OF_BEGINNING = 0.6
_SHORTEST_LAST_PART = 6
_ALIKE = 0.3
"""The cosine from which on two terms stand among the same words."""
_RARE_ENOUGH = 0.02
"""Of many alternatives each must be rarer than this share of articles, or together they hold everywhere."""
MENTIONED_ONCE = 1.0
_MOST_ONCE = 3
_TITLE_COUNTS = 2.0
_SIZES = (4, 3, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A candidate with how telling it is, and the share of articles that have it."""

    found: TellingTerm
    weight: float
    share: float
    is_place: bool = False
    """A name that everybody knows, of a country above all: it says where, not what."""

    @property
    def spoken(self) -> float:
        """How much the example speaks of it that speaks of it most."""
        return max(self.found.spoken(example) for example in self.found.examples)

    @property
    def is_in_title(self) -> bool:
        """Whether it stands in the title of an example."""
        return any(place.zone is Zone.TITLE for place in self.found.places)


@dataclass(frozen=True, slots=True)
class Groups:
    """Alternatives for each part of a query; `companion` and `context` may be empty, `rest` is what is left over."""

    subject: tuple[Scored, ...]
    companion: tuple[Scored, ...]
    context: tuple[Scored, ...]
    rest: tuple[Scored, ...]


def group(scored: Sequence[Scored], examples: int) -> Groups:
    """Part terms, the most telling first, into groups; each has something in every example, where that can be."""
    return _Grouping(scored, examples).groups()


def distance_between(one: Place, other: Place) -> float:
    """Return how many words are between two places; infinite where they overlap, or are in different examples."""
    if one.example != other.example:
        return math.inf
    between = max(other.first - one.last, one.first - other.last) - 1
    return math.inf if between < 0 else between


class _Grouping:
    """Takes terms out of a list, group by group."""

    def __init__(self, scored: Sequence[Scored], examples: int) -> None:
        self._left = list(scored)
        self._all = tuple(scored)
        self._examples = frozenset(range(examples))

    def groups(self) -> Groups:
        """Return the groups."""
        subject = self._take(max(self._left, key=lambda one: one.weight), _SIZES[0])
        companion = self._companion(subject)
        context = self._context()
        return Groups(subject, companion, context, tuple(self._left))

    def _companion(self, subject: Sequence[Scored]) -> tuple[Scored, ...]:
        """Return what stands near the subject most often: names are who says it, or where, more often than what."""
        places = [place for one in subject for place in one.found.places]

        def closeness(one: Scored) -> float:
            near = sum(max(_nearness(place, other) for other in places) for place in one.found.places)
            return one.weight * near * (_TITLE_COUNTS if one.is_in_title else 1.0)

        best = max((one for one in self._left if not one.is_place), key=closeness, default=None)
        if best is None or not closeness(best):
            return ()
        taken = self._take(best, _SIZES[1])
        return taken if self._covers(taken) else self._give_back(taken)

    def _context(self) -> tuple[Scored, ...]:
        """Return what else is told: what is said more than once or in the title, and what stands in a list with it."""
        rare = [one for one in self._left if one.share <= _RARE_ENOUGH and not one.found.is_name]
        said = [one for one in rare if one.spoken > MENTIONED_ONCE]
        said = sorted(said, key=lambda one: -one.weight * (_TITLE_COUNTS if one.is_in_title else 1.0))
        said = said[: _SIZES[2] - _MOST_ONCE]
        titled = [one.found for one in said if one.is_in_title]
        once = [one for one in rare if one not in said and any(_are_listed(one.found, other) for other in titled)]
        taken = [*said, *once[:_MOST_ONCE]]
        for one in taken:
            self._left.remove(one)
        whole = self._covering(taken)
        return whole if self._covers(whole) else self._give_back(whole)

    def _take(self, first: Scored, size: int) -> tuple[Scored, ...]:
        """Take `first` and its kin out of what is left, and what the examples need that have none of them."""
        self._left.remove(first)
        taken = [first]
        for is_kin in (_are_same, _are_alike):
            for one in list(self._left):
                if len(taken) < size and any(is_kin(one.found, other.found) for other in taken):
                    self._left.remove(one)
                    taken.append(one)
        return self._covering(taken)

    def _covering(self, taken: list[Scored]) -> tuple[Scored, ...]:
        """Add the most telling term of each example that has none of `taken`."""
        while missing := self._examples.difference(*(one.found.examples for one in taken)):
            useful = [one for one in self._left if one.found.examples & missing]
            if not useful or not taken:
                break
            best = max(useful, key=lambda one: one.weight * len(one.found.examples & missing))
            self._left.remove(best)
            taken.append(best)
        return tuple(taken)

    def _covers(self, taken: Iterable[Scored]) -> bool:
        return not self._examples.difference(*(one.found.examples for one in taken))

    def _give_back(self, taken: Iterable[Scored]) -> tuple[Scored, ...]:
        returned = [*taken, *self._left]
        self._left = [one for one in self._all if one in returned]
        return ()


def _are_same(one: TellingTerm, other: TellingTerm) -> bool:
    """Whether one is the other's acronym, plural or last part, or both begin alike."""
    return _is_acronym(one, other) or _is_acronym(other, one) or _look_alike(one, other)


def _are_alike(one: TellingTerm, other: TellingTerm) -> bool:
    """Whether the two stand in each other's place: beside the same words, and not in the same sentences."""
    if one.is_name != other.is_name or {_sentence(place) for place in one.places} & set(map(_sentence, other.places)):
        return False
    return _cosine(one.neighbours, other.neighbours) >= _ALIKE


def _sentence(place: Place) -> tuple[int, int]:
    return place.example, place.sentence


def _nearness(one: Place, other: Place) -> float:
    """Return 1 for neighbours, less with each word between, 0 from a distance on."""
    between = distance_between(one, other)
    return 1 / (1 + between) if between <= _NEAR_WORDS else 0.0


def _are_listed(one: TellingTerm, other: TellingTerm) -> bool:
    """Whether the two stand side by side in a sentence: `spying and acts of sabotage`."""
    return any(
        place.sentence == beside.sentence and distance_between(place, beside) <= _SAME_LIST_WORDS
        for place in one.places
        for beside in other.places
    )


def _is_acronym(short: TellingTerm, long: TellingTerm) -> bool:
    if not short.term.raw:
        return False
    letters = short.key[0].removesuffix("s").casefold()
    if long.term.raw:
        return letters == long.key[0].removesuffix("s").casefold()
    return letters == "".join(word[0] for word in long.key).casefold()


def _look_alike(one: TellingTerm, other: TellingTerm) -> bool:
    """Whether two words are of one family by their letters: captive and captivity, полонений and військовополонений."""
    if len(one.key) > 1 or len(other.key) > 1 or one.term.raw or other.term.raw:
        return False
    shorter, longer = sorted((one.key[0], other.key[0]), key=len)
    pairs = enumerate(zip(shorter, longer, strict=False))
    common = next((at for at, (letter, its) in pairs if letter != its), len(shorter))
    if common >= max(_SHORTEST_BEGINNING, _SHARE_OF_BEGINNING * len(longer)):
        return True
    return len(shorter) >= _SHORTEST_LAST_PART and longer.endswith(shorter)


def _cosine(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    product = sum(count * other[name] for name, count in one.items())
    length = math.sqrt(sum(c * c for c in one.values()) * sum(c * c for c in other.values()))
    return product / length if product else 0.0
