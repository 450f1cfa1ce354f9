"""`aggregator match`: which rules match this text."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from aggregator.app import load_configuration
from aggregator.cli.layout import print_indented
from aggregator.cli.marked_words import span_document
from aggregator.cli.output import config_path, open_console, print_json, printable
from aggregator.cli.rule_choice import chosen_rules
from aggregator.errors import AggregatorError
from aggregator.matching.index import RuleIndex
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule
from aggregator.operations.match_text import TextMatches, index_of_any_feed, match_source, why_not
from aggregator.runtime import opened_parser, utc_now

_QUERY_RULE = RuleId("query")
MAX_BYTES = 50 * 1024 * 1024
_STDIN = "-"
_NO_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "an office document or an archive",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"\x1f\x8b": "a packed file",
}
"""What people have at hand that has no text to read, by how such files begin."""


def match(  # noqa: PLR0913 - its options
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="text, HTML or feed files; - is stdin")],
    *,
    query: Annotated[
        str | None, typer.Option(metavar="QUERY", help="match this query instead of the configured rules")
    ] = None,
    rule_ids: Annotated[
        list[str] | None, typer.Option("--rule", metavar="RULE_ID", help="match this rule only; may be repeated")
    ] = None,
    explains: Annotated[
        bool, typer.Option("--explain", help="say what held, and for rules that do not match, what failed and why")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say which rules match these texts, whatever feeds they read, and the words that did it."""
    if query is not None and rule_ids:
        raise typer.BadParameter("--query is instead of rules; leave out --rule")
    if query is None:
        rules = chosen_rules(rule_ids or [], load_configuration(config_path(context)))
    else:
        rules = [Rule(id=_QUERY_RULE, title=query, query=query)]
    contents = [(name, read_source(name)) for name in files]
    found = asyncio.run(_match(contents, index_of_any_feed(rules)))
    if as_json:
        print_json([match_document(item, rules if explains else None) for item in found])
        return
    console = open_console()
    for item in found:
        _print(item, console, rules if explains else None)


def match_document(item: TextMatches, explained: Sequence[Rule] | None) -> dict[str, object]:
    """Return one article's matches as `match --json` has them; with `explained`, why those of them do not match."""
    document: dict[str, object] = {
        "source": item.source,
        "title": item.article.title,
        "matches": [
            {"rule": match.rule_id, "spans": [span_document(span) for span in match.spans]}
            | ({"clause": match.clause} if explained is not None else {})
            for match in item.matches
        ],
    }
    if explained is not None:
        document["why_not"] = [
            {"rule": failure.rule_id, "clause": failure.clause, "reason": failure.reason}
            for failure in why_not(item, explained)
        ]
    return document


async def _match(contents: list[tuple[str, bytes]], index: RuleIndex) -> list[TextMatches]:
    found: list[TextMatches] = []
    async with opened_parser(MAX_BYTES) as parser:
        for name, content in contents:
            found += await match_source(name, content, index, parser, utc_now())
    return found


def read_source(name: str) -> bytes:
    """Return what is in the file `name`, or on stdin for `-`.

    Raises:
        AggregatorError: when it cannot be read, is too large, or is of a kind that has no text.
    """
    try:
        if name == _STDIN:
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise AggregatorError(f"cannot read {name}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise AggregatorError(f"{name} is larger than {MAX_BYTES:,} bytes")
    for beginning, kind in _NO_TEXT.items():
        if content.startswith(beginning):
            raise AggregatorError(f"{name} is {kind}, which cannot be read; save it as text, or as a web page")
    return content


def _print(item: TextMatches, console: Console, explained: Sequence[Rule] | None) -> None:
    heading = Text().append(f"{printable(item.source)}: ", style="dim")
    console.print(heading.append(printable(item.article.title or _untitled(item)), style="bold"))
    if not item.matches:
        console.print("  no rule matches", style="dim")
    for match in item.matches:
        words = ", ".join(dict.fromkeys(f"{span.text} ({span.field})" for span in match.spans))
        print_indented(_line(match.rule_id, "bold green", f": {words or match.clause}"), console)
        if explained is not None:
            print_indented(Text(printable(f"holds: {match.clause}"), style="dim"), console, 2)
    for failure in why_not(item, explained or ()):
        print_indented(_line(failure.rule_id, "bold red", f" does not match: {failure.reason}"), console)
        print_indented(Text(printable(f"fails: {failure.clause}"), style="dim"), console, 2)


def _untitled(item: TextMatches) -> str:
    return "(no title)" if item.article.text else "(no text)"


def _line(rule_id: str, style: str, text: str) -> Text:
    return Text().append(rule_id, style=style).append(printable(text))
