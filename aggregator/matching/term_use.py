"""What each term of a rule does: whether it is anywhere, what it lets through, what it keeps away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count

from aggregator.matching.index import RuleIndex
from aggregator.matching.query import (
    And,
    AtLeast,
    Fielded,
    Near,
    Not,
    Or,
    Query,
    Regex,
    Term,
    conjunction,
    requires_something,
)
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import FeedSelector, Rule

Rebuild = Callable[[Query], Query]
"""Returns a whole query, or what is shown of it, with something else in one place."""


class Role(StrEnum):
    """What a term is in its query."""

    REQUIRED = "required"
    """Nothing matches without it."""
    ALTERNATIVE = "alternative"
    """One of an OR or an ATLEAST; it may be a group of terms."""
    EXCLUDED = "excluded"
    """It keeps articles away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermUse:
    """What one term did, in numbers of articles.

    `articles`: it is in so many of those that the rule reads; of an alternative that is a NOT, those that match by it.
    `fired`: of a required term, all that matched; of an alternative, those that match by it, alone or beside others; of
    an excluded term, those that it kept away. `alone`: those of them that no other alternative lets through, or no
    other excluded term keeps away.
    """

    term: str
    role: Role
    articles: int
    fired: int
    alone: int


@dataclass(slots=True, eq=False)
class _Place:
    """One term in its place. `narrowed` is the query in which it is the only alternative of its group.

    It is alone where `needed` of its group hold, and where the alternative that it is a part of, `outer`, is alone too.
    """

    term: Query
    role: Role
    group: int
    narrowed: Query | None = None
    needed: int = 1
    outer: _Place | None = None
    articles: int = 0
    fired: int = 0
    alone: int = 0


class TermUses:
    """Tries a rule on articles, one after the other, and counts what its terms do.

    All is asked of one index, so that an article is taken apart once: the rule, its terms, and for each alternative
    the rule with that alternative only.
    """

    def __init__(self, rule: Rule) -> None:
        """Take `rule` apart; which feeds it reads is the caller's to ask.

        Raises:
            QueryError: when its query cannot be read.
        """
        self._index = RuleIndex()
        self._whole, self._open = RuleId("whole"), RuleId("open")
        self._places: list[_Place] = []
        whole = replace(rule, id=self._whole, feeds=FeedSelector())
        self._index.add(whole)
        if rule.has_query:
            query = compile_rule(rule)
            self._places = list(_Places().of(query, lambda other: other))
            if any(place.role is Role.EXCLUDED for place in self._places):
                text = format_query(without_exclusions(query))
                self._index.add(replace(whole, id=self._open, query=text))
        for number, place in enumerate(self._places):
            if requires_something(place.term):
                self._add(RuleId(f"is {number}"), place.term, rule)
            if place.narrowed is not None:
                self._add(RuleId(f"by {number}"), place.narrowed, rule)

    def matches(self, article: Article) -> int | None:
        """Count what the terms do in `article`; return how many let it through, None where it does not match."""
        held = set(self._index.matching_rules(article))
        if not held:
            return None
        is_match = self._whole in held
        present = [place for number, place in enumerate(self._places) if f"is {number}" in held]
        for place in present:
            place.articles += 1
        if is_match:
            fired = [
                place
                for number, place in enumerate(self._places)
                if place.role is Role.REQUIRED or (place.narrowed is not None and f"by {number}" in held)
            ]
        elif self._open in held:
            fired = [place for place in present if place.role is Role.EXCLUDED]
        else:
            return None
        _count(fired)
        return len(fired) if is_match else None

    def uses(self) -> tuple[TermUse, ...]:
        """Return what each term did so far, in the order of the query."""
        return tuple(
            TermUse(
                term=format_query(place.term),
                role=place.role,
                articles=max(place.articles, place.fired),
                fired=place.fired,
                alone=place.alone,
            )
            for place in self._places
        )

    def _add(self, rule_id: RuleId, query: Query, rule: Rule) -> None:
        self._index.add(Rule(id=rule_id, title="", query=format_query(query), language=rule.language))


def without_exclusions(query: Query) -> Query:
    """Return `query` without what its ANDs exclude: it holds wherever `query` does."""
    match query:
        case And(parts=parts):
            kept = [part for part in parts if not _excludes(part)]
            return conjunction(tuple(without_exclusions(part) for part in kept))
        case Or(parts=parts):
            return Or(tuple(without_exclusions(part) for part in parts))
        case Fielded(field=field_, part=part):
            return Fielded(field_, without_exclusions(part))
        case _:
            return query


def _excludes(query: Query) -> bool:
    match query:
        case Not():
            return True
        case Fielded(part=part):
            return _excludes(part)
        case And(parts=parts):
            return all(_excludes(part) for part in parts)
        case _:
            return False


def _count(fired: list[_Place]) -> None:
    together: dict[int, int] = {}
    for place in fired:
        place.fired += 1
        together[place.group] = together.get(place.group, 0) + 1
    alone: set[_Place] = set()
    for place in fired:  # an outer alternative comes before its parts
        if place.role is Role.REQUIRED or together[place.group] != place.needed:
            continue
        if place.outer is None or place.outer in alone:
            alone.add(place)
            place.alone += 1


@dataclass(slots=True)
class _Places:
    """Goes through a query for its terms; each OR, each ATLEAST and all that is excluded is a group."""

    _groups: Iterator[int] = field(default_factory=lambda: count(1))

    def of(  # noqa: C901 - one answer a kind of query
        self, query: Query, rebuild: Rebuild, shown: Rebuild = lambda query: query, outer: _Place | None = None
    ) -> Iterator[_Place]:
        """Yield the places in `query`, which `rebuild` puts into the whole; `shown` puts a term into its field."""
        match query:
            case Term() | Regex():
                if outer is None:
                    yield _Place(shown(query), Role.REQUIRED, 0)
            case Near(left=left, right=right):
                yield from self.of(left, lambda other: rebuild(replace(query, left=other)), shown, outer)
                yield from self.of(right, lambda other: rebuild(replace(query, right=other)), shown, outer)
            case Fielded(field=field_, part=part):
                in_field: Rebuild = lambda other: Fielded(field_, other)  # noqa: E731 - it is passed on twice
                yield from self.of(part, lambda other: rebuild(in_field(other)), in_field, outer)
            case And(parts=parts):
                for number, part in enumerate(parts):
                    rest = parts[:number], parts[number + 1 :]
                    yield from self.of(part, _among(rest, rebuild), shown, outer)
            case Or(parts=parts):
                group = next(self._groups)
                for part in parts:
                    place = _Place(shown(part), Role.ALTERNATIVE, group, rebuild(part), outer=outer)
                    yield place
                    if not isinstance(part, Term | Regex | Not):
                        yield from self.of(part, rebuild, shown, place)
            case AtLeast(count=needed, parts=parts):
                group = next(self._groups)
                for part in parts:
                    narrowed = rebuild(conjunction((query, part)))
                    yield _Place(shown(part), Role.ALTERNATIVE, group, narrowed, needed, outer)
            case Not(part=part):
                yield from (
                    _Place(shown(excluded), Role.EXCLUDED, -1)
                    for excluded in (part.parts if isinstance(part, Or) else (part,))
                )


def _among(rest: tuple[tuple[Query, ...], tuple[Query, ...]], rebuild: Rebuild) -> Rebuild:
    before, after = rest
    return lambda other: rebuild(conjunction((*before, other, *after)))
