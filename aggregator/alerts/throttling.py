"""How long to wait so that no more messages go out than a service takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.model.messages import RateLimit

Sends = Mapping[str, Sequence[datetime]]
"""When the last messages were sent in each scope, the oldest first."""


def wait_for(limits: Sequence[RateLimit], sends: Sends, now: datetime) -> timedelta:
    """Return how long to wait until one more message keeps to all `limits`."""
    return max((_wait(limit, sends.get(limit.scope, ()), now) for limit in limits), default=timedelta(0))


def sends_after(limits: Sequence[RateLimit], sends: Sends, now: datetime) -> dict[str, tuple[datetime, ...]]:
    """Return each scope's last messages with one that is sent `now`: as many as the limits count."""
    counts: dict[str, int] = {}
    for limit in limits:
        counts[limit.scope] = max(counts.get(limit.scope, 0), limit.count)
    return {scope: (*sends.get(scope, ()), now)[-count:] for scope, count in counts.items()}


def _wait(limit: RateLimit, times: Sequence[datetime], now: datetime) -> timedelta:
    """Return the wait until the message that is `count` back is a whole period old."""
    if len(times) < limit.count:
        return timedelta(0)
    return max(times[-limit.count] + limit.period - now, timedelta(0))
