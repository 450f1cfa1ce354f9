"""Clock times and weekdays as people write them, and the moments at which a time zone's clocks show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_NAME = 3
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_DAYS_THEN_HOURS = re.compile(r"(?:(\D*[^\W\d])\s+)?(\d.*)")
_SECOND = timedelta(seconds=1)


def moment_of(wall: datetime, zone: tzinfo) -> datetime:
    """Return the first moment, in UTC, at which the clocks of `zone` show `wall` or have passed it.

    `wall` is naive. A time that comes twice in autumn is its first coming; one that is skipped in spring is the moment
    of the skip. So a later `wall` is never an earlier moment.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall_of(moment, zone) == wall:
        return moment
    # PEP 495: of a skipped time, fold 0 lies behind the skip and fold 1 before it.
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        low, high = (low, middle) if wall_of(middle, zone) > wall else (middle, high)
    return high


def wall_of(moment: datetime, zone: tzinfo) -> datetime:
    """Return what the clocks of `zone` show at `moment`, naive."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def parse_clock(text: str) -> timedelta:
    """Read `08:00` or `8:00` as the time since midnight; `24:00` is the end of the day.

    Raises:
        ValueError: with what to write instead.
    """
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a time of day; write hours and minutes, as 08:00 or 23:30")
    return timedelta(hours=int(found[1]), minutes=int(found[2])) if found[1] else DAY


def parse_weekday(text: str) -> int:
    """Read `sat` or `saturday`; Monday is 0, as in `datetime`.

    Raises:
        ValueError: with what to write instead.
    """
    for number, name in enumerate(_WEEKDAYS):
        if name.startswith(text) and len(text) >= _SHORTEST_NAME:
            return number
    raise ValueError(f"{text!r} is not a day; write mon, tue, wed, thu, fri, sat or sun")


def split_days(text: str) -> tuple[frozenset[int], str]:
    """Read the days of `sat,sun 08:00` or `mon-fri 08:00`, and return the rest; without days it is every day.

    Raises:
        ValueError: with what to write instead.
    """
    found = _DAYS_THEN_HOURS.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text.strip()!r} has no time of day; write days and then times, as sat,sun 08:00")
    days = found[1]
    return (EVERY_DAY if days is None else _parse_weekdays(days)), found[2]


def _parse_weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        start = parse_weekday(first)
        length = (parse_weekday(last) - start) % 7 if dash else 0
        days.update((start + step) % 7 for step in range(length + 1))
    return frozenset(days)
