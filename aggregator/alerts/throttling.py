"""How long to wait so that no more messages go out than a service takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.alerts.agenda import Allowance
from aggregator.model.alerts import Channel
from aggregator.model.messages import RateLimit

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

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


def narrowest_first(limits: Sequence[RateLimit]) -> list[tuple[str, tuple[RateLimit, ...]]]:
    """Return the scopes with their limits, that with the fewest messages in a time first."""
    scopes: dict[str, list[RateLimit]] = {}
    for limit in limits:
        scopes.setdefault(limit.scope, []).append(limit)
    ranked = sorted(
        scopes.items(), key=lambda item: (min(limit.count / limit.period.total_seconds() for limit in item[1]), item[0])
    )
    return [(scope, tuple(of_scope)) for scope, of_scope in ranked]


def channel_limits(channel: Channel) -> tuple[RateLimit, ...]:
    """Return what the configuration says of how many messages of alerts a channel may get."""
    counts = ((channel.max_per_minute, _MINUTE), (channel.max_per_hour, _HOUR))
    scope = f"channel {channel.id}"
    return tuple(RateLimit(scope=scope, count=count, period=period) for count, period in counts if count is not None)


def allowance_of(limits: Sequence[RateLimit], sends: Sends, now: datetime) -> Allowance | None:
    """Return how many messages keep to all `limits` now, and when one more does; None where there are no limits."""
    if not limits:
        return None
    counts = [
        limit.count - sum(sent_at + limit.period > now for sent_at in sends.get(limit.scope, ())) for limit in limits
    ]
    count = max(min(counts), 0)
    after = {limit.scope: (*sends.get(limit.scope, ()), *[now] * count) for limit in limits}
    return Allowance(count=count, next_at=now + wait_for(limits, after, now))


def _wait(limit: RateLimit, times: Sequence[datetime], now: datetime) -> timedelta:
    """Return the wait until the message that is `count` back is a whole period old."""
    if len(times) < limit.count:
        return timedelta(0)
    return max(times[-limit.count] + limit.period - now, timedelta(0))
