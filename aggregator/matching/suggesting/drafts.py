"""From groups of terms to queries that hold for all examples, as narrow as they can be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aggregator.matching.query import Near, Not, Query, conjunction, disjunction
from aggregator.matching.suggesting.grouping import MENTIONED_ONCE, Groups, Scored, distance_between

_LEAST_DISTANCE = 15
_MOST_DISTANCE = 50
_ROUNDED_TO = 5
_GENEROSITY = 2
_MOST_FURTHER = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """What a query is made of; `distance` None: the companion may stand anywhere. `excluded` must not be there."""

    subject: tuple[Scored, ...]
    companion: tuple[Scored, ...] = ()
    context: tuple[Scored, ...] = ()
    further: tuple[Scored, ...] = ()
    excluded: tuple[Scored, ...] = ()
    distance: int | None = None

    @property
    def terms(self) -> tuple[Scored, ...]:
        """All terms that it wants."""
        return (*self.subject, *self.companion, *self.context, *self.further)

    def query(self) -> Query:
        """Return the query: subject NEAR companion AND context AND further NOT excluded."""
        first = _any(self.subject)
        parts: list[Query] = [first]
        if self.companion and self.distance is not None:
            parts = [Near(first, _any(self.companion), self.distance)]
        elif self.companion:
            parts.append(_any(self.companion))
        parts += [_any(terms) for terms in (self.context, self.further) if terms]
        if self.excluded:
            parts.append(Not(_any(self.excluded)))
        return conjunction(tuple(parts))


def first_draft(groups: Groups, examples: int) -> Draft:
    """Return the query as an analyst would write it."""
    distance = _generous_distance(groups.subject, groups.companion, range(examples))
    return Draft(groups.subject, groups.companion, groups.context, distance=distance)


def wider(draft: Draft) -> Iterator[Draft]:
    """Return `draft`, then ever wider ones, the last with nothing but its subject."""
    yield draft
    yield replace(draft, distance=None)
    yield replace(draft, context=())
    yield replace(draft, context=(), distance=None)
    yield replace(draft, companion=(), distance=None)
    yield Draft(draft.subject)


def tighter(draft: Draft, rest: Sequence[Scored], examples: int) -> Iterator[Draft]:
    """Return narrower drafts: nearer together and with something further, or one of the two."""
    distance = draft.distance
    if distance is not None:
        needed = _greatest_gap(draft.subject, draft.companion, range(examples))
        distance = min(distance, max(_LEAST_DISTANCE, needed or 0))
    further = draft.further or _further(rest, examples)
    yield replace(draft, distance=distance, further=further)
    yield replace(draft, distance=distance)


def looser(draft: Draft) -> Iterator[Draft]:
    """Return wider drafts that still say something: without the context, or without the companion."""
    if draft.context:
        distance = None if draft.distance is None else _MOST_DISTANCE
        yield replace(draft, context=(), distance=distance)
    yield replace(draft, companion=(), distance=None)


def covering(terms: Iterable[Scored], examples: int, most: int = 6) -> tuple[Scored, ...]:
    """Return alternatives, the most telling first, of which each example has one; none where that cannot be."""
    missing = set(range(examples))
    taken: list[Scored] = []
    for one in sorted(terms, key=lambda one: (-len(one.found.examples), -one.weight)):
        if one.found.examples & missing and len(taken) < most:
            taken.append(one)
            missing -= one.found.examples
    return () if missing else tuple(taken)


def _generous_distance(left: Sequence[Scored], right: Sequence[Scored], examples: Iterable[int]) -> int | None:
    """Return how far apart the two may be: twice as far as they are; None where they are too far to be near."""
    gap = _greatest_gap(left, right, examples)
    if gap is None or gap > _MOST_DISTANCE:
        return None
    rounded = -(-gap * _GENEROSITY // _ROUNDED_TO) * _ROUNDED_TO
    return min(max(rounded, _LEAST_DISTANCE), _MOST_DISTANCE)


def _greatest_gap(left: Sequence[Scored], right: Sequence[Scored], examples: Iterable[int]) -> int | None:
    """Return the most words that stand between the nearest of both in an example; None where one has not both."""
    greatest = max((_gap(left, right, example) for example in examples), default=math.inf)
    return None if greatest == math.inf else int(greatest)


def _gap(left: Sequence[Scored], right: Sequence[Scored], example: int) -> float:
    firsts, seconds = (
        [place for one in side for place in one.found.places if place.example == example] for side in (left, right)
    )
    return min((distance_between(first, second) for first in firsts for second in seconds), default=math.inf)


def _further(rest: Sequence[Scored], examples: int) -> tuple[Scored, ...]:
    """Return one more group: what all examples need, and what else is said more than once, names and places too."""
    if not (needed := covering(rest, examples)):
        return ()
    said = [one for one in rest if one not in needed and one.spoken > MENTIONED_ONCE]
    return (*needed, *said[: max(_MOST_FURTHER - len(needed), 0)])


def _any(terms: Sequence[Scored]) -> Query:
    return disjunction(tuple(one.found.term for one in terms))
