"""The `aggregator` command: its options, and what all subcommands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.cli import channels, configuration, deliveries, feeds, match, rules, run, silences, why
from aggregator.cli.logs import LogFormat, LogLevel, configure_logging
from aggregator.errors import AggregatorError, QueryError, SettingsError

EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(
    name="aggregator",
    help="Polls feeds, matches rules against every new article, and sends alerts to chats.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("check")(configuration.check)
app.command("schema")(configuration.schema)
app.command("match")(match.match)
app.command("why")(why.why_command)
app.add_typer(rules.app, name="rules")
app.add_typer(feeds.app, name="feeds")
app.add_typer(channels.app, name="channels")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(silences.app, name="silences")
app.add_typer(configuration.database_app, name="db")


def main() -> None:
    """Run the command line; every error of ours becomes one message and an exit status."""
    try:
        app()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_USAGE)
    except QueryError as error:
        typer.echo(f"aggregator: the query cannot be read: {error}", err=True)
        sys.exit(EXIT_USAGE)
    except AggregatorError as error:
        typer.echo(f"aggregator: {error}", err=True)
        sys.exit(EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; that is no failure of ours.
        sys.stderr.close()
        sys.exit(EXIT_FAILED)


@app.callback()
def _options(
    context: typer.Context,
    *,
    config: Annotated[
        Path, typer.Option("-c", "--config", envvar="AGGREGATOR_CONFIG", help="the configuration file")
    ] = Path("config/aggregator.yaml"),
    log_level: Annotated[LogLevel, typer.Option(help="from which level on events are logged")] = LogLevel.INFO,
    log_format: Annotated[LogFormat, typer.Option(help="how events are written")] = LogFormat.CONSOLE,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: _print_version(is_asked=value), is_eager=True, help="print the version"
        ),
    ] = False,
) -> None:
    configure_logging(log_level, log_format)
    context.obj = config


def _print_version(*, is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit
