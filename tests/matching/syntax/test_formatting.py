"""Queries in canonical form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from support.queries import QUERIES

from aggregator.matching.query import Fielded, How, Near, Query, Regex, Term, Word
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.rules import Field


@settings(max_examples=500)
@given(QUERIES)
def test_a_query_that_is_written_reads_as_the_same_tree(query: Query) -> None:
    """Writing and reading any tree gives it back, and writing it again the same text."""
    written = format_query(query)

    read = parse_query(written)

    assert read == query
    assert format_query(read) == written


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a b OR c", "(a AND b) OR c"),
        ("a OR b c", "a OR (b AND c)"),
        ("a -b", "a AND NOT b"),
        ("a NOT (b OR c)", "a AND NOT (b OR c)"),
        ("a NOT (b NEAR/2 c)", "a AND NOT (b NEAR/2 c)"),
        ("a b NEAR/2 c", "a AND b NEAR/2 c"),
        ("a OR b NEAR/2 c", "a OR b NEAR/2 c"),
        ("a NEAR/5 b ONEAR/7 c", "a NEAR/5 b AND b ONEAR/7 c"),
        ("(a OR (b)) NEAR/5 (c)", "(a OR b) NEAR/5 c"),
        ("a NOT NOT b", "a AND NOT (NOT b)"),
        ("pow-wow", '"pow-wow"'),
        ("title:(a OR b)", "title:(a OR b)"),
        ("title:(a)", "title:a"),
        ("title:(a NEAR/3 b)", "title:(a NEAR/3 b)"),
        ("title:/x+/ AND title:(NOT b)", "title:/x+/ AND title:(NOT b)"),
        ("title:ATLEAST/2(a b c)", "title:ATLEAST/2(a b c)"),
        ('title:"a  \n b,"', 'title:"a b"'),
        ("ATLEAST/2(a (b OR c) (d e) (f NEAR/2 g))", "ATLEAST/2(a (b OR c) (d AND e) (f NEAR/2 g))"),
        ("ATLEAST/1(a b)", "a OR b"),
        ("ATLEAST/2(a b b)", "a AND b"),
        ("and or not", "and AND or AND not"),
        ('"OR"', '"OR"'),
        ('"NEAR" "ATLEAST/2" "near5"', '"NEAR" AND "ATLEAST/2" AND "near5"'),
        ("near atleast", "near AND atleast"),
        ("a\nAND\tb", "a AND b"),
        ("http://x.example", '"http://x.example"'),
        ("lang:uk полонені", "lang:uk AND полонені"),
        ('feed:("ep" OR "OR" OR NOT ep-1)  a', 'feed:(ep OR "OR" OR NOT ep-1) AND a'),
        ("lang:(en NOT en-GB)", "lang:(en AND NOT en-GB)"),
        ('"Prisoner" ="Prisoner" =="Prisoner"', "Prisoner AND =Prisoner AND ==Prisoner"),
        ("=pow-wow", '="pow-wow"'),
        ("zelensky~ O'Brien sabot* 人权", "zelensky~1 AND O'Brien AND sabot* AND 人权"),
        ('"say zelensky~ now"', '"say zelensky~1 now"'),
        ('«say "a\\b" now»', '"say \\"a\\\\b\\" now"'),
        (r'=="say \"a\b\""', r'=="say \"a\\b\""'),
        ("==C++ ==Prisoner's", '=="C++" AND =="Prisoner\'s"'),
        (r"/a\/b\\\d/c", r"/a\/b\\\d/c"),
        ("'ndrangheta Yahoo!", "ndrangheta AND Yahoo"),
    ],
)
def test_a_query_has_one_canonical_form(written: str, canonical: str) -> None:
    """Operators, parentheses and quotes stand where they are needed and nowhere else."""
    assert format_query(parse_query(written)) == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        (Term((Word("pow"), Word("wow"))), '"pow wow"'),
        (Term((Word("or"),), text="OR"), '"OR"'),
        (Term((Word("zelensky", How.FUZZY, 2),)), "zelensky~2"),
        (Term((Word("pow", How.FORM),)), "=pow"),
        (Term((Word("c"),), text="C++"), "c"),
        (Term((Word("c"), Word("d")), text="C, d"), '"C, d"'),
        (Term((Word("c"), Word("d")), text="C#d, d#"), '"c d"'),
        (Regex("a/b"), r"/a\/b/"),
        (Near(Term((Word("a"),)), Term((Word("b"),)), 0), "a NEAR/0 b"),
        (Fielded(Field.FEED, Term((Word("ep-news", How.FORM),))), "feed:ep-news"),
        (Fielded(Field.FEED, Term((Word("ep-", How.FORM),))), 'feed:"ep-"'),
    ],
)
def test_a_tree_that_nobody_typed_has_a_text_too(query: Query, canonical: str) -> None:
    """Where the typed text is not known, folded words stand for it."""
    assert format_query(query) == canonical
