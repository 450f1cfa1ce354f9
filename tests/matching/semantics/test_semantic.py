"""Rules by example: articles that read like the examples, whatever their words and their language."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.meaning import PRESSURE, RELATED, STRIKE, UNRELATED, Recorded, report, rule_like

from aggregator.matching.semantics.embedder import load_embedder
from aggregator.matching.semantics.semantic import LEAD_CHARACTERS, SemanticIndex, passage
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import Example, FeedSelector, Match


@pytest.fixture
def model() -> Recorded:
    """The model that the extra carries."""
    return Recorded(load_embedder())


@pytest.fixture
def index(model: Recorded) -> SemanticIndex:
    """An index without rules."""
    return SemanticIndex(model)


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_the_same_news_in_other_words_is_found_and_other_news_is_not(index: SemanticIndex, language: str) -> None:
    """An English example finds reports of the same in English, Ukrainian and Russian at the default threshold."""
    index.add(rule_like(PRESSURE))

    [found] = index.judged(report(*RELATED[language]), [])

    assert found.rule_id == "r1"
    for unrelated in UNRELATED.values():
        assert index.judged(report(*unrelated), []) == []


def test_a_ukrainian_report_of_the_same_is_nearer_than_english_news_of_something_else(index: SemanticIndex) -> None:
    """Languages are compared with each other."""
    index.add(rule_like(PRESSURE))

    scores = [
        index.compare(report(*text))[RuleId("r1")].score
        for text in (RELATED["uk"], RELATED["ru"], (STRIKE.title, STRIKE.text), UNRELATED["en"])
    ]

    assert min(scores[:2]) > max(scores[2:]) + 0.1


def test_the_best_of_several_examples_counts_and_is_named(index: SemanticIndex) -> None:
    """A match says which example it is like, and how much."""
    index.add(rule_like(STRIKE, PRESSURE, threshold=0.45))

    [found] = index.judged(report(*RELATED["en"]), [])

    score = index.compare(report(*RELATED["en"]))[RuleId("r1")].score
    assert found == Match(
        rule_id=RuleId("r1"), article_id=found.article_id, spans=(), clause=f"like pressure.txt: {score:.2f} ≥ 0.45"
    )


def test_the_example_itself_is_as_like_as_can_be(index: SemanticIndex) -> None:
    """A threshold of 1 asks for the same text."""
    index.add(rule_like(PRESSURE, threshold=1.0))

    assert len(index.judged(report(PRESSURE.title, PRESSURE.text), [])) == 1
    assert index.compare(report(*RELATED["en"]))[RuleId("r1")].clause.endswith("< 1.00")


@pytest.mark.parametrize("text", [RELATED["en"], UNRELATED["en"]])
def test_examples_beside_a_query_confirm_what_it_found(index: SemanticIndex, text: tuple[str, str]) -> None:
    """Both must hold: a match of the query stands only when the article is like an example."""
    article = report(*text)
    index.add(rule_like(PRESSURE, query="the"))
    by_query = [Match(rule_id=RuleId(rule_id), article_id=article.id, spans=(), clause="q") for rule_id in ("r1", "r2")]

    found = {str(match.rule_id): match.clause for match in index.judged(article, by_query)}

    assert found["r2"] == "q"
    assert ("r1" in found) is (text == RELATED["en"])
    assert found.get("r1", "q; like pressure.txt").startswith("q; like pressure.txt")


def test_an_article_is_read_only_when_a_rule_asks(index: SemanticIndex, model: Recorded) -> None:
    """Neither a query that does not hold nor a rule for other feeds costs anything; else it is read once for all."""
    index.add(rule_like(PRESSURE, rule_id="r1", query="nothing"))
    index.add(rule_like(PRESSURE, rule_id="r2", feeds=FeedSelector(ids=(FeedId("other"),))))
    index.add(rule_like(PRESSURE, rule_id="r3", feeds=FeedSelector(tags=("war",))))
    model.asked.clear()

    assert index.judged(report(*RELATED["en"]), []) == []
    asked_for_nothing = list(model.asked)
    found = index.judged(report(*RELATED["en"], feed_id=FeedId("other"), feed_tags=("war",)), [])

    assert [match.rule_id for match in found] == ["r2", "r3"]
    assert asked_for_nothing == []
    assert len(model.asked) == 1


def test_rules_come_go_and_change(index: SemanticIndex) -> None:
    """The index answers for the rules that it has now."""
    article = report(*RELATED["en"])
    index.add(rule_like(STRIKE, rule_id="r1"))
    index.add(rule_like(PRESSURE, rule_id="r2"))

    first = index.judged(article, [])
    index.add(rule_like(PRESSURE, rule_id="r1"))
    second = index.judged(article, [])
    index.remove(RuleId("r2"))
    index.remove(RuleId("unknown"))

    assert [match.rule_id for match in first] == ["r2"]
    assert [match.rule_id for match in second] == ["r1", "r2"]
    assert [match.rule_id for match in index.judged(article, [])] == ["r1"]
    assert len(index) == 1


def test_an_article_without_a_word_is_like_nothing(index: SemanticIndex) -> None:
    """Nothing is read into an empty text."""
    index.add(rule_like(PRESSURE))

    assert index.compare(report("", " "))[RuleId("r1")].score == 0.0


def test_a_summary_that_says_nothing_gives_way_to_the_body(index: SemanticIndex, model: Recorded) -> None:
    """The lead is the summary, or the beginning of the body."""
    index.add(rule_like(Example(name="e", title="A question?", text="")))

    index.compare(report("Title", "Read more", body="The whole story."))
    index.compare(report("Title", "Long enough. " * 10, body="The whole story."))

    assert model.asked == ["A question?", "Title. The whole story.", f"Title. {'Long enough. ' * 10}".strip()]


@given(st.text(max_size=60), st.text(max_size=3 * LEAD_CHARACTERS))
@example("One", "two " * LEAD_CHARACTERS)
@example("", "x" * 2 * LEAD_CHARACTERS)
def test_what_is_compared_is_one_short_line_of_whole_words(title: str, text: str) -> None:
    """A text of any length is read so far and no farther."""
    line = passage(title, text)

    assert len(line) <= LEAD_CHARACTERS
    assert line == " ".join(line.split())
    assert set(line.split()) <= {*title.split(), *(f"{word}." for word in title.split()), *text.split()} or (
        len(line) == LEAD_CHARACTERS
    )
