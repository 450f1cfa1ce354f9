"""`aggregator match`: which rules match this text."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from aggregator.app import load_configuration
from aggregator.cli.output import config_path, print_json
from aggregator.errors import AggregatorError
from aggregator.matching import RuleIndex
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule
from aggregator.operations.match_text import TextMatches, match_source
from aggregator.runtime import opened_parser, utc_now

_QUERY_RULE = RuleId("query")
_MAX_BYTES = 50 * 1024 * 1024
_STDIN = "-"


def match(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="text, HTML or feed files; - is stdin")],
    *,
    query: Annotated[str | None, typer.Option(help="match this query instead of the configured rules")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say which rules match these texts, and the words that did it."""
    if query is None:
        index = load_configuration(config_path(context)).index
    else:
        index = RuleIndex()
        index.add(Rule(id=_QUERY_RULE, title=query, query=query))
    contents = [(name, _read(name)) for name in files]
    found = asyncio.run(_match(contents, index))
    if as_json:
        print_json([match_document(item) for item in found])
    else:
        for item in found:
            _print(item)


def match_document(item: TextMatches) -> dict[str, object]:
    """Return one article's matches as `match --json` has them."""
    return {
        "source": item.source,
        "title": item.article.title,
        "matches": [
            {
                "rule": match.rule_id,
                "spans": [
                    {"field": span.field.value, "start": span.start, "end": span.end, "text": span.text}
                    for span in match.spans
                ],
            }
            for match in item.matches
        ],
    }


async def _match(contents: list[tuple[str, bytes]], index: RuleIndex) -> list[TextMatches]:
    found: list[TextMatches] = []
    async with opened_parser(_MAX_BYTES) as parser:
        for name, content in contents:
            found += await match_source(name, content, index, parser, utc_now())
    return found


def _read(name: str) -> bytes:
    try:
        if name == _STDIN:
            content = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise AggregatorError(f"cannot read {name}: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise AggregatorError(f"{name} is larger than {_MAX_BYTES:,} bytes")
    return content


def _print(item: TextMatches) -> None:
    console = Console(highlight=False)
    console.print(Text(f"{item.source}: ", style="dim").append(item.article.title, style="bold"))
    if not item.matches:
        console.print("  no rule matches", style="dim")
    for match in item.matches:
        words = ", ".join(dict.fromkeys(f"{span.text} ({span.field})" for span in match.spans))
        console.print(Text("  ").append(match.rule_id, style="bold green").append(f": {words}"))
