"""The rate limits of services, shared by all channels that send through one bot or one webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.alerts.agenda import Allowance
from aggregator.alerts.throttling import Sends, allowance_of, sends_after, wait_for
from aggregator.model.messages import RateLimit


class Throttle:
    """Knows when the last messages went out in each scope: from `sends`, as they were stored, and from `note`."""

    def __init__(self, sends: Sends | None = None) -> None:
        self._sends: dict[str, Sequence[datetime]] = dict(sends or {})

    def wait(self, limits: Sequence[RateLimit], now: datetime) -> timedelta:
        """Return how long to wait before one more message."""
        return wait_for(limits, self._sends, now)

    def allowance(self, limits: Sequence[RateLimit], now: datetime) -> Allowance | None:
        """Return how many messages may be sent now; None for as many as there are."""
        return allowance_of(limits, self._sends, now)

    def note(self, limits: Sequence[RateLimit], now: datetime) -> Mapping[str, Sequence[datetime]]:
        """Count a message that is sent `now`; return what is to be stored with its outcome."""
        changed = sends_after(limits, self._sends, now)
        self._sends |= changed
        return changed
