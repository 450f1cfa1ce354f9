"""The connection to the database: how it is opened, and how its errors are said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from aggregator.errors import StoreError, StoreUnavailable

_BUSY_TIMEOUT_MS = 10_000
READERS = 2
"""Threads that read, each with a connection of its own; one more writes."""

IN_LIMIT = 500
"""How many values go into one `IN (…)`: SQLite takes 32,766 parameters, older builds 999."""


@cache  # of a statement that is made anew SQLAlchemy works out the key of its own cache each time
def insert_or_ignore(table: sa.Table) -> sa.Insert:
    """Return an insert that leaves a row with the same key as it is."""
    return insert(table).on_conflict_do_nothing()


@cache
def upsert(table: sa.Table, *key: str) -> sa.Insert:
    """Return an insert that overwrites the row with the same `key` columns."""
    statement = insert(table)
    changes = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=changes)


def sqlite_path(url: str) -> Path | None:
    """Return the file of a `sqlite:///…` URL, or None for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(parsed.database or "")


def make_engine(url: str) -> sa.Engine:
    """Return an engine for `url`; for SQLite in WAL mode, where a commit survives a power cut.

    Raises:
        StoreUnavailable: when the folder of the database cannot be made.
    """
    path = sqlite_path(url)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(
                f"cannot make the folder {path.parent} for the database: {error.strerror}"
            ) from error
    engine = sa.create_engine(url, poolclass=sa.QueuePool, pool_size=READERS + 1)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours, in a sentence for a person.

    Raises:
        StoreUnavailable: for any error of the database.
        StoreError: for a value that it cannot hold.
    """
    try:
        yield
    except (UnicodeEncodeError, OverflowError) as error:  # the driver's own, as it binds a value
        raise StoreError(f"database {make_url(url).render_as_string()}: it cannot hold a value ({error})") from error
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreUnavailable(f"database {make_url(url).render_as_string()}: {cause}{_advice(str(cause))}") from error


def _advice(cause: str) -> str:
    for words, advice in (
        ("unable to open", "check that the folder exists and can be written"),
        ("readonly", "check the file's permissions"),
        ("disk is full", "free some space; nothing that was confirmed is lost"),
        ("not a database", "the file is something else; move it away, or set `database:`"),
        ("malformed", "restore a backup, or recover it with `sqlite3 FILE .recover`"),
        ("locked", "another program holds it; close that program"),
    ):
        if words in cause:
            return f" ({advice})"
    return ""


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    """Begin as a writer where a write will follow: a reader that upgrades can fail with SQLITE_BUSY at once."""
    mode = "IMMEDIATE" if connection.get_execution_options().get("is_writer", True) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")
