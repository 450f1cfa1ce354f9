"""`aggregator feeds`: what is read, and how it is doing."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from typing import Annotated

import typer

from aggregator.app import load_configuration, run_once
from aggregator.cli import feed_lists
from aggregator.cli.output import ago, config_path, count, print_json, print_table, timestamp
from aggregator.cli.progress import Progress
from aggregator.errors import NotFound, StoreInUse
from aggregator.feeds.failures import without_credentials
from aggregator.model.candidates import CandidateSource
from aggregator.model.feeds import COMMAND_LINE, Feed, FeedSummary, FullText
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.discover import DiscoverTools, Discovery, FoundFeed, discover
from aggregator.operations.feed_changes import apply_import, feeds_by_id, plan_import, remove_feeds
from aggregator.operations.listing import list_feeds
from aggregator.runtime import opened_fetcher, opened_parser, opened_store, utc_now
from aggregator.settings.values import parse_duration

app = typer.Typer(help="See what is read, and change it.", no_args_is_help=True)
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
                ago(summary.state.next_poll_at, now),
                str(summary.articles),
                _remark(summary),
            )
            for summary in summaries
        ),
        empty="There are no feeds yet; add some with `aggregator feeds add`, or under `feeds:` in the configuration.",
    )


@app.command("add")
def add(  # noqa: PLR0913 - the options of one command
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="the address of a feed, or of a page that has one")],
    *,
    feed_id: Annotated[str | None, typer.Option("--id", help="a stable name; from the address when left out")] = None,
    title: Annotated[str | None, typer.Option(help="what alerts call it; the feed's own title when left out")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="a name that rules select by; may be given again")] = None,
    interval: Annotated[str | None, typer.Option(help="how often, as 15m; as it publishes when left out")] = None,
    full_text: Annotated[FullText, typer.Option(help="when to fetch articles' pages")] = FullText.NEVER,
) -> None:
    """Add a feed; a running daemon reads it within a second. Of a page, its best feed is added."""
    configuration = load_configuration(config_path(context))
    try:
        every = None if interval is None else parse_duration(interval)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--interval") from error
    found = _discover(configuration, url)
    best, *others = _feeds_or_error(found, url)
    feed = Feed(
        id=FeedId(""),
        url=best.url,
        title=title,
        tags=tuple(tag or ()),
        interval=every,
        full_text=full_text,
        owner=COMMAND_LINE,
    )
    added = asyncio.run(_add(configuration, feed, feed_id))
    shown = without_credentials(best.url)
    if added is None:
        typer.echo(f"{shown} is there already; nothing was changed")
        return
    typer.echo(
        f"added {added.id}: {best.title or 'a feed without a title'}, {count(best.articles, 'article')}, {shown}"
    )
    if others:
        typer.echo("The page has more feeds; add one with `aggregator feeds add URL`:")
        for other in others:
            typer.echo(f"  {without_credentials(other.url)}  {other.title or ''}")


@app.command("remove")
def remove(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(help="ids of feeds that were added")]
) -> None:
    """Take feeds out that were added; their articles stay."""
    configuration = load_configuration(config_path(context))
    removed = asyncio.run(_remove(configuration, ids))
    typer.echo(f"removed: {', '.join(removed)}")


@app.command("discover")
def discover_command(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="the address of a page")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Find the feeds of a page, the best first; each was read, and is one."""
    configuration = load_configuration(config_path(context))
    found = _discover(configuration, url)
    if as_json:
        print_json([_found_document(feed) for feed in found.feeds])
        return
    print_table(
        ("url", "title", "articles", "found as"),
        (
            (without_credentials(feed.url), feed.title or "", str(feed.articles), _FOUND_AS[feed.source])
            for feed in _feeds_or_error(found, url)
        ),
        empty="",
    )


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
        asyncio.run(_make_due(configuration, wanted))
        typer.echo(f"a daemon runs here and polls {count(len(wanted), 'feed')} now; its log and `feeds list` tell more")
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


_FOUND_AS = {
    CandidateSource.ITSELF: "the address itself",
    CandidateSource.PATTERN: "known for this site",
    CandidateSource.LINK_ELEMENT: "declared by the page",
    CandidateSource.PAGE_LINK: "linked on the page",
    CandidateSource.COMMON_PATH: "a usual address",
}


def _remark(summary: FeedSummary) -> str:
    """The feed's error, or its title with what is odd about it."""
    state = summary.state
    if state.last_error:
        return state.last_error
    odd = []
    if state.gaps:
        odd.append(f"{count(state.gaps, 'gap')}, articles probably lost")
    if state.silence_noticed_at is not None and state.cadence is not None:
        odd.append(f"silent: nothing new since {ago(state.cadence.last_article_at, utc_now())}")
    if state.url is not None:
        odd.append(f"moved to {without_credentials(state.url)}")
    title = _title(summary) or without_credentials(summary.feed.url)
    return f"{title} ({'; '.join(odd)})" if odd else title


def _title(summary: FeedSummary) -> str | None:
    return summary.feed.title or summary.state.title


def _found_document(feed: FoundFeed) -> dict[str, object]:
    return {
        "url": feed.url,
        "title": feed.title,
        "format": feed.format,
        "articles": feed.articles,
        "source": feed.source.value,
    }


def _feeds_or_error(found: Discovery, url: str) -> tuple[FoundFeed, ...]:
    if found.feeds:
        return found.feeds
    if found.failure is not None:
        raise NotFound(found.failure.detail)
    raise NotFound(
        f"{without_credentials(url)}: no feed there, and none was found from it; look for a link called RSS on the page"
    )


def _discover(configuration: Configuration, url: str) -> Discovery:
    address = url if "://" in url or url.startswith(("feed:", "file:")) else f"https://{url}"
    with closing(Progress("Looking at addresses")) as bar:
        return asyncio.run(_look(configuration, address, bar))


async def _look(configuration: Configuration, url: str, bar: Progress) -> Discovery:
    settings = configuration.settings
    feed = Feed(id=FeedId("discovery"), url=url, owner=COMMAND_LINE)
    async with opened_fetcher(settings) as fetcher, opened_parser(settings.polling.max_body_bytes) as parser:
        return await discover(feed, DiscoverTools(fetcher=fetcher, parser=parser, clock=utc_now), bar.show)


async def _list(configuration: Configuration) -> list[FeedSummary]:
    async with opened_store(configuration.settings) as store:
        return await list_feeds(configuration, store, utc_now())


async def _add(configuration: Configuration, feed: Feed, own_id: str | None) -> Feed | None:
    async with opened_store(configuration.settings) as store:
        plan = plan_import([(own_id, feed)], await feeds_by_id(configuration, store), configuration.feeds.keys())
        await apply_import(plan, store, utc_now())
        return plan.added[0] if plan.added else None


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


async def _make_due(configuration: Configuration, ids: list[FeedId]) -> None:
    async with opened_store(configuration.settings) as store:
        await store.make_due(ids, utc_now())
