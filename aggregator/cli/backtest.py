"""`aggregator rules backtest`: what rules would have come to over the stored articles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from aggregator.app import load_configuration
from aggregator.cli.backtest_report import print_report, report_document
from aggregator.cli.output import config_path, open_console, print_json, printable
from aggregator.cli.progress import Progress
from aggregator.cli.rule_choice import chosen_rules, sought
from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule
from aggregator.operations.backtest import backtest, first_moment
from aggregator.operations.backtest_report import BacktestReport
from aggregator.runtime import opened_store, utc_now
from aggregator.settings import Settings

_QUERY_RULE = RuleId("query")
_WORTH_A_BAR = 1_000
MOST_DAYS = 36_500
"""A hundred years: a calendar ends somewhere."""


def run_backtest(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="RULE_ID", help="rules of the configuration")] = None,
    *,
    query: Annotated[str | None, typer.Option(metavar="QUERY", help="try this query instead of rules")] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="so many days, today included")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say which alerts rules would have raised over the stored articles. Nothing is sent, nothing is changed."""
    if not ids and query is None:
        raise typer.BadParameter("give the id of a rule (`aggregator rules list` has them), or --query QUERY")
    if ids and query is not None:
        raise typer.BadParameter("--query is instead of rules; leave out the one or the other")
    configuration = load_configuration(config_path(context))
    rules = chosen_rules(ids or [], configuration)
    if query is not None:
        rules = [Rule(id=_QUERY_RULE, title=query, query=query)]
        compile_rule(rules[0])  # a mistake in it is told before the database is opened
    settings = configuration.settings
    reports = asyncio.run(_try(rules, settings, days))
    if as_json:
        print_json([_document(rule, report) for rule, report in zip(rules, reports, strict=True)])
        return
    console = open_console()
    for number, (rule, report) in enumerate(zip(rules, reports, strict=True)):
        if number:
            console.print()
        _print_heading(rule, console)
        print_report(report, console, ZoneInfo(settings.timezone))


async def _try(rules: Sequence[Rule], settings: Settings, days: int) -> list[BacktestReport]:
    until, timezone = utc_now(), ZoneInfo(settings.timezone)
    since = first_moment(until, days, timezone)
    reports = []
    async with opened_store(settings) as store:
        for rule in rules:
            with closing(Progress(f"Trying {printable(rule.id)}", at_least=_WORTH_A_BAR)) as bar:
                report = await backtest(store, rule, since=since, until=until, timezone=timezone, on_progress=bar.show)
            reports.append(report)
    return reports


def _print_heading(rule: Rule, console: Console) -> None:
    heading = Text().append(rule.id, style="bold green")
    console.print(heading.append(printable(f"  {sought(rule)}"), style="bold"))


def _document(rule: Rule, report: BacktestReport) -> dict[str, object]:
    query = format_query(compile_rule(rule)) if rule.has_query else None
    return {"rule": rule.id, "query": query} | report_document(report)
