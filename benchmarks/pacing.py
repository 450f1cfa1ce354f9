"""A month of 1,000 feeds in virtual time: requests, and the delay from publication to poll, adaptive against fixed.

The feeds publish from one article a week to sixty a day, at all hours, in office hours or in the mornings. Both
paces have an interval of 15 minutes and the default bounds. The seed is fixed: the figures are the same in each run.
"""

from __future__ import annotations

import random
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from support.publishing import Outcome, SimulatedFeed, simulate

from aggregator.feeds.pacing import Pace

FEEDS = 1_000
START = datetime(2026, 3, 2, tzinfo=UTC)
LENGTH = timedelta(days=30)
ADAPTIVE = Pace(interval=timedelta(minutes=15), min_interval=timedelta(minutes=2), max_interval=timedelta(hours=12))
FIXED = replace(ADAPTIVE, is_fixed=True)
_PROCESSES = 2
_PIECE = 50


def main() -> None:
    """Print both paces and their ratio."""
    outcomes = {}
    for name, pace in (("fixed", FIXED), ("adaptive", ADAPTIVE)):
        outcomes[name] = outcome = month(pace)
        delays = sorted(outcome.delays)
        print(
            f"pacing: {name:8}: {outcome.requests / LENGTH.days:10,.0f} requests a day, {len(delays):,} articles, "
            f"delay median {statistics.median(delays):4.0f} s, mean {statistics.fmean(delays):4.0f} s, "
            f"90 % {delays[len(delays) * 9 // 10]:5.0f} s"
        )
    fixed, adaptive = outcomes["fixed"], outcomes["adaptive"]
    print(
        f"pacing: adaptive against fixed: {adaptive.requests / fixed.requests:.2f} times the requests, "
        f"{statistics.median(adaptive.delays) / statistics.median(fixed.delays):.2f} times the median delay"
    )


def month(pace: Pace) -> Outcome:
    """Poll all feeds for a month, in pieces on all cores."""
    whole = Outcome()
    with ProcessPoolExecutor(_PROCESSES) as pool:
        for part in pool.map(_piece, [pace] * (FEEDS // _PIECE), range(0, FEEDS, _PIECE)):
            whole.requests += part.requests
            whole.delays += part.delays
    return whole


def _piece(pace: Pace, first: int) -> Outcome:
    rng = random.Random(first)  # noqa: S311 - a simulation
    return simulate([SimulatedFeed.random(rng, START, LENGTH) for _ in range(_PIECE)], pace, START, LENGTH)


if __name__ == "__main__":
    main()
