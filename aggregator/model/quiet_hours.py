"""Quiet hours: when a channel is told of urgent alerts only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from aggregator.model.local_times import DAY, moment_of, parse_clock, split_days, wall_of

_MINUTE = timedelta(minutes=1)
_WEEK = 7 * DAY
_DASH = re.compile(r"\s*[-–]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietRange:
    """From `start` to `end` after the midnight that begins any of `weekdays` (Monday is 0).

    `end` is past 24 hours where the range goes over midnight.
    """

    weekdays: frozenset[int]
    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The ranges of a week that are quiet, by the clocks of a time zone; `text` is how they were written.

    A range begins at the first moment at which the clocks show its start, and ends at the first at which they show its
    end. So it is one piece when clocks are put back, and begins or ends at the skip when they are put forward past it.
    """

    text: str
    ranges: tuple[QuietRange, ...]

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read `23:00-07:00`, `sat,sun 00:00-24:00; 23:00-07:00`, `mon-fri 00:00-07:00, 22:00-24:00`.

        The days are those on which a range begins.

        Raises:
            ValueError: with what to write instead.
        """
        ranges = tuple(quiet for entry in text.split(";") for quiet in _parse_entry(entry))
        if _are_endless(ranges):
            raise ValueError(f"{text!r} is quiet all week; leave some of it out, or take the channel out of use")
        return cls(text=text.strip(), ranges=ranges)

    def is_quiet(self, now: datetime, zone: tzinfo) -> bool:
        """Whether `now` is within one of the ranges."""
        return self.ends_at(now, zone) is not None

    def ends_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when it is no longer quiet, in UTC; None when `now` is not quiet.

        Ranges that overlap or meet are one.
        """
        end = now
        while ends := [stop for start, stop in self._spans(end, zone) if start <= end < stop]:
            end = max(ends)
        return end if end > now else None

    def _spans(self, moment: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        """Return the spans that may hold `moment`: those that begin on its day or on the one before it."""
        today = wall_of(moment, zone).date()
        for midnight in (datetime.combine(day, time()) for day in (today - DAY, today)):
            for quiet in self.ranges:
                if midnight.weekday() in quiet.weekdays:
                    yield moment_of(midnight + quiet.start, zone), moment_of(midnight + quiet.end, zone)


def _parse_entry(entry: str) -> Iterator[QuietRange]:
    if not entry.strip():
        raise ValueError("a range of quiet hours is empty; write it as 23:00-07:00, several with ; between them")
    days, hours = split_days(entry)
    for text in hours.split(","):
        bounds = _DASH.split(text.strip())
        if len(bounds) != 2:  # noqa: PLR2004 - a range has two ends
            raise ValueError(f"{text.strip()!r} is not a range of hours; write it as 23:00-07:00")
        start, end = parse_clock(bounds[0]), parse_clock(bounds[1])
        if start in {end, DAY}:
            raise ValueError(f"{text.strip()!r} has no length; write 00:00-24:00 for a whole day")
        yield QuietRange(weekdays=days, start=start, end=end if end > start else end + DAY)


def _are_endless(ranges: Sequence[QuietRange]) -> bool:
    """Whether no minute of a week is left."""
    quiet = {
        (weekday * DAY + quiet.start + minute * _MINUTE) % _WEEK
        for quiet in ranges
        for weekday in quiet.weekdays
        for minute in range((quiet.end - quiet.start) // _MINUTE)
    }
    return len(quiet) == _WEEK // _MINUTE
