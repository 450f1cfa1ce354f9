"""When a feed is polled next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from aggregator.feeds.pacing import next_poll_at
from aggregator.model.feeds import PollFailed, PollFailure

MINUTES = {
    "interval": timedelta(minutes=15),
    "min_interval": timedelta(minutes=2),
    "max_interval": timedelta(hours=12),
}


def failed(**changes: object) -> PollFailed:
    """A failed poll."""
    return PollFailed(reason=PollFailure.HTTP_STATUS, detail="bad", **changes)  # type: ignore[arg-type] # the test names fields


def test_a_success_waits_for_the_interval() -> None:
    """Without jitter the next poll is one interval away."""
    assert next_poll_at(**MINUTES, failures=0, failure=None, now=NOW, jitter=0.0) == NOW + timedelta(minutes=15)


def test_an_interval_keeps_to_its_bounds() -> None:
    """No feed is polled more often than the least interval."""
    eager = MINUTES | {"interval": timedelta(seconds=1)}

    assert next_poll_at(**eager, failures=0, failure=None, now=NOW, jitter=0.0) == NOW + timedelta(minutes=2)


def test_gone_waits_longest() -> None:
    """410 is tried again, at the longest interval."""
    gone = failed(status=410)

    assert next_poll_at(**MINUTES, failures=1, failure=gone, now=NOW, jitter=0.0) == NOW + timedelta(hours=12)


@given(failures=st.integers(1, 1000), jitter=st.floats(0, 1, exclude_max=True), seconds=st.integers(0, 600_000))
def test_failures_back_off_within_bounds(failures: int, jitter: float, seconds: int) -> None:
    """More failures never wait less; Retry-After is a floor; nothing waits longer than it must."""
    failure = failed(retry_after=timedelta(seconds=seconds))

    now_wait = next_poll_at(**MINUTES, failures=failures, failure=failure, now=NOW, jitter=jitter) - NOW
    next_wait = next_poll_at(**MINUTES, failures=failures + 1, failure=failure, now=NOW, jitter=jitter) - NOW

    assert now_wait <= next_wait
    assert now_wait >= timedelta(seconds=seconds)
    assert now_wait <= max(timedelta(hours=12) * 1.1, timedelta(seconds=seconds))
