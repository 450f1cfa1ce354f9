"""Many changes, one commit: what is waiting while one transaction runs goes into the next together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

_GROUP_LIMIT = 200

Change = TypeVar("Change")
Result = TypeVar("Result")


class GroupCommit(Generic[Change, Result]):
    """Gathers changes for one writer. An idle writer starts at once; no change waits for company.

    `write` makes all of a group or none, and returns what each of them does. A group that fails is made one by one.
    """

    def __init__(self, write: Callable[[Sequence[Change]], Awaitable[Sequence[Result]]]) -> None:
        self._write = write
        self._waiting: list[tuple[Change, asyncio.Future[Result]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def apply(self, change: Change) -> Result:
        """Return what `change` does when it is committed.

        A caller that is cancelled does not take it back: it is written whole, or not at all.

        Raises:
            StoreError: when this very change could not be written.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="group commit")
        return await done

    async def close(self) -> None:
        """Write what is waiting."""
        if self._writer is not None:
            await self._writer

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_GROUP_LIMIT], self._waiting[_GROUP_LIMIT:]
                await self._write_group(group)
        finally:
            self._writer = None

    async def _write_group(self, group: list[tuple[Change, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([change for change, _ in group])
        except Exception as error:  # noqa: BLE001 - the loop of the writer: nobody may be left waiting
            if len(group) == 1:
                _fail(group[0][1], error)
                return
            for single in group:
                await self._write_group([single])
        else:
            for (_, done), result in zip(group, results, strict=True):
                if not done.done():
                    done.set_result(result)


def _fail(done: asyncio.Future[Result], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
