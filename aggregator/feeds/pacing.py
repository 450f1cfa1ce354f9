"""When a feed is polled next, decided purely."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from math import sqrt

from aggregator.feeds.learning import REFERENCE_PER_HOUR, HourlyRates, hour_of_week
from aggregator.model.cadence import Cadence, FeedHints
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import PollFailed

_JITTER = 0.1
"""Share of the interval by which polls are spread, so that feeds added together do not stay together."""
_MAX_DOUBLINGS = 20
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SLOWEST_AT_FIRST = 4
"""A feed that was watched for less than a day is not polled more rarely than at so many intervals."""
_SKIPPED_AT_MOST = timedelta(days=8)
_RELIEF = 1.5
"""After a loss, each poll that finds most of the list as it was lets the next one wait so much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the configuration says about a feed's pace. A fixed one learns nothing."""

    interval: timedelta
    min_interval: timedelta
    max_interval: timedelta
    is_fixed: bool = False
    ignores_hints: bool = False


def next_poll_at(
    pace: Pace, state: FeedState, now: datetime, *, fresh_for: timedelta | None, jitter: float
) -> datetime:
    """Return when to poll again after a success. `state` is the feed's after that poll, `jitter` is in [0, 1).

    The wait is the pace's interval, or what the cadence makes of it, within its bounds. It is not over before the
    answer is stale (`fresh_for`, RFC 9111 §4.2) and the feed's own hints allow it (`ttl`, `sy:updatePeriod`,
    `skipHours`, `skipDays`); a hint beyond `max_interval` counts as that, so that no feed can stop itself.
    """
    longest = max(pace.max_interval, pace.min_interval)
    wait = pace.interval if pace.is_fixed or state.cadence is None else _learned_wait(pace, state, state.cadence, now)
    if state.pace_limit is not None:
        wait = min(wait, state.pace_limit)
    wait = min(max(wait, pace.min_interval), longest)
    spread = wait * _JITTER * jitter
    if pace.ignores_hints:
        return now + wait + spread
    hints = state.hints or FeedHints()
    least = min(max(fresh_for or timedelta(0), hints.least_interval or timedelta(0)), longest)
    return _after_skipped(now + max(wait, least) + spread, hints)


def retry_poll_at(pace: Pace, failure: PollFailed, failures: int, now: datetime, *, jitter: float) -> datetime:
    """Return when to poll again after the latest of `failures` failures in a row.

    The interval is doubled with each failure after the first, up to `max_interval`, and it is never sooner than
    the server's Retry-After (RFC 9110 §10.2.3), of which a day, or `max_interval`, is believed. A feed that is gone
    (410, RFC 9110 §15.5.11) is tried again at `max_interval`: it never stops for good.
    """
    base = min(max(pace.interval, pace.min_interval), max(pace.max_interval, pace.min_interval))
    longest = max(pace.max_interval, base)
    wait = longest if failure.status == HTTPStatus.GONE else min(base * 2 ** min(failures - 1, _MAX_DOUBLINGS), longest)
    asked = min(failure.retry_after or timedelta(0), max(longest, _DAY))
    return now + max(wait, asked) + wait * _JITTER * jitter


def release_at(held_until: datetime, now: datetime, *, jitter: float) -> datetime:
    """Return when a feed of a held host is polled: after the hold, spread over a tenth of it, a minute at least."""
    return held_until + max((held_until - now) * _JITTER, timedelta(minutes=1)) * jitter


def limit_after_loss(limit: timedelta | None, spans: Collection[timedelta], *, min_interval: timedelta) -> timedelta:
    """Return the longest wait after a loss: half of the shortest of `spans`, and no longer than the `limit` so far.

    `spans` are times within which the list turned over: since the feed was last read, and since the oldest date in
    the list. Half of that, as after a loss nobody knows how much more than the list was published.
    """
    shortest = min((span / 2 for span in spans), default=min_interval)
    return max(shortest if limit is None else min(shortest, limit), min_interval)


def eased_limit(limit: timedelta | None, *, max_interval: timedelta) -> timedelta | None:
    """Return the limit after a poll that came early enough; None once it limits nothing."""
    if limit is None or limit * _RELIEF >= max_interval:
        return None
    return limit * _RELIEF


def _learned_wait(pace: Pace, state: FeedState, cadence: Cadence, now: datetime) -> timedelta:
    """Return the wait after which the feed has earned a poll.

    Of all ways to spread a number of polls over feeds that publish at rates r, the mean delay is least when each is
    polled in proportion to the square root of r (a convex problem with one multiplier: the derivative of r/(2n) is
    the same for all n). So a feed earns its poll at the speed of sqrt(r), hour by hour as its rate changes, and at
    the reference rate it takes just `interval`. It is polled sooner when half of what it lists may be new.
    """
    watched = now - cadence.started_at
    longest = max(pace.max_interval, pace.min_interval)
    if watched < _DAY:
        longest = min(longest, pace.interval * _SLOWEST_AT_FIRST)
    goal, room = pace.interval / _HOUR, state.listed / 2
    rates = HourlyRates(cadence, now)
    at, earned, expected = now, 0.0, 0.0
    while at - now < longest:
        hour_ends = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        rate = rates.at(hour_of_week(at))
        speed = sqrt(rate / REFERENCE_PER_HOUR)
        hours = (hour_ends - at) / _HOUR
        needed = (goal - earned) / speed
        if room:
            needed = min(needed, max(room - expected, 0.0) / rate)
        if needed <= hours:
            return min(at - now + needed * _HOUR, longest)
        earned += speed * hours
        expected += rate * hours
        at = hour_ends
    return longest


def _after_skipped(at: datetime, hints: FeedHints) -> datetime:
    """Move `at` behind the hours and days in which the feed asks not to be polled, unless that is always."""
    moved = at
    while moved - at < _SKIPPED_AT_MOST:
        if moved.weekday() in hints.skip_days:
            moved = moved.replace(hour=0, minute=0) + _DAY
        elif moved.hour in hints.skip_hours:
            moved = moved.replace(minute=0) + _HOUR
        else:
            return moved
    return at
