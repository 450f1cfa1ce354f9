"""The tests that rules carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.rules import Match, NonMatch
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.rule_tests import TestOutcome, run_rule_tests

FEEDS = """
feeds:
  - {id: ep, url: "https://a.example/feed", tags: [ukraine], language: uk}
  - {id: wire, url: "https://b.example/feed", tags: [world]}
channels: {desk: {type: console}}
"""


def configured(folder: Path, rules: str) -> Configuration:
    """A configuration with these rules."""
    path = folder / "c.yaml"
    path.write_text(f"{FEEDS}rules:\n{rules}")
    return configure(path, {}, lambda _channel, _settings: [])


def outcomes(folder: Path, rules: str) -> list[TestOutcome]:
    """What the tests of these rules come to."""
    configuration = configured(folder, rules)
    return list(run_rule_tests(configuration.rules.values(), configuration))


def test_a_text_matches_or_not_as_its_test_says(tmp_path: Path) -> None:
    """Each test stands for itself, in order, with the place where it is written and what the rule made of it."""
    rules = """
  - id: a
    query: captive AND spy
    tests:
      - match: Captives asked to spy
      - no_match: Captives asked to spy
      - match: Captives are home
      - no_match: Captives are home
"""

    found = outcomes(tmp_path, rules)

    assert [outcome.has_passed for outcome in found] == [True, False, False, True]
    assert [(outcome.number, outcome.line) for outcome in found] == [(1, 11), (2, 12), (3, 13), (4, 14)]
    assert {(outcome.rule.id, outcome.file) for outcome in found} == {("a", str(tmp_path / "c.yaml"))}
    held, failed = found[1].result, found[2].result
    assert isinstance(held, Match)
    assert [span.text for span in held.spans] == ["Captives", "spy"]
    assert isinstance(failed, NonMatch)
    assert (failed.clause, "spy is not in" in failed.reason) == ("spy", True)


def test_the_first_line_of_a_text_is_its_title(tmp_path: Path) -> None:
    """The lines after it are the body; a line of metadata before it gives the language."""
    rules = """
  - id: a
    query: 'title:captives AND body:spy AND lang:pl'
    tests:
      - match: |
          date 2024-08-08 Pol
          Captives are called

          They are to spy.
      - no_match: Captives are to spy
"""

    found = outcomes(tmp_path, rules)

    assert [outcome.has_passed for outcome in found] == [True, True]
    assert (found[0].article.title, found[0].article.body) == ("Captives are called", "They are to spy.")


@pytest.mark.parametrize(
    ("query", "article"),
    [
        ("title:x", "{title: x}"),
        ("summary:x", "{summary: x}"),
        ("body:x", "{body: x}"),
        ("author:x", "{title: y, author: x}"),
        ("author:x", "{title: y, author: [z, x]}"),
        ("tag:x", "{title: y, tags: [z, x]}"),
        ("url:x", '{title: y, url: "https://x.example/"}'),
        ("y AND lang:pl", "{title: y, lang: pl}"),
        ("y AND lang:en", "{title: y, lang: en-GB}"),
        ("y AND lang:uk", "{title: y, lang: ukr}"),
        ("слово AND lang:uk", "{title: 'слово', body: 'Її сім’я чекає на новини з дому вже третій рік.'}"),
        ("слово AND lang:uk", "{title: 'слово', summary: 'Її сім’я чекає на новини з дому вже третій рік.'}"),
        ("y AND feed:ep", "{title: y, feed: ep}"),
        ("y AND feed:nowhere", "{title: y, feed: nowhere}"),
        ("y AND tag:ukraine AND lang:uk", "{title: y, feed: ep}"),
        ("y NOT tag:ukraine", "{title: y, feed: nowhere}"),
        ("y NOT feed:ep NOT tag:ukraine NOT lang:uk", "{title: y}"),
    ],
)
def test_a_test_can_describe_every_part_of_an_article(tmp_path: Path, query: str, article: str) -> None:
    """A mapping fills the fields that queries name; a feed has the tags and the language that it is configured with."""
    rules = f"  - {{id: a, query: '{query}', tests: [match: {article}]}}\n"

    (outcome,) = outcomes(tmp_path, rules)

    assert outcome.has_passed, outcome.result


@pytest.mark.parametrize("selector", ["{ids: [nowhere]}", "{ids: [ep, wire]}", "{tags: [ukraine, world]}", "{}"])
def test_an_article_counts_as_from_a_feed_that_the_rule_reads(tmp_path: Path, selector: str) -> None:
    """Wherever a rule looks, its tests need not say so."""
    rules = f"  - {{id: a, query: captives, feeds: {selector}, tests: [match: Captives are home]}}\n"

    (outcome,) = outcomes(tmp_path, rules)

    assert outcome.has_passed


def test_a_feed_with_tags_has_the_first_of_them(tmp_path: Path) -> None:
    """The article of a rule for several tags is of a feed with one of them."""
    rules = (
        "  - {id: a, query: captives AND tag:ukraine NOT tag:world, feeds: {tags: [ukraine, world]}, "
        "tests: [match: Captives are home]}\n"
    )

    (outcome,) = outcomes(tmp_path, rules)

    assert outcome.has_passed


@pytest.mark.parametrize("selector", ["{tags: [ukraine]}", "{ids: [ep]}"])
def test_a_feed_that_the_rule_does_not_read_can_be_named(tmp_path: Path, selector: str) -> None:
    """So a test shows that a rule looks nowhere else."""
    article = "{title: Captives are home, feed: wire}"
    rules = (
        f"  - {{id: a, query: captives, feeds: {selector}, tests: [{{no_match: {article}}}, {{match: {article}}}]}}\n"
    )

    found = outcomes(tmp_path, rules)

    assert [outcome.has_passed for outcome in found] == [True, False]
    failed = found[1].result
    assert isinstance(failed, NonMatch)
    assert "of the feed wire, tagged world" in failed.reason


def test_rules_are_tested_in_the_order_given(tmp_path: Path) -> None:
    """A rule among many is asked by itself; rules without tests yield nothing."""
    rules = "".join(
        f"  - {{id: {name}, query: {word}, tests: [match: {word}, no_match: {other}]}}\n"
        for name, word, other in (("a", "one", "two"), ("b", "two", "one"), ("c", "one", "two"))
    )
    configuration = configured(tmp_path, rules + "  - {id: d, query: captives}\n")
    chosen = [rule for rule in reversed(list(configuration.rules.values())) if rule.id != "b"]

    found = list(run_rule_tests(chosen, configuration))

    assert [(outcome.rule.id, outcome.number) for outcome in found] == [("c", 1), ("c", 2), ("a", 1), ("a", 2)]
    assert all(outcome.has_passed for outcome in found)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            "query: a, language: ukr",
            ":7:33: rules[0].language: unknown language 'ukr'; write auto, or a code as en; did you",
        ),
        ("query: a, language: UA", "did you mean 'uk'?"),
        ("query: a, language: Ukrainian", "did you mean 'uk'?"),
        ("query: a, language: EN", "did you mean 'en'?"),
        ("query: a, language: en-GB", "did you mean 'en'?"),
        ("query: a, language: klingon", "unknown language 'klingon'; write auto, or a code as en"),
        (
            "query: a, tests: [{match: {title: a, lang: xx}}]",
            ":7:56: rules[0].tests[0].match.lang: unknown language 'xx'",
        ),
        (
            "query: a, tests: [{no_match: 'date 2024-08-08 Klingon'}]",
            "rules[0].tests[0].no_match.lang: unknown language",
        ),
    ],
)
def test_languages_that_are_none_are_named(tmp_path: Path, rule: str, expected: str) -> None:
    """With their place, and the code that was probably meant."""
    with pytest.raises(SettingsError) as caught:
        configured(tmp_path, f"  - {{id: a, {rule}}}\n")

    assert expected in str(caught.value)
