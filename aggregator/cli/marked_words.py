"""The words of an article that made a rule hold, marked where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from aggregator.cli.output import printable
from aggregator.model.rules import Span

_HIGHLIGHT = "bold black on yellow"
_MARK = "**"
_BEFORE, _SHOWN = 80, 300
"""Characters of a long text: before its first marked word, and in all."""


def marked_text(text: str, spans: Sequence[Span], console: Console) -> Text:
    """Return `text` on one line, cut around the first of `spans`, which are all of it, with their words marked.

    They are coloured on a terminal, and between `**` where there is no colour.
    """
    mark = _MARK if console.no_color or not console.is_terminal else ""
    start, stop = _window(text, spans)
    shown = Text("… " if start else "")
    end = start
    for span in sorted(spans, key=lambda span: span.start):
        if end <= span.start and span.end <= stop:
            shown.append(_flat(text[end : span.start]))
            shown.append(f"{mark}{_flat(text[span.start : span.end])}{mark}", style=_HIGHLIGHT)
            end = span.end
    shown.append(_flat(text[end:stop]))
    return shown.append(" …" if stop < len(text) else "")


def span_document(span: Span) -> dict[str, object]:
    """Return a span as JSON documents have it."""
    return {"field": span.field.value, "start": span.start, "end": span.end, "text": span.text}


def _window(text: str, spans: Sequence[Span]) -> tuple[int, int]:
    """Return what of `text` is shown; cut at spaces, where it has some."""
    if len(text) <= _SHOWN:
        return 0, len(text)
    first = min((span.start for span in spans), default=0)
    start = max(first - _BEFORE, 0)
    if start:
        start = text.find(" ", start, first) + 1 or start
    stop = start + _SHOWN
    if stop >= len(text):
        return start, len(text)
    space = text.rfind(" ", stop - _BEFORE, stop)
    return start, stop if space < 0 else space


def _flat(text: str) -> str:
    return printable(" ".join(text.split("\n")))
