"""Which hosts are to be left alone for now: one Retry-After is kept by every feed of the host that sent it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from aggregator.feeds.politeness import Politeness
from aggregator.model.polls import HostHold


class HostHolds:
    """The holds that are in force; the store keeps them over a restart."""

    def __init__(self, politeness: Politeness, holds: Iterable[HostHold] = ()) -> None:
        self._politeness = politeness
        self._by_host = {hold.host: hold for hold in holds}

    def hold_on(self, url: str, now: datetime) -> HostHold | None:
        """Return the hold on the host of `url`, or on its domain, that is in force at `now`."""
        if not self._by_host:
            return None
        for key in self._politeness.hold_keys(url):
            hold = self._by_host.get(key)
            if hold is not None and hold.until > now:
                return hold
        return None

    def hold_key(self, url: str) -> str:
        """Return what a Retry-After from the host of `url` holds: the host, or its domain where so configured."""
        return self._politeness.policy(url).hold_key

    def note(self, hold: HostHold, now: datetime) -> None:
        """Put a hold in force; those that are over are forgotten."""
        self._by_host = {host: known for host, known in self._by_host.items() if known.until > now}
        self._by_host[hold.host] = hold
