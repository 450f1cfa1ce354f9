"""Alerts on the terminal: coloured for a person, marked for a pipe."""

from __future__ import annotations

import asyncio
import errno
import os
import select
from dataclasses import dataclass
from datetime import timedelta
from io import UnsupportedOperation
from typing import TextIO

from rich.console import Console, Group
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from aggregator.alerts.excerpt import excerpt
from aggregator.alerts.rendering import rules_of, source_of, title_of
from aggregator.alerts.styled import Run, StyledText
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, DueDelivery, Sent
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

_WIDTH = 96
_HIGHLIGHT = Style(bold=True, color="black", bgcolor="yellow")
_MARK = "**"
_PATIENCE = timedelta(seconds=5)
"""For a pipe that nobody reads, or a terminal that a person stopped; shorter than the daemon's patience at its end."""

_WRITTEN_AT_ONCE_BYTES = 512
"""What a pipe takes whole once it says that it can be written to (pipe(7): PIPE_BUF is 512 at least)."""


class ConsoleOptions(ChannelOptions):
    """The console takes no options."""


class ConsolePlugin:
    """Opens console notifiers."""

    options_model = ConsoleOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> ConsoleNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier that prints to the context's console."""
        return ConsoleNotifier(stream=context.console, timezone=channel.timezone)


PLUGIN = ConsolePlugin()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleNotifier:
    """Prints each alert as a box of its own."""

    stream: TextIO
    timezone: str
    patience: timedelta = _PATIENCE

    @property
    def capabilities(self) -> Capabilities:
        """Plain text, as long as it likes."""
        return Capabilities(markup=Markup.PLAIN, text_limit=8_000)

    async def send(self, message: Message) -> Sent:
        """Print the alert.

        Raises:
            DeliveryFailed: UNAVAILABLE, when the terminal or pipe is closed, or nobody reads from it.
        """
        try:
            await asyncio.to_thread(self._print, message)
        except (OSError, ValueError) as error:
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot write to the console: {error}") from error
        return Sent()

    async def close(self) -> None:
        """The stream is not ours to close."""

    def _print(self, message: Message) -> None:
        console = Console(file=self.stream, highlight=False)
        with console.capture() as captured:
            self._draw(message.due, console)
        self._write(captured.get())

    def _draw(self, due: DueDelivery, console: Console) -> None:
        width = min(_WIDTH, console.width)
        marks = not console.is_terminal
        text = _rich(excerpt(due), marks=marks)
        rules = Text(style="dim").append_text(_rich(rules_of(due), marks=False))
        link = Text(due.article.url, style=Style(link=due.article.url, dim=True), overflow="fold")
        body = Group(*(part for part in (text, Text(), rules, link) if part is not text or text.plain))
        console.print(
            Panel(
                Group(
                    _rich(title_of(due), marks=marks), _rich(source_of(due, self.timezone), marks=False), Text(), body
                ),
                width=width,
                padding=(0, 1),
                border_style="yellow",
            )
        )

    def _write(self, text: str) -> None:
        """Write piece by piece, each when it can be taken: a write that waits for ever could not be ended."""
        try:
            target = self.stream.fileno()
        except UnsupportedOperation:  # text in memory
            self.stream.write(text)
            return
        self.stream.flush()
        poll = select.poll()
        poll.register(target, select.POLLOUT)
        rest = memoryview(text.encode(self.stream.encoding or "utf-8", "replace"))
        while rest:
            if not poll.poll(self.patience / timedelta(milliseconds=1)):
                raise OSError(errno.EAGAIN, f"nobody has read from it for {self.patience.total_seconds():g} s")
            rest = rest[os.write(target, rest[:_WRITTEN_AT_ONCE_BYTES]) :]


def _rich(runs: StyledText, *, marks: bool) -> Text:
    text = Text()
    for run in runs:
        text.append(f"{_MARK}{run.text}{_MARK}" if marks and run.underline else run.text, style=_style(run))
    return text


def _style(run: Run) -> Style:
    return _HIGHLIGHT if run.underline else Style(bold=run.bold, italic=run.italic)
