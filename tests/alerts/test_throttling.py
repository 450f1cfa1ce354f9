"""Waiting so that a service's limits are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from aggregator.alerts.agenda import Allowance
from aggregator.alerts.throttling import allowance_of, channel_limits, sends_after, wait_for
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
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


def test_a_channel_has_the_limits_of_its_configuration() -> None:
    """None, or one for each period that it names."""
    channel = Channel(id=ChannelId("desk"), type="console", max_per_hour=60)

    limits = channel_limits(channel)

    assert limits == (RateLimit(scope="channel desk", count=60, period=timedelta(hours=1)),)
    assert channel_limits(Channel(id=ChannelId("desk"), type="console")) == ()


def test_without_limits_there_is_no_allowance_to_keep_to() -> None:
    """Any number may be sent."""
    assert allowance_of((), {}, NOW) is None


@given(LIMITS, st.lists(st.integers(0, 20), max_size=30))
def test_an_allowance_is_exact(limits: list[RateLimit], pauses: list[int]) -> None:
    """So many can be sent at once, and then one more at the time that it names, no earlier."""
    now, sends = NOW, dict[str, tuple[datetime, ...]]()
    for seconds in pauses:
        now += timedelta(seconds=seconds)
        if not wait_for(limits, sends, now):
            sends |= sends_after(limits, sends, now)

    allowance = allowance_of(limits, sends, now)

    if allowance is None:
        assert not limits
        return
    for _ in range(allowance.count):
        assert not wait_for(limits, sends, now)
        sends |= sends_after(limits, sends, now)
    assert allowance.next_at == now + wait_for(limits, sends, now) > now


def test_a_limit_that_was_lowered_allows_nothing_for_a_while() -> None:
    """More went out than it would have allowed: the next may go when fewer than its count are left."""
    limit = RateLimit(scope="channel desk", count=1, period=timedelta(minutes=1))
    sends = {"channel desk": (NOW - timedelta(seconds=40), NOW - timedelta(seconds=10))}

    assert allowance_of([limit], sends, NOW) == Allowance(count=0, next_at=NOW + timedelta(seconds=50))
