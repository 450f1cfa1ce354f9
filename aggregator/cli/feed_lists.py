"""`aggregator feeds import` and `export`: lists of feeds in OPML."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from aggregator.app import load_configuration
from aggregator.cli.output import config_path, count
from aggregator.cli.progress import Progress
from aggregator.errors import NotFound, Problem, SettingsError
from aggregator.feeds.failures import without_credentials
from aggregator.feeds.opml import write_opml
from aggregator.model.feeds import COMMAND_LINE, Feed
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.feed_changes import ImportPlan, apply_import, feeds_by_id, plan_import
from aggregator.operations.listing import list_feeds
from aggregator.runtime import opened_store, utc_now
from aggregator.settings.convert import feed_of
from aggregator.settings.documents import FeedDocument
from aggregator.settings.opml import BadOpml, Outline, read_outlines

_SHOWN = 20
_BATCH = 500


def import_command(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="OPML files; - is stdin")],
    *,
    tag: Annotated[list[str] | None, typer.Option(help="a tag for every feed; may be given again")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be added, and add nothing")] = False,
) -> None:
    """Add the feeds of OPML files: folders become tags, what is there already stays, duplicates are one."""
    configuration = load_configuration(config_path(context))
    wanted: list[tuple[str | None, Feed]] = []
    problems: list[Problem] = []
    for file in files:
        _read(file, tuple(tag or ()), wanted, problems)
    plan = asyncio.run(_import(configuration, wanted, dry_run=dry_run))
    for problem in problems:
        typer.echo(f"left out: {problem}", err=True)
    verb = "would be added" if dry_run else "added"
    typer.echo(
        f"{count(len(plan.added), 'feed')} {verb}, {len(plan.changed)} with more tags, {plan.known} there already, "
        f"{len(problems)} left out"
    )
    if dry_run:
        for feed in plan.added[:_SHOWN]:
            typer.echo(f"  {feed.id}  {without_credentials(feed.url)}  {', '.join(feed.tags)}")
        if len(plan.added) > _SHOWN:
            typer.echo(f"  … and {len(plan.added) - _SHOWN} more")
    if problems:
        raise typer.Exit(code=1)


def export_command(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="where to write; stdout when left out")] = None,
    *,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="write names, passwords and tokens in addresses too")
    ] = False,
) -> None:
    """Write every feed as OPML, for any feed reader; what is our own comes back with `feeds import`."""
    configuration = load_configuration(config_path(context))
    feeds, titles = asyncio.run(_listed(configuration))
    content = write_opml(feeds, titles, created_at=utc_now(), with_secrets=with_secrets)
    if file is None:
        sys.stdout.buffer.write(content)
        return
    file.write_bytes(content)
    typer.echo(f"{count(len(feeds), 'feed')} written to {file}")


def _read(file: Path, tags: tuple[str, ...], wanted: list[tuple[str | None, Feed]], problems: list[Problem]) -> None:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise NotFound(f"{file}: cannot be read ({error.strerror}); is the path right?") from error
    try:
        outlines = read_outlines(content)
    except BadOpml as error:
        place = Problem(file=str(file), line=error.line, column=error.column, path="", message=str(error))
        raise SettingsError([place]) from error
    for outline in outlines:
        made = _feed(outline, tags)
        if isinstance(made, str):
            problems.append(
                Problem(file=str(file), line=outline.line, column=outline.column, path="outline", message=made)
            )
        else:
            own_id = outline.values.get("id")
            wanted.append((str(own_id) if own_id else None, made))


def _feed(outline: Outline, tags: tuple[str, ...]) -> Feed | str:
    """Return the feed of an outline, or what is wrong with it: the rules are those of a feed in the configuration."""
    try:
        document = FeedDocument.model_validate(outline.values)
    except ValidationError as error:
        first = error.errors()[0]
        return str(first.get("ctx", {}).get("error") or first["msg"])
    if document.url.startswith("file:"):
        return "a file is no address for a list that others wrote; name it in the configuration"
    feed = feed_of(document, FeedId(""), document.url)
    return replace(feed, owner=COMMAND_LINE, tags=tuple(dict.fromkeys((*feed.tags, *tags))))


async def _import(configuration: Configuration, wanted: list[tuple[str | None, Feed]], *, dry_run: bool) -> ImportPlan:
    async with opened_store(configuration.settings) as store:
        plan = plan_import(wanted, await feeds_by_id(configuration, store), configuration.feeds.keys())
        if dry_run:
            return plan
        everything = [*plan.added, *plan.changed]
        with closing(Progress("Adding feeds")) as bar:
            for start in range(0, len(everything), _BATCH):
                batch = ImportPlan(added=tuple(everything[start : start + _BATCH]), changed=(), known=0)
                await apply_import(batch, store, utc_now())
                bar.show(min(start + _BATCH, len(everything)), len(everything))
        return plan


async def _listed(configuration: Configuration) -> tuple[list[Feed], dict[FeedId, str]]:
    async with opened_store(configuration.settings) as store:
        summaries = await list_feeds(configuration, store, utc_now())
    titles = {summary.feed.id: summary.state.title for summary in summaries if summary.state.title}
    return [summary.feed for summary in summaries], titles
