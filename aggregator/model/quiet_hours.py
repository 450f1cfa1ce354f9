"""Quiet hours: the times of the week at which only urgent alerts come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "|".join(_DAYS)
_TIME = r"[0-9]{2}:[0-9]{2}"
_SPAN = re.compile(
    rf"(?:(?P<first>{_DAY})(?:-(?P<last>{_DAY}))?\s+)?(?P<start>{_TIME})\s*-\s*(?P<end>{_TIME})",
    re.IGNORECASE | re.ASCII,
)
_MIDNIGHT = "24:00"
_ONE_DAY = timedelta(days=1)
_ONE_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=8)
_LONGEST_SHOWN = 60
_ANY_ZONE = ZoneInfo("UTC")
_ANY_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Span:
    """Hours that begin on each of `days` (0 is Monday; one after the other) and end within a day.

    An `end` at or before the `start` is one of the next day.
    """

    days: frozenset[int]
    start: time
    end: time

    def __str__(self) -> str:
        """Return it as it may be written."""
        end = f"{self.end:%H:%M}" if self.end != time.min else _MIDNIGHT
        return f"{self._days_text()}{self.start:%H:%M}-{end}"

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when the hours that begin on `day` begin and end."""
        last = day if self.start < self.end else day + _ONE_DAY
        return _moment(day, self.start, zone), _moment(last, self.end, zone)

    def _days_text(self) -> str:
        if len(self.days) == len(_DAYS):
            return ""
        first = next(day for day in self.days if (day - 1) % len(_DAYS) not in self.days)
        last = (first + len(self.days) - 1) % len(_DAYS)
        return f"{_DAYS[first]} " if first == last else f"{_DAYS[first]}-{_DAYS[last]} "


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Spans of hours by day of the week, in whatever time zone they are asked about."""

    spans: tuple[_Span, ...]

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """Read spans as `23:00-07:00` or `Sat-Sun 22:00-10:00`.

        Raises:
            ValueError: says which is none, and how to write one.
        """
        return cls(tuple(map(_span, texts)))

    def __str__(self) -> str:
        """Return them as one line."""
        return ", ".join(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """The spans as `parse` reads them."""
        return tuple(map(str, self.spans))

    @property
    def is_always(self) -> bool:
        """Whether no minute of the week is left out."""
        return self.ends_at(_ANY_MONDAY, _ANY_ZONE) == _ANY_MONDAY + _LONGEST

    def is_quiet(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether `now` lies in one of the spans."""
        return self._end_of_span(now, zone) is not None

    def ends_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return when it is no longer quiet: `now` when it is not, and eight days on where it always is."""
        end = now
        while end - now < _LONGEST and (later := self._end_of_span(end, zone)) is not None:
            end = later
        return min(end, now + _LONGEST)

    def _end_of_span(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        today = now.astimezone(zone).date()
        ends = [
            end
            for span in self.spans
            for day in (today - _ONE_DAY, today)
            if day.weekday() in span.days
            for start, end in (span.on(day, zone),)
            if start <= now < end
        ]
        return max(ends, default=None)


def _span(text: str) -> _Span:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f'{_shown(text)} is not a span of hours; write it as "23:00-07:00" or "Sat-Sun 22:00-10:00"; '
            'a whole day is "00:00-24:00"'
        )
    if found["start"] == found["end"]:
        raise ValueError(f'{_shown(text)} begins and ends at the same time; write "00:00-24:00" for a whole day')
    start = _time(found["start"])
    end = time.min if found["end"] == _MIDNIGHT else _time(found["end"])
    first = _DAYS.index((found["first"] or _DAYS[0]).title())
    last = _DAYS.index((found["last"] or found["first"] or _DAYS[-1]).title())
    days = frozenset((first + number) % len(_DAYS) for number in range((last - first) % len(_DAYS) + 1))
    return _Span(days, start, end)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a time of day; write one from 00:00 to 23:59, or 24:00 for the end of a day"
        ) from error


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC: of a time that the clock has twice the first, of one that it leaves out the next."""
    local = datetime.combine(day, at)
    while (moment := local.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != local:
        local += _ONE_MINUTE
    return moment
