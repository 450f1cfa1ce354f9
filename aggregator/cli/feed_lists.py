"""`aggregator feeds import` and `export`: lists of feeds in OPML."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from aggregator.app import load_configuration
from aggregator.cli.output import config_path, count, printable
from aggregator.cli.progress import Progress
from aggregator.errors import NotFound, Problem, SettingsError
from aggregator.feeds.failures import without_credentials
from aggregator.feeds.opml import exported_url, write_opml
from aggregator.model.feeds import COMMAND_LINE, Feed
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.feed_changes import ImportPlan, apply_import, feeds_by_id, plan_import
from aggregator.operations.listing import list_feeds
from aggregator.runtime import opened_store, utc_now
from aggregator.settings.convert import feed_of
from aggregator.settings.documents import FeedDocument
from aggregator.settings.opml import MASKED, BadOpml, Outline, read_outlines
from aggregator.settings.tree import MAX_FILE_BYTES

_STANDARD_STREAM = Path("-")
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
    wanted = _Wanted()
    for file in files:
        _read(file, tuple(tag or ()), wanted)
    plan = asyncio.run(_import(configuration, wanted, dry_run=dry_run))
    left_out = [*wanted.problems, *(wanted.problem(feed.url, MASKED) for feed in plan.masked)]
    for problem in left_out:
        typer.echo(f"left out: {printable(str(problem))}", err=True)
    would = "would be " if dry_run else ""
    typer.echo(
        f"{count(len(plan.added), 'feed')} {would}added, {len(plan.changed)} {would}given more tags, "
        f"{len(plan.known)} there already, {len(left_out)} left out"
    )
    if dry_run:
        _show([*plan.added, *plan.changed])
    if left_out:
        raise typer.Exit(code=1)


def export_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="where to write; - is stdout")] = _STANDARD_STREAM,
    *,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="write names, passwords and tokens in addresses too")
    ] = False,
) -> None:
    """Write every feed as OPML, for any feed reader; what is our own comes back with `feeds import`."""
    configuration = load_configuration(config_path(context))
    feeds, titles = asyncio.run(_listed(configuration))
    content = write_opml(feeds, titles, created_at=utc_now(), with_secrets=with_secrets)
    if file == _STANDARD_STREAM:
        sys.stdout.buffer.write(content)
    else:
        _write(file, content, is_secret=with_secrets)
        typer.echo(f"{count(len(feeds), 'feed')} written to {file}")
    lacking = sum(exported_url(feed.url, with_secrets=False) != feed.url for feed in feeds)
    if lacking and not with_secrets:
        typer.echo(
            f"note: {count(lacking, 'address', 'addresses')} written without the secret in it; "
            "--with-secrets writes it too",
            err=True,
        )


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the key of a feed that breaks a rule, and the rule, in words."""
    first = error.errors(include_url=False)[0]
    return str(first["loc"][0]), str(first.get("ctx", {}).get("error") or first["msg"])


@dataclass(slots=True)
class _Wanted:
    """What files list: feeds, each with the id that it asks for and its place, and what cannot be read as one."""

    feeds: list[tuple[str | None, Feed]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, tuple[Path, Outline]] = field(default_factory=dict)

    def add(self, file: Path, outline: Outline, tags: tuple[str, ...]) -> None:
        url = str(outline.values["url"])
        self.places.setdefault(url, (file, outline))
        made = _feed(outline, tags)
        if isinstance(made, str):
            self.problems.append(self.problem(url, made))
        else:
            self.feeds.append((str(outline.values["id"]) if "id" in outline.values else None, made))

    def problem(self, url: str, message: str) -> Problem:
        """Return a problem with the feed at `url`, at its place."""
        file, outline = self.places[url]
        return Problem(file=str(file), line=outline.line, column=outline.column, path="outline", message=message)


def _read(file: Path, tags: tuple[str, ...], wanted: _Wanted) -> None:
    try:
        if file == _STANDARD_STREAM:
            content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{file}: cannot be read ({error.strerror}); is the path right?") from error
    try:
        outlines = read_outlines(content)
    except BadOpml as error:
        place = Problem(file=str(file), line=error.line, column=error.column, path="", message=str(error))
        raise SettingsError([place]) from error
    for outline in outlines:
        wanted.add(file, outline, tags)


def _show(feeds: Sequence[Feed]) -> None:
    for feed in feeds[:_SHOWN]:
        typer.echo(printable(f"  {feed.id}  {without_credentials(feed.url)}  {', '.join(feed.tags)}".rstrip()))
    if len(feeds) > _SHOWN:
        typer.echo(f"  … and {len(feeds) - _SHOWN} more")


def _write(file: Path, content: bytes, *, is_secret: bool) -> None:
    """Write a file; one with secrets, when it is new, for its owner's eyes only."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if is_secret else 0o666)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise NotFound(f"{file}: cannot be written ({error.strerror}); is the path right?") from error


def _feed(outline: Outline, tags: tuple[str, ...]) -> Feed | str:
    """Return the feed of an outline, or what is wrong with it: the rules are those of a feed in the configuration."""
    try:
        document = FeedDocument.model_validate(outline.values)
    except ValidationError as error:
        return first_problem(error)[1]
    if document.url.startswith("file:"):
        return "a file is no address for a list that others wrote; name it in the configuration"
    feed = feed_of(document, FeedId(""), document.url)
    return replace(feed, owner=COMMAND_LINE, tags=tuple(dict.fromkeys((*feed.tags, *tags))))


async def _import(configuration: Configuration, wanted: _Wanted, *, dry_run: bool) -> ImportPlan:
    async with opened_store(configuration.settings) as store:
        plan = plan_import(wanted.feeds, await feeds_by_id(configuration, store), configuration.feeds.keys())
        if dry_run:
            return plan
        everything = [*plan.added, *plan.changed]
        with closing(Progress("Adding feeds")) as bar:
            bar.show(0, len(everything))
            for start in range(0, len(everything), _BATCH):
                await apply_import(ImportPlan(added=tuple(everything[start : start + _BATCH])), store, utc_now())
                bar.show(min(start + _BATCH, len(everything)), len(everything))
        return plan


async def _listed(configuration: Configuration) -> tuple[list[Feed], dict[FeedId, str]]:
    async with opened_store(configuration.settings) as store:
        summaries = await list_feeds(configuration, store, utc_now())
    titles = {summary.feed.id: summary.state.title for summary in summaries if summary.state.title}
    return [summary.feed for summary in summaries], titles
