"""A query as a tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from aggregator.model.rules import Field


class How(StrEnum):
    """How a word of a query is compared with a word of an article."""

    FORMS = "forms"
    """Any form of it: `prisoner` finds prisoners and prisoner's."""
    FORM = "form"
    """That form, in any case, and its possessive: `=prisoner`."""
    WILDCARD = "wildcard"
    """`*` is any letters or none, `?` is one: `sabot*`, `colo?r`."""
    FUZZY = "fuzzy"
    """At most `distance` letters put in, taken out or changed: `zelensky~1`."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query, folded as the words of articles are; a wildcard keeps its `*` and `?`."""

    folded: str
    how: How = How.FORMS
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase, one after the other.

    `raw` is what must stand in the text letter by letter (`==POW`, `=="C++"`), empty for all other terms; its `words`
    are what is left when it is folded. `text` is what was typed, for showing it again: terms that differ in it alone
    are equal.
    """

    words: tuple[Word, ...]
    raw: str = ""
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 regular expression, looked for in the text as it is written."""

    pattern: str
    is_case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Holds where at most `distance` words stand between the nearest ends of its sides; `is_ordered`: left first.

    Both sides are terms, regular expressions, or an `Or` of such.
    """

    left: Query
    right: Query
    distance: int
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Holds where at least `count` of its different parts do; 1 < count < len(parts)."""

    count: int
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Fielded:
    """A query that looks in one field only.

    For `feed` and `lang`, which are metadata, `part` is a `Term`, or `Or`, `And`, `Not` of such.
    """

    field: Field
    part: Query


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where `part` does not."""

    part: Query


@dataclass(frozen=True, slots=True)
class And:
    """Holds where all of two or more parts do."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds where any of two or more parts does."""

    parts: tuple[Query, ...]


Query = Term | Regex | Near | AtLeast | Fielded | Not | And | Or


def conjunction(parts: tuple[Query, ...]) -> Query:
    """Return the AND of `parts`, each once, without an AND inside an AND."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else And(distinct)


def disjunction(parts: tuple[Query, ...]) -> Query:
    """Return the OR of `parts`, each once, without an OR inside an OR."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else Or(distinct)


def at_least(count: int, parts: tuple[Query, ...]) -> Query:
    """Return what holds where at least `count` of `parts` do; 1 <= count <= the number of different ones."""
    distinct = tuple(dict.fromkeys(parts))
    if count == 1:
        return disjunction(distinct)
    if count == len(distinct):
        return conjunction(distinct)
    return AtLeast(count, distinct)


def count_terms(query: Query) -> int:
    """Return how many words, phrases and expressions `query` has."""
    match query:
        case Term() | Regex():
            return 1
        case Near(left=left, right=right):
            return count_terms(left) + count_terms(right)
        case Fielded(part=part) | Not(part=part):
            return count_terms(part)
        case And(parts=parts) | Or(parts=parts) | AtLeast(parts=parts):
            return sum(map(count_terms, parts))


def requires_something(query: Query) -> bool:
    """Whether `query` can hold only where something is; one that can only exclude would match everything else."""
    match query:
        case Term() | Regex() | Near():
            return True
        case Fielded(part=part):
            return requires_something(part)
        case And(parts=parts):
            return any(requires_something(part) for part in parts)
        case Or(parts=parts):
            return all(requires_something(part) for part in parts)
        case AtLeast(count=count, parts=parts):
            return sum(not requires_something(part) for part in parts) < count
        case Not():
            return False
