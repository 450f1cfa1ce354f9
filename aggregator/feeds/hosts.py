"""Turns at a host: how many requests at once, and how far apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

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
            if self._groups.get(name) is group and not group.users:
                del self._groups[name]
        else:
            loop.call_later(rest, self._forget_idle, name, group)

    def _forget_idle(self, name: str, group: _Group) -> None:
        if not group.users and self._groups.get(name) is group:
            self._forget(name, group)
