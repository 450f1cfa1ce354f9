"""Styled text in the markup of each service: every tag that is opened is closed, every special character is escaped."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from aggregator.alerts.marks import COMMONMARK, DISCORD, SLACK
from aggregator.alerts.styled import Run
from aggregator.model.messages import LengthUnit, Markup

_HTML_TAGS = (("code", "code"), ("u", "underline"), ("s", "strike"), ("i", "italic"), ("b", "bold"))
"""The innermost first, each with the style that it is for."""


def serialize(runs: Sequence[Run], markup: Markup) -> str:
    """Write `runs` in `markup`."""
    return _WRITERS[markup]([run for run in runs if run.text])


def measure(runs: Sequence[Run], markup: Markup, unit: LengthUnit) -> int:
    """Return how long `runs` are to a service that counts in `unit`."""
    if unit is LengthUnit.VISIBLE_UTF16_UNITS:
        return sum(_utf16_units(run.text) for run in runs)
    written = serialize(runs, markup)
    return _utf16_units(written) if unit is LengthUnit.UTF16_UNITS else len(written)


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _plain(runs: Sequence[Run]) -> str:
    return "".join(_plain_run(run) for run in runs)


def _plain_run(run: Run) -> str:
    """Plain text shows what is marked or struck out by the signs that people type for it."""
    text = run.text
    if text.strip() and (run.underline or run.strike):
        text = f"*{text}*" if run.underline else f"~{text}~"
    return text if run.link is None or run.link == run.text else f"{text}: {run.link}"


def _html(runs: Sequence[Run]) -> str:
    """HTML for a body: a new line is an element there."""
    return "".join(_tagged(run, html.escape(run.text, quote=False).replace("\n", "<br>")) for run in runs)


def _telegram_html(runs: Sequence[Run]) -> str:
    """Telegram's HTML (core.telegram.org/bots/api#html-style): only & < > and " need escaping.

    Code is nothing else there, so what is a link is no code.
    """
    plain = (Run(text=run.text, code=run.link is None, link=run.link) if run.code else run for run in runs)
    return "".join(_tagged(run, html.escape(run.text, quote=False)) for run in plain)


def _tagged(run: Run, escaped: str) -> str:
    for tag, style in _HTML_TAGS:
        if getattr(run, style):
            escaped = f"<{tag}>{escaped}</{tag}>"
    return escaped if run.link is None or not run.text.strip() else f'<a href="{html.escape(run.link)}">{escaped}</a>'


_WRITERS: Mapping[Markup, Callable[[Sequence[Run]], str]] = MappingProxyType(
    {
        Markup.PLAIN: _plain,
        Markup.MARKDOWN: COMMONMARK.write,
        Markup.TELEGRAM_HTML: _telegram_html,
        Markup.SLACK_MRKDWN: SLACK.write,
        Markup.DISCORD_MARKDOWN: DISCORD.write,
        Markup.HTML: _html,
    }
)
