"""Expressions over all articles: found in one pass, the same as one by one."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st
from support.builders import article

from aggregator.matching.query import Regex
from aggregator.matching.reading import Reading
from aggregator.matching.regex_index import RegexAt, RegexIndex
from aggregator.matching.syntax import regexes
from aggregator.matching.syntax.regexes import compiled_regex
from aggregator.matching.vocabulary import Vocabulary
from aggregator.model.articles import Article
from aggregator.model.rules import Field

REGEXES = st.builds(
    Regex,
    st.sampled_from(["captives?", "Famil(y|ies)", r"\pL{8,}", "іnt|вій", "c.+d$", "^fam", "volcano", r"\d+"]),
    st.booleans(),
)
PLACES = st.sampled_from([None, Field.TITLE, Field.SUMMARY, Field.URL])
SUBJECT = article(title="Families of captives were called", summary="війна", body="Volcano 17")


def reading(subject: Article) -> Reading:
    """The article, read without any word being sought."""
    return Reading(subject, Vocabulary())


@given(st.lists(st.builds(RegexAt, PLACES, REGEXES), max_size=60), st.sets(st.integers(0, 59)), st.booleans())
def test_the_sets_agree_with_one_by_one(wanted: list[RegexAt], removed: set[int], is_asked_before: bool) -> None:
    """Found are exactly the expressions that are still sought and fit a field of their space."""
    index = RegexIndex()
    keys = [index.intern(each) for each in wanted]
    if is_asked_before:
        index.keys_of(reading(SUBJECT))
    gone = removed & set(range(len(wanted)))
    index.release(keys[number] for number in gone)

    found = index.keys_of(reading(SUBJECT))

    texts = {
        None: [SUBJECT.title, SUBJECT.summary, SUBJECT.body],
        Field.TITLE: [SUBJECT.title],
        Field.SUMMARY: [SUBJECT.summary],
        Field.URL: [SUBJECT.url],
    }
    assert found == {
        key
        for number, (key, each) in enumerate(zip(keys, wanted, strict=True))
        if number not in gone and any(compiled_regex(each.regex).search(text) for text in texts[each.space])
    }


def test_many_expressions_go_through_sets_and_new_ones_join() -> None:
    """A thousand expressions are found in sets; one more is found at once."""
    index = RegexIndex()
    keys = [index.intern(RegexAt(None, Regex(f"word{number}x"))) for number in range(1_000)]
    subject = article(body="word7x and Word999X, word1000x")

    before = index.keys_of(reading(subject))
    one_more = index.intern(RegexAt(None, Regex("word1000x")))
    after = index.keys_of(reading(subject))

    assert before == {keys[7], keys[999]}
    assert after == {keys[7], keys[999], one_more}
    assert len(index._by_space[None]._sets) == 2


def test_a_set_without_memory_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """`re2.Set` finds nothing when it has no memory to run, without a word: that must lose no match."""
    monkeypatch.setattr(regexes, "_SET_MEMORY_BYTES", 1_500_000)
    index = RegexIndex()
    keys = [index.intern(RegexAt(None, Regex(rf"(\pL{{40}}\d){{4}}|volcano{number}"))) for number in range(40)]

    found = index.keys_of(reading(article(body="volcano3 volcano39")))

    assert found == {keys[3], keys[39]}
    assert len(index._by_space[None]._sets) != 1


def test_what_fits_no_set_is_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expression that needs more memory than a set may have is still found."""
    monkeypatch.setattr(regexes, "_SET_MEMORY_BYTES", 200_000)
    index = RegexIndex()
    keys = [index.intern(RegexAt(None, Regex(rf"(\pL{{90}}\d){{4}}|volcano{number}"))) for number in range(34)]

    found = index.keys_of(reading(article(body="volcano3 volcano33")))
    index.release(keys[:4])
    left = index.keys_of(reading(article(body="volcano3 volcano33")))

    assert found == {keys[3], keys[33]}
    assert left == {keys[33]}
    assert index._by_space[None]._alone


def test_what_is_taken_out_leaves_the_sets_in_the_end() -> None:
    """Expressions that nobody seeks are not answered, and are gone after the next rebuild."""
    index = RegexIndex()
    first = [index.intern(RegexAt(None, Regex(f"a{number}"))) for number in range(40)]
    index.keys_of(reading(article(body="a1")))
    index.release(first)
    second = [index.intern(RegexAt(None, Regex(f"b{number}"))) for number in range(40)]

    found = index.keys_of(reading(article(body="a1 b1")))

    assert found == {second[1]} | ({second[1]} & set(second))
    assert [len(keys) for _, keys in index._by_space[None]._sets] == [40]


def test_re2_sets_still_fail_in_silence() -> None:
    """The reason for the sentinel: with too little memory a set answers that nothing fits, where something does."""
    options = re2.Options()
    options.max_mem = 200_000
    options.log_errors = False
    automaton = re2.Set.SearchSet(options)
    for number in range(40):
        automaton.Add(rf"(\pL{{90}}\d){{4}}|volcano{number}")
    try:
        automaton.Compile()
        found = automaton.Match("volcano3")
    except re2.error:
        found = None

    assert found is None
