"""How what was learned of a feed is packed into columns: small, and quick to read."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import timedelta

from aggregator.model.cadence import HOURS_OF_WEEK, Cadence, FeedHints
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey
from aggregator.storage.column_types import from_microseconds, to_microseconds

_CADENCE = struct.Struct(f"<qqqqqf{HOURS_OF_WEEK}f")
_NONE = -(2**63)
_MICROSECOND = timedelta(microseconds=1)


def pack_cadence(cadence: Cadence | None) -> bytes | None:
    """Return the value of the `cadence` column."""
    if cadence is None:
        return None
    last = _NONE if cadence.last_article_at is None else to_microseconds(cadence.last_article_at)
    return _CADENCE.pack(
        to_microseconds(cadence.started_at),
        to_microseconds(cadence.updated_at),
        last,
        cadence.longest_gap // _MICROSECOND,
        cadence.articles,
        cadence.watched_weeks,
        *cadence.arrivals,
    )


def cadence_from(packed: bytes | None) -> Cadence | None:
    """Read the `cadence` column."""
    if packed is None:
        return None
    started, updated, last, gap, articles, weeks, *arrivals = _CADENCE.unpack(packed)
    return Cadence(
        started_at=from_microseconds(started),
        updated_at=from_microseconds(updated),
        last_article_at=None if last == _NONE else from_microseconds(last),
        longest_gap=gap * _MICROSECOND,
        articles=articles,
        watched_weeks=weeks,
        arrivals=tuple(arrivals),
    )


def hints_values(hints: FeedHints | None) -> list[object] | None:
    """Return the value of the `hints` column."""
    if hints is None:
        return None
    least = None if hints.least_interval is None else hints.least_interval.total_seconds()
    return [least, sorted(hints.skip_hours), sorted(hints.skip_days)]


def hints_from(values: list[object] | None) -> FeedHints | None:
    """Read the `hints` column."""
    if values is None:
        return None
    least, hours, days = values
    return FeedHints(
        least_interval=timedelta(seconds=least) if isinstance(least, int | float) else None,
        skip_hours=frozenset(hours) if isinstance(hours, list) else frozenset(),
        skip_days=frozenset(days) if isinstance(days, list) else frozenset(),
    )


def pack_outline(outline: Outline) -> bytes:
    """Return the value of the `outline` column."""
    return zlib.compress(json.dumps([outline.context, outline.items]).encode(), 1)


def outline_from(packed: bytes) -> Outline:
    """Read the `outline` column."""
    context, items = json.loads(zlib.decompress(packed))
    return Outline(context=context, items=tuple((fingerprint, ArticleKey(key)) for fingerprint, key in items))
