"""`aggregator rules feedback`: what a reader thinks of an alert; and rules that leave out what readers found bad."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aggregator.app import load_configuration
from aggregator.cli.acting import login_name
from aggregator.cli.output import config_path, count, print_json, printable
from aggregator.cli.rule_choice import chosen_rules
from aggregator.model.feedback import Precision, Verdict
from aggregator.model.ids import DeliveryId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.feedback import Exclusions, exclude_bad, give_feedback
from aggregator.operations.rule_yaml import query_yaml
from aggregator.runtime import opened_store, utc_now
from aggregator.settings import Settings


def feedback(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="the id of a delivery, as `deliveries list` shows it")],
    verdict: Annotated[Verdict, typer.Argument(help="whether the alert was worth it")],
    *,
    by: Annotated[str | None, typer.Option(help="who says so; by default the user who is logged in")] = None,
) -> None:
    """Say that an alert was good or bad: it counts for its rules, and can be changed."""
    settings = load_configuration(config_path(context)).settings
    rules = asyncio.run(_give(settings, DeliveryId(delivery), verdict, by or login_name()))
    typer.echo(f"{verdict.value}: counted for {', '.join(rules)}")


def precision_text(precision: Precision | None) -> str:
    """Return how many of a rule's judged alerts were good, in words."""
    if precision is None:
        return ""
    judged = precision.good + precision.bad
    return f"{precision.good} of {judged} good ({precision.good / judged:.0%})"


def print_exclusions(context: typer.Context, rule_id: str, *, as_json: bool) -> None:
    """Print what a rule should leave out, as its readers find."""
    configuration = load_configuration(config_path(context))
    [rule] = chosen_rules([rule_id], configuration)
    found = asyncio.run(_exclude(configuration.settings, rule))
    if as_json:
        print_json(exclusions_document(found))
        return
    typer.echo(f"Of the alerts that readers judged, {count(found.good, 'good one is', 'good ones are')} still found.")
    for label, titles in (("No longer found", found.left_out), ("Still found, though bad", found.remaining)):
        if titles:
            typer.echo(f"\n{label}:")
            for title in titles:
                typer.echo(f"  {printable(title)}")
    typer.echo(f"\nPut this in the place of the query of {found.rule.id}:\n\n    {query_yaml(found.rule)}")


def exclusions_document(found: Exclusions) -> dict[str, object]:
    """Return what `rules suggest --from-feedback --json` prints."""
    return {
        "id": found.rule.id,
        "query": found.rule.query,
        "excluded": list(found.excluded),
        "left_out": list(found.left_out),
        "remaining": list(found.remaining),
        "good_found": found.good,
    }


async def _give(settings: Settings, delivery_id: DeliveryId, verdict: Verdict, by: str) -> list[RuleId]:
    async with opened_store(settings) as store:
        return await give_feedback(store, delivery_id, verdict, by=by, now=utc_now())


async def _exclude(settings: Settings, rule: Rule) -> Exclusions:
    async with opened_store(settings) as store:
        return await exclude_bad(store, rule)
