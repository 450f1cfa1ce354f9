"""Feeds in virtual time: publishing at many rates and rhythms, polled as pacing decides."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.feeds.learning import first_cadence, learn
from aggregator.feeds.pacing import Pace, next_poll_at
from aggregator.model.feeds import FeedState
from aggregator.model.ids import FeedId

LISTED = 20
RHYTHMS = ("all day", "office hours", "office hours", "mornings")
_PEAK = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFeed:
    """When a feed publishes."""

    published: tuple[datetime, ...]

    @classmethod
    def random(cls, rng: random.Random, start: datetime, length: timedelta) -> SimulatedFeed:
        """Return a feed with a rate from one a week to sixty a day, evenly on a logarithmic scale, and a rhythm."""
        per_hour = 10 ** rng.uniform(math.log10(1 / 7), math.log10(60)) / 24
        rhythm = rng.choice(RHYTHMS)
        published: list[datetime] = []
        at = start
        while (at := at + timedelta(hours=rng.expovariate(per_hour * _PEAK))) < start + length:
            if rng.random() < _share(rhythm, at) / _PEAK:
                published.append(at)
        return cls(published=tuple(published))


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a simulation came to: requests, and seconds from publication to poll for each article."""

    requests: int = 0
    delays: list[float] = field(default_factory=list)


def simulate(feeds: list[SimulatedFeed], pace: Pace, start: datetime, length: timedelta) -> Outcome:
    """Poll every feed for `length` of virtual time."""
    outcome = Outcome()
    for number, feed in enumerate(feeds):
        _simulate_one(feed, pace, start, length, random.Random(number), outcome)  # noqa: S311 - a simulation
    return outcome


def _simulate_one(
    feed: SimulatedFeed, pace: Pace, start: datetime, length: timedelta, rng: random.Random, outcome: Outcome
) -> None:
    now = start + pace.interval * rng.random()
    state = FeedState(feed_id=FeedId("simulated"), next_poll_at=now, listed=LISTED, cadence=first_cadence([], now))
    seen = 0
    while now < start + length:
        outcome.requests += 1
        new = []
        while seen < len(feed.published) and feed.published[seen] <= now:
            new.append(feed.published[seen])
            seen += 1
        outcome.delays += [(now - moment).total_seconds() for moment in new]
        if new and state.cadence is not None:
            state = replace(state, cadence=learn(state.cadence, new, now))
        now = next_poll_at(pace, state, now, fresh_for=None, jitter=rng.random())


def _share(rhythm: str, at: datetime) -> float:
    """How much more than on average is published at this hour."""
    if rhythm == "office hours":
        return (2.4 if 8 <= at.hour < 18 else 0.05) * (1.3 if at.weekday() < 5 else 0.2)
    if rhythm == "mornings":
        return 4.0 if 6 <= at.hour < 12 else 0.0
    return 1.0
