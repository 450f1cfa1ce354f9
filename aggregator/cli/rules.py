"""`aggregator rules`: what is looked for, and whether it finds what it should."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from aggregator.app import load_configuration
from aggregator.cli import backtest, feedback, rule_testing, suggest
from aggregator.cli.feedback import precision_text
from aggregator.cli.layout import print_facts
from aggregator.cli.output import config_path, count, open_console, print_json, print_table, printable
from aggregator.cli.rule_choice import sought
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.feedback import Precision
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule
from aggregator.runtime import opened_store
from aggregator.settings import Settings

app = typer.Typer(help="See what is looked for, and try it.", no_args_is_help=True)

_WIDTH_OF_TABLE = 140
"""Narrower terminals get a block a rule: a query broken into ten lines says nothing."""


@app.command("list")
def list_command(
    context: typer.Context, *, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """List the rules: each with its query as it is understood, where it looks and who hears of it."""
    settings = load_configuration(config_path(context)).settings
    rules, precisions = settings.rules, asyncio.run(_precisions(settings))
    if as_json:
        print_json([rule_document(rule, precisions.get(rule.id)) for rule in rules])
        return
    console = open_console()
    if rules and console.is_terminal and console.width < _WIDTH_OF_TABLE:
        _print_blocks(rules, precisions, console)
        return
    judged = ("readers",) if precisions else ()
    print_table(
        ("id", "title", "query", "feeds", "priority", "send to", "language", "tests", *judged),
        (
            (
                rule.id,
                rule.title,
                sought(rule),
                _feeds(rule),
                rule.priority.word,
                _channels(rule),
                rule.language or "auto",
                str(len(rule.tests)),
                *(precision_text(precisions.get(rule.id)) for _ in judged),
            )
            for rule in rules
        ),
        empty="There are no rules yet; add one under `rules:` in the configuration.",
    )


app.command("test")(rule_testing.run_tests)
app.command("backtest")(backtest.run_backtest)
app.command("suggest")(suggest.suggest)
app.command("feedback")(feedback.feedback)


def rule_document(rule: Rule, precision: Precision | None) -> dict[str, object]:
    """Return a rule as `rules list --json` has it. `query` is canonical, null where a rule is examples alone.

    `good` and `bad` are how many of its alerts readers found so.
    """
    return {
        "id": rule.id,
        "title": rule.title,
        "query": format_query(compile_rule(rule)) if rule.has_query else None,
        "like": [example.name for example in rule.like],
        "feeds": {"ids": list(rule.feeds.ids), "tags": list(rule.feeds.tags)},
        "priority": rule.priority.word,
        "send_to": list(rule.send_to),
        "language": rule.language or "auto",
        "tests": len(rule.tests),
        "good": precision.good if precision else 0,
        "bad": precision.bad if precision else 0,
    }


async def _precisions(settings: Settings) -> dict[RuleId, Precision]:
    async with opened_store(settings) as store:
        return {precision.rule_id: precision for precision in await store.precisions()}


def _print_blocks(rules: tuple[Rule, ...], precisions: Mapping[RuleId, Precision], console: Console) -> None:
    for number, rule in enumerate(rules):
        if number:
            console.print()
        heading = Text().append(rule.id, style="bold green")
        if rule.title != rule.id:
            heading.append(f"  {printable(rule.title)}", style="bold")
        console.print(heading)
        print_facts(
            ((label, Text(printable(value))) for label, value in _facts(rule, precisions.get(rule.id))), console
        )


def _facts(rule: Rule, precision: Precision | None) -> Iterator[tuple[str, str]]:
    yield "query", sought(rule)
    yield "feeds", _feeds(rule)
    yield "priority", rule.priority.word
    yield "send to", _channels(rule)
    yield "language", rule.language or "auto"
    yield "tests", count(len(rule.tests), "test") if rule.tests else "none"
    if precision is not None:
        yield "readers", precision_text(precision)


def _feeds(rule: Rule) -> str:
    tags = [f"tag {tag}" for tag in rule.feeds.tags]
    return ", ".join([*rule.feeds.ids, *tags]) or "all"


def _channels(rule: Rule) -> str:
    return ", ".join(rule.send_to) or "nobody"
