"""`aggregator run`: the daemon, or one round."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import closing
from typing import Annotated

import structlog
import typer

from aggregator.app import load_configuration, run_daemon, run_once
from aggregator.cli.output import config_path, count, print_json
from aggregator.cli.progress import Progress
from aggregator.operations.configure import Configuration
from aggregator.operations.run_once import RoundReport

_log = structlog.get_logger(__name__)


def run(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="poll what is due, deliver what is due, and exit")] = False,
    force: Annotated[bool, typer.Option("--force", help="with --once: poll every feed, due or not")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="with --once: print one JSON document")] = False,
) -> None:
    """Run the daemon: poll, match and deliver until Ctrl-C."""
    if (force or as_json) and not once:
        raise typer.BadParameter("--force and --json go with --once")
    path = config_path(context)
    configuration = load_configuration(path)
    _say_what_is_off(configuration)
    if not once:
        with closing(Progress("Polling feeds")) as bar:
            asyncio.run(run_daemon(path, configuration, console=sys.stdout, on_poll=bar.step))
        return
    started = time.monotonic()
    with closing(Progress("Polling feeds")) as bar:
        # With --json, stdout is the document's alone.
        console = sys.stderr if as_json else sys.stdout
        report = asyncio.run(run_once(configuration, force=force, console=console, on_poll=bar.step))
    seconds = time.monotonic() - started
    if as_json:
        print_json(round_document(report, seconds))
    else:
        _print_summary(report, seconds)


def round_document(report: RoundReport, seconds: float) -> dict[str, object]:
    """Return the JSON document of `run --once --json`."""
    return {
        "feeds": {"polled": report.polled, "not_modified": report.not_modified, "failed": report.failed},
        "articles": {"new": report.new_articles, "updated": report.updated_articles},
        "matches": report.matches,
        "alerts": report.alerts,
        "deliveries": {
            "sent": report.sent,
            "retrying": report.retrying,
            "failed": report.dead,
            "held": report.held,
        },
        "seconds": round(seconds, 3),
    }


def _print_summary(report: RoundReport, seconds: float) -> None:
    typer.echo(
        f"{count(report.polled, 'feed')} polled ({report.not_modified} unchanged, {report.failed} failed), "
        f"{count(report.new_articles, 'new article')}, {count(report.matches, 'match', 'matches')}, "
        f"{count(report.alerts, 'alert')}; {count(report.sent, 'message')} sent, {report.retrying} to retry, "
        f"{report.dead} failed{f', {report.held:,} held' if report.held else ''}; {seconds:.1f} s",
        err=True,
    )
    if report.failed:
        typer.echo("`aggregator feeds list` tells why feeds failed.", err=True)


def _say_what_is_off(configuration: Configuration) -> None:
    for notice in configuration.loaded.notices:
        _log.warning("setting_not_in_effect", notice=str(notice))
    for channel in configuration.channels.values():
        if not channel.enabled:
            _log.info("channel_is_off", channel=channel.id, reason="enabled is false in the configuration")
