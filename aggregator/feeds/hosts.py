"""Turns at a host: how many requests at once, how far apart, and none while it asked to be left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.feeds.politeness import HostPolicy


@dataclass(slots=True)
class _Group:
    slots: asyncio.Semaphore
    next_start: float = 0.0
    users: int = 0
    pacing: asyncio.Lock = field(default_factory=asyncio.Lock)


class HostGate:
    """Lets at most `concurrency` requests go to a group of hosts at once, and starts them at least `delay` apart."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def __len__(self) -> int:
        return len(self._groups)

    @asynccontextmanager
    async def turn(self, policy: HostPolicy) -> AsyncIterator[None]:
        """Wait for a turn in the policy's group, first come, first served, and hold it."""
        group = self._groups.get(policy.group)
        if group is None:
            group = self._groups[policy.group] = _Group(asyncio.Semaphore(policy.concurrency))
        group.users += 1
        try:
            async with group.slots:
                if policy.delay:
                    await self._keep_distance(group, policy.delay.total_seconds())
                yield
        finally:
            group.users -= 1
            if not group.users:
                self._forget(policy.group, group)

    async def _keep_distance(self, group: _Group, delay_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        async with group.pacing:
            await asyncio.sleep(max(0.0, group.next_start - loop.time()))
            group.next_start = loop.time() + delay_seconds

    def _forget(self, name: str, group: _Group) -> None:
        """Drop a group that nobody uses, once its delay has passed: the table does not grow with the web."""
        loop = asyncio.get_running_loop()
        rest = group.next_start - loop.time()
        if rest <= 0:
            del self._groups[name]
        else:
            loop.call_later(rest, self._forget_idle, name, group)

    def _forget_idle(self, name: str, group: _Group) -> None:
        if not group.users and self._groups.get(name) is group:
            self._forget(name, group)


class Rests:
    """Hosts that asked to be left alone, as far as this process has heard (Retry-After, RFC 9110 §10.2.3).

    Feeds of such a host are held before they get here, over a restart too (`operations.host_holds`). This is for what
    is on its way already, and for redirects from elsewhere and pages.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def note(self, hold_key: str, rest: timedelta, now: datetime) -> None:
        """Leave a host, or a domain, alone for so long; those whose rest is over are forgotten."""
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[hold_key] = now + rest

    def end_of(self, hold_keys: Iterable[str]) -> datetime | None:
        """Return until when a host with these names is to be left alone, None when it never said so."""
        return max((self._until[key] for key in hold_keys if key in self._until), default=None)
