"""What follows a failed attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from aggregator.alerts.retrying import GIVE_UP_AFTER, KEEP_PAUSED_FOR, LONGEST_WAIT, PROBE_AFTER, after_failure
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Dead, RetryAt
from aggregator.model.messages import WhenUnknown

FINAL = [reason for reason in DeliveryFailure if not reason.is_passing and not reason.blocks_channel]
BLOCKING = [reason for reason in DeliveryFailure if reason.blocks_channel]


@pytest.mark.parametrize("reason", FINAL)
def test_a_final_reason_is_a_dead_letter_at_once(reason: DeliveryFailure) -> None:
    """What cannot pass is not tried again, and says why."""
    outcome = after_failure(DeliveryFailed(reason, "no"), attempts=0, created_at=NOW, now=NOW, jitter=0.0)

    assert outcome == Dead(reason=f"{reason}: no")


@given(
    attempts=st.integers(0, 500),
    jitter=st.floats(0, 1, exclude_max=True),
    seconds=st.none() | st.integers(0, 100_000),
)
def test_a_passing_reason_waits_within_bounds(attempts: int, jitter: float, seconds: int | None) -> None:
    """The wait is never in the past, never before retry_after, and not longer than it must be."""
    asked = None if seconds is None else timedelta(seconds=seconds)
    error = DeliveryFailed(DeliveryFailure.THROTTLED, "wait", retry_after=asked)

    outcome = after_failure(error, attempts=attempts, created_at=NOW, now=NOW, jitter=jitter)

    assert isinstance(outcome, RetryAt)
    assert outcome.at > NOW
    assert outcome.at >= NOW + (asked or timedelta(0))
    assert outcome.at <= NOW + max(LONGEST_WAIT, asked or timedelta(0))


def test_tries_end_by_age() -> None:
    """After three days the delivery is a dead letter that says how often it was tried."""
    error = DeliveryFailed(DeliveryFailure.UNAVAILABLE, "down")

    outcome = after_failure(error, attempts=300, created_at=NOW, now=NOW + GIVE_UP_AFTER, jitter=0.5)

    assert outcome == Dead(reason="unavailable: down (last of 301 tries in 3 days)")


@pytest.mark.parametrize("reason", BLOCKING)
def test_a_blocked_channel_pauses_and_keeps_what_it_is_due(reason: DeliveryFailure) -> None:
    """It is tried once an hour, for a month: who lets the bot in again gets what was kept."""
    error = DeliveryFailed(reason, "no")

    outcomes = [
        after_failure(error, attempts=0, created_at=NOW - age, now=NOW, jitter=0.0)
        for age in (timedelta(0), KEEP_PAUSED_FOR, KEEP_PAUSED_FOR + timedelta(seconds=1))
    ]

    kept = RetryAt(at=NOW + PROBE_AFTER, reason=f"{reason}: no", pauses=True)
    assert outcomes == [kept, kept, Dead(reason=f"{reason}: no (kept for 30 days)")]


def test_what_may_have_arrived_is_held_where_the_notifier_says_so() -> None:
    """A person decides: twice is worse than late there."""
    error = DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, "no answer")

    outcome = after_failure(error, attempts=0, created_at=NOW, now=NOW, jitter=0.0, when_unknown=WhenUnknown.HOLD)

    assert outcome == Dead(reason="outcome unknown: no answer; it may have arrived; look, and retry it if it did not")
