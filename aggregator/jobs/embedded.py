"""The embedded engine: polls and drains as tasks of this process, one a feed and one a channel at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable

import structlog

from aggregator.model.ids import ChannelId

_log = structlog.get_logger(__name__)


class KeyedTasks:
    """Runs at most one task a key at a time, and keeps each failure to its own task."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self._again: dict[Hashable, Callable[[], Awaitable[None]]] = {}
        self._is_open = True

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, key: object) -> bool:
        return key in self._tasks

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The tasks that are under way now."""
        return frozenset(self._tasks.values())

    def start(self, key: Hashable, work: Callable[[], Awaitable[None]], *, repeat: bool = False) -> bool:
        """Start `work` unless the key's work is under way; with `repeat`, start it once more when that is done.

        Return whether it was started now.
        """
        if not self._is_open:
            return False
        if key in self._tasks:
            if repeat:
                self._again[key] = work
            return False
        self._tasks[key] = asyncio.create_task(self._run(key, work), name=f"{self._kind} {key}")
        return True

    async def stop(self, grace_seconds: float) -> None:
        """Start nothing more, wait for what is under way at most `grace_seconds`, then cancel the rest."""
        self._is_open = False
        self._again.clear()
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self.running, timeout=grace_seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        if unfinished:
            _log.warning("tasks_cancelled", kind=self._kind, count=len(unfinished))

    async def _run(self, key: Hashable, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:  # noqa: BLE001 - the task loop: one key's failure must not end the others
            _log.exception(f"{self._kind}_crashed", key=key)
        finally:
            del self._tasks[key]
            if again := self._again.pop(key, None):
                self.start(key, again)


class EmbeddedJobs:
    """Drains channels in this process, as soon as they are asked for. Fulfils `ports.Jobs`."""

    def __init__(self, drain: Callable[[ChannelId], Awaitable[None]]) -> None:
        self._drain = drain
        self._drains = KeyedTasks("drain")

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The drains that are under way now."""
        return self._drains.running

    def request_drain(self, channel_ids: Collection[ChannelId]) -> None:
        """See `ports.Jobs.request_drain`."""
        for channel_id in channel_ids:
            self._drains.start(channel_id, lambda channel_id=channel_id: self._drain(channel_id), repeat=True)  # type: ignore[misc] # mypy cannot infer a lambda's default argument

    async def stop(self, grace_seconds: float) -> None:
        """Let running drains finish within `grace_seconds`, then cancel them."""
        await self._drains.stop(grace_seconds)
