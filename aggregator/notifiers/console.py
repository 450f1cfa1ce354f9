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

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from aggregator.alerts.excerpt import excerpt
from aggregator.alerts.rendering import also_of, change_of, rules_of, source_of, title_of
from aggregator.alerts.styled import Run, StyledText, web_link
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, DeliveryKind, Sent
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

_WIDTH = 96
_HIGHLIGHT = Style(bold=True, color="black", bgcolor="yellow")
_MARKS = {(True, False): "**", (False, True): "~~"}
"""What stands around the words that matched or are new, and around those taken out, where nothing can be coloured."""

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
            content = self._content(message, marks=not console.is_terminal)
            console.print(Panel(content, width=min(_WIDTH, console.width), padding=(0, 1), border_style="yellow"))
        self._write(captured.get())

    def _content(self, message: Message, *, marks: bool) -> RenderableType:
        """Return what is in the box: a digest, or what a template wrote, as it is, all else in a layout of our own."""
        if message.is_templated or message.due.delivery.kind is DeliveryKind.DIGEST:
            return Text(message.text, overflow="fold")
        due = message.due
        url = web_link(due.article.url)
        blocks = (
            [_rich(title_of(due), marks=marks), _rich(source_of(due, self.timezone), marks=False)],
            [_rich(change_of(due.delivery.change), marks=marks)],
            [_rich(excerpt(due), marks=marks)],
            [
                Text(style="dim").append_text(_rich(rules_of(due), marks=False)),
                Text(style="dim").append_text(_rich(also_of(due, due.sources, self.timezone), marks=False)),
                Text(due.article.url, style=Style(link=url, dim=True), overflow="fold"),
            ],
        )
        shown = [[line for line in block if line.plain] for block in blocks]
        return Text("\n\n").join(Text("\n").join(block) for block in shown if block)

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
        mark = _MARKS.get((run.underline, run.strike), "") if marks else ""
        text.append(f"{mark}{run.text}{mark}", style=_style(run))
    return text


def _style(run: Run) -> Style:
    return _HIGHLIGHT if run.underline else Style(bold=run.bold, italic=run.italic, strike=run.strike, link=run.link)
