"""A database, and how one transaction is read or written: what the parts of the store stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from aggregator.storage.engine import translated_errors

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """An engine, and the URL that it is of. Every call is one transaction."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self.engine = engine
        self._reading = engine.execution_options(is_writer=False)
        self.url = url

    async def close(self) -> None:
        """Let go of the database. Idempotent."""
        await self.engine.dispose()

    async def read(self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a query finds."""
        with translated_errors(self.url):
            async with self._reading.connect() as connection:
                return await connection.run_sync(query, *args, **kwargs)

    async def write(self, change: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a change, and return what it does."""
        with translated_errors(self.url):
            async with self.engine.begin() as connection:
                return await connection.run_sync(change, *args, **kwargs)
