"""What a feed's document says of how often it may be polled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from aggregator.model.cadence import FeedHints

_HEAD_BYTES = 256 * 1024
_SKIP_HOURS = re.compile(rb"<skipHours\s*>(.{0,4000}?)</skipHours", re.DOTALL | re.IGNORECASE)
_SKIP_DAYS = re.compile(rb"<skipDays\s*>(.{0,4000}?)</skipDays", re.DOTALL | re.IGNORECASE)
_HOUR = re.compile(rb"<hour\s*>\s*(\d{1,2})\s*<", re.IGNORECASE)
_DAY = re.compile(rb"<day\s*>\s*(\w+)\s*<", re.IGNORECASE)
_DAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST_TTL_MINUTES = 525_600


def hints_of(channel: Mapping[str, object], body: bytes) -> FeedHints | None:
    """Return the hints of a feed's channel as feedparser read it, None when it gives none.

    `ttl` is in minutes (RSS 2.0). `sy:updatePeriod` is divided by `sy:updateFrequency` (RSS 1.0 module Syndication).
    `skipHours` are 0 to 23, or 24 for midnight as some write it; `skipDays` are English names, both in GMT (RSS 2.0).
    """
    intervals = [interval for interval in (_ttl(channel), _update_interval(channel)) if interval]
    hours = frozenset(int(hour) % 24 for hour in _values(body, _SKIP_HOURS, _HOUR) if int(hour) <= 24)  # noqa: PLR2004 - the hours of a day
    days = frozenset(_DAYS.index(day.lower()) for day in _values(body, _SKIP_DAYS, _DAY) if day.lower() in _DAYS)
    if not (intervals or hours or days):
        return None
    return FeedHints(least_interval=max(intervals, default=None), skip_hours=hours, skip_days=days)


def _ttl(channel: Mapping[str, object]) -> timedelta | None:
    text = str(channel.get("ttl") or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return timedelta(minutes=min(int(text[:9]), _LONGEST_TTL_MINUTES))


def _update_interval(channel: Mapping[str, object]) -> timedelta | None:
    period = _PERIODS.get(str(channel.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    text = str(channel.get("sy_updatefrequency") or "1").strip()
    frequency = int(text[:6]) if text.isascii() and text.isdigit() else 1
    return period / max(frequency, 1)


def _values(body: bytes, block: re.Pattern[bytes], value: re.Pattern[bytes]) -> list[bytes]:
    found = block.search(body, 0, _HEAD_BYTES)
    return value.findall(found[1]) if found else []
