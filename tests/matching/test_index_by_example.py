"""Rules by example among the others in the index, and why they do not hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.builders import rule
from support.meaning import PRESSURE, RELATED, STRIKE, UNRELATED, report, rule_like, save_tiny_model

from aggregator.errors import ModelUnreadable, QueryError
from aggregator.matching.explain import explain
from aggregator.matching.index import RuleIndex
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import Example, FeedSelector, Match, NonMatch

ARTICLE = report(*RELATED["en"])


@pytest.fixture
def index() -> RuleIndex:
    """An index without rules."""
    return RuleIndex()


def test_rules_by_example_stand_among_queries(index: RuleIndex) -> None:
    """Examples alone, queries alone and both are asked together, and answered in the order of their ids."""
    index.add(rule_like(PRESSURE, rule_id="r5"))
    index.add(rule_like(STRIKE, rule_id="r4"))
    index.add(rule_like(PRESSURE, rule_id="r3", query="captives"))
    index.add(rule_like(STRIKE, rule_id="r2", query="captives"))
    index.add(rule("r1", query="captives"))
    index.add(rule_like(PRESSURE, rule_id="r0", query="volcano"))

    found = index.match(ARTICLE)

    assert [match.rule_id for match in found] == ["r1", "r3", "r5"]
    assert sorted(index.matching_rules(ARTICLE)) == ["r1", "r3", "r5"]
    assert [len(match.spans) for match in found] == [1, 1, 0]
    assert found[1].clause.startswith("captives; like pressure.txt: 0.")
    assert index.match(report(*UNRELATED["en"])) == []


def test_rules_by_example_come_go_and_change(index: RuleIndex) -> None:
    """A rule may get examples, lose its query, and lose its examples."""
    index.add(rule(query="captives"))
    index.add(rule_like(STRIKE, query="captives"))
    with_both = index.match(ARTICLE)
    index.add(rule_like(PRESSURE))
    with_examples = index.match(ARTICLE)
    index.add(rule(query="captives"))
    with_query = index.match(ARTICLE)
    index.add(rule_like(PRESSURE))
    size = len(index)
    index.remove(RuleId("r1"))

    assert [len(found) for found in (with_both, with_examples, with_query)] == [0, 1, 1]
    assert (size, len(index), RuleId("r1") in index) == (1, 0, False)
    assert index.match(ARTICLE) == []


def test_a_rule_whose_model_is_missing_changes_nothing(index: RuleIndex, tmp_path: Path) -> None:
    """The rule that was there stays."""
    index.add(rule(query="captives"))

    with pytest.raises(ModelUnreadable):
        index.add(rule_like(PRESSURE, language_model=str(tmp_path / "none")))

    assert len(index.match(ARTICLE)) == 1


def test_each_rule_is_judged_by_its_own_model(index: RuleIndex, tmp_path: Path) -> None:
    """A supplied model and the one of the extra do not mix."""
    save_tiny_model(tmp_path)
    river = Example(name="river.txt", title="river", text="")
    index.add(rule_like(river, rule_id="r1", threshold=0.95, language_model=str(tmp_path)))
    index.add(rule_like(river, rule_id="r2", threshold=0.95))

    assert [match.rule_id for match in index.match(report("flood"))] == ["r1"]


def test_a_rule_with_neither_a_query_nor_examples_is_refused(index: RuleIndex) -> None:
    """There is nothing to look for."""
    with pytest.raises(QueryError, match="a rule needs a query"):
        index.add(rule(query=None))


@pytest.mark.parametrize("query", [None, "captives"])
def test_why_an_article_is_not_like_enough(query: str | None) -> None:
    """The nearest example is named, how like it is, and what the rule asks for."""
    asked = rule_like(STRIKE, PRESSURE, query=query, threshold=0.9)

    answer = explain(ARTICLE, asked)

    assert isinstance(answer, NonMatch)
    assert answer.clause == "like pressure.txt"
    assert answer.reason.startswith("the article is like this example, the nearest, by 0.4")
    assert answer.reason.endswith("; the rule asks for 0.90")


def test_why_asks_feeds_and_queries_first() -> None:
    """Examples are the last to be asked."""
    of_another_feed = explain(ARTICLE, rule_like(PRESSURE, feeds=FeedSelector(ids=(FeedId("other"),))))
    without_its_word = explain(ARTICLE, rule_like(PRESSURE, query="volcano"))
    held = explain(ARTICLE, rule_like(PRESSURE))

    assert isinstance(of_another_feed, NonMatch)
    assert of_another_feed.clause.startswith("feeds:")
    assert isinstance(without_its_word, NonMatch)
    assert without_its_word.clause == "volcano"
    assert isinstance(held, Match)
