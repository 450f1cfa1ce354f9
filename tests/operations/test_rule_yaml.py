"""Rules written as YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.app import load_configuration
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule, RuleTest
from aggregator.operations.rule_yaml import one_line, rule_yaml

_TEXTS = st.text(min_size=1).map(one_line).filter(bool)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for configurations."""
    return tmp_path_factory.mktemp("configuration")


@example(title="Costs ${HOME} $5, $$", texts=["it's: #1 {a, b}"], body="- [x]")
@given(title=_TEXTS, texts=st.lists(_TEXTS, max_size=3), body=_TEXTS)
def test_what_is_written_is_read_again(folder: Path, title: str, texts: list[str], body: str) -> None:
    """Whatever is in a title or a test, the configuration reads the same rule from it."""
    tests = [RuleTest(expect_match=False, title=text) for text in texts]
    tests.append(RuleTest(expect_match=False, title=title, body=body))
    rule = Rule(id=RuleId("r1"), title=title, query='it\'s AND "prisoners of war"', tests=tuple(tests))

    read = _read(folder, rule_yaml(rule))

    assert (read.id, read.title, read.query, read.tests) == (rule.id, rule.title, rule.query, rule.tests)


def test_a_rule_without_tests_has_no_tests_key() -> None:
    """Three lines are a whole rule."""
    written = rule_yaml(Rule(id=RuleId("captives"), title="Captives", query="captive"))

    assert written == "- id: captives\n  title: 'Captives'\n  query: 'captive'\n"


def test_a_title_that_would_be_metadata_is_written_as_a_title() -> None:
    """A test reads its first line as a date where it looks like one."""
    rule = Rule(
        id=RuleId("r1"), title="x", query="x", tests=(RuleTest(expect_match=False, title="date 2024-08-08 Eng"),)
    )

    assert "no_match: {title: 'date 2024-08-08 Eng', body: ''}" in rule_yaml(rule)


def _read(folder: Path, written: str) -> Rule:
    path = folder / "aggregator.yaml"
    path.write_text(f"rules:\n{written}channels:\n  desk: {{type: console}}\n", encoding="utf-8")
    return load_configuration(path).rules[RuleId("r1")]
