"""The part of an article that shows why a rule matched."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.alerts.styled import Run, StyledText, harmless
from aggregator.model.alerts import DeliveryKind, DueDelivery
from aggregator.model.rules import Field, Span

_CONTEXT_CHARACTERS = 120
_MAX_WINDOWS = 3
_LEAD_CHARACTERS = 280
_NOTICE_CHARACTERS = 1_000

Ranges = list[tuple[int, int]]


def marked(text: str, ranges: Ranges, *, bold: bool = False) -> StyledText:
    """Return `text` with `ranges` bold and underlined, all on one line."""
    runs: list[Run] = []
    end = 0
    for start, stop in ranges:
        runs.append(Run(text=_flat(text[end:start]), bold=bold))
        runs.append(Run(text=_flat(text[start:stop]), bold=True, underline=True))
        end = stop
    runs.append(Run(text=_flat(text[end:]), bold=bold))
    return tuple(run for run in runs if run.text)


def ranges_in(due: DueDelivery, field: Field) -> Ranges:
    """Return where the matched words of `field` are: in order, apart from each other."""
    spans: list[Span] = sorted(
        (span for match in due.matches for span in match.spans if span.field is field),
        key=lambda span: (span.start, span.end),
    )
    merged: Ranges = []
    for span in spans:
        if merged and span.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.end))
        else:
            merged.append((span.start, span.end))
    return merged


def excerpt(due: DueDelivery) -> StyledText:
    """Return up to three places of the text around the matched words; its beginning where none are in it.

    A notice says what to do at its end: of it there is more.
    """
    if due.delivery.kind is DeliveryKind.NOTICE:
        return _windows(due.article.text, [], _NOTICE_CHARACTERS)
    field = Field.BODY if due.article.body else Field.SUMMARY
    ranges = ranges_in(due, field)
    if due.article.body and not ranges and (in_summary := ranges_in(due, Field.SUMMARY)):
        return _windows(due.article.summary, in_summary)
    return _windows(due.article.text, ranges)


def _windows(text: str, ranges: Ranges, lead_characters: int = _LEAD_CHARACTERS) -> StyledText:
    windows = _window_bounds(text, ranges) or [(0, _word_end(text, lead_characters))]
    runs: list[Run] = []
    for start, stop in windows:
        inside = [(max(a, start) - start, min(b, stop) - start) for a, b in ranges if a < stop and b > start]
        if start > 0:
            runs.append(Run(text=" … " if runs else "… "))
        runs += marked(text[start:stop], inside)
    if text and windows[-1][1] < len(text):
        runs.append(Run(text=" …"))
    return tuple(runs)


def _window_bounds(text: str, ranges: Sequence[tuple[int, int]]) -> Ranges:
    bounds: Ranges = []
    for start, stop in ranges:
        low, high = _word_start(text, start - _CONTEXT_CHARACTERS), _word_end(text, stop + _CONTEXT_CHARACTERS)
        if bounds and low <= bounds[-1][1] + 1:
            bounds[-1] = (bounds[-1][0], max(high, bounds[-1][1]))
        elif len(bounds) < _MAX_WINDOWS:
            bounds.append((low, high))
        else:
            break
    return bounds


def _word_start(text: str, index: int) -> int:
    if index <= 0:
        return 0
    space = text.find(" ", index, index + _CONTEXT_CHARACTERS // 2)
    return index if space < 0 else space + 1


def _word_end(text: str, index: int) -> int:
    if index >= len(text):
        return len(text)
    space = text.rfind(" ", index - _CONTEXT_CHARACTERS // 2, index)
    return index if space < 0 else space


def _flat(text: str) -> str:
    return harmless(text.replace("\n", " "))
