"""`aggregator rules suggest`: a rule from an article like the one that is wanted."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Mapping, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from aggregator.app import load_configuration
from aggregator.cli.backtest import MOST_DAYS
from aggregator.cli.feedback import print_exclusions
from aggregator.cli.match import MAX_BYTES, read_source
from aggregator.cli.output import config_path, count, print_json, print_table, printable
from aggregator.cli.progress import Progress
from aggregator.matching.suggesting.suggest import TermReason
from aggregator.operations.backtest import first_moment
from aggregator.operations.backtest_report import BacktestReport
from aggregator.operations.rule_yaml import rule_yaml
from aggregator.operations.suggest import (
    EVER,
    MOST_ARTICLES,
    Proposal,
    newest_articles,
    read_examples,
    suggest_rule,
    try_proposal,
)
from aggregator.runtime import opened_parser, opened_store, utc_now
from aggregator.settings import Settings

_EXIT_FAILED = 1
_EXAMPLES_SHOWN = 3
_TEN = 10
_PARTS = {
    "subject": "the subject",
    "near": "near it",
    "with": "with it",
    "context": "and one of",
    "further": "and one of",
    "not": "and none of",
}


def suggest(  # noqa: PLR0913 - the options of the command
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="texts, HTML or feed files like what is wanted")
    ] = None,
    *,
    unwanted: Annotated[
        list[str] | None, typer.Option("--not", metavar="FILE", help="an article that is not wanted; may be repeated")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="try it on so many days, today included")] = 30,
    from_feedback: Annotated[
        str | None, typer.Option(metavar="RULE", help="what this rule should leave out, as its readers found")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Propose a rule that finds articles like these, and say why it is so and what it would have come to."""
    if bool(files) == bool(from_feedback):
        raise typer.BadParameter("give articles like the one that is wanted, or --from-feedback with a rule")
    if from_feedback:
        print_exclusions(context, from_feedback, as_json=as_json)
        return
    settings = load_configuration(config_path(context)).settings
    proposal, reports = asyncio.run(_suggest(settings, files or [], unwanted or [], days))
    if as_json:
        print_json(proposal_document(proposal, reports))
    else:
        _print(proposal, reports)
    if proposal.suggestion.unseparated:
        raise typer.Exit(_EXIT_FAILED)


def proposal_document(proposal: Proposal, reports: Mapping[str, BacktestReport]) -> dict[str, object]:
    """Return a proposal as `rules suggest --json` has it; `share` is a share of articles, from 0 to 1."""
    suggestion = proposal.suggestion
    return {
        "id": proposal.rule.id,
        "title": proposal.rule.title,
        "query": suggestion.query,
        "yaml": rule_yaml(proposal.rule),
        "articles_counted": proposal.counted,
        "terms": [
            {
                "term": reason.text,
                "part": reason.part,
                "weight": reason.weight,
                "share": round(reason.share, 6),
                "places": list(reason.places),
                "examples": reason.examples,
            }
            for reason in suggestion.terms
        ],
        "unseparated": list(suggestion.unseparated),
        "notes": list(suggestion.notes),
        "queries": {
            name: {"query": rule.query, **_report_document(reports[name])} for name, rule in proposal.rules.items()
        },
    }


def _report_document(report: BacktestReport) -> dict[str, object]:
    return {
        "articles": report.articles,
        "matched": report.matched,
        "alerts": report.alerts,
        "alerts_a_day": round(_alerts_a_day(report), 2),
        "worst_hour": report.worst_hour.alerts if report.worst_hour else 0,
        "examples": [example.article.title for example in report.examples[:_EXAMPLES_SHOWN]],
    }


async def _suggest(
    settings: Settings, files: Sequence[str], unwanted: Sequence[str], days: int
) -> tuple[Proposal, dict[str, BacktestReport]]:
    now, timezone = utc_now(), ZoneInfo(settings.timezone)
    async with opened_parser(MAX_BYTES) as parser:
        examples = await read_examples(((name, read_source(name)) for name in files), parser, now)
        others = await read_examples(((name, read_source(name)) for name in unwanted), parser, now)
    async with opened_store(settings) as store:
        total = min(await store.count_articles_stored(EVER), MOST_ARTICLES)
        counting = Progress("Counting terms")
        proposal = await suggest_rule(
            examples, others, newest_articles(store), lambda done: counting.show(done, max(total, done))
        )
        counting.close()
        reports = await try_proposal(
            proposal,
            store,
            since=first_moment(now, days, timezone),
            until=now,
            timezone=timezone,
            on_progress=_Bars().show,
        )
    return proposal, reports


class _Bars:
    """A bar for each query that is tried."""

    def __init__(self) -> None:
        self._bars: dict[str, Progress] = {}

    def show(self, name: str, done: int, total: int) -> None:
        """Say that `done` of `total` articles were asked."""
        self._bars.setdefault(name, Progress(f"Trying the {name} query")).show(done, total)


def _print(proposal: Proposal, reports: Mapping[str, BacktestReport]) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    suggestion = proposal.suggestion
    for name in suggestion.unseparated:
        console.print(
            printable(f"No query separates {name} from the examples: it has every word that they have."), style="red"
        )
    for note in suggestion.notes:
        console.print(printable(f"Note: {note}."), style="yellow")
    console.print(printable(suggestion.query), style="bold")
    console.print(f"\nWhy, by {_statistics(proposal.counted)}:")
    _print_terms(suggestion.terms)
    _print_reports(reports)
    for name, rule in proposal.rules.items():
        if rule.query != suggestion.query:
            console.print(f"\n{name}: {printable(rule.query or '')}")
    console.print("\nPaste this under `rules:` in the configuration, then run `aggregator check`:\n", style="dim")
    console.print(textwrap.indent(rule_yaml(proposal.rule), "  "), end="")


def _print_terms(terms: Sequence[TermReason]) -> None:
    columns = ("term", "is", "weight", "in one article of", "stands in")
    rows = [
        (one.text, _PARTS[one.part], f"{one.weight:g}", f"{1 / one.share:,.0f}", ", ".join(one.places)) for one in terms
    ]
    print_table(columns, rows, empty="")


def _print_reports(reports: Mapping[str, BacktestReport]) -> None:
    proposed = reports["proposed"]
    span = "today" if len(proposed.by_day) == 1 else f"in the last {len(proposed.by_day):,} days"
    if not proposed.stored:
        typer.echo(f"\nNo stored article came {span}, so it was not tried.")
        return
    tried = count(proposed.stored, "stored article")
    if not any(report.matched for report in reports.values()):
        typer.echo(f"\nNone of the {tried} that came {span} would have matched.")
        return
    typer.echo(f"\nOf the {tried} that came {span} it would have found:")
    columns = ("query", "articles", "alerts", "a day", "worst hour", "such as")
    rows = [
        (
            name,
            f"{report.matched:,}",
            f"{report.alerts:,}",
            _rounded(_alerts_a_day(report)),
            str(report.worst_hour.alerts if report.worst_hour else 0),
            "\n".join(example.article.title for example in report.examples[:_EXAMPLES_SHOWN]),
        )
        for name, report in reports.items()
    ]
    print_table(columns, rows, empty="")


def _alerts_a_day(report: BacktestReport) -> float:
    return report.alerts / len(report.by_day)


def _rounded(number: float) -> str:
    return f"{number:.2g}" if number < _TEN else f"{number:,.0f}"


def _statistics(counted: int) -> str:
    table = "the word frequencies that ship"
    return f"the newest {count(counted, 'stored article')} and {table}" if counted else table
