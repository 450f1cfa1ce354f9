"""Queries that look right and are not: each would look for something else without a word."""

from __future__ import annotations

from functools import partial

import pytest
from support.timing import least_seconds

from aggregator.errors import QueryError
from aggregator.matching.query import And, Fielded, Not, Or, Query, Regex, Term, Word
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.rules import Field

A, B, C, D = (Term((Word(name),)) for name in "abcd")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ('\u200f"a b"\u200f \u200e', Term((Word("a"), Word("b")))),
        ("a OR\u200b b", Or((A, B))),
        ("\u200etitle:/b/\u200e -\u200ec", And((Fielded(Field.TITLE, Regex("b")), Not(C)))),
        ("a\u200b\u200e", A),
    ],
)
def test_what_nobody_sees_beside_a_token_counts_for_nothing(text: str, query: Query) -> None:
    """Marks of direction and zero-width spaces come along when a query is pasted, and change no operator or field."""
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a (b) (c)(d)", And((A, B, C, D))),
        ("NOT(a)b", And((Not(A), B))),
        ('"a"(b)', And((A, B))),
        ("title:(a)", Fielded(Field.TITLE, A)),
        ("a OR(b)", Or((A, B))),
    ],
)
def test_a_group_may_touch_what_is_no_word(text: str, query: Query) -> None:
    """Only a word right before a group is taken for one with an ending in parentheses."""
    assert parse_query(text) == query


@pytest.mark.parametrize(("text", "query"), [("/ab /", Regex("ab ")), ("/ ab /c", Regex(" ab ", True))])
def test_an_expression_may_have_spaces_at_an_end(text: str, query: Query) -> None:
    """Only spaces at both ends look like slashes between words."""
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("prisoner(s)", 9, "put a space before this ("),
        ("title:spy(s) a", 10, "put a space before this ("),
        ("war / conflict / fight", 5, "/ between words is no operator; write OR"),
        ("a \u041eR b", 3, "this looks like OR, but has other letters"),
        ("a \uff21\uff2e\uff24 b", 3, "this looks like AND, but has other letters"),
        ("a N\u0415\u0410R/5 b", 3, "this looks like NEAR/5, but has other letters"),
        ("заголовок:a", 1, "unknown field заголовок"),
        ("url://t.me/x", 7, "only c may stand"),
        ("a ==/drone/c", 5, 'write /drone/c for an expression in which case counts, or =="/drone/c" for the text'),
        ("a" * 41 + "~2", 42, "words of 40 letters at most, and this one has 41"),
    ],
)
def test_what_looks_like_something_else_is_refused(query: str, column: int, words: str) -> None:
    """A habit of other programs, or a letter of another script, is told apart with its column and advice."""
    with pytest.raises(QueryError) as caught:
        parse_query(query)

    assert words in caught.value.message
    assert caught.value.column == column


def test_what_looks_like_an_operator_can_be_quoted() -> None:
    """The text that looks like one is found in quotes, and written so again."""
    query = parse_query('"\uff2f\uff32" x')

    assert format_query(query) == '"\uff2f\uff32" AND x'
    assert parse_query(format_query(query)) == query


def refused(text: str) -> None:
    """Have a text refused."""
    with pytest.raises(QueryError):
        parse_query(text)


@pytest.mark.parametrize("piece", ["a, OR ", "(a,) ", "\u200b", "\u200e("])
def test_long_lists_are_refused_in_a_moment(piece: str) -> None:
    """Commas and unseen signs take time in proportion to their number."""
    short, long = (least_seconds(partial(refused, (piece * size)[:size])) for size in (12_000, 48_000))

    assert long < 10 * short
