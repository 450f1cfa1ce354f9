"""When things are due: the ticks of the daemon, and the only import of APScheduler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Action = Callable[[], Awaitable[None]]


class Scheduler:
    """Runs actions on the event loop, again and again. A run that is late is run late, never skipped or doubled."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)

    def every(self, interval: timedelta, action: Action) -> None:
        """Run `action` each `interval`; while one run is under way, no other one of it starts."""
        self._scheduler.add_job(action, "interval", seconds=interval.total_seconds())
