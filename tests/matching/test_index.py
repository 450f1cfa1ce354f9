"""The rule index: the same answers as the definition, in nearly flat time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching.naive import holds
from support.builders import article, rule

from aggregator.errors import NotFound, QueryError
from aggregator.matching import RuleIndex, compile_rule, format_query
from aggregator.matching.query import (
    And,
    Fielded,
    Not,
    Or,
    Query,
    Term,
    Word,
    conjunction,
    disjunction,
    requires_something,
)
from aggregator.matching.text import analyse, fold
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import FeedSelector, Field

WORDS = ["pow", "captives", "families", "Полонені", "вдома", "ёлка", "Čech", "αθηνα", "the", "prisoner's", "prisoner"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


def term(text: str) -> Term:
    """A term as the parser makes it."""
    return Term(tuple(Word(token.folded) for token in analyse(text)), text=text)


TERMS: st.SearchStrategy[Query] = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join).map(term)


def nested(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    """Queries made of queries, as the parser would nest them."""
    pairs = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        pairs.map(conjunction),
        pairs.map(disjunction),
        inner.map(Not),
        st.builds(Fielded, st.sampled_from([Field.TITLE, Field.BODY, Field.TAG, Field.AUTHOR, Field.URL]), inner),
        st.builds(Fielded, st.just(Field.LANGUAGE), st.just(term("uk"))),
        st.builds(Fielded, st.just(Field.FEED), st.just(term("ep"))),
    )


QUERIES = st.recursive(TERMS, nested, max_leaves=6).filter(requires_something)
ARTICLES = st.builds(
    lambda title, summary, body, tags, names: article(
        title=title,
        summary=summary,
        body=body,
        tags=tuple(tags),
        feed_tags=("the captives",),
        authors=tuple(names),
        language="uk-UA",
        url="https://pow.example/captives",
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=2),
    st.lists(TEXTS, max_size=2),
)


def texts_of(subject: Article) -> dict[Field, str]:
    """The texts that spans count in."""
    return {
        Field.TITLE: subject.title,
        Field.SUMMARY: subject.summary,
        Field.BODY: subject.body,
        Field.AUTHOR: "\n".join(subject.authors),
        Field.TAG: "\n".join(subject.tags),
        Field.URL: subject.url,
    }


@settings(max_examples=400)
@given(st.lists(QUERIES, min_size=1, max_size=5), ARTICLES, st.sets(st.integers(0, 4)))
def test_the_index_agrees_with_the_definition(queries: list[Query], subject: Article, removed: set[int]) -> None:
    """After any adds and removes, exactly the rules whose query holds match, with spans that lie where they say."""
    index = RuleIndex()
    for number, query in enumerate(queries):
        index.add(rule(f"r{number}", query=format_query(query)))
    kept = [number for number in range(len(queries)) if number not in removed]
    for number in removed & set(range(len(queries))):
        index.remove(RuleId(f"r{number}"))

    matches = index.match(subject)

    assert [match.rule_id for match in matches] == [f"r{n}" for n in kept if holds(queries[n], subject)]
    assert len(index) == len(kept)
    for match in matches:
        for span in match.spans:
            assert texts_of(subject)[span.field][span.start : span.end] == span.text


@settings(max_examples=300)
@given(QUERIES)
def test_a_query_survives_being_written_and_read(query: Query) -> None:
    """The canonical form of any query reads as that query."""
    assert compile_rule(rule(query=format_query(query))) == query


def test_a_word_matches_whole_words_only() -> None:
    """A term is never found inside another word, whatever its case or marks."""
    index = RuleIndex()
    index.add(rule(query="cat"))
    index.add(rule("r2", query="zelensky"))

    inside = index.match(article(title="Concatenate", summary="category"))
    whole = index.match(article(title="The CAT's nap", summary="Zełeńský spoke"))

    assert inside == []
    assert [span.text for match in whole for span in match.spans] == ["CAT's", "Zełeńský"]


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("CAFÉ", "cafe"),
        ("cafe\u0301", "cafe"),
        ("İstanbul", "istanbul"),
        ("ёлка", "елка"),
        ("йод", "йод"),
        ("їжак", "їжак"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("п’ять", "п'ять"),
        ("пʼять", "п'ять"),
        ("so\u00adft", "soft"),
        ("Ὀδυσσεύς", "ὀδυσσεύσ"),
        ("ｗｉｄｅ", "ｗｉｄｅ"),
    ],
)
def test_words_fold_by_their_script(word: str, folded: str) -> None:
    """Latin letters lose their marks, other letters keep theirs."""
    assert fold(word) == folded


def test_words_split_at_all_but_letters_digits_and_inner_apostrophes() -> None:
    """Punctuation parts words; an apostrophe inside one does not."""
    words = [token.folded for token in analyse("pow-wow, 2.5.1 don't 'quoted' under_score пʼять")]

    assert words == ["pow", "wow", "2", "5", "1", "don't", "quoted", "under", "score", "п'ять"]


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
    """The cache of folded words starts anew at its bound."""
    monkeypatch.setattr("aggregator.matching.index._FOLD_CACHE_SIZE", 5)
    index = RuleIndex()
    index.add(rule())

    assert len(index.match(article(body="one two three four five six seven eight"))) == 1
    assert len(index._folded) <= 5


def test_an_or_of_not_is_no_requirement() -> None:
    """A query that a missing word can satisfy requires nothing."""
    assert not requires_something(Or((term("a"), Not(term("b")))))
    assert requires_something(And((term("a"), Not(term("b")))))
