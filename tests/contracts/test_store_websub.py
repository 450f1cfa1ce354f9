"""What every store keeps to, for push subscriptions: each sentence of `ports.Store`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, feed
from support.subscriptions import subscription

from aggregator.errors import StoreError
from aggregator.model.websub import WebSubStatus
from aggregator.ports import Store
from aggregator.storage.store import open_store

EVERYTHING = subscription(
    status=WebSubStatus.QUIET, requested_at=NOW - HOUR, last_push_at=NOW + HOUR, failures=3, reason="quiet"
)
NOTHING = subscription("b", status=WebSubStatus.PENDING, verified_at=None, expires_at=None)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of its own for each test."""
    return f"sqlite:///{tmp_path}/aggregator.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store that knows two feeds."""
    store = await open_store(url)
    await store.sync_feeds([feed("b"), feed("ep")], NOW)
    yield store
    await store.close()


async def test_subscriptions_come_back_as_they_were(store: Store, url: str) -> None:
    """Every field is there after a restart, in the order of the feeds."""
    await store.save_websub(EVERYTHING)
    await store.save_websub(NOTHING)
    await store.close()

    reopened = await open_store(url)
    known = await reopened.websub_subscriptions()
    await reopened.close()

    assert known == [NOTHING, EVERYTHING]


async def test_a_feed_has_one_subscription(store: Store) -> None:
    """Saved again, it takes the place of the one before, its callback included."""
    await store.save_websub(EVERYTHING)
    after = replace(EVERYTHING, callback_id="another", status=WebSubStatus.ACTIVE, reason=None, failures=0)

    await store.save_websub(after)

    assert await store.websub_subscriptions() == [after]


async def test_a_feed_that_is_removed_has_none_until_it_is_back(store: Store) -> None:
    """Only subscriptions of active feeds are returned; a feed that comes back has its own again."""
    await store.save_websub(EVERYTHING)
    await store.save_websub(NOTHING)

    await store.sync_feeds([feed("b")], NOW)
    without = await store.websub_subscriptions()
    await store.sync_feeds([feed("b"), feed("ep")], NOW)

    assert without == [NOTHING]
    assert await store.websub_subscriptions() == [NOTHING, EVERYTHING]


async def test_two_feeds_share_no_callback(store: Store) -> None:
    """A callback belongs to one subscription; one of a feed that nobody knows is refused."""
    await store.save_websub(EVERYTHING)

    with pytest.raises(StoreError):
        await store.save_websub(replace(NOTHING, callback_id=EVERYTHING.callback_id))
    with pytest.raises(StoreError):
        await store.save_websub(subscription("unknown"))

    assert await store.websub_subscriptions() == [EVERYTHING]


async def test_a_subscription_goes_with_its_feed(store: Store, tmp_path: Path) -> None:
    """A feed that is deleted from the database takes its secrets with it."""
    await store.save_websub(EVERYTHING)

    with sqlite3.connect(tmp_path / "aggregator.db") as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM feeds WHERE id = 'ep'")
        left = database.execute("SELECT count(*) FROM websub_subscriptions").fetchone()
    database.close()

    assert left == (0,)
