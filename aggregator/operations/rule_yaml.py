"""A rule as the YAML that a person pastes into the configuration."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from aggregator.model.plain_text import read_plain_text
from aggregator.model.rules import Rule, RuleTest

_NOT_PRINTED = ("C", "Z")
"""The categories of control characters and of spaces, by their first letter."""


def rule_yaml(rule: Rule) -> str:
    """Return a rule with a query as an item of `rules:`: its id, title, query and tests."""
    return "\n".join(_lines(rule)) + "\n"


def query_yaml(rule: Rule) -> str:
    """Return the line with a rule's query, to be put in the place of the one that the rule has."""
    return f"query: {_quoted(rule.query or '')}"


def one_line(text: str) -> str:
    """Return `text` on one line, without characters that cannot be seen."""
    return " ".join("".join(_printed(sign) for sign in text).split())


def _lines(rule: Rule) -> Iterator[str]:
    yield f"- id: {rule.id}"
    yield f"  title: {_quoted(rule.title)}"
    yield f"  {query_yaml(rule)}"
    if rule.tests:
        yield "  tests:"
    for test in rule.tests:
        yield f"    - {{{'match' if test.expect_match else 'no_match'}: {_test(test)}}}"


def _test(test: RuleTest) -> str:
    """Return a text where that says it all, or else an article."""
    if not test.body and read_plain_text(test.title).title == test.title:
        return _quoted(test.title)
    return f"{{title: {_quoted(test.title)}, body: {_quoted(test.body)}}}"


def _quoted(text: str) -> str:
    """Return a text as a scalar that YAML and the references to the environment leave as it is."""
    return "'" + text.replace("'", "''").replace("$", "$$") + "'"


def _printed(sign: str) -> str:
    return " " if unicodedata.category(sign)[0] in _NOT_PRINTED else sign
