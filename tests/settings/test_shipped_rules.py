"""The rules that ship, and those of the documentation, do what their tests say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.program import REPOSITORY

from aggregator.operations.configure import Configuration, configure
from aggregator.operations.rule_tests import run_rule_tests

CONFIG = REPOSITORY / "config"
EXAMPLES = sorted((CONFIG / "examples").glob("*.yaml"))


def configured(path: Path) -> Configuration:
    """The configuration in a file."""
    return configure(path, {}, lambda _channel, _settings: [])


@pytest.mark.parametrize("path", [CONFIG / "aggregator.yaml", *EXAMPLES], ids=lambda path: path.name)
def test_rules_that_ship_pass_their_tests(path: Path) -> None:
    """Every one of them has some that match and some that do not."""
    configuration = configured(path)
    rules = list(configuration.rules.values())

    outcomes = list(run_rule_tests(rules, configuration))

    assert [outcome.result for outcome in outcomes if not outcome.has_passed] == []
    for rule in rules:
        assert {test.expect_match for test in rule.tests} == {True, False}, rule.id


def test_all_examples_fit_into_the_shipped_configuration(tmp_path: Path) -> None:
    """Each can be included, and all together: no id and no feed stands twice."""
    assert len(EXAMPLES) >= 3
    shipped = (CONFIG / "aggregator.yaml").read_text()
    path = tmp_path / "c.yaml"
    path.write_text(f"include: [{', '.join(str(example) for example in EXAMPLES)}]\n{shipped}")

    configuration = configured(path)

    assert len(configuration.rules) > len(EXAMPLES)
    assert configuration.loaded.notices == ()


def test_the_rules_of_the_documentation_pass_their_tests(tmp_path: Path) -> None:
    """Each piece of YAML with rules in it, in the pages that show how to write them, can be pasted and works."""
    pages = [
        REPOSITORY / "README.md",
        REPOSITORY / "docs" / "how-to" / "write-a-rule.md",
        REPOSITORY / "docs" / "reference" / "configuration.md",
    ]
    pieces = [
        piece
        for page in pages
        for piece in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    ]
    tested = 0
    for number, piece in enumerate(piece for piece in pieces if re.search(r"^(rules:|  - id:)", piece, re.MULTILINE)):
        path = tmp_path / f"{number}.yaml"
        channels = "channels: {desk: {type: console}, screen: {type: console}, phone: {type: console}}\n"
        path.write_text(channels + (piece if piece.startswith("rules:") else f"rules:\n{piece}"))
        configuration = configured(path)
        outcomes = list(run_rule_tests(configuration.rules.values(), configuration))
        assert [outcome.result for outcome in outcomes if not outcome.has_passed] == [], piece
        tested += len(outcomes)

    assert tested > 10
