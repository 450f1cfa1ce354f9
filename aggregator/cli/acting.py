"""One action of a command on the store, and who does it."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aggregator.ports import Store
from aggregator.runtime import opened_store
from aggregator.settings import Settings

T = TypeVar("T")


def in_store(settings: Settings, action: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store, act, and close it."""

    async def run() -> T:
        async with opened_store(settings) as store:
            return await action(store)

    return asyncio.run(run())


def login_name() -> str:
    """Return the user of the system, where it has names."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "someone on the command line"
