"""Until when to be silent, as people write it: `morning`, `2h`, `18:30`, a day, or for good."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.settings.values import parse_duration

HOW_TO_WRITE = "write morning, 2h, 18:30, 2026-12-24, 2026-12-24 18:30 or forever"

_MORNING = time(7)
_FOR_GOOD = frozenset({"forever", "for ever", "for good"})
_UNTIL = re.compile(r"until\s+", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(rf"(?:{_DAY.pattern})[T ]\d\d:\d\d.*", re.IGNORECASE)
_DURATION = re.compile(r"\d.*[a-z]", re.IGNORECASE)
_ONE_DAY = timedelta(days=1)


def parse_until(text: str, now: datetime, zone: ZoneInfo, *, morning: time = _MORNING) -> datetime | None:
    """Return the moment in UTC, None for good; clocks and days are those of `zone`.

    A time without its day is the next one that the clock there shows. Of one that the clock shows twice it is the first
    that is still to come; one that it leaves out is as long after the last one before it as it says.

    Raises:
        ValueError: when it cannot be read, or is past; it says what to write.
    """
    words = _UNTIL.sub("", " ".join(text.split()), count=1)
    if words.lower() in _FOR_GOOD:
        return None
    try:
        until = _read(words, now, zone, morning)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time; {HOW_TO_WRITE}") from error
    if until <= now:
        local = now.astimezone(zone)
        raise ValueError(f"{text!r} is past: it is {local:%Y-%m-%d %H:%M} in {zone.key}; {HOW_TO_WRITE}")
    return until


def _read(words: str, now: datetime, zone: ZoneInfo, morning: time) -> datetime:
    if words.lower() == "morning":
        return _next(morning, now, zone)
    if _CLOCK.fullmatch(words):
        return _next(time.fromisoformat(words.zfill(len("00:00"))), now, zone)
    if _DAY.fullmatch(words):
        return _on(date.fromisoformat(words), time.min, zone)[0]
    if _MOMENT.fullmatch(words):
        moment = datetime.fromisoformat(words)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        moments = _on(moment.date(), moment.time(), zone)
        return next((one for one in moments if one > now), moments[0])
    if _DURATION.fullmatch(words):
        return now + parse_duration(words.lower())
    raise ValueError(words)


def _next(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment after `now` at which the clock shows `at`."""
    today = now.astimezone(zone).date()
    days = (today, today + _ONE_DAY)
    return min(moment for day in days for moment in _on(day, at, zone) if moment > now)


def _on(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the moments of a local time, the first one first: two where the clock is put back."""
    first, second = (datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    # Where the clock is put forward, the second is the earlier one, and none of the two is ever shown.
    return (first, second) if second > first else (first,)
