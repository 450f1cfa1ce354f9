"""Expressions that RE2 refuses, or that would match everything: why, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import QueryError
from aggregator.matching.query import Regex
from aggregator.matching.syntax.regex_mistakes import regex_mistake
from aggregator.matching.syntax.regexes import check_regex, compiled_regex


@pytest.mark.parametrize(
    ("pattern", "column", "words"),
    [
        ("a(?=b)", 2, "RE2 has no lookahead"),
        ("a(?!b)", 2, "no negative lookahead: leave it out, or write a second term with NOT"),
        ("(?<=b)a", 1, "no lookbehind"),
        ("(?<!b)a", 1, "no negative lookbehind"),
        ("(?>b)a", 1, "no atomic groups"),
        ("(?#b)a", 1, "no comments"),
        ("(?P<n>a)(?P=n)", 9, "no named backreferences"),
        ("a(?z)", 2, "(?z is no group that RE2 has"),
        (r"(a)\1", 4, r"no backreferences (\1)"),
        (r"a\Z", 2, r"write \z"),
        (r"\u2019", 1, r"\x{2019}"),
        (r"a\q", 2, r"\q means nothing in RE2"),
        ("a++", 2, "no possessive ones"),
        ("a*?b**", 5, "** repeats what repeats already"),
        ("*a", 1, r"write \* for the sign itself"),
        ("a{1001}", 2, "{1001} repeats too often"),
        ("((a{100}){100}){100}", 4, "repeats too often"),
        ("a[bc", 2, "this [ is never closed"),
        ("(a)(b(c)", 4, "this ( is never closed"),
        (r"\((a", 3, "this ( is never closed"),
        ("[(](a", 4, "this ( is never closed"),
        ("(a))", 4, "this ) closes nothing"),
        ("[z-a]", 2, "z-a is no range"),
        (r"\p{Foo}", 1, r"\p{Cyrillic}"),
        ("ab\\", 3, "escapes nothing"),
        (r"(\pL{900}){1}(\pL{900}){1}(\pL{900}){1}", 1, "too much memory"),
        ("[(?=](?=a)", 6, "no lookahead"),
        (r"\(?=(?=a)", 5, "no lookahead"),
        ("a\udc00", 2, "half of one"),
        (r"\\C[C]\C", 7, r"\C is one byte"),
        ("x" * 2001, 1, "2,001 characters, more than 2,000"),
        ("a(?<" + "n" * 40, 2, "(?<nnnnnnnnnnnnnnnnn…"),
    ],
)
def test_a_refused_expression_has_its_reason_and_place(pattern: str, column: int, words: str) -> None:
    """What RE2 cannot do is said in words, at the piece that it cannot read."""
    with pytest.raises(QueryError) as caught:
        check_regex(Regex(pattern))

    assert words in caught.value.message
    assert caught.value.column == column


@pytest.mark.parametrize("pattern", ["", "a*", "(drone)?", "^", "$", r"\b", r"\B", "a|", "x*|y", r"(?m)^", r"\b\d*"])
def test_what_fits_empty_text_is_refused(pattern: str) -> None:
    """An expression that needs no character would match every article."""
    with pytest.raises(QueryError, match="fits empty text"):
        check_regex(Regex(pattern))


@pytest.mark.parametrize("pattern", ["a", "^a", r"\bwar\b", "a*b", r"\pL+", "(?i)é", "(?:a|b)c?", r"[^\s]"])
def test_what_needs_a_character_is_taken(pattern: str) -> None:
    """Anchors and options are fine beside something to look for."""
    check_regex(Regex(pattern, is_case_sensitive=True))

    assert compiled_regex(Regex(pattern, is_case_sensitive=True)) is not None


@given(st.text(alphabet=r"ab()[]{}|?*+\^$.1,-:=!<>P", max_size=12))
def test_any_expression_is_taken_or_refused_within_it(pattern: str) -> None:
    """Whatever is typed, RE2's refusal becomes our error, at a column of the expression."""
    column = 1
    try:
        check_regex(Regex(pattern))
    except QueryError as error:
        column = error.column

    assert 1 <= column <= max(1, len(pattern))


def test_a_reason_that_is_not_known_is_passed_on() -> None:
    """What a later RE2 may say is shown as it says it."""
    assert regex_mistake("ab", "unexpected thing: b") == ("RE2 refuses this expression: unexpected thing: b", 1)
    assert regex_mistake("(a", "missing )") == (r"this ( is never closed; add a ), or write \( for the sign itself", 0)
    assert regex_mistake("a", "unexpected )")[1] == 0
