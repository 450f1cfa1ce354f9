"""What articles teach about a feed's cadence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from aggregator.feeds.learning import HourlyRates, first_cadence, hour_of_week, is_oddly_silent, learn
from aggregator.model.cadence import HOURS_OF_WEEK, Cadence

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def test_a_document_teaches_from_its_oldest_article_on() -> None:
    """What it does not reach back to says nothing: ten articles of the last ten hours are one an hour."""
    learned = first_cadence([NOW - number * HOUR for number in range(1, 11)], NOW)

    assert learned.watched_weeks * WEEK / HOUR == pytest.approx(10)
    assert (learned.articles, learned.last_article_at, learned.longest_gap) == (10, NOW - HOUR, HOUR)
    assert learned.arrivals[hour_of_week(NOW - 3 * HOUR)] == 1


def test_a_document_that_reaches_back_far_teaches_from_four_weeks_ago_on() -> None:
    """A feed of which two articles are older is known for these four weeks, in which little came."""
    learned = first_cadence([NOW - DAY, NOW - 3 * DAY, NOW - 40 * DAY, NOW - 400 * DAY], NOW)

    assert (learned.watched_weeks, learned.articles) == (4.0, 2)


def test_two_articles_are_no_cadence() -> None:
    """Whatever their dates, they may be all that there is."""
    assert first_cadence([NOW - DAY, NOW - 2 * DAY], NOW) == Cadence(started_at=NOW, updated_at=NOW)


def test_the_longest_pause_is_between_articles_that_followed_each_other() -> None:
    """Articles that come out of order, or late, make no pause longer than it was."""
    learned = first_cadence([NOW - 10 * HOUR, NOW - 9 * HOUR, NOW - 2 * HOUR], NOW)

    later = learn(learned, [NOW + 3 * HOUR, NOW - 5 * HOUR, NOW + HOUR], NOW + 3 * HOUR)

    assert learned.longest_gap == 7 * HOUR
    assert later.longest_gap == 7 * HOUR
    assert later.last_article_at == NOW + 3 * HOUR
    assert later.articles == 6


@given(
    st.lists(st.integers(-60 * 24 * 40, 60 * 24 * 2), max_size=60),
    st.lists(st.integers(-60 * 24 * 40, 60 * 24 * 400), max_size=20),
    st.integers(0, 60 * 24 * 400),
)
def test_whatever_the_dates_are_there_is_a_rate(first: list[int], then: list[int], waited: int) -> None:
    """Dates of all kinds, in any order, lead to a rate above nothing for each hour and to no article of the future."""
    later = NOW + waited * MINUTE

    learned = learn(first_cadence([NOW + n * MINUTE for n in first], NOW), [NOW + n * MINUTE for n in then], later)

    rates = HourlyRates(learned, later + HOUR)
    assert all(rates.at(hour) > 0 for hour in range(HOURS_OF_WEEK))
    assert learned.last_article_at is None or learned.last_article_at <= later
    assert learned.longest_gap >= timedelta(0)
    assert learned.articles <= len(first) + len(then)


def test_an_hour_is_judged_by_that_hour_of_other_days_too() -> None:
    """Where little is known of an hour of the week, the same hour of every day speaks for it."""
    learned = first_cadence([NOW - number * DAY for number in range(1, 7)], NOW)

    rates = HourlyRates(learned, NOW)

    tomorrow, tonight = hour_of_week(NOW), hour_of_week(NOW + 10 * HOUR)
    assert learned.arrivals[tomorrow] == 0
    assert rates.at(tomorrow) > 2 * rates.at(tonight)


@pytest.mark.parametrize("every", [HOUR, DAY, 3 * DAY])
def test_silence_is_noticed_within_twenty_of_the_usual_pauses(every: timedelta) -> None:
    """After forty regular articles a feed is not yet silent at eight times its pause, and is at twenty times."""
    learned = Cadence(started_at=NOW, updated_at=NOW)
    for number in range(1, 41):
        learned = learn(learned, [NOW + number * every], NOW + number * every)
    last = NOW + 40 * every

    assert not is_oddly_silent(learned, last + 8 * every)
    assert is_oddly_silent(learned, last + max(20 * every, 25 * HOUR))


def test_silence_needs_a_day_and_ten_articles() -> None:
    """A feed that published every minute has a night to rest; one with nine articles is not known well enough."""
    busy, young = Cadence(started_at=NOW, updated_at=NOW), Cadence(started_at=NOW, updated_at=NOW)
    for number in range(1, 31):
        busy = learn(busy, [NOW + number * MINUTE], NOW + number * MINUTE)
    for number in range(1, 10):
        young = learn(young, [NOW + number * MINUTE], NOW + number * MINUTE)

    assert not is_oddly_silent(busy, NOW + 23 * HOUR)
    assert is_oddly_silent(busy, NOW + 26 * HOUR)
    assert not is_oddly_silent(young, NOW + 300 * DAY)
