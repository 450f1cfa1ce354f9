"""When a feed publishes: what was learned of it, and what the feed itself says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS_OF_WEEK = 168


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often a feed publishes, by hour of the week in UTC (hour 0 is Monday 00:00-01:00).

    `arrivals` has a weight for each hour: the articles of that hour, older weeks counting less. `watched_weeks` is
    how many weeks these weights stand for, likewise discounted. `last_article_at` is the publication of the newest
    article, `longest_gap` the longest time between two articles that followed each other.
    """

    started_at: datetime
    updated_at: datetime
    arrivals: tuple[float, ...] = (0.0,) * HOURS_OF_WEEK
    watched_weeks: float = 0.0
    articles: int = 0
    last_article_at: datetime | None = None
    longest_gap: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHints:
    """What a feed's document says of polling it.

    `least_interval` is the longest of `ttl` (RSS 2.0) and `sy:updatePeriod` divided by `sy:updateFrequency` (RSS
    1.0 syndication module). `skip_hours` are hours of the day in UTC, `skip_days` days of the week, Monday being 0
    (RSS 2.0 `skipHours`, `skipDays`).
    """

    least_interval: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
