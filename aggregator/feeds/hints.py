"""What a feed's document says of how often it may be polled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from aggregator.model.cadence import FeedHints

_HEAD_BYTES = 256 * 1024
_HOURS = 24
_SKIP = re.compile(rb"<skip", re.IGNORECASE)
_ASIDE = re.compile(rb"<!--|<!\[CDATA\[")
_ITEM = re.compile(rb"<(?:item|entry)(?=[\s>])")
_CLOSINGS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<item": b"</item>", b"<entry": b"</entry>"}
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
    Whoever names all of them means none.
    """
    head = body[:_HEAD_BYTES]
    head = _channel_only(head) if _SKIP.search(head) else b""
    intervals = [interval for interval in (_ttl(channel), _update_interval(channel)) if interval]
    hours = frozenset(int(hour) % _HOURS for hour in _values(head, _SKIP_HOURS, _HOUR) if int(hour) <= _HOURS)
    days = frozenset(_DAYS.index(day.lower()) for day in _values(head, _SKIP_DAYS, _DAY) if day.lower() in _DAYS)
    hours = hours if len(hours) < _HOURS else frozenset()
    days = days if len(days) < len(_DAYS) else frozenset()
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


def _values(head: bytes, block: re.Pattern[bytes], value: re.Pattern[bytes]) -> list[bytes]:
    found = block.search(head)
    return value.findall(found[1]) if found else []


def _channel_only(head: bytes) -> bytes:
    """The bytes without comments, CDATA and items: an article about feeds says nothing of its own feed."""
    return _without(_without(head, _ASIDE), _ITEM)


def _without(head: bytes, opening: re.Pattern[bytes]) -> bytes:
    parts: list[bytes] = []
    end = 0
    for start in opening.finditer(head):
        if start.start() < end:
            continue
        parts.append(head[end : start.start()])
        closing = _CLOSINGS[start[0]]
        found = head.find(closing, start.end())
        end = len(head) if found < 0 else found + len(closing)
    parts.append(head[end:])
    return b"".join(parts)
