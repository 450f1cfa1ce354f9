"""The rule index: the same answers as the definition, in nearly flat time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import article, rule
from support.queries import ARTICLES, QUERIES

from aggregator.errors import NotFound, QueryError
from aggregator.matching.compiling import compile_query
from aggregator.matching.index import RuleIndex
from aggregator.matching.query import Near, Not, Query
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.matching.vocabulary import Vocabulary
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import FeedSelector


@settings(max_examples=100, deadline=None)
@given(st.lists(QUERIES, min_size=1, max_size=5), ARTICLES)
def test_nothing_is_left_of_rules_that_were_removed(queries: list[Query], subject: Article) -> None:
    """When all rules are gone, the index holds no word, no clause and no expression of them."""
    index = RuleIndex()
    for number, query in enumerate(queries):
        index.add(rule(f"r{number}", query=format_query(query)))
    index.match(subject)

    for number in range(len(queries)):
        index.remove(RuleId(f"r{number}"))

    assert not index._trie._root
    assert not index._vocabulary._tables
    assert not index._vocabulary._sought
    assert not index._regexes._keys


def test_a_word_matches_whole_words_only() -> None:
    """A term is never found inside another word, whatever its case or marks."""
    index = RuleIndex()
    index.add(rule(query="cat"))
    index.add(rule("r2", query="zelensky"))

    inside = index.match(article(title="Concatenate", summary="category"))
    whole = index.match(article(title="The CAT's nap", summary="Zełeńský spoke"))

    assert inside == []
    assert [span.text for match in whole for span in match.spans] == ["CAT's", "Zełeńský"]


def test_lists_make_the_query_that_they_say() -> None:
    """`all`, `any` and `none` are AND, OR and NOT of their terms."""
    compiled = compile_rule(rule(all_of=("a", "b"), any_of=("c", '"d e"'), none_of=("f",)))

    assert compiled == compile_rule(rule(query='a b (c OR "d e") NOT f'))
    assert compile_rule(rule(all_of=("a", "b"))) == compile_rule(rule(query="a b"))


def test_a_bad_list_item_is_named() -> None:
    """An error in a list tells which item it is in."""
    with pytest.raises(QueryError) as caught:
        compile_rule(rule(any_of=("fine", "(bad")))

    assert caught.value.part == "any[1]"
    with pytest.raises(QueryError, match="needs a query"):
        compile_rule(rule(none_of=("a",)))


def test_feeds_of_a_rule_are_where_it_looks() -> None:
    """A rule for some feeds or tags matches their articles alone."""
    index = RuleIndex()
    index.add(rule("by-id", feeds=FeedSelector(ids=(FeedId("ep"),))))
    index.add(rule("by-tag", feeds=FeedSelector(tags=("war",))))

    from_ep = index.match(article())
    from_war = index.match(article(feed_id=FeedId("other"), feed_tags=("war",)))

    assert [match.rule_id for match in from_ep] == ["by-id"]
    assert [match.rule_id for match in from_war] == ["by-tag"]


def test_rules_are_replaced_and_removed_one_at_a_time() -> None:
    """The same id replaces; a bad replacement changes nothing; what is not there cannot be removed."""
    index = RuleIndex()
    index.add(rule(query="volcano"))
    index.add(rule())
    with pytest.raises(QueryError):
        index.add(rule(query="("))
    matched = index.match(article())
    index.remove(RuleId("r1"))

    assert len(matched) == 1
    assert RuleId("r1") not in index
    assert index.match(article()) == []
    with pytest.raises(NotFound, match="no rule 'r1'"):
        index.remove(RuleId("r1"))


def test_metadata_alone_can_be_a_rule() -> None:
    """A rule without any word of the text is evaluated for every article."""
    index = RuleIndex()
    index.add(rule(query="lang:en AND NOT feed:other"))

    assert len(index.match(article(language="en-GB"))) == 1
    assert index.match(article(language="de")) == []
    assert index.match(article(language=None)) == []


def test_many_words_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of articles' words starts anew at its bound."""
    monkeypatch.setattr("aggregator.matching.vocabulary._CACHE_SIZE", 5)
    index = RuleIndex()
    index.add(rule(query="captives"))

    found = [index.match(article(body=f"wört{number} einige andere Wörter", language="de")) for number in range(9)]

    assert [len(matches) for matches in found] == [1] * 9
    assert len(index._vocabulary._folds) <= 20
    assert len(index._vocabulary._stems["de"]) <= 30


def test_identical_queries_are_asked_once() -> None:
    """Rules with the same query share one entry, whoever writes it how, and each has its match."""
    index = RuleIndex()
    index.add(rule("a", query="Captives families"))
    index.add(rule("b", query="captives AND FAMILIES"))
    index.add(rule("c", all_of=("captives", "families")))

    matches = index.match(article())

    assert [match.rule_id for match in matches] == ["a", "b", "c"]
    assert len(index._entries) == 1


def test_a_word_added_after_articles_of_its_language_is_found_by_its_stem() -> None:
    """What is sought by stems is known for a language once an article of it came; later words join, and leave."""
    index = RuleIndex()
    subject = article(title="Die Gefangenen", summary="", language="de")
    index.add(rule("first", query="Krieg"))
    before = index.match(subject)

    index.add(rule("second", query="Gefangene"))
    index.add(rule("exact", query="=Gefangene"))
    while_there = index.match(subject)
    index.remove(RuleId("second"))
    index.remove(RuleId("exact"))
    afterwards = index.match(subject)

    assert before == afterwards == []
    assert [(match.rule_id, match.spans[0].text) for match in while_there] == [("second", "Gefangenen")]


def test_a_phrase_of_patterns_is_found_by_its_places() -> None:
    """A phrase of which the article has very many spellings is answered too."""
    index = RuleIndex()
    index.add(rule("there", query='"aa* bb*"'))
    index.add(rule("not", query='"bb* bb*"'))
    words = [f"aa{number} bb{number}" for number in range(9)]

    matches = index.match(article(body=" ".join(words)))

    assert [match.rule_id for match in matches] == ["there"]
    assert len(matches[0].spans) == 9


def test_an_expression_between_words_is_near_none() -> None:
    """NEAR counts words: what an expression finds where no word is has no place among them."""
    index = RuleIndex()
    index.add(rule("dots", query="/[.]{3}/ NEAR/5 captives"))
    index.add(rule("word", query="/f.milies/ NEAR/5 captives"))

    matches = index.match(article(title="Families ... captives"))

    assert [match.rule_id for match in matches] == ["word"]


def test_what_the_parser_lets_not_pass_is_no_rule() -> None:
    """A tree that only excludes, or a side of NEAR that has no place, is an error and not a rule that never matches."""
    only_excludes = Not(parse_query("museum"))
    side = Near(parse_query("a b"), parse_query("c"), 5)

    with pytest.raises(ValueError, match="only excludes"):
        RuleIndex()._wait((only_excludes, None))
    with pytest.raises(TypeError, match="cannot be a side of NEAR"):
        compile_query(side, Vocabulary())
