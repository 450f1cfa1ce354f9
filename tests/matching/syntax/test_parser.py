"""Reading queries: what is meant, and what is wrong where."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.builders import rule
from support.queries import QUERIES
from support.timing import least_seconds

from aggregator.errors import QueryError
from aggregator.matching.query import And, AtLeast, Fielded, How, Near, Not, Or, Query, Regex, Term, Word, count_terms
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.rules import Field

A, B, C, D = (Term((Word(name),)) for name in "abcd")


def wild(folded: str) -> Word:
    """A word with wildcards."""
    return Word(folded, How.WILDCARD)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a b", And((A, B))),
        ("a AND b OR c", Or((And((A, B)), C))),
        ("a -b", And((A, Not(B)))),
        ("a NOT (b NEAR/0 c)", And((A, Not(Near(B, C, 0))))),
        ("a b NEAR/5 c OR d", Or((And((A, Near(B, C, 5))), D))),
        ("a ONEAR/1000 (b OR c)", Near(A, Or((B, C)), 1000, is_ordered=True)),
        ("a NEAR/5 b NEAR/7 c", And((Near(A, B, 5), Near(B, C, 7)))),
        ("a NEAR/5 ((b OR c) OR d)", Near(A, Or((B, C, D)), 5)),
        ("ATLEAST/2(a b c)", AtLeast(2, (A, B, C))),
        ("ATLEAST/2(a title:b (c OR d))", AtLeast(2, (A, Fielded(Field.TITLE, B), Or((C, D))))),
        ("title:(a OR b NEAR/3 c)", Fielded(Field.TITLE, Or((A, Near(B, C, 3))))),
        ("title:a b", And((Fielded(Field.TITLE, A), B))),
        ("title:(a (b OR c)) d", And((Fielded(Field.TITLE, And((A, Or((B, C))))), D))),
        ("Prisoner", Term((Word("prisoner"),))),
        ("=Prisoner", Term((Word("prisoner", How.FORM),))),
        ('="a B"', Term((Word("a", How.FORM), Word("b", How.FORM)))),
        ("==POW", Term((Word("pow", How.FORM),), raw="POW")),
        ("==C++", Term((Word("c", How.FORM),), raw="C++")),
        (
            '=="Prisoner \n of War "',
            Term(tuple(Word(w, How.FORM) for w in ("prisoner", "of", "war")), raw="Prisoner of War"),
        ),
        (r'=="a \"b\" \\ \c"', Term(tuple(Word(w, How.FORM) for w in "abc"), raw='a "b" \\ \\c')),
        ("pow-wow", Term((Word("pow"), Word("wow")))),
        ("2.5.1", Term((Word("2"), Word("5"), Word("1")))),
        ("AT&T", Term((Word("at"), Word("t")))),
        ("人权", Term((Word("人"), Word("权")))),
        ("sabot*", Term((wild("sabot*"),))),
        ("=Sabot**", Term((wild("sabot*"),))),
        ("Zelensk?", Term((wild("zelensk?"),))),
        ('"Żół?w anti-tank*"', Term((wild("zol?w"), Word("anti"), wild("tank*")))),
        ("O’Bri?n", Term((wild("o'bri?n"),))),
        ("zelensky~", Term((Word("zelensky", How.FUZZY, 1),))),
        ('"said zelensky~2, then"', Term((Word("said"), Word("zelensky", How.FUZZY, 2), Word("then")))),
        ("/drone[s-]?\\d+/", Regex("drone[s-]?\\d+")),
        (r'title:/(a|"b c") \/ \\/c', Fielded(Field.TITLE, Regex('(a|"b c") / \\\\', is_case_sensitive=True))),
        ("“a b” „a b“ «a b» »a b« 「a b」 ”a b”", Term((Word("a"), Word("b")))),
        ('="a" AND =“a”', Term((Word("a", How.FORM),))),
        ("feed:EP-news.1", Fielded(Field.FEED, Term((Word("ep-news.1", How.FORM),)))),
        ("lang:en_GB", Fielded(Field.LANGUAGE, Term((Word("en-gb", How.FORM),)))),
        ('lang:("UK" OR ru)', Fielded(Field.LANGUAGE, Or(tuple(Term((Word(c, How.FORM),)) for c in ("uk", "ru"))))),
        ("a, OR b;", Or((A, B))),
        ("(a,) b", And((A, B))),
        ("[a] {b} …c… d!", And((A, B, C, D))),
        ("a NEAR/5 b AND c NEAR/6 d", And((Near(A, B, 5), Near(C, D, 6)))),
        ('"a (b) - c / d"', Term(tuple(Word(name) for name in "abcd"))),
        ("\ufeffa \u200bb", And((A, B))),
    ],
)
def test_a_query_reads_as_it_is_meant(text: str, query: Query) -> None:
    """Each construct comes out as its tree, with its precedence."""
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("", 1, "is empty"),
        ("   ", 1, "is empty"),
        ("NOT a", 1, "this query only excludes"),
        ("(a OR NOT b)", 7, "this query only excludes"),
        ("(x NOT y) OR NOT z", 14, "this alternative only excludes"),
        ("(a", 1, "never closed; add a )"),
        ("a (", 3, "never closed; add a term and a )"),
        ("a)", 2, "closes nothing"),
        ("a ()", 3, "is empty"),
        ("ATLEAST/2()", 10, "is empty"),
        ("a AND", 3, 'AND needs a term after it; to search the word, quote it: "AND"'),
        ("(a AND)", 4, "AND needs a term after it"),
        ("a NOT", 3, "NOT needs a term after it"),
        ("a NEAR/5", 3, "NEAR/5 needs a term after it"),
        ("OR b", 1, "needs a term before it, not the start"),
        ("NEAR/5 b", 1, "needs a term before it, not the start"),
        ("a AND OR b", 7, "needs a term before it, not AND"),
        ("a AND (OR b)", 8, "needs a term before it, not ("),
        ("a NOT AND b", 7, "needs a term before it, not NOT"),
        ("title: AND b", 8, "needs a term before it, not title:"),
        ("title:", 1, "needs a value right after it"),
        ("(title:)", 2, "needs a value right after it"),
        ("title: NOT b", 1, "needs a word, a phrase or a group right after it, as in title:word"),
        ("titel:x", 1, "did you mean title:?"),
        ("qqq:x", 1, "known: title, summary"),
        ("NEAR:5", 1, "NEAR needs a distance"),
        ("title:(a body:x)", 10, "title: is in force here"),
        ("title:body:x", 7, "title: is in force here"),
        ("=title:x", 1, "write title:=x"),
        ("==body:", 1, "write body:==word"),
        ("pow NEAR families", 5, "NEAR needs a distance, e.g. NEAR/20"),
        ("pow ONEAR/ families", 5, "ONEAR needs a distance, e.g. ONEAR/20"),
        ("a NEAR/x b", 3, "NEAR needs a distance"),
        ("a NEAR/1001 b", 3, "reaches 1,000 words at most"),
        ("a NEAR/99999999 b", 3, "reaches 1,000 words at most"),
        ("a near/5 b", 3, "did you mean NEAR/5?"),
        ("a onear5 b", 3, "did you mean ONEAR/5?"),
        ("a w/12 b", 3, "did you mean NEAR/12?"),
        ("a pre/3 b", 3, "did you mean ONEAR/3?"),
        ("atleast/2(a b c)", 1, "did you mean ATLEAST/2(a b c)?"),
        ("title:a NEAR/5 b", 1, "write title:(a NEAR/5 b)"),
        ("a NEAR/5 title:b", 10, "write title:(a NEAR/5 b)"),
        ("a NEAR/5 title:(b)", 10, "write title:(a NEAR/5 b)"),
        ("NOT a NEAR/5 b", 1, "NOT cannot be a side of NEAR/5"),
        ("(a OR b) NEAR/5 -c", 17, "NOT cannot be a side"),
        ("NOT (a OR b) NEAR/5 c", 1, "NOT cannot be a side"),
        ("a NEAR/5 (b AND c)", 13, "alternatives with OR, no AND"),
        ("(a b) NEAR/5 c", 4, "alternatives with OR, no AND"),
        ("(a OR (b) (c)) NEAR/5 d", 11, "alternatives with OR, no AND"),
        ("(a NEAR/3 b) NEAR/5 c", 4, "cannot have another in it"),
        ("ATLEAST/2(a b c) NEAR/5 d", 1, "ATLEAST cannot be a side"),
        ("a NEAR/5 ATLEAST/2(b c d)", 10, "ATLEAST cannot be a side"),
        ("ATLEAST(a b)", 1, "ATLEAST needs a number"),
        ("ATLEAST/99999(a b)", 1, "ATLEAST needs a number"),
        ("ATLEAST/2 a b", 1, "needs its parts in parentheses right after it"),
        ("a ATLEAST/2", 3, "needs its parts in parentheses right after it"),
        ("ATLEAST/2(a OR b c)", 13, "OR does not stand between the parts"),
        ("ATLEAST/2((a) AND b)", 15, "AND does not stand between the parts"),
        ("ATLEAST/2(a NEAR/2 b c)", 13, "ATLEAST/2((a NEAR/2 b) c d)"),
        ("ATLEAST/2(NOT a b)", 11, "NOT cannot be a part"),
        ("ATLEAST/2(a b -c)", 15, "NOT cannot be a part"),
        ("ATLEAST/2(AND a)", 11, "needs a term before it"),
        ("x ATLEAST/1(a (NOT b))", 3, "cannot only exclude"),
        ("ATLEAST/0(a b)", 1, "a number from 1 to 2"),
        ("ATLEAST/3(a b B)", 1, "from 1 to 2, for its 2 different parts"),
        ("ATLEAST/2(a)", 1, "from 1 to 1, for its one part"),
        ('a "bc', 3, 'quote is never closed; add a "'),
        (r'a "b \"', 3, "a backslash before the last quote"),
        ("a «bc", 3, "quote is never closed; add a »"),
        ("a =“bc", 3, "quote is never closed; add a ”"),
        ("b ”", 3, "quote is never closed; add a ”"),
        ("a 'b c'", 3, "single quotes make no phrase"),
        ("‘b’", 1, "single quotes make no phrase"),
        ('a"b"', 2, "a quote cannot stand inside a word"),
        ('"a"b', 4, "put a space behind the closing quote"),
        ('"a b"~5', 6, "for words near each other write one NEAR/5 other"),
        ('"a b"*', 6, "a wildcard goes inside the quotes"),
        ("s*", 1, "at least two letters before it"),
        ("a *", 3, "at least two letters before it"),
        ('"ab c?lor"', 5, "at least two letters before it"),
        ("人权*", 3, "leave the * or ? out"),
        ('"who were prisoners?"', 20, "not for a question mark"),
        ("to-day?", 7, "not for a question mark"),
        ("war~1", 4, "~1 needs at least 4 letters"),
        ("putin~2", 6, "~2 needs at least 6 letters"),
        ("a zelensky~3", 11, "takes 1 or 2"),
        ("zelensky~0", 9, "takes 1 or 2"),
        ("zelensky~1a", 9, "takes 1 or 2"),
        ("zelens*~1", 8, "wildcards or ~, not both"),
        ("人~1", 2, "written with spaces"),
        ("~1", 1, "~ belongs behind a word"),
        ("=", 1, "= needs a word or a phrase"),
        ("a ==", 3, "== needs a word or a phrase"),
        ("===a", 1, "write = for one form"),
        ("==sabot*", 8, 'as in =="sabot*", or leave * out'),
        ("==POW,", 6, "leave , out"),
        ('=="…"', 4, "needs a letter or a digit"),
        ('==""', 4, "needs a letter or a digit"),
        ("==$", 3, "needs a letter or a digit"),
        ("a && b", 3, "&& is no operator; write AND"),
        ("a||b", 2, "|| is no operator; write OR"),
        ("a |b", 3, "| is no operator; write OR"),
        ("a &b", 3, "& is no operator; write AND"),
        ("!a", 1, "write NOT a or -a"),
        ("! a", 1, "! is no operator; write NOT"),
        ("+a", 1, "+ is not needed"),
        ("a -", 3, "to exclude a word, write -word"),
        ("a – b", 3, "to exclude a word, write -word"),
        ("--a", 1, "write -a or NOT a"),
        ("–a", 1, "write -a or NOT a"),
        ("pre-", 4, "pre* for all words that begin so"),
        ("（a OR b）", 1, "does not group; write ( and )"),
        ("C++", 2, 'write C, or =="C++" for just that'),
        ('"a C++, b"', 5, 'write C, or =="C++" for just that'),
        ("a .NET", 3, 'or ==".NET"'),
        ("=#tag", 2, 'or =="#tag"'),
        ("a, b", 2, "joins nothing"),
        ("a,b", 2, "joins nothing"),
        ("a; NOT b", 2, "joins nothing"),
        ("a^2", 2, "^ weighs nothing"),
        ("a ...", 3, "no letter and no digit"),
        ('a ""', 4, "empty pair of quotes"),
        ('a "…"', 4, "no letter and no digit"),
        (r'a "\"$"', 3, "no letter and no digit"),
        ("/abc", 1, "never closed; add a /"),
        ("/a b/i", 6, "leave the i out"),
        ("/usr/bin/x", 6, "only c may stand"),
        ("//", 2, "fits empty text"),
        (r"a /b\/c(?=d)/", 8, "no lookahead"),
        (r"/\/\/(/", 6, "never closed"),
        ("lang:ukrainian", 6, "did you mean lang:uk?"),
        ("lang:ukrainiann", 6, "did you mean lang:uk?"),
        ("lang:UA", 6, "did you mean lang:uk?"),
        ("lang:xx", 6, "write a code, as in lang:uk"),
        ("lang:u*", 6, "write a code, as in lang:uk"),
        ("feed:(a OR ep*)", 12, "compares the whole id"),
        ('feed:"a b"', 7, "compares the whole id"),
        ('feed:="ep"', 7, "= and == are not for feed: and lang:"),
        ("feed:/ep/", 6, "a regular expression is not for it"),
        ("a feed:(a b)", 3, "an article has one feed; write feed:(a OR b)"),
        ("lang:(uk AND ru)", 1, "an article has one language"),
        ("(" * 60 + "a" + ")" * 60, 51, "nested more than 50"),
        ("NOT " * 60 + "a", 201, "nested more than 50"),
        ("a " * 30_000, 50_000, "60,000 characters, more than 50,000"),
        ('"' + "a " * 201 + '"', 2, "a phrase of 201 words"),
        ('=="' + "a " * 201 + '"', 4, "a text of 201 words"),
        ("权" * 201, 1, "a phrase of 201 words"),
    ],
)
def test_an_error_says_where_and_what_instead(query: str, column: int, words: str) -> None:
    """Every mistake has its column, a caret under it, and advice."""
    with pytest.raises(QueryError) as caught:
        parse_query(query)

    assert words in caught.value.message
    assert caught.value.column == column
    assert caught.value.query == query.replace("\n", " ")


def test_a_query_that_explodes_names_its_largest_group() -> None:
    """More terms than an index should hold for one rule are refused with the group that has most of them."""
    many = " OR ".join(f"w{number}" for number in range(1001))

    with pytest.raises(QueryError) as grouped:
        parse_query(f"(a OR b) ({many} OR (c d))")
    with pytest.raises(QueryError) as ungrouped:
        parse_query(f"{many} (a OR b)")

    assert "1,005 terms, more than 1,000; this group has 1,002 alternatives" in grouped.value.message
    assert grouped.value.column == 10
    assert "1,002 of them stand in no group" in ungrouped.value.message
    assert ungrouped.value.column == 1
    assert count_terms(parse_query(many.removesuffix(" OR w1000"))) == 1000


def test_lists_that_explode_name_the_largest() -> None:
    """The lists of a rule have the same bound together."""
    items = tuple(f"w{number} -v{number}" for number in range(450))

    with pytest.raises(QueryError) as caught:
        compile_rule(rule(any_of=items, none_of=("/x+/", *items[:60])))

    assert caught.value.part == "any"
    assert "1,021 terms, more than 1,000; any: has 900 of them" in caught.value.message


@settings(max_examples=200)
@given(*[st.lists(QUERIES, max_size=3)] * 3)
def test_lists_are_the_query_that_says_the_same(all_of: list[Query], any_of: list[Query], none_of: list[Query]) -> None:
    """Any items in `all`, `any` and `none` compile to the tree of the query with AND, OR and NOT."""
    listed = [tuple(map(format_query, queries)) for queries in (all_of, any_of, none_of)]
    said = [f"({text})" for text in listed[0]]
    said += [" OR ".join(f"({text})" for text in listed[1])] if any_of else []
    said += [f"NOT ({' OR '.join(f'({text})' for text in listed[2])})"] if none_of else []
    if not all_of and not any_of:
        return

    compiled = compile_rule(rule(all_of=listed[0], any_of=listed[1], none_of=listed[2]))

    assert compiled == parse_query(" ".join(f"({text})" for text in said))


PIECES = (
    '"',
    "“",
    "”",
    "(",
    ")",
    " ",
    "-",
    "=",
    "NOT ",
    " AND ",
    " OR ",
    " NEAR/3 ",
    "ATLEAST/2(",
    "title:",
    "lang:",
    "uk",
)
SIGNS = (
    "a",
    "prisoner",
    "/",
    "\\",
    "*",
    "?",
    "~",
    "~1",
    "人",
    "о",
    "\u0301",
    "\u200b",
    "'",
    ",",
    "+",
    "|",
    "[",
    "i",
    "\ud800",
)


@settings(max_examples=1000)
@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES + SIGNS), max_size=12).map("".join))
@example("a.bc?")
@example("/\ud800/")
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    """Whatever is typed, the answer is a query that can be written again, or our one error within the text."""
    written, column = "a", 1
    try:
        query = parse_query(text)
    except QueryError as error:
        query, column = parse_query(written), error.column
    else:
        written = format_query(query)

    assert parse_query(written) == query
    assert format_query(parse_query(written)) == written
    assert 1 <= column <= len(text) + 1


@pytest.mark.parametrize(
    "piece", ["a ", "(", ")", '"', "“", "/", "/a ", "a/", '="\\', "~", "a~", "-", "NOT ", "*", "'a ", "a, ", "人"]
)
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    """Ten times the text of one piece again and again takes about ten times as long to refuse, not a hundred."""
    shorter, longer = (least_seconds(partial(refused, (piece * size)[:size])) for size in (5_000, 50_000))

    assert longer < 40 * max(shorter, 0.001)


def refused(text: str) -> None:
    """Have a text refused."""
    with pytest.raises(QueryError):
        parse_query(text)


def test_the_same_words_are_the_same_objects() -> None:
    """Many rules with one word share it."""
    first, second = (parse_query(text) for text in ('a "b c" =d', '"b c" e =d'))

    assert isinstance(first, And)
    assert isinstance(second, And)
    assert first.parts[1] is second.parts[0]
    assert first.parts[2] is second.parts[2]
