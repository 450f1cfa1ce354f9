"""Databases for tests: a copy of an empty one costs a fiftieth of what the migrations of a new one cost."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import sqlalchemy as sa

from aggregator.storage.migrate import upgrade
from aggregator.storage.store import SqlStore, open_store


async def new_store(path: Path) -> SqlStore:
    """Open a store on a database file, which is made when it is not there."""
    make_database(path)
    return await open_store(f"sqlite:///{path}")


def make_database(path: Path) -> None:
    """Make a database of this version's schema, unless there is one."""
    if not path.exists():
        path.write_bytes(_empty_database())


@functools.cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        return path.read_bytes()
