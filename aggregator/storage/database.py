"""A database, and how one transaction is read or written: what the parts of the store stand on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from aggregator.storage.engine import READERS, translated_errors
from aggregator.storage.group_commit import GroupCommit

P = ParamSpec("P")
T = TypeVar("T")
_Change = Callable[[sa.Connection], Any]


class Database:
    """An engine, and the URL that it is of. Every call is one transaction, and runs whole in one thread.

    So a transaction costs the event loop two turns, not several for each of its statements. There is one writer, as
    SQLite has one; changes that wait for it share a commit, which is what takes the time. Whoever is cancelled while it
    waits does not take a change back.
    """

    def __init__(self, engine: sa.Engine, url: str) -> None:
        self.engine = engine
        self.url = url
        self._reading = engine.execution_options(is_writer=False)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="database writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database reader")
        self._changes: GroupCommit[_Change, Any] = GroupCommit(self._write_all)
        self._own = threading.local()
        self._connections: list[sa.Connection] = []

    async def close(self) -> None:
        """Let go of the database when what runs has ended. Idempotent."""
        await self._changes.close()
        for threads in (self._writer, self._readers):
            await asyncio.to_thread(threads.shutdown)
        while self._connections:
            self._connections.pop().close()
        self.engine.dispose()

    async def read(self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a query finds."""
        with translated_errors(self.url):
            return await asyncio.get_running_loop().run_in_executor(
                self._readers, self._read, lambda connection: query(connection, *args, **kwargs)
            )

    async def write(self, change: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a change, and return what it does. It may be tried twice: first with others, then alone."""
        with translated_errors(self.url):
            result: T = await self._changes.apply(lambda connection: change(connection, *args, **kwargs))
        return result

    async def _write_all(self, changes: Sequence[_Change]) -> Sequence[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, changes)

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        connection = self._connection(self._reading)
        with connection.begin():
            return query(connection)

    def _write(self, changes: Sequence[_Change]) -> Sequence[Any]:
        connection = self._connection(self.engine)
        with connection.begin():
            return [change(connection) for change in changes]

    def _connection(self, engine: sa.Engine) -> sa.Connection:
        """Return this thread's connection: to take one from the pool costs as much as a small transaction."""
        connection: sa.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = engine.connect()
            self._connections.append(connection)
        return connection
