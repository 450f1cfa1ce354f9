"""What articles teach about a feed's cadence: how often it publishes at which hour, and when its silence is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model.cadence import HOURS_OF_WEEK, Cadence

_HALF_LIFE = timedelta(weeks=4)
_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_OLDEST_EVIDENCE = timedelta(weeks=4)
_LEAST_DATED = 3

REFERENCE_PER_HOUR = 1 / 3
"""The rate at which a feed is polled at just `polling.interval`: eight articles a day."""

_PRIOR_HOURS = 24.0
_HOUR_OF_DAY_PRIOR_HOURS = 12.0
_CELL_PRIOR_WEEKS = 3.0

_SILENCE_ARTICLES = 10
_SILENCE_LEAST = timedelta(days=1)
_SILENCE_MEAN_GAPS = 10
_SILENCE_LONGEST_GAPS = 3


def first_cadence(published: Sequence[datetime], now: datetime) -> Cadence:
    """Return what the dates of a feed's first document teach. Articles without a date of their own teach nothing."""
    dated = sorted(moment for moment in published if now - _OLDEST_EVIDENCE <= moment < now)
    cadence = Cadence(started_at=now, updated_at=now)
    older = any(moment < now - _OLDEST_EVIDENCE for moment in published)
    if len(dated) + older < _LEAST_DATED:
        return cadence
    # A document reaches back only so far: the time before its oldest article says nothing.
    since = now - _OLDEST_EVIDENCE if older else dated[0]
    return replace(_with_arrivals(cadence, dated), watched_weeks=(now - since) / _WEEK)


def learn(cadence: Cadence, published: Sequence[datetime], now: datetime) -> Cadence:
    """Return `cadence` with new articles in it; older weeks count less, by half after four weeks.

    An article with a date that cannot be, or from before the last week, arrived now.
    """
    kept = _kept(cadence, now)
    aged = replace(
        cadence,
        updated_at=now,
        arrivals=tuple(weight * kept for weight in cadence.arrivals),
        watched_weeks=cadence.watched_weeks * kept + (now - cadence.updated_at) / _WEEK,
    )
    return _with_arrivals(aged, sorted(moment if now - _WEEK <= moment <= now else now for moment in published))


class HourlyRates:
    """Expected articles an hour, by hour of the week.

    Sparse evidence is drawn towards what is known more surely: an hour of the week towards that hour of every day,
    this towards the mean of all hours, and the mean, while little was watched, towards the reference rate.
    """

    def __init__(self, cadence: Cadence, now: datetime) -> None:
        kept = _kept(cadence, now)
        weeks = cadence.watched_weeks * kept + (now - cadence.updated_at) / _WEEK
        self._weeks = max(weeks, 0.0)
        self._kept = kept
        self._arrivals = cadence.arrivals
        total = sum(cadence.arrivals) * kept
        self.mean = (total + _PRIOR_HOURS * REFERENCE_PER_HOUR) / (HOURS_OF_WEEK * self._weeks + _PRIOR_HOURS)
        self._by_hour_of_day: dict[int, float] = {}

    def at(self, hour_of_week: int) -> float:
        """Return the rate in one hour of the week."""
        cell = self._smoothed(hour_of_week, 1)
        of_day = self._of_day(hour_of_week % 24)
        return (cell + _CELL_PRIOR_WEEKS * of_day) / (self._weeks + _CELL_PRIOR_WEEKS)

    def _of_day(self, hour: int) -> float:
        known = self._by_hour_of_day.get(hour)
        if known is None:
            arrived = self._smoothed(hour, 7)
            known = (arrived + _HOUR_OF_DAY_PRIOR_HOURS * self.mean) / (7 * self._weeks + _HOUR_OF_DAY_PRIOR_HOURS)
            self._by_hour_of_day[hour] = known
        return known

    def _smoothed(self, hour: int, days: int) -> float:
        """Arrivals in an hour, half of them taken from the hours before and after, summed over `days` days."""
        cells = self._arrivals
        found = 0.0
        for day in range(days):
            at = hour + 24 * day
            before, after = cells[(at - 1) % HOURS_OF_WEEK], cells[(at + 1) % HOURS_OF_WEEK]
            found += (before + 2 * cells[at % HOURS_OF_WEEK] + after) / 4
        return found * self._kept


def is_oddly_silent(cadence: Cadence, now: datetime) -> bool:
    """Whether nothing has come for far longer than this feed ever paused.

    That is: for a day, for three times its longest pause, and for ten times the mean time between its articles, of
    which at least ten must be known.
    """
    if cadence.last_article_at is None or cadence.articles < _SILENCE_ARTICLES:
        return False
    quiet = now - cadence.last_article_at
    arrived = sum(cadence.arrivals)
    mean_gap = cadence.watched_weeks * _WEEK / arrived if arrived else _WEEK
    return quiet > max(_SILENCE_LEAST, _SILENCE_LONGEST_GAPS * cadence.longest_gap, _SILENCE_MEAN_GAPS * mean_gap)


def _kept(cadence: Cadence, now: datetime) -> float:
    """The weight that what was known at the last change has now."""
    return float(0.5 ** ((now - cadence.updated_at) / _HALF_LIFE))


def hour_of_week(moment: datetime) -> int:
    """Return the hour of the week in UTC; Monday 00:00 begins hour 0."""
    return moment.weekday() * 24 + moment.hour


def _with_arrivals(cadence: Cadence, moments: Sequence[datetime]) -> Cadence:
    if not moments:
        return cadence
    arrivals = list(cadence.arrivals)
    last, longest = cadence.last_article_at, cadence.longest_gap
    for moment in moments:
        arrivals[hour_of_week(moment)] += 1
        if last is not None:
            longest = max(longest, moment - last)
        last = moment if last is None else max(last, moment)
    return replace(
        cadence,
        arrivals=tuple(arrivals),
        articles=cadence.articles + len(moments),
        last_article_at=last,
        longest_gap=longest,
    )
