"""A query's tree as text, in canonical form."""

from __future__ import annotations

import re

from aggregator.errors import QueryError
from aggregator.matching.query import And, AtLeast, Fielded, How, Near, Not, Or, Query, Regex, Term, Word
from aggregator.matching.syntax.keywords import is_keyword
from aggregator.matching.syntax.metadata import METADATA
from aggregator.matching.syntax.terms import read_term

_SLASH = re.compile(r"\\.|/", re.DOTALL)
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def format_query(query: Query) -> str:
    """Write `query` in canonical form; reading it again gives the same tree."""
    return _format(query, is_value=False)


def _format(query: Query, *, is_value: bool) -> str:  # noqa: PLR0911 - one answer a kind of node
    match query:
        case Term():
            return _value(query) if is_value else _term(query)
        case Regex(pattern=pattern, is_case_sensitive=is_case_sensitive):
            escaped = _SLASH.sub(lambda found: r"\/" if found[0] == "/" else found[0], pattern)
            return f"/{escaped}/{'c' if is_case_sensitive else ''}"
        case Near(left=left, right=right, distance=distance, is_ordered=is_ordered):
            return f"{_part(left)} {'O' if is_ordered else ''}NEAR/{distance} {_part(right)}"
        case AtLeast(count=count, parts=parts):
            return f"ATLEAST/{count}({' '.join(_part(part) for part in parts)})"
        case Fielded(field=field, part=part):
            return f"{field}:{_part(part, is_value=field in METADATA)}"
        case Not(part=part):
            return f"NOT {_part(part, is_value=is_value)}"
        case And(parts=parts):
            return " AND ".join(_grouped(part, is_value=is_value) for part in parts)
        case Or(parts=parts):
            return " OR ".join(_grouped(part, is_value=is_value) for part in parts)


def _grouped(query: Query, *, is_value: bool) -> str:
    """Write a part of AND or OR; NEAR and NOT need no parentheses there."""
    text = _format(query, is_value=is_value)
    return f"({text})" if isinstance(query, And | Or) else text


def _part(query: Query, *, is_value: bool = False) -> str:
    """Write what must be one whole: a word, a phrase, an expression, or a group."""
    text = _format(query, is_value=is_value)
    return f"({text})" if isinstance(query, And | Or | Near | Not) else text


def _value(term: Term) -> str:
    text = term.text or term.words[0].folded
    return text if _VALUE.fullmatch(text) and not is_keyword(text) else _quoted(text)


def _term(term: Term) -> str:
    if term.raw:
        return f"=={term.raw}" if term.raw.isalnum() else f"=={_quoted(term.raw)}"
    how = How.FORM if any(word.how is How.FORM for word in term.words) else How.FORMS
    sign = "=" if how is How.FORM else ""
    if term.text.isalnum():
        return sign + (_quoted(term.text) if is_keyword(term.text) else term.text)
    folded = " ".join(map(_typed, term.words))
    text = term.text if _reads(term.text, how, term, is_quoted=True) else folded
    is_bare = len(term.words) == 1 and not is_keyword(text) and _reads(text, how, term, is_quoted=False)
    return sign + (text if is_bare else _quoted(text))


def _reads(text: str, how: How, term: Term, *, is_quoted: bool) -> bool:
    """Whether `text` means `term`: one that nobody typed may have any text."""
    try:
        return bool(text) and read_term(text, how, is_quoted=is_quoted) == term
    except QueryError:
        return False


def _typed(word: Word) -> str:
    return f"{word.folded}~{word.distance}" if word.how is How.FUZZY else word.folded


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
