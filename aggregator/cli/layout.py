"""Paragraphs and labelled facts: folded to a terminal's width, one line each in a pipe."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

INDENT = 2


def print_indented(text: Text, console: Console, depth: int = 1) -> None:
    """Print `text`, `depth` times indented."""
    columns = INDENT * depth
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, columns)))
    else:
        console.print(Text(" " * columns).append_text(text), soft_wrap=True)


def print_facts(facts: Iterable[tuple[str, Text]], console: Console) -> None:
    """Print labels and what they stand for, indented, in two columns."""
    listed = list(facts)
    width = max((len(label) for label, _ in listed), default=0)
    if not console.is_terminal:
        for label, value in listed:
            print_indented(Text(f"{label.ljust(width)}  ").append_text(value), console)
        return
    table = Table.grid(padding=(0, INDENT, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, value in listed:
        table.add_row(label, value)
    console.print(Padding(table, (0, 0, 0, INDENT)))
