"""`aggregator feeds`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aggregator.app import load_configuration
from aggregator.cli.output import ago, config_path, print_json, print_table, timestamp
from aggregator.model.feeds import FeedSummary
from aggregator.operations.configure import Configuration
from aggregator.operations.listing import list_feeds
from aggregator.runtime import opened_store, utc_now

app = typer.Typer(help="See what is read.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Typer makes a lone command the group itself unless there is a callback."""


@app.command("list")
def list_command(
    context: typer.Context, *, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """List the feeds: how each is doing, and what went wrong."""
    summaries = asyncio.run(_list(load_configuration(config_path(context))))
    if as_json:
        print_json([feed_document(summary) for summary in summaries])
        return
    now = utc_now()
    print_table(
        ("id", "status", "polled", "next poll", "articles", "title or error"),
        (
            (
                summary.feed.id,
                summary.state.status.value,
                ago(summary.state.last_polled_at, now),
                ago(summary.state.next_poll_at, now),
                str(summary.articles),
                summary.state.last_error or _title(summary) or summary.feed.url,
            )
            for summary in summaries
        ),
        empty="There are no feeds yet; add some under `feeds:` in the configuration.",
    )


def feed_document(summary: FeedSummary) -> dict[str, object]:
    """Return a feed as `feeds list --json` has it."""
    return {
        "id": summary.feed.id,
        "url": summary.feed.url,
        "title": _title(summary),
        "tags": list(summary.feed.tags),
        "status": summary.state.status.value,
        "last_polled_at": timestamp(summary.state.last_polled_at),
        "next_poll_at": timestamp(summary.state.next_poll_at),
        "failures": summary.state.failures,
        "last_error": summary.state.last_error,
        "articles": summary.articles,
    }


def _title(summary: FeedSummary) -> str | None:
    return summary.feed.title or summary.state.title


async def _list(configuration: Configuration) -> list[FeedSummary]:
    async with opened_store(configuration.settings) as store:
        return await list_feeds(configuration, store, utc_now())
