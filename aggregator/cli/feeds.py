"""`aggregator feeds`: what is read, and how it is doing."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer

from aggregator.app import load_configuration, run_once
from aggregator.cli import feed_finding, feed_lists
from aggregator.cli.output import ago, config_path, count, print_json, print_table, timestamp
from aggregator.cli.progress import Progress
from aggregator.errors import NotFound, StoreInUse
from aggregator.feeds.failures import without_credentials
from aggregator.model.feeds import FeedSummary
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.feed_changes import feeds_by_id, remove_feeds
from aggregator.operations.listing import list_feeds
from aggregator.runtime import opened_store, utc_now

app = typer.Typer(help="See what is read, and change it.", no_args_is_help=True)
app.command("add")(feed_finding.add_command)
app.command("discover")(feed_finding.discover_command)
app.command("import")(feed_lists.import_command)
app.command("export")(feed_lists.export_command)


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
                "due" if summary.state.next_poll_at <= now else ago(summary.state.next_poll_at, now),
                str(summary.articles),
                _remark(summary, now),
            )
            for summary in summaries
        ),
        empty="There are no feeds yet; add some with `aggregator feeds add`, or under `feeds:` in the configuration.",
    )


@app.command("remove")
def remove(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(help="ids of feeds that were added")]
) -> None:
    """Take feeds out that were added; their articles stay."""
    configuration = load_configuration(config_path(context))
    removed = asyncio.run(_remove(configuration, ids))
    typer.echo(f"removed: {', '.join(removed)}")


@app.command("poll")
def poll(
    context: typer.Context, ids: Annotated[list[str] | None, typer.Argument(help="ids; every feed without")] = None
) -> None:
    """Poll feeds now, whether they are due or not; where a daemon runs, it does so."""
    configuration = load_configuration(config_path(context))
    wanted = asyncio.run(_known_ids(configuration, ids or []))
    try:
        with closing(Progress("Polling feeds")) as bar:
            report = asyncio.run(
                run_once(configuration, force=True, console=sys.stdout, on_poll=bar.step, only=frozenset(wanted))
            )
    except StoreInUse:
        due = asyncio.run(_make_due(configuration, wanted))
        typer.echo(
            f"another aggregator runs on this database and polls {count(due, 'feed')} now; its log and "
            "`aggregator feeds list` tell more"
        )
        return
    typer.echo(
        f"{count(report.polled, 'feed')} polled ({report.not_modified} unchanged, {report.failed} failed), "
        f"{count(report.new_articles, 'new article')}, {count(report.alerts, 'alert')}"
    )
    if report.failed:
        raise typer.Exit(code=1)


def feed_document(summary: FeedSummary) -> dict[str, object]:
    """Return a feed as `feeds list --json` has it."""
    state = summary.state
    return {
        "id": summary.feed.id,
        "url": without_credentials(summary.feed.url),
        "title": _title(summary),
        "tags": list(summary.feed.tags),
        "status": state.status.value,
        "last_polled_at": timestamp(state.last_polled_at),
        "next_poll_at": timestamp(state.next_poll_at),
        "failures": state.failures,
        "last_error": state.last_error,
        "articles": summary.articles,
        "owner": summary.feed.owner,
        "moved_to": without_credentials(state.url) if state.url else None,
        "gaps": state.gaps,
        "last_gap_at": timestamp(state.last_gap_at),
        "silent_since": timestamp(
            state.cadence.last_article_at if state.silence_noticed_at and state.cadence else None
        ),
    }


def _remark(summary: FeedSummary, now: datetime) -> str:
    """The feed's error, or its title, with what is odd about it."""
    state = summary.state
    odd = []
    if state.failures > 1:
        odd.append(f"{state.failures} times in a row")
    if state.gaps and state.last_gap_at is not None:
        odd.append(f"articles probably lost {count(state.gaps, 'time')}, last {ago(state.last_gap_at, now)}")
    if state.silence_noticed_at is not None and state.cadence is not None:
        odd.append(f"silent: its newest article is from {ago(state.cadence.last_article_at, now)}")
    if state.url is not None:
        odd.append(f"moved to {without_credentials(state.url)}")
    what = state.last_error or _title(summary) or without_credentials(summary.feed.url)
    return f"{what} ({'; '.join(odd)})" if odd else what


def _title(summary: FeedSummary) -> str | None:
    return summary.feed.title or summary.state.title


async def _list(configuration: Configuration) -> list[FeedSummary]:
    async with opened_store(configuration.settings) as store:
        return await list_feeds(configuration, store, utc_now())


async def _remove(configuration: Configuration, ids: list[str]) -> list[FeedId]:
    async with opened_store(configuration.settings) as store:
        return await remove_feeds([FeedId(feed_id) for feed_id in ids], configuration, store)


async def _known_ids(configuration: Configuration, ids: list[str]) -> list[FeedId]:
    async with opened_store(configuration.settings) as store:
        known = await feeds_by_id(configuration, store)
    for feed_id in ids:
        if feed_id not in known:
            raise NotFound(f"there is no feed {feed_id!r}; `aggregator feeds list` shows what there is")
    return [FeedId(feed_id) for feed_id in ids] or list(known)


async def _make_due(configuration: Configuration, ids: list[FeedId]) -> int:
    async with opened_store(configuration.settings) as store:
        return await store.make_due(ids, utc_now())
