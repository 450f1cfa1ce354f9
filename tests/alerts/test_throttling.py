"""Waiting so that a service's limits are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from aggregator.alerts.throttling import sends_after, wait_for
from aggregator.model.messages import RateLimit

LIMITS = st.lists(
    st.builds(
        RateLimit,
        scope=st.sampled_from(["bot", "chat"]),
        count=st.integers(1, 4),
        period=st.integers(1, 60).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    max_size=3,
)


@given(LIMITS, st.lists(st.integers(0, 20), max_size=30))
def test_no_period_ever_has_more_than_its_count(limits: list[RateLimit], pauses: list[int]) -> None:
    """However messages come, each is sent as soon as all limits allow it, and no earlier."""
    now, sends, sent = NOW, dict[str, tuple[datetime, ...]](), list[datetime]()

    for seconds in pauses:
        now += timedelta(seconds=seconds)
        now += wait_for(limits, sends, now)
        assert wait_for(limits, sends, now) == timedelta(0)
        sends |= sends_after(limits, sends, now)
        sent.append(now)

    for limit in limits:
        assert all(later - earlier >= limit.period for earlier, later in zip(sent, sent[limit.count :], strict=False))


def test_a_burst_is_allowed_and_then_the_wait_is_exact() -> None:
    """Twenty at once, and the next when the first of them is a minute old."""
    limit = RateLimit(scope="group", count=20, period=timedelta(minutes=1))
    sends: dict[str, tuple[datetime, ...]] = {}
    for _ in range(20):
        assert not wait_for([limit], sends, NOW)
        sends |= sends_after([limit], sends, NOW)

    wait = wait_for([limit], sends, NOW + timedelta(seconds=10))

    assert wait == timedelta(seconds=50)
    assert len(sends_after([limit], sends, NOW)["group"]) == 20
