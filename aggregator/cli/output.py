"""What commands print: JSON documents for scripts, tables for people."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

WIDTH_WITHOUT_TERMINAL = 160
_COMMANDS = ("Cc", "Cf", "Cs")
"""Control characters, those that turn the direction of writing, and halves of characters."""


def config_path(context: typer.Context) -> Path:
    """Return the configuration file that the command line names."""
    path = context.obj
    assert isinstance(path, Path)  # noqa: S101 - the root callback sets it
    return path


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Print a table on stdout, or `empty` when there are no rows."""
    listed = list(rows)
    if not listed:
        typer.echo(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in listed:
        table.add_row(*(printable(cell) for cell in row))
    open_console().print(table)


def open_console() -> Console:
    """Return stdout as a terminal, or as a wide page where there is none; text is taken as it is."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=WIDTH_WITHOUT_TERMINAL)


def printable(text: str) -> str:
    """Return `text` without what would command a terminal: titles and addresses are a stranger's words."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in _COMMANDS)


def timestamp(moment: datetime | None) -> str | None:
    """Return `moment` as JSON documents have it: ISO 8601 in UTC, with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago (or ahead) `moment` is, as a person says it."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if size >= length:
            text = f"{size / length:.0f} {unit}"
            break
    else:
        text = f"{size:.0f} s"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 feed` or `2,000 feeds`; `many` is for plurals that an s does not make."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
