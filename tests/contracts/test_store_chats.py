"""Chats in the store: each sentence of `ports.chats.ChatStore`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.builders import HOUR, NOW, alert, article, delivery, feed, state
from support.chats import ONE, TWO, chat, follows, watch
from support.stores import new_store

from aggregator.model.alerts import ChannelState
from aggregator.model.chats import AccessEntry, AccessVerdict, Invite, chat_channel_id
from aggregator.model.ids import RuleId, SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope
from aggregator.ports import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


async def test_a_chat_is_kept_with_its_settings(store: Store) -> None:
    """What is saved again takes the place of what was; they come in the order in which they were made known."""
    later = chat(TWO, created_at=NOW + HOUR, quiet_hours=("23:00-07:00",), digest="0 8 * * *", max_per_hour=9)
    await store.save_chat(later)
    await store.save_chat(chat())

    await store.save_chat(chat(language="uk", is_active=False, images=True))

    assert await store.chats() == [chat(language="uk", is_active=False, images=True), later]


async def test_a_watch_is_removed_by_its_own_chat_alone(store: Store) -> None:
    """Another chat has none with this id."""
    first, second = watch("w1"), replace(watch("w2", TWO), created_at=NOW - HOUR)
    await store.save_watch(first)
    await store.save_watch(second)

    stranger = await store.remove_watch(TWO, first.id)
    before = await store.watches()
    removed = await store.remove_watch(ONE, first.id)
    again = await store.remove_watch(ONE, first.id)

    assert (stranger, before) == (None, [second, first])
    assert (removed, again, await store.watches()) == (first, None, [second])


async def test_what_a_chat_follows_is_kept_once(store: Store) -> None:
    """And forgotten for this chat alone, whether it was there or not."""
    for one in (follows("r1"), follows("r1"), follows("r1", TWO), follows("r2")):
        await store.subscribe(one)

    await store.unsubscribe(ONE, RuleId("r1"))
    await store.unsubscribe(ONE, RuleId("r1"))

    assert await store.chat_subscriptions() == [follows("r1", TWO), follows("r2")]


async def test_a_group_that_became_a_supergroup_keeps_all_it_had(store: Store) -> None:
    """Its topics, watches, alerts on their way and silences have the new id; those of other chats stay."""
    subject = article("a")
    about = alert(subject, TWO)
    await store.apply(PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),)))
    for made in (chat(), chat(TWO)):
        await store.save_chat(made)
    await store.save_watch(watch("w2", TWO))
    await store.subscribe(follows("r1", TWO))
    await store.subscribe(follows("r1"))
    await store.save_channel_state(ChannelState(channel_id=TWO, reason="gone", paused_at=NOW))
    await store.add_silence(
        Silence(id=SilenceId("s"), channel_id=TWO, scope=SilenceScope.TAG, value="x", created_at=NOW)
    )

    await store.move_chat(-100, -1001)

    new = chat_channel_id(-1001, 7)
    assert [(made.channel_id, made.chat_id) for made in await store.chats()] == [(new, -1001), (ONE, 1)]
    assert [made.channel_id for made in await store.watches()] == [new]
    assert {made.channel_id for made in await store.chat_subscriptions()} == {ONE, new}
    assert [made.channel_id for made in await store.channel_states()] == [new]
    assert [made.channel_id for made in await store.list_silences(NOW)] == [new]
    [due] = await store.claim_deliveries(new, NOW, 10)
    assert (due.delivery.channel_id, due.alert.channel_id) == (new, new)


async def test_what_the_supergroup_has_already_stays(store: Store) -> None:
    """Somebody set it up there before the news of the move came."""
    new = chat_channel_id(-1001, 7)
    await store.save_chat(chat(TWO))
    await store.save_chat(chat(new, chat_id=-1001, language="uk"))
    await store.subscribe(follows("r1", TWO))
    await store.subscribe(follows("r1", new))

    await store.move_chat(-100, -1001)

    [kept] = await store.chats()
    assert (kept.channel_id, kept.language) == (new, "uk")
    assert await store.chat_subscriptions() == [follows("r1", new)]


async def test_who_may_use_the_bot_is_kept(store: Store) -> None:
    """The last decision counts."""
    allowed = AccessEntry(subject_id=7, verdict=AccessVerdict.ALLOWED, by=1, at=NOW, note="Ann")
    banned = replace(allowed, verdict=AccessVerdict.BANNED, at=NOW + HOUR, note="spam")
    await store.save_access(allowed)
    await store.save_access(banned)

    assert await store.access_entries() == [banned]


async def test_an_invitation_is_good_for_so_many(store: Store) -> None:
    """Whoever comes later, or with a code that there is not, stays outside."""
    await store.save_invite(Invite(code="abc", created_by=1, created_at=NOW, uses_left=2))

    used = [await store.use_invite("abc", user, NOW) for user in (7, 8, 9)]

    assert used == [True, True, False]
    assert await store.use_invite("xyz", 9, NOW) is False
    assert [(entry.subject_id, entry.verdict, entry.note) for entry in await store.access_entries()] == [
        (7, AccessVerdict.ALLOWED, "invite abc"),
        (8, AccessVerdict.ALLOWED, "invite abc"),
    ]


async def test_the_last_place_of_an_invitation_is_given_once(store: Store) -> None:
    """However many come at once."""
    await store.save_invite(Invite(code="abc", created_by=1, created_at=NOW, uses_left=1))

    used = await asyncio.gather(*(store.use_invite("abc", user, NOW) for user in range(1, 9)))

    assert sum(used) == len(await store.access_entries()) == 1


async def test_thousands_of_chats_are_read_by_one_query_a_table(tmp_path: Path) -> None:
    """When the process starts, and at each reload."""
    store = await new_store(tmp_path / "many.db")
    for number in range(200):
        await store.save_chat(chat(chat_channel_id(number), chat_id=number))
        await store.save_watch(watch(f"w{number}", chat_channel_id(number)))
        await store.subscribe(follows("r1", chat_channel_id(number)))
    statements: list[str] = []
    sa.event.listen(store.database.engine, "before_cursor_execute", lambda *row: statements.append(row[2]))

    read = (await store.chats(), await store.watches(), await store.chat_subscriptions())

    assert [len(part) for part in read] == [200, 200, 200]
    assert sum(statement.startswith("SELECT") for statement in statements) == 3
    await store.close()
