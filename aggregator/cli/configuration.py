"""`aggregator check`, `schema` and `db`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aggregator.app import configuration_schema, load_configuration
from aggregator.cli.output import config_path, count, print_json
from aggregator.operations.rule_tests import run_rule_tests
from aggregator.runtime import opened_store
from aggregator.settings import Settings

database_app = typer.Typer(help="Look after the database.", no_args_is_help=True)


def check(context: typer.Context) -> None:
    """Validate the configuration: every problem with its file, line and column."""
    path = config_path(context)
    configuration = load_configuration(path)
    for notice in configuration.loaded.notices:
        typer.echo(f"note: {notice}", err=True)
    enabled = sum(channel.enabled for channel in configuration.channels.values())
    typer.echo(
        f"{path} is valid: {count(len(configuration.feeds), 'feed')}, {count(len(configuration.rules), 'rule')}, "
        f"{count(len(configuration.channels), 'channel')} ({enabled} enabled)"
    )
    outcomes = list(run_rule_tests(configuration.rules.values(), configuration))
    if failed := sum(not outcome.has_passed for outcome in outcomes):
        verb = "fails" if failed == 1 else "fail"
        typer.echo(
            f"note: {failed} of {count(len(outcomes), 'test')} of rules {verb}; `aggregator rules test` says why",
            err=True,
        )


def schema() -> None:
    """Print the JSON Schema of the configuration."""
    print_json(configuration_schema())


@database_app.command("upgrade")
def upgrade(
    context: typer.Context, *, quiet: Annotated[bool, typer.Option("--quiet", help="say nothing")] = False
) -> None:
    """Bring the database up to this version; every start does so by itself."""
    settings = load_configuration(config_path(context)).settings
    asyncio.run(_upgrade(settings))
    if not quiet:
        typer.echo(f"{settings.database} is up to date")


async def _upgrade(settings: Settings) -> None:
    async with opened_store(settings):
        pass
