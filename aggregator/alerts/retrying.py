"""What a failed attempt leads to: another at a later time, a channel that pauses, or a dead letter."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Dead, RetryAt
from aggregator.model.messages import WhenUnknown

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
"""Tries end by age, not by count: a service that is down over a weekend loses no alert, and one that only throttles
uses nothing up. With the waits above that is about 300 attempts."""
PROBE_AFTER = timedelta(hours=1)
"""A paused channel is tried again so often: who lets the bot in again need not tell anybody."""
KEEP_PAUSED_FOR = timedelta(days=30)
"""What a paused channel was due is kept for so long."""

_MAX_DOUBLINGS = 30
_MAY_HAVE_ARRIVED = "it may have arrived; look, and retry it if it did not"


def after_failure(  # noqa: PLR0913 - one decision, all its inputs named
    error: DeliveryFailed,
    *,
    attempts: int,
    created_at: datetime,
    now: datetime,
    jitter: float,
    when_unknown: WhenUnknown = WhenUnknown.RETRY,
) -> RetryAt | Dead:
    """Decide after an attempt that failed with `error`; `attempts` were made before it. `jitter` is in [0, 1).

    A failure that may pass is tried again after a wait that doubles from 2 s up to 15 min, of which half is
    random (many deliveries that failed together do not come back together), and never sooner than the service's
    retry_after, until the delivery is 3 days old. A failure that blocks the channel pauses it: its first message is
    tried once an hour, and all that follow wait behind it, each until it is 30 days old. What may have arrived
    is tried again or held, as the notifier says. Any other failure is final.
    """
    if error.reason.blocks_channel:
        if now - created_at > KEEP_PAUSED_FOR:
            return Dead(reason=f"{error} (kept for {KEEP_PAUSED_FOR.days} days)")
        return RetryAt(at=now + PROBE_AFTER, reason=str(error), pauses=True)
    if error.reason is DeliveryFailure.OUTCOME_UNKNOWN and when_unknown is WhenUnknown.HOLD:
        return Dead(reason=f"{error}; {_MAY_HAVE_ARRIVED}")
    if not error.reason.is_passing:
        return Dead(reason=str(error))
    longest = min(FIRST_WAIT * 2 ** min(attempts, _MAX_DOUBLINGS), LONGEST_WAIT)
    wait = max(longest * (0.5 + jitter / 2), error.retry_after or timedelta(0))
    if now + wait - created_at > GIVE_UP_AFTER:
        return Dead(reason=f"{error} (last of {attempts + 1} tries in {GIVE_UP_AFTER.days} days)")
    return RetryAt(at=now + wait, reason=str(error))
