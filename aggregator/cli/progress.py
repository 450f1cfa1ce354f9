"""A progress bar on a terminal, for work that takes a while; nothing where nobody looks."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

_WORTH_A_BAR = 20


class Progress:
    """Shows how far a piece of work is. It appears at the first word of how much there is, and goes with the last."""

    def __init__(self, description: str, *, at_least: int = _WORTH_A_BAR) -> None:
        self._description = description
        self._at_least = at_least
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._done = -1
        self._is_over = False

    def step(self, total: int) -> None:
        """Start at the first call, and count one of `total` with each later one."""
        self._done += 1
        self.show(self._done, total)

    def show(self, done: int, total: int) -> None:
        """Say that `done` of `total` is done."""
        if self._is_over:
            return
        if self._task is None:
            self._start(total)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)
        if done >= total:
            self.close()

    def close(self) -> None:
        """Take the bar away. Idempotent."""
        self._is_over = True
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self, total: int) -> None:
        if total < self._at_least or not sys.stderr.isatty():
            self._is_over = True
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self._description, total=total)
        self._bar.start()
