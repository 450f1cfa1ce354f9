"""The database itself: its schema, its errors, its lock."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW, feed

from aggregator.errors import StoreError, StoreInUse, StoreUnavailable
from aggregator.model.ids import FeedId
from aggregator.storage.column_types import from_microseconds, to_microseconds
from aggregator.storage.engine import sqlite_path
from aggregator.storage.lock import acquire_instance_lock
from aggregator.storage.migrate import HEAD, MIGRATIONS, current_revision, downgrade, upgrade
from aggregator.storage.store import open_store
from aggregator.storage.tables import metadata


def url_of(path: Path) -> str:
    """The URL of a database file."""
    return f"sqlite:///{path}"


def test_migrations_make_the_tables_that_the_store_expects(tmp_path: Path) -> None:
    """The migrated schema and the tables in the code are the same; again is harmless; back is empty."""
    engine = sa.create_engine(url_of(tmp_path / "a.db"))
    with engine.begin() as connection:
        upgrade(connection)
        upgrade(connection)
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        at_head = current_revision(connection)
        downgrade(connection, "base")
        tables = set(sa.inspect(connection).get_table_names())
    engine.dispose()

    assert differences == []
    assert at_head == HEAD
    assert tables == {"alembic_version"}


def test_the_head_in_the_code_is_the_newest_migration() -> None:
    """The constant that saves importing Alembic names the last script."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A database that a newer version made is left alone, with a sentence."""
    path = tmp_path / "a.db"
    store = await open_store(url_of(path))
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreError, match="used by a newer version"):
        await open_store(url_of(path))


async def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    """A file that is something else, and a folder that cannot be, are sentences with advice."""
    (tmp_path / "text.db").write_text("This is a letter, not a database. " * 100)

    with pytest.raises(StoreUnavailable, match="the file is something else"):
        await open_store(url_of(tmp_path / "text.db"))
    with pytest.raises(StoreUnavailable, match="cannot make the folder"):
        await open_store(url_of(tmp_path / "text.db" / "below" / "a.db"))
    with (
        pytest.raises(StoreUnavailable, match="cannot write"),
        acquire_instance_lock(url_of(tmp_path / "text.db" / "below" / "a.db")),
    ):
        pass


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_times_survive_to_the_microsecond(moment: datetime) -> None:
    """An aware time comes back as the same instant."""
    assert from_microseconds(to_microseconds(moment)) == moment.astimezone(UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive time is a mistake, not a guess."""
    with pytest.raises(ValueError, match="no time zone"):
        to_microseconds(datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose


def test_one_instance_a_database(tmp_path: Path) -> None:
    """A second taker is refused with the pid of the first; after it, the lock is free."""
    url = url_of(tmp_path / "deep" / "a.db")
    refused = pytest.raises(StoreInUse, match=rf"\(pid {os.getpid()}\) already runs")
    with acquire_instance_lock(url), refused, acquire_instance_lock(url):
        pass

    with acquire_instance_lock(url):
        pass


def test_a_database_in_memory_needs_no_lock() -> None:
    """Nobody else can open it."""
    assert sqlite_path("sqlite:///:memory:") is None
    with acquire_instance_lock("sqlite:///:memory:"):
        pass


async def test_what_polling_asks_for_is_looked_up(tmp_path: Path) -> None:
    """States, due feeds and what is made due are found by an index on what is asked, not by going through all feeds."""
    store = await open_store(url_of(tmp_path / "a.db"))
    await store.sync_feeds([feed("a"), feed("b")], NOW)
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _cursor: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        if statement.startswith(("SELECT feed_states", "UPDATE feed_states")):
            asked.append((statement, values))

    sa.event.listen(store.database.engine, "before_cursor_execute", note)
    ids = [FeedId(name) for name in "abcdefghijklmnopqrstuvwxyz"]
    await store.feed_states(ids)
    await store.feed_state(ids[0])
    await store.make_due(ids, NOW)
    first, _ = await store.due_feeds(NOW, 10)
    await store.due_feeds(NOW, 10, first)
    sa.event.remove(store.database.engine, "before_cursor_execute", note)
    with store.database.engine.connect() as connection:
        plans = [
            " ".join(
                str(tuple(row)[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            )
            for statement, values in asked
        ]
    await store.close()

    by_id, by_time = "(feed_id=?)", "(is_active=? AND next_poll_at"
    assert len(plans) == 6
    assert [by_id in plan or by_time in plan for plan in plans] == [True] * 6, plans


CHILD = """
import asyncio, sys
from support.builders import *
from aggregator.model.polls import PollPlan
from aggregator.storage.store import open_store
async def main():
    store = await open_store(sys.argv[1])
    await store.sync_feeds([feed()], NOW)
    number = 0
    while True:
        subject = article(f"a{number}")
        await store.apply(PollPlan(state=state(last_polled_at=NOW), new_articles=(subject,), listed=(subject.key,)))
        number += 1
        print(number, flush=True)
asyncio.run(main())
"""


async def test_what_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    """Every plan whose apply returned before a SIGKILL is there after it."""
    url = url_of(tmp_path / "a.db")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, url),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    async with asyncio.timeout(timedelta(minutes=1).total_seconds()):
        for _ in range(50):
            confirmed = int(await process.stdout.readline())
    process.kill()
    rest = await process.stdout.read()
    await process.wait()

    store = await open_store(url)
    [summary] = await store.list_feeds()
    await store.close()

    confirmed = int(rest.split()[-1]) if rest.split() else confirmed
    assert confirmed <= summary.articles <= confirmed + 1
