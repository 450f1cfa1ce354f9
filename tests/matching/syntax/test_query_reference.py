"""The reference of the query language: each of its examples is run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from support.builders import article, rule
from support.program import REPOSITORY

from aggregator.errors import QueryError
from aggregator.matching.index import RuleIndex
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId

REFERENCE = (REPOSITORY / "docs" / "reference" / "query-language.md").read_text("utf-8")
_CODE = re.compile(r"(?:(\w+) )?`([^`]+)`")
_EXAMPLE = re.compile(r"\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|")
_NAMES = {"feed": "feed_id", "lang": "language", "author": "authors", "tag": "tags"}


def tables(header: str) -> Iterator[list[str]]:
    """The rows of each table with this header."""
    for table in re.findall(rf"^{re.escape(header)}\n\|[-|]+\|\n((?:\|.*\n)+)", REFERENCE, re.MULTILINE):
        yield table.splitlines()


EXAMPLES = [
    found.groups()
    for rows in tables("| query | finds | does not find |")
    for row in rows
    if (found := _EXAMPLE.fullmatch(row))
]
ERRORS = [_CODE.findall(row) for rows in tables("| query | error |") for row in rows]


def article_of(cell: str) -> Article:
    """The article that a cell describes: texts in backticks, after the name of their field, of the body without one."""
    changes: dict[str, object] = {"title": "", "summary": "", "body": ""}
    for name, text in _CODE.findall(cell):
        value = (text,) if name in ("author", "tag") else FeedId(text) if name == "feed" else text
        changes[_NAMES.get(name, name) or "body"] = value
    return article("a1", **changes)


@pytest.mark.parametrize(("query", "found", "not_found"), EXAMPLES)
def test_each_example_finds_what_it_says_and_no_more(query: str, found: str, not_found: str) -> None:
    """A query of the reference finds the text beside it, and not the other."""
    index = RuleIndex()
    index.add(rule(query=query))

    is_found, is_other_found = (index.match(article_of(cell)) != [] for cell in (found, not_found))

    assert is_found
    assert not is_other_found


@pytest.mark.parametrize("cells", ERRORS)
def test_each_mistake_has_the_error_beside_it(cells: list[tuple[str, str]]) -> None:
    """What the reference says of a mistake is what the program says."""
    (_, query), (_, message) = cells

    with pytest.raises(QueryError) as caught:
        parse_query(query)

    assert caught.value.message == message


def test_the_tables_are_read_whole() -> None:
    """No row of an example or of a mistake is left out for being written otherwise."""
    rows = [row for rows in tables("| query | finds | does not find |") for row in rows]

    assert len(EXAMPLES) == len(rows) > 40
    assert len(ERRORS) > 30
    assert all(len(cells) == 2 for cells in ERRORS)


@pytest.mark.parametrize(
    "query",
    [text for rows in tables("| write | means |") for row in rows for _, text in _CODE.findall(row.split("|")[1])],
)
def test_what_the_summary_shows_can_be_typed(query: str) -> None:
    """Each form of the first table is a query; groups and exclusions are shown without what they need."""
    if query == "( )":
        query = "(a)"
    if query in ("NOT a", "-a"):
        query = f"b {query}"

    assert parse_query(format_query(parse_query(query))) == parse_query(query)


def test_the_lists_of_the_reference_are_the_query_that_it_says() -> None:
    """The YAML of the reference and the query below it are one."""
    (written,) = re.findall(r"```yaml\n(rules:.+?)```", REFERENCE, re.DOTALL)
    (said,) = re.findall(r"This is `([^`]+)`", REFERENCE)

    lists = yaml.safe_load(written)["rules"][0]
    listed = compile_rule(rule(any_of=lists["any"], all_of=lists["all"], none_of=lists["none"]))

    assert listed == parse_query(said)
