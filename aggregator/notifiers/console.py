"""Alerts on the terminal: coloured for a person, marked for a pipe."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, Group
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from aggregator.alerts.excerpt import excerpt
from aggregator.alerts.rendering import rules_of, source_of, title_of
from aggregator.alerts.styled import Run, StyledText
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

_WIDTH = 96
_HIGHLIGHT = Style(bold=True, color="black", bgcolor="yellow")
_MARK = "**"


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

    @property
    def capabilities(self) -> Capabilities:
        """Plain text, as long as it likes."""
        return Capabilities(markup=Markup.PLAIN, text_limit=8_000)

    async def send(self, message: Message) -> Sent:
        """Print the alert.

        Raises:
            DeliveryFailed: UNAVAILABLE, when the terminal or pipe is closed.
        """
        try:
            await asyncio.to_thread(self._print, message)
        except (OSError, ValueError) as error:
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot write to the console: {error}") from error
        return Sent()

    async def close(self) -> None:
        """The stream is not ours to close."""

    def _print(self, message: Message) -> None:
        due = message.due
        console = Console(file=self.stream, highlight=False)
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
        self.stream.flush()


def _rich(runs: StyledText, *, marks: bool) -> Text:
    text = Text()
    for run in runs:
        text.append(f"{_MARK}{run.text}{_MARK}" if marks and run.underline else run.text, style=_style(run))
    return text


def _style(run: Run) -> Style:
    return _HIGHLIGHT if run.underline else Style(bold=run.bold, italic=run.italic)
