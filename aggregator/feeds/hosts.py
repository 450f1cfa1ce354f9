"""Politeness to a host: how many requests at once, and how far apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    next_start: float = 0.0
    users: int = 0
    pacing: asyncio.Lock = field(default_factory=asyncio.Lock)


class HostGate:
    """Lets at most `per_host` requests go to a host at once, and starts them at least `host_delay` apart."""

    def __init__(self, *, per_host: int, host_delay: timedelta) -> None:
        self._per_host = per_host
        self._delay_seconds = host_delay.total_seconds()
        self._hosts: dict[str, _Host] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at `host`, first come, first served, and hold it."""
        entry = self._hosts.get(host)
        if entry is None:
            entry = self._hosts[host] = _Host(asyncio.Semaphore(self._per_host))
        entry.users += 1
        try:
            async with entry.slots:
                if self._delay_seconds:
                    await self._keep_distance(entry)
                yield
        finally:
            entry.users -= 1
            if not entry.users:
                self._forget(host, entry)

    async def _keep_distance(self, entry: _Host) -> None:
        loop = asyncio.get_running_loop()
        async with entry.pacing:
            await asyncio.sleep(max(0.0, entry.next_start - loop.time()))
            entry.next_start = loop.time() + self._delay_seconds

    def _forget(self, host: str, entry: _Host) -> None:
        """Drop a host that nobody uses, once its delay has passed: the table does not grow with the web."""
        loop = asyncio.get_running_loop()
        rest = entry.next_start - loop.time()
        if rest <= 0:
            if self._hosts.get(host) is entry and not entry.users:
                del self._hosts[host]
        else:
            loop.call_later(rest, self._forget_idle, host, entry)

    def _forget_idle(self, host: str, entry: _Host) -> None:
        if not entry.users and self._hosts.get(host) is entry:
            self._forget(host, entry)
