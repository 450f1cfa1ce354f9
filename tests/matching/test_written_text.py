"""Text that is looked for as it is written, by expressions and raw terms: where it may be, and what it may cost."""

from __future__ import annotations

import pytest
from support.builders import article, rule

from aggregator.matching.explain import explain
from aggregator.matching.index import RuleIndex
from aggregator.model.articles import Article
from aggregator.model.rules import Match, NonMatch


def found(query: str, subject: Article) -> list[Match]:
    """What an index of one rule finds; that rule is explained alike."""
    index = RuleIndex()
    index.add(rule("r1", query=query))
    matches = index.match(subject)
    assert isinstance(explain(subject, rule("r1", query=query)), Match if matches else NonMatch)
    return matches


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("==POW", "the POW's family"),
        ("==2024", "2024’s first"),
        ("=prisoner", "a PRISONER's family"),
        ("==人权", "中国人权观察"),
        ('=="C++"', "用C++写的"),
    ],
)
def test_a_possessive_and_scripts_without_spaces_bound_no_word(query: str, text: str) -> None:
    """What is written is found before an ’s, and inside text that has no spaces."""
    assert found(query, article(summary=text))


@pytest.mark.parametrize("query", ['tag:=="a b"', r"tag:/a\sb/", 'tag:="a b"', r"author:/a\sb/"])
def test_nothing_reaches_from_one_value_into_the_next(query: str) -> None:
    """Two tags are two texts, and so are two authors; within one of them the same is found."""
    assert not found(query, article(tags=("a", "b"), authors=("a", "b")))
    assert found(query, article(tags=("x", "a b"), authors=("x", "a b")))


def test_words_of_an_expression_in_the_second_value_are_shown() -> None:
    """The characters of a span count in all values of the field together."""
    [match] = found("author:/Re.d/", article(authors=("Ann Writer", "Bob Reed")))

    assert [span.text for span in match.spans] == ["Reed"]


def test_half_a_character_stops_no_expression() -> None:
    """A lone surrogate, that some files have, is no text for RE2: the text around it is still read."""
    assert found("/x+/", article(summary="\ud800 xx"))


def test_a_language_has_its_other_name() -> None:
    """Norwegian is `no` and, as it is mostly written, `nb`: a rule for the first reads articles in the second."""
    assert found("lang:no krig", article(summary="krig", language="nb"))
    assert found("lang:nb krig", article(summary="krig", language="nb"))
    assert not found("lang:nn krig", article(summary="krig", language="nb"))


def test_a_text_of_very_many_places_is_not_read_for_each_of_them() -> None:
    """Of an expression 500 places are looked at, and a match shows so many."""
    [match] = found(r"/a[\s\S]*zzz|a/", article(summary="a " * 5_000))

    assert len(match.spans) == 500
