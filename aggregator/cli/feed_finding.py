"""`aggregator feeds add` and `discover`: from an address to feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError

from aggregator.app import load_configuration
from aggregator.cli.feed_lists import first_problem
from aggregator.cli.output import config_path, count, print_json, print_table, printable
from aggregator.cli.progress import Progress
from aggregator.errors import NotFound
from aggregator.feeds.failures import without_credentials
from aggregator.model.candidates import CandidateSource
from aggregator.model.feeds import COMMAND_LINE, DISCOVERED, Feed, FullText
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.discover import DiscoverTools, Discovery, FoundFeed, discover
from aggregator.operations.feed_changes import ImportPlan, apply_import, feeds_by_id, plan_import
from aggregator.runtime import opened_fetcher, opened_parser, opened_store, utc_now
from aggregator.settings.convert import feed_of
from aggregator.settings.documents import FeedDocument
from aggregator.settings.feed_urls import absolute_url
from aggregator.settings.opml import MASKED, is_masked, without_feed_scheme
from aggregator.settings.tree import Place


def add_command(  # noqa: PLR0913 - the options of one command
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="the address of a feed, or of a page that has one")],
    *,
    feed_id: Annotated[str | None, typer.Option("--id", help="a stable name; from the address when left out")] = None,
    title: Annotated[str | None, typer.Option(help="what alerts call it; the feed's own title when left out")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="a name that rules select by; may be given again")] = None,
    interval: Annotated[str | None, typer.Option(help="how often, as 15m; as it publishes when left out")] = None,
    full_text: Annotated[FullText, typer.Option(help="when to fetch articles' pages")] = FullText.NEVER,
) -> None:
    """Add a feed; a running daemon reads it within a second or two. Of a page, its best feed is added."""
    configuration = load_configuration(config_path(context))
    options = {
        "id": feed_id,
        "title": title or None,
        "tags": [name for name in tag or [] if name],
        "interval": interval,
        "full_text": full_text.value,
    }
    wanted = _wanted(url, options)
    found = _discover(configuration, wanted.url)
    best, *others = _feeds_or_error(found, wanted.url, " Nothing was added.")
    is_own_host = urlsplit(best.url).hostname == urlsplit(wanted.url).hostname
    added = replace(wanted, url=best.url, owner=COMMAND_LINE if is_own_host else DISCOVERED)
    asyncio.run(_add(configuration, added, best))
    if others:
        typer.echo("The page has more feeds; add one with `aggregator feeds add URL`:")
        for other in others:
            typer.echo(f"  {printable(without_credentials(other.url))}  {printable(other.title or '')}".rstrip())


def discover_command(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="the address of a page")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Find the feeds of a page, the best first; each was read, and is one."""
    configuration = load_configuration(config_path(context))
    address = _wanted(url, {}).url
    found = _discover(configuration, address)
    if as_json:
        print_json([_found_document(feed) for feed in found.feeds])
    feeds = _feeds_or_error(found, address)
    if as_json:
        return
    print_table(
        ("url", "title", "articles", "found as"),
        (
            (without_credentials(feed.url), feed.title or "", str(feed.articles), _FOUND_AS[feed.source])
            for feed in feeds
        ),
        empty="",
    )


_FOUND_AS = {
    CandidateSource.ITSELF: "the address itself",
    CandidateSource.PATTERN: "known for this site",
    CandidateSource.LINK_ELEMENT: "declared by the page",
    CandidateSource.PAGE_LINK: "linked on the page",
    CandidateSource.COMMON_PATH: "a usual address",
}


async def _add(configuration: Configuration, wanted: Feed, found: FoundFeed) -> None:
    """Add a feed, and say what came of it.

    Raises:
        BadParameter: when the id that was asked for is another feed's.
    """
    async with opened_store(configuration.settings) as store:
        known = await feeds_by_id(configuration, store)
        plan = plan_import([(wanted.id or None, wanted)], known, configuration.feeds.keys())
        if plan.masked:
            raise typer.BadParameter(MASKED, param_hint=_OPTIONS["url"])
        if plan.added and wanted.id in known:
            other = without_credentials(known[wanted.id].url)
            raise typer.BadParameter(f"{wanted.id!r} is the id of {other}; choose another", param_hint="--id")
        await apply_import(plan, store, utc_now())
    typer.echo(printable(_what_was_done(plan, found, configuration)))


def _what_was_done(plan: ImportPlan, found: FoundFeed, configuration: Configuration) -> str:
    shown = without_credentials(found.url)
    for feed in plan.added:
        return (
            f"added {feed.id}: {found.title or 'a feed without a title'}, {count(found.articles, 'article')}, {shown}"
        )
    for feed in plan.changed:
        return f"{shown} is there already, as {feed.id}; its tags are now {', '.join(feed.tags)}"
    [feed] = plan.known
    where = " in the configuration" if feed.id in configuration.feeds else ""
    return f"{shown} is there already{where}, as {feed.id}; nothing was changed"


def _wanted(url: str, options: Mapping[str, object]) -> Feed:
    """Return the feed that was asked for: the rules are those of a feed in the configuration.

    Raises:
        BadParameter: naming the option that breaks one.
    """
    address = without_feed_scheme(url)
    if "://" not in address and not address.startswith("file:"):
        address = f"https://{address}"
    try:
        document = FeedDocument.model_validate({**options, "url": address})
    except ValidationError as error:
        option, message = first_problem(error)
        raise typer.BadParameter(message, param_hint=_OPTIONS[option]) from error
    if is_masked(address):
        raise typer.BadParameter(MASKED, param_hint=_OPTIONS["url"])
    here = Place(str(Path.cwd() / "here"), 1, 1)
    return replace(feed_of(document, FeedId(document.id or ""), absolute_url(address, here)), owner=COMMAND_LINE)


_OPTIONS = {"url": "URL", "id": "--id", "title": "--title", "tags": "--tag", "interval": "--interval"}


def _feeds_or_error(found: Discovery, url: str, consequence: str = "") -> tuple[FoundFeed, ...]:
    if found.feeds:
        return found.feeds
    if found.failure is not None:
        # Nobody tries again for a command that has ended.
        message = found.failure.detail.replace("it will be tried again, or ", "")
        message = message.removesuffix("; it will be tried again")
    else:
        shown = without_credentials(url)
        message = f"{shown}: no feed there, and none was found from it; look for a link called RSS on the page"
    raise NotFound(f"{message}{'' if message.endswith('?') else '.'}{consequence}")


def _discover(configuration: Configuration, url: str) -> Discovery:
    with closing(Progress("Looking at addresses")) as bar:
        return asyncio.run(_look(configuration, url, bar))


async def _look(configuration: Configuration, url: str, bar: Progress) -> Discovery:
    settings = configuration.settings
    feed = Feed(id=FeedId("discovery"), url=url, owner=COMMAND_LINE)
    async with opened_fetcher(settings) as fetcher, opened_parser(settings.polling.max_body_bytes) as parser:
        return await discover(feed, DiscoverTools(fetcher=fetcher, parser=parser, clock=utc_now), bar.show)


def _found_document(feed: FoundFeed) -> dict[str, object]:
    return {
        "url": without_credentials(feed.url),
        "title": feed.title,
        "format": feed.format,
        "articles": feed.articles,
        "source": feed.source.value,
    }
