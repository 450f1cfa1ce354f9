"""Why a rule did not match: the first part that failed, and the reason in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from matching.naive import Naive
from support.builders import article, rule
from support.queries import ARTICLES, QUERIES

from aggregator.errors import QueryError
from aggregator.matching.explain import explain
from aggregator.matching.query import Query
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId
from aggregator.model.rules import FeedSelector, Match, NonMatch

ARTICLE = article(
    title="Families of captives were called",
    summary="Relatives of captives were asked to gather intelligence.",
    body="The museum of war opened. " + "word " * 40 + "A spy was named.",
    authors=("Ann Lee", "Bob Ray"),
    tags=("war",),
    language="en",
)


@pytest.mark.parametrize(
    ("query", "clause", "reason"),
    [
        ("captives volcano", "volcano", "volcano is not in the title, the summary or the body"),
        ("captives title:spy", "title:spy", "spy is not in the title; it is in the body"),
        ("captives title:Ann", "title:Ann", "Ann is not in the title; it is in the author"),
        (
            '"captives of families"',
            '"captives of families"',
            "its words are in the title, the summary or the body, but",
        ),
        ('"captives of volcano"', '"captives of volcano"', "volcano is not in the title, the summary or the body"),
        ("==Captives", "==Captives", "has it, but not written just so"),
        ("==Volcano", "==Volcano", "==Volcano is not in the title, the summary or the body"),
        ("captives NOT museum", "NOT museum", "the article has “museum” in the body"),
        ("captives NOT lang:en", "NOT lang:en", "lang:en holds"),
        ("captives lang:uk", "lang:uk", "the article's language is en"),
        ("captives feed:other", "feed:other", "the article is of the feed ep"),
        ("museum NEAR/10 spy", "museum NEAR/10 spy", "have 44 words between; at most 10 may stand between"),
        ("museum NEAR/10 volcano", "museum NEAR/10 volcano", "volcano is not in the title"),
        ("spy ONEAR/60 museum", "spy ONEAR/60 museum", "they stand in the other order only"),
        ("museum ONEAR/10 spy", "museum ONEAR/10 spy", "the nearest two in this order have 44 words between"),
        ("intelligence NEAR/5 spy", "intelligence NEAR/5 spy", "both are there, but not in one field"),
        ("intelligence ONEAR/5 spy", "intelligence ONEAR/5 spy", "both are there, but not in one field"),
        (r"spy NEAR/5 /\./", r"spy NEAR/5 /\./", "one side is there, but as signs alone; NEAR counts words"),
        ("author:(Ann NEAR/5 Bob)", "author:(Ann NEAR/5 Bob)", "both are there, but not in one field"),
        ("author:(Bob ONEAR/5 Ann)", "author:(Bob ONEAR/5 Ann)", "both are there, but not in one field"),
        ("author:(Lee ONEAR/5 Ann)", "author:(Lee ONEAR/5 Ann)", "they stand in the other order only"),
        ('"lava of volcano"', '"lava of volcano"', "lava and volcano are not in the title"),
        ("ATLEAST/2(spy volcano desk)", "ATLEAST/2(spy volcano desk)", "of 3 parts it needs 2, and has 1: spy"),
        ("ATLEAST/2(lava volcano desk)", "ATLEAST/2(lava volcano desk)", "and has 0: none"),
        ("/dr[o]ne/", "/dr[o]ne/", "/dr[o]ne/ is not in the title"),
        ("volcano OR lava OR a1 OR b2 OR c3", "volcano OR lava OR a1 OR b2 OR c3", "a1 is not in"),
        ("volcano OR lava OR a1 OR b2 OR c3", "volcano OR lava OR a1 OR b2 OR c3", "; 2 more"),
    ],
)
def test_the_first_part_that_failed_is_named(query: str, clause: str, reason: str) -> None:
    """Each kind of part says why it failed, and what there is instead."""
    failed = explain(ARTICLE, rule(query=query))

    assert isinstance(failed, NonMatch)
    assert failed.clause == clause
    assert reason in failed.reason


def test_an_article_of_no_known_language_says_so() -> None:
    """`lang:` fails for an article whose language nobody knows."""
    failed = explain(article(language=None), rule(query="captives lang:uk"))

    assert isinstance(failed, NonMatch)
    assert failed.reason == "the article's language is not known"


@pytest.mark.parametrize(
    ("feeds", "clause", "reason"),
    [
        (FeedSelector(ids=(FeedId("bbc"),)), "feeds: the feed bbc", "the article is of the feed ep, without tags"),
        (FeedSelector(tags=("war",)), "feeds: feeds tagged war", "the article is of the feed ep, without tags"),
    ],
)
def test_the_feeds_of_a_rule_can_be_the_reason(feeds: FeedSelector, clause: str, reason: str) -> None:
    """A rule that does not read the article's feed says which it reads."""
    failed = explain(article(), rule(feeds=feeds))

    assert isinstance(failed, NonMatch)
    assert (failed.clause, failed.reason) == (clause, reason)


def test_tags_of_the_feed_are_named() -> None:
    """The reason names the tags that the article's feed has."""
    failed = explain(article(feed_tags=("ukraine", "law")), rule(feeds=FeedSelector(tags=("war",))))

    assert isinstance(failed, NonMatch)
    assert failed.reason == "the article is of the feed ep, tagged ukraine, law"


def test_a_match_is_returned_as_it_is() -> None:
    """Where the rule holds there is nothing to explain but the words."""
    held = explain(ARTICLE, rule(query="volcano OR captives"))

    assert isinstance(held, Match)
    assert held.clause == "captives"


def test_a_query_that_cannot_be_read_is_an_error() -> None:
    """The error is the parser's own."""
    with pytest.raises(QueryError):
        explain(ARTICLE, rule(query="("))


@settings(max_examples=300, deadline=None)
@given(QUERIES, ARTICLES)
def test_every_article_has_an_answer(query: Query, subject: Article) -> None:
    """For any query and article there is a match or a reason, and it is the definition's answer."""
    answer = explain(subject, rule(query=format_query(query)))

    assert isinstance(answer, Match) == Naive(subject).holds(query)
    assert isinstance(answer, Match) or (answer.reason and answer.clause)
