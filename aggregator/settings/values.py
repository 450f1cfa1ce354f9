"""Durations and sizes as people write them: `90s 15m 12h 7d`, `64KB 10MB`."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SIZE_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)", re.IGNORECASE)
_LONGEST = timedelta(days=36_500)


def parse_duration(value: object) -> timedelta:
    """Read `90s`, `15m`, `1h30m`.

    Raises:
        ValueError: with what to write instead.
    """
    text = str(value).strip()
    parts = _DURATION_PART.findall(text)
    if not parts or _DURATION_PART.sub("", text).strip():
        raise ValueError(f"{text!r} is not a duration; write a number with its unit, as 90s, 15m, 12h or 7d")
    try:
        total = sum((float(number) * _DURATION_UNITS[unit] for number, unit in parts), timedelta())
    except OverflowError:
        total = _LONGEST + timedelta(1)
    if total > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return total


def format_duration(duration: timedelta) -> str:
    """Write `duration` as `parse_duration` reads it, in the largest units that fit."""
    rest = duration
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, _DURATION_UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_size(value: object) -> int:
    """Read `64KB` or `10MB` as bytes; KB is 1,024 bytes.

    Raises:
        ValueError: with what to write instead.
    """
    found = _SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{str(value)!r} is not a size; write a number with its unit, as 64KB or 10MB")
    return int(float(found[1]) * _SIZE_UNITS[found[2].upper()])
