"""When a feed is polled next."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW, state
from support.publishing import SimulatedFeed, simulate

from aggregator.feeds.learning import HourlyRates, first_cadence, hour_of_week, is_oddly_silent, learn
from aggregator.feeds.pacing import Pace, next_poll_at, release_at, retry_poll_at
from aggregator.model.cadence import Cadence, FeedHints
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import PollFailed, PollFailure

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
PACE = Pace(interval=15 * MINUTE, min_interval=2 * MINUTE, max_interval=12 * HOUR)
FIXED = replace(PACE, is_fixed=True)


def failed(**changes: object) -> PollFailed:
    """A failed poll."""
    return PollFailed(reason=PollFailure.HTTP_STATUS, detail="bad", **changes)  # type: ignore[arg-type] # the test names fields


def wait(pace: Pace = FIXED, known: FeedState | None = None, fresh_for: timedelta | None = None) -> timedelta:
    """How long the next poll of a feed is away, without jitter."""
    return next_poll_at(pace, known or state(), NOW, fresh_for=fresh_for, jitter=0.0) - NOW


def cadence(per_week: float, weeks: float = 8.0) -> Cadence:
    """The cadence of a feed that publishes at all hours alike, watched for long."""
    each = per_week / 168 * weeks
    return Cadence(
        started_at=NOW - weeks * WEEK,
        updated_at=NOW,
        arrivals=(each,) * 168,
        watched_weeks=weeks,
        articles=int(per_week * weeks),
        last_article_at=NOW - HOUR,
    )


def test_a_feed_with_its_own_interval_keeps_it() -> None:
    """Without jitter the next poll is one interval away, within the bounds."""
    assert wait() == 15 * MINUTE
    assert wait(replace(FIXED, interval=timedelta(seconds=1))) == 2 * MINUTE
    assert wait(replace(FIXED, interval=30 * DAY)) == 12 * HOUR


def test_jitter_only_makes_later() -> None:
    """Feeds that were added together part, and none comes before its time."""
    at = next_poll_at(FIXED, state(), NOW, fresh_for=None, jitter=0.999)

    assert 15 * MINUTE < at - NOW < 16.5 * MINUTE


def test_who_publishes_often_is_polled_often() -> None:
    """The wait goes with the square root of the rate: at eight articles a day it is just the interval."""
    at_reference = wait(PACE, state(cadence=cadence(8 * 7)))
    four_times = wait(PACE, state(cadence=cadence(32 * 7)))
    a_quarter = wait(PACE, state(cadence=cadence(2 * 7)))

    assert at_reference / (15 * MINUTE) == pytest.approx(1, rel=0.05)
    assert four_times / (15 * MINUTE) == pytest.approx(0.5, rel=0.05)
    assert a_quarter / (15 * MINUTE) == pytest.approx(2, rel=0.05)


def test_a_feed_that_never_publishes_is_still_polled() -> None:
    """Silence slows polling down, to the longest interval at most."""
    assert 2 * HOUR < wait(PACE, state(cadence=replace(cadence(0), articles=0))) <= 12 * HOUR


def test_the_hour_of_the_week_counts() -> None:
    """A feed that publishes on weekday mornings is polled often then, and rarely at night."""
    learned = first_cadence([], NOW - 8 * WEEK)
    for week in range(8):
        monday = NOW - (8 - week) * WEEK - timedelta(days=NOW.weekday(), hours=NOW.hour)
        for day in range(5):
            morning = monday + timedelta(days=day, hours=9)
            learned = learn(learned, [morning, morning + 10 * MINUTE, morning + 20 * MINUTE], morning + 30 * MINUTE)
    monday = NOW + timedelta(days=7 - NOW.weekday()) - timedelta(hours=NOW.hour)

    def at(hour: int) -> timedelta:
        moment = monday + timedelta(hours=hour)
        return next_poll_at(PACE, state(cadence=learned), moment, fresh_for=None, jitter=0.0) - moment

    assert at(9) < 10 * MINUTE
    assert at(1) > 2 * at(9)
    rates = HourlyRates(learned, monday)
    assert rates.at(hour_of_week(monday + 9 * HOUR)) > 20 * rates.at(hour_of_week(monday + 20 * HOUR))


def test_a_new_feed_is_not_left_alone_for_long() -> None:
    """Whatever its old articles teach, it is polled within four intervals while it was watched for less than a day."""
    old = first_cadence([NOW - 300 * DAY, NOW - 200 * DAY, NOW - 100 * DAY], NOW)

    assert wait(PACE, state(cadence=old)) <= HOUR
    assert wait(
        replace(PACE, interval=timedelta(seconds=1), min_interval=timedelta(seconds=1)), state(cadence=old)
    ) <= (timedelta(seconds=4))


def test_a_short_list_is_read_before_it_turns_over() -> None:
    """A feed that lists few of its many articles is polled before half of the list can be new."""
    busy = cadence(168 * 2)

    assert wait(replace(PACE, interval=4 * HOUR), state(cadence=busy, listed=4)) <= HOUR + MINUTE
    assert wait(replace(PACE, interval=4 * HOUR), state(cadence=busy, listed=100)) > HOUR + MINUTE


def test_after_a_loss_the_next_poll_comes_sooner() -> None:
    """The limit that a loss leaves is kept, but never under the least interval."""
    assert wait(FIXED, state(pace_limit=5 * MINUTE)) == 5 * MINUTE
    assert wait(FIXED, state(pace_limit=MINUTE)) == 2 * MINUTE


@pytest.mark.parametrize(
    ("hints", "fresh_for", "expected"),
    [
        (None, HOUR, HOUR),
        (None, MINUTE, 15 * MINUTE),
        (None, 400 * DAY, 12 * HOUR),
        (FeedHints(least_interval=HOUR), None, HOUR),
        (FeedHints(least_interval=HOUR), 2 * HOUR, 2 * HOUR),
        (FeedHints(least_interval=30 * DAY), None, 12 * HOUR),
        (FeedHints(skip_hours=frozenset({12, 13})), None, 2 * HOUR),
        (FeedHints(skip_hours=frozenset(range(24))), None, 15 * MINUTE),
        (FeedHints(skip_days=frozenset({NOW.weekday()})), None, 12 * HOUR),
        (FeedHints(skip_days=frozenset(range(7))), None, 15 * MINUTE),
    ],
)
def test_a_feed_is_not_polled_before_it_allows(
    hints: FeedHints | None, fresh_for: timedelta | None, expected: timedelta
) -> None:
    """Freshness, ttl, updatePeriod, skipHours and skipDays are floors, and none of them stops a feed for good."""
    assert wait(FIXED, state(hints=hints), fresh_for) == expected
    assert wait(replace(FIXED, ignores_hints=True), state(hints=hints), fresh_for) == 15 * MINUTE


def test_gone_waits_longest() -> None:
    """410 is tried again, at the longest interval."""
    assert retry_poll_at(PACE, failed(status=410), 1, NOW, jitter=0.0) == NOW + 12 * HOUR


@given(failures=st.integers(1, 1000), jitter=st.floats(0, 1, exclude_max=True), seconds=st.integers(0, 80_000))
def test_failures_back_off_within_bounds(failures: int, jitter: float, seconds: int) -> None:
    """More failures never wait less; Retry-After is a floor; nothing waits longer than it must."""
    failure = failed(retry_after=timedelta(seconds=seconds))

    now_wait = retry_poll_at(PACE, failure, failures, NOW, jitter=jitter) - NOW
    next_wait = retry_poll_at(PACE, failure, failures + 1, NOW, jitter=jitter) - NOW

    assert now_wait <= next_wait
    assert now_wait >= timedelta(seconds=seconds)
    assert now_wait <= max(12 * HOUR, timedelta(seconds=seconds)) + 1.2 * HOUR


def test_a_retry_after_of_years_stops_no_feed() -> None:
    """A day is believed, no more."""
    assert retry_poll_at(PACE, failed(retry_after=400 * DAY), 1, NOW, jitter=0.0) == NOW + DAY


def test_a_held_host_is_not_stormed_when_it_is_free() -> None:
    """Feeds of a held host come back one after the other."""
    first, last = (release_at(NOW + HOUR, NOW, jitter=jitter) for jitter in (0.0, 0.99))

    assert first == NOW + HOUR
    assert last - first > 5 * MINUTE


def test_what_has_no_date_of_its_own_teaches_nothing() -> None:
    """Articles that all bear the time of the fetch say nothing about when the feed publishes."""
    assert first_cadence([NOW, NOW, NOW, NOW], NOW).watched_weeks == 0
    assert first_cadence([], NOW).articles == 0


def test_impossible_dates_count_as_now() -> None:
    """An article from the future, or long past, arrived when it was seen."""
    learned = learn(first_cadence([], NOW), [NOW + 90 * DAY, NOW - 90 * DAY], NOW)

    assert learned.arrivals[hour_of_week(NOW)] == 2
    assert learned.last_article_at == NOW


def test_old_weeks_count_less() -> None:
    """After four weeks an hour's weight is half of what it was."""
    before = cadence(168)

    after = learn(before, [], NOW + 4 * WEEK)

    assert after.arrivals[0] == pytest.approx(before.arrivals[0] / 2)
    assert after.watched_weeks == pytest.approx(before.watched_weeks / 2 + 4)


@pytest.mark.parametrize(
    ("quiet_for", "longest_gap", "articles", "is_silent"),
    [
        (20 * HOUR, HOUR, 300, False),
        (3 * DAY, HOUR, 300, True),
        (3 * DAY, 2 * DAY, 300, False),
        (7 * DAY, 2 * DAY, 300, True),
        (30 * DAY, HOUR, 9, False),
    ],
)
def test_silence_is_judged_by_what_the_feed_did_before(
    quiet_for: timedelta, longest_gap: timedelta, articles: int, *, is_silent: bool
) -> None:
    """A pause is odd when it is far longer than any before, and enough is known to say so."""
    known = replace(cadence(7 * 24), longest_gap=longest_gap, articles=articles, last_article_at=NOW - quiet_for)

    assert is_oddly_silent(known, NOW) is is_silent


def test_a_feed_that_never_had_an_article_is_not_silent() -> None:
    """There is nothing to compare with."""
    assert not is_oddly_silent(Cadence(started_at=NOW, updated_at=NOW), NOW + 365 * DAY)


def test_a_simulated_fortnight_is_seen_sooner_with_fewer_requests() -> None:
    """Over feeds of many rates and rhythms, adaptive pacing asks less and sees articles sooner than fixed pacing."""
    rng = random.Random(7)  # noqa: S311 - a simulation
    start = datetime(2026, 3, 2, tzinfo=UTC)
    feeds = [SimulatedFeed.random(rng, start, 14 * DAY) for _ in range(60)]

    fixed = simulate(feeds, FIXED, start, 14 * DAY)
    adaptive = simulate(feeds, PACE, start, 14 * DAY)

    assert adaptive.requests < fixed.requests
    assert statistics.median(adaptive.delays) < statistics.median(fixed.delays) / 2
