"""A query as a tree, and the tree as text."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model.rules import Field


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase: `text` as typed, `words` folded. More than one word is a phrase."""

    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fielded:
    """A query that looks in one field only."""

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


Query = Term | Fielded | Not | And | Or

OPERATORS = frozenset({"AND", "OR", "NOT"})


def conjunction(parts: tuple[Query, ...]) -> Query:
    """Return the AND of `parts`, without an AND inside an AND."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(parts: tuple[Query, ...]) -> Query:
    """Return the OR of `parts`, without an OR inside an OR."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def requires_something(query: Query) -> bool:
    """Whether `query` can hold only where something is; one that can only exclude would match everything else."""
    match query:
        case Term():
            return True
        case Fielded(part=part):
            return requires_something(part)
        case And(parts=parts):
            return any(requires_something(part) for part in parts)
        case Or(parts=parts):
            return all(requires_something(part) for part in parts)
        case Not():
            return False


def format_query(query: Query) -> str:
    """Write `query` in canonical form; reading it again gives the same tree."""
    match query:
        case Term(text=text, words=words):
            is_bare = len(words) == 1 and text.isalnum() and text not in OPERATORS
            return text if is_bare else f'"{text}"'
        case Fielded(field=field, part=part):
            inner = format_query(part)
            return f"{field}:{inner}" if isinstance(part, Term) else f"{field}:({inner})"
        case Not(part=part):
            return f"NOT {_grouped(part)}"
        case And(parts=parts):
            return " AND ".join(_grouped(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(_grouped(part) for part in parts)


def _grouped(query: Query) -> str:
    text = format_query(query)
    return f"({text})" if isinstance(query, And | Or) else text
