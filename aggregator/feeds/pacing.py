"""When a feed is polled next, decided purely."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from aggregator.model.feeds import PollFailed

_JITTER = 0.1
"""Share of the interval by which polls are spread, so that feeds added together do not stay together."""
_MAX_DOUBLINGS = 20


def next_poll_at(  # noqa: PLR0913 - one decision, all its inputs named
    *,
    interval: timedelta,
    min_interval: timedelta,
    max_interval: timedelta,
    failures: int,
    failure: PollFailed | None,
    now: datetime,
    jitter: float,
) -> datetime:
    """Return when to poll again after a success (`failure` None) or the latest of `failures` failures in a row.

    Success: after `interval`, within [`min_interval`, `max_interval`], up to a tenth later by `jitter` in [0, 1).
    Failure: the interval doubled with each failure after the first, up to `max_interval`, and never sooner than
    the server's Retry-After (RFC 9110 §10.2.3). A feed that is gone (410, RFC 9110 §15.5.11) is tried again at
    `max_interval`: it never stops for good.
    """
    base = min(max(interval, min_interval), max(max_interval, min_interval))
    if failure is None:
        return now + base * (1 + _JITTER * jitter)
    longest = max(max_interval, base)
    wait = longest if failure.status == HTTPStatus.GONE else min(base * 2 ** min(failures - 1, _MAX_DOUBLINGS), longest)
    spread = wait * (1 + _JITTER * jitter)
    return now + max(spread, failure.retry_after or timedelta(0))
