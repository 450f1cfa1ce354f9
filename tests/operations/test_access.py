"""Who may use the bot, decided on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.builders import NOW
from support.stores import new_store

from aggregator.model.chats import AccessMode, AccessVerdict
from aggregator.operations.access import AccessDesk
from aggregator.storage.store import SqlStore

ADMIN, ANN, GROUP = 9, 1, -100


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An empty store."""
    store = await new_store(tmp_path / "a.db")
    yield store
    await store.close()


async def desk(store: SqlStore, mode: AccessMode) -> AccessDesk:
    """A desk as it is when the process starts."""
    return AccessDesk(store, mode=mode, admins=[ADMIN], known=await store.access_entries(), clock=lambda: NOW)


@pytest.mark.parametrize("mode", AccessMode)
async def test_a_ban_counts_before_all_else_but_for_admins(store: SqlStore, mode: AccessMode) -> None:
    """Of a user or of a chat, also after a restart."""
    access = await desk(store, mode)
    await access.decide(ANN, AccessVerdict.ALLOWED, ADMIN)
    allowed = access.may_use(ANN, ANN)
    await access.decide(GROUP, AccessVerdict.BANNED, ADMIN)
    await access.decide(ADMIN, AccessVerdict.BANNED, ADMIN)
    later = await desk(store, mode)

    assert allowed
    assert [one.may_use(ANN, ANN) for one in (access, later)] == [True, True]
    assert [one.may_use(ANN, GROUP) for one in (access, later)] == [False, False]
    assert later.may_use(ADMIN, GROUP)
    assert (later.is_admin(ADMIN), later.is_admin(ANN)) == (True, False)


async def test_who_is_not_known_may_use_an_open_bot_only(store: SqlStore) -> None:
    """A group that is allowed lets its members in."""
    found = {mode: (await desk(store, mode)).may_use(ANN, GROUP) for mode in AccessMode}
    access = await desk(store, AccessMode.ALLOWLIST)
    await access.decide(GROUP, AccessVerdict.ALLOWED, ADMIN)

    assert found == {AccessMode.OPEN: True, AccessMode.ALLOWLIST: False, AccessMode.INVITE: False}
    assert access.may_use(ANN, GROUP)
    assert not access.may_use(ANN, ANN)


async def test_an_invitation_counts_where_it_is_to_count(store: SqlStore) -> None:
    """For so many users as it says, kept over a restart; not for the banned, not for a code that is none."""
    access = await desk(store, AccessMode.INVITE)
    made = await access.invite(ADMIN, 2)
    await access.decide(3, AccessVerdict.BANNED, ADMIN)
    came = [await access.come_in(made.code, user) for user in (ANN, 2, 3, 4)]
    later = await desk(store, AccessMode.INVITE)

    assert came == [True, True, False, False]
    assert not await access.come_in("nothing", 5)
    assert [later.may_use(user, user) for user in (ANN, 2, 3, 4)] == [True, True, False, False]
    assert not await (await desk(store, AccessMode.OPEN)).come_in(made.code, 6)
