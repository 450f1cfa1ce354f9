"""Rules in the configuration: their language, their tests, and where in a query a mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.rules import RuleTest
from aggregator.operations.configure import configure
from aggregator.settings import load_settings
from aggregator.settings.scalars import place_in_text
from aggregator.settings.tree import Place

CHANNELS = "channels: {desk: {type: console}}\n"


def rule_tests(folder: Path, tests: str) -> tuple[RuleTest, ...]:
    """The tests of a rule that is written with these."""
    path = folder / "c.yaml"
    path.write_text(f"{CHANNELS}rules:\n  - id: a\n    query: a\n    tests:\n{tests}")
    return load_settings(path, {}).settings.rules[0].tests


def places(folder: Path, rules: str, environ: dict[str, str] | None = None) -> list[str]:
    """Where the problems of rules are, as line:column: path."""
    path = folder / "c.yaml"
    path.write_text(f"{CHANNELS}rules:\n{rules}")
    with pytest.raises(SettingsError) as caught:
        configure(path, environ or {}, lambda _channel, _settings: [])
    return [f"{problem.line}:{problem.column}: {problem.path}" for problem in caught.value.problems]


@pytest.mark.parametrize(("written", "language"), [("", None), ("language: auto", None), ("language: uk", "uk")])
def test_the_language_of_a_rule_is_that_of_each_article_unless_given(
    tmp_path: Path, written: str, language: str | None
) -> None:
    """`auto` is the default."""
    path = tmp_path / "c.yaml"
    path.write_text(f"rules: [{{id: a, query: a, {written}}}]")

    (rule,) = load_settings(path, {}).settings.rules

    assert rule.language == language


def test_a_text_is_a_title_and_a_body(tmp_path: Path) -> None:
    """Its first line, and the others; a line of metadata gives the language; a number is a text."""
    tests = rule_tests(
        tmp_path,
        "      - match: A title\n"
        "      - no_match: |\n          A title\n\n          A body\n          of two lines\n"
        "      - match: |\n          date 2024-08-08 Eng\n          A title\n"
        "      - match: 2024\n",
    )

    assert tests == (
        RuleTest(expect_match=True, title="A title"),
        RuleTest(expect_match=False, title="A title", body="A body\nof two lines"),
        RuleTest(expect_match=True, title="A title", language="Eng"),
        RuleTest(expect_match=True, title="2024"),
    )


def test_a_mapping_is_an_article(tmp_path: Path) -> None:
    """Each of its keys is a part of the article."""
    (test,) = rule_tests(
        tmp_path,
        '      - no_match: {title: T, summary: " S ", body: "B\\n", author: A, tags: [x, y], url: "https://a/", '
        "feed: ep, lang: uk}\n",
    )

    assert test == RuleTest(
        expect_match=False,
        title="T",
        summary="S",
        body="B",
        authors=("A",),
        tags=("x", "y"),
        url="https://a/",
        feed_id="ep",  # type: ignore[arg-type] # an id is a text
        language="uk",
    )


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("{match: ''}", "6:17: rules[0].tests[0].match: there is nothing in this article; write a text, or {title: …"),
        ("{match: {title: ''}}", "6:17: rules[0].tests[0].match: there is nothing in this article"),
        ("{match: [a]}", "6:17: rules[0].tests[0].match: expected text, or an article as {title: …, body: …}"),
        ("{match: true}", "6:17: rules[0].tests[0].match: expected text, or an article"),
        ("{match: {titel: a}}", "6:18: rules[0].tests[0].match.titel: unknown key 'titel'; did you mean 'title'?"),
        ("{match: {title: [a]}}", "6:25: rules[0].tests[0].match.title: expected text, found a list"),
        ("{match: {title: a, feed: A b}}", "6:34: rules[0].tests[0].match.feed: 'A b' is not a name"),
        ("{match: a, no_match: b}", "6:9: rules[0].tests[0]: a test is either {match: "),
        ("{match: null}", "6:9: rules[0].tests[0]: a test is either {match: "),
    ],
)
def test_a_mistake_in_a_test_is_named_with_its_place(tmp_path: Path, test: str, expected: str) -> None:
    """What is no article, and keys that there are not."""
    with pytest.raises(SettingsError) as caught:
        rule_tests(tmp_path, f"      - {test}\n")

    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("query: 'a AND'", "3:23: rules[0].query"),
        ("query: 'it''s AND', title: 'it''s AND'", "3:27: rules[0].query"),
        ('query: "a AND"', "3:23: rules[0].query"),
        ("query: a AND", "3:22: rules[0].query"),
        ("any: [a, 'b AND']", "3:25: rules[0].any[1]"),
        ("any: a AND", "3:20: rules[0].any[0]"),
        # Where the written text is not the query, its beginning is the place.
        ('query: "\\u0061 AND"', "3:20: rules[0].query"),
        ("query: '${QUERY}'", "3:20: rules[0].query"),
    ],
)
def test_a_mistake_in_a_query_is_named_where_it_is_written(tmp_path: Path, rule: str, expected: str) -> None:
    """The line and the column are those of the word in the file."""
    assert places(tmp_path, f"  - {{id: a, {rule}}}\n", {"QUERY": "a AND"}) == [expected]


@pytest.mark.parametrize(
    ("sign", "lines", "expected"),
    [
        (">-", ["(a OR b)", "AND c OR"], "6:13"),
        (">-", ["a", "OR", "b"], "no mistake"),
        (">", ["a AND (", "b"], "5:13"),
        ("|", ["a", "AND", "b AND"], "7:9"),
        ("|", ["a", "  AND (", "b"], "6:13"),
        ("|", ["a", "", "AND ("], "7:11"),
        (">", ["a", "  AND (", "b"], "4:12"),
        (">", ["a AND", "", "b AND"], "4:12"),
        (">", ["a AND", "", "OR b"], "4:12"),
        (">", ["AND b"], "5:7"),
        (">", ["${QUERY}"], "4:12"),
    ],
)
def test_a_mistake_in_a_query_of_several_lines_has_its_line(
    tmp_path: Path, sign: str, lines: list[str], expected: str
) -> None:
    """Unless blank or indented lines make it unsure; then it is where the text begins."""
    text = "".join(f"      {line}\n" if line else "\n" for line in lines)
    rules = f"  - id: a\n    query: {sign}\n{text}" + ("  - {id: b, query: '('}\n" if expected == "no mistake" else "")

    found = places(tmp_path, rules, {"QUERY": "a AND"})

    assert found == ([f"{expected}: rules[0].query"] if ":" in expected else ["8:21: rules[1].query"])


def test_the_end_of_a_text_has_a_place(tmp_path: Path) -> None:
    """One column after its last character, in a block too."""
    file = tmp_path / "c.yaml"
    file.write_text("rules:\n  - query: 'a b'\n  - query: >\n      a\n      b\n")

    assert place_in_text(Place(str(file), 2, 12), "a b", 4) == Place(str(file), 2, 16)
    assert place_in_text(Place(str(file), 3, 12), "a b", 4) == Place(str(file), 5, 8)


@pytest.mark.parametrize("content", [None, b"", b"rules:\n", b"rules:\n  - {query: 'changed'}\n"])
def test_a_file_that_has_changed_since_keeps_the_place(tmp_path: Path, content: bytes | None) -> None:
    """The place that is known is better than none."""
    file = tmp_path / "c.yaml"
    if content is not None:
        file.write_bytes(content)
    place = Place(str(file), 2, 13)

    assert place_in_text(place, "a AND", 3) == place
