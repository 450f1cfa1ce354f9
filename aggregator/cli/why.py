"""`aggregator why`: why an article was told of, or was not."""

from __future__ import annotations

import asyncio
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.app import load_configuration
from aggregator.cli.output import config_path, open_console, print_json
from aggregator.cli.why_document import why_document
from aggregator.cli.why_report import print_why
from aggregator.cli.why_times import Times
from aggregator.model.ids import ChannelId
from aggregator.operations.configure import Configuration
from aggregator.operations.why import WhyContext, why
from aggregator.operations.why_report import WhyReport
from aggregator.runtime import opened_store, utc_now
from aggregator.settings.validation import unknown

_EXIT_UNKNOWN = 1


def why_command(
    context: typer.Context,
    asked: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="its address, its id, that of a delivery, or words of its title")
    ],
    *,
    channel: Annotated[str | None, typer.Option(metavar="CHANNEL", help="only what is about this channel")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say what became of an article, and why. Exit status: 0 it is known, 1 it is not, 2 wrong usage."""
    configuration = load_configuration(config_path(context))
    report = asyncio.run(_ask(asked, channel, configuration))
    told = {one.channel_id for article in report.articles for one in article.channels}
    if channel is not None and channel not in {*configuration.channels, *told}:
        raise typer.BadParameter(unknown("channel", channel, configuration.channels))
    if as_json:
        print_json(why_document(report))
    else:
        print_why(report, open_console(), Times(now=utc_now(), timezone=ZoneInfo(configuration.settings.timezone)))
    if not report.articles:
        raise typer.Exit(_EXIT_UNKNOWN)


async def _ask(asked: str, channel: str | None, configuration: Configuration) -> WhyReport:
    async with opened_store(configuration.settings) as store:
        channel_id = None if channel is None else ChannelId(channel)
        return await why(
            asked,
            WhyContext(store=store, configuration=configuration, now=utc_now(), channel_id=channel_id),
        )
