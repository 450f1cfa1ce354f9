"""A query's tree as text, in canonical form."""

from __future__ import annotations

from aggregator.matching.query import And, AtLeast, Fielded, How, Near, Not, Or, Query, Regex, Term

OPERATORS = frozenset({"AND", "OR", "NOT"})


def format_query(query: Query) -> str:  # noqa: PLR0911 - one answer a kind of node
    """Write `query` in canonical form; reading it again gives the same tree."""
    match query:
        case Term():
            return _term(query)
        case Regex(pattern=pattern, is_case_sensitive=is_case_sensitive):
            return f"/{pattern}/{'c' if is_case_sensitive else ''}"
        case Near(left=left, right=right, distance=distance, is_ordered=is_ordered):
            return f"{_grouped(left)} {'O' if is_ordered else ''}NEAR/{distance} {_grouped(right)}"
        case AtLeast(count=count, parts=parts):
            return f"ATLEAST/{count}({' '.join(_grouped(part) for part in parts)})"
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


def _term(term: Term) -> str:
    if term.raw:
        return f"=={term.raw}" if term.raw.isalnum() else f'=="{term.raw}"'
    sign = "=" if any(word.how is How.FORM for word in term.words) else ""
    text = term.text or " ".join(word.folded for word in term.words)
    is_bare = len(term.words) == 1 and text.isalnum() and text not in OPERATORS
    return f"{sign}{text}" if is_bare else f'{sign}"{text}"'
