"""A small bar chart of days for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

_HEIGHT = 4
"""Lines of the tallest bar."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_EIGHT = 8
_WIDEST_COLUMN = 3
_WEEK = 7
_YEAR = 365


def day_words(day: date, *, has_year: bool = False) -> str:
    """Return a day as a person says it: `Tue 3 Feb`, or `Tue 3 Feb 2026`."""
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if has_year else "")


def need_year(days: int) -> bool:
    """Whether so many days are too many to tell them apart without their years."""
    return days > _YEAR


def bar_chart(days: Sequence[tuple[date, int]], width: int) -> list[str]:
    """Return the lines of a chart of at most `width` characters, one bar a day, with days that follow each other.

    Where there is no room for each day, a bar is the sum of a week, or of several; the last line says so.
    """
    tallest_day = max(number for _, number in days)
    columns = max(width - len(f"{tallest_day * len(days):,}") - 2, 1)
    together = 1 if len(days) <= columns else math.ceil(len(days) / columns / _WEEK) * _WEEK
    starts = range(0, len(days), together)
    bars = [sum(number for _, number in days[start : start + together]) for start in starts]
    tallest = max(*bars, 1)
    each = max(min(columns // len(bars), _WIDEST_COLUMN), 1)
    label = f"{tallest:,}"
    margin = len(label) + 2
    lines = [
        f"{label if row == _HEIGHT - 1 else '':>{margin - 2}} │"
        + "".join(_cell(bar / tallest, row, each) for bar in bars)
        for row in range(_HEIGHT - 1, -1, -1)
    ]
    lines.append(f"{'0':>{margin - 2}} └" + "─" * (each * len(bars)))
    lines.append(" " * margin + _ends(days[0][0], days[-1][0], each * len(bars)))
    if together > 1:
        lines.append(f"{' ' * margin}each bar is {together} days")
    return [line.rstrip() for line in lines]


def _cell(share: float, row: int, each: int) -> str:
    """Return one line of a bar; what is more than nothing can be seen."""
    eighths = math.ceil(share * _HEIGHT * _EIGHT) - row * _EIGHT
    sign = _EIGHTHS[max(0, min(eighths, _EIGHT))]
    return sign if each == 1 else sign * (each - 1) + " "


def _ends(first: date, last: date, width: int) -> str:
    if first == last:
        return day_words(first)
    has_year = need_year((last - first).days + 1)
    left, right = day_words(first, has_year=has_year), day_words(last, has_year=has_year)
    return f"{left}{' ' * max(width - len(left) - len(right), 2)}{right}"
