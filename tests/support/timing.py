"""How long something takes, for ratios of two sizes in one run."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object]) -> float:
    """Return how many seconds of the processor the work takes: the least of three times, after one that warms up."""
    work()
    return min(_seconds(work) for _ in range(3))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
