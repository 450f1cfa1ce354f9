"""What a failed attempt leads to: another at a later time, or a dead letter."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Dead, RetryAt

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
"""Tries end by age, not by count: a service that is down over a weekend loses no alert, and one that only throttles
uses nothing up. With the waits above that is about 300 attempts."""

_MAX_DOUBLINGS = 30


def after_failure(
    error: DeliveryFailed, *, attempts: int, created_at: datetime, now: datetime, jitter: float
) -> RetryAt | Dead:
    """Decide after an attempt that failed with `error`; `attempts` were made before it. `jitter` is in [0, 1).

    A failure that may pass is tried again after a wait that doubles from 2 s up to 15 min, of which half is
    random (many deliveries that failed together do not come back together), and never sooner than the service's
    retry_after, until the delivery is 3 days old. Any other failure is final.
    """
    if not error.reason.is_passing:
        return Dead(reason=str(error))
    longest = min(FIRST_WAIT * 2 ** min(attempts, _MAX_DOUBLINGS), LONGEST_WAIT)
    wait = max(longest * (0.5 + jitter / 2), error.retry_after or timedelta(0))
    if now + wait - created_at > GIVE_UP_AFTER:
        return Dead(reason=f"{error} (last of {attempts + 1} tries in {GIVE_UP_AFTER.days} days)")
    return RetryAt(at=now + wait, reason=str(error))
