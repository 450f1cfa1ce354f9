"""Channels that take nothing, come back, or move: over HTTP against a Bot API, through the real outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_api import failure
from support.outbox import ADMINS, DESK, Outbox, telegram_outbox

from aggregator.alerts.retrying import PROBE_AFTER
from aggregator.model.alerts import ChannelState, DeliveryStatus
from aggregator.operations.deliver import DrainReport

BLOCKED = failure(403, "Forbidden: bot was blocked by the user")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Outbox]:
    """Two chats, of the desk and of the admins."""
    async with telegram_outbox(tmp_path) as outbox:
        yield outbox


async def test_a_blocked_bot_pauses_its_channel_and_tells_the_admins(desk: Outbox) -> None:
    """Nothing is lost or tried in a loop: one try an hour, and when it is let in again all goes out in order."""
    await desk.plan("a", "b")
    desk.bot.answers = [BLOCKED]

    refused = await desk.drain()
    early = await desk.drain()
    [paused] = await desk.store.channel_states()
    told = await desk.drain(ADMINS)
    desk.now += PROBE_AFTER
    back = await desk.drain()
    again = await desk.drain(ADMINS)

    assert (refused, early, back) == (DrainReport(retrying=1), DrainReport(), DrainReport(sent=2))
    assert (paused.channel_id, paused.reason) == (DESK, "recipient gone: " + str(paused.reason).partition(": ")[2])
    assert (told, again) == (DrainReport(sent=1), DrainReport(sent=1))
    shown = [(message.chat_id, message.text.partition("\n")[0]) for message in desk.bot.messages]
    assert shown == [
        ("-1001", "Channel paused: desk"),
        ("42", "a"),
        ("42", "b"),
        ("-1001", "Channel works again: desk"),
    ]
    assert await desk.store.channel_states() == [ChannelState(channel_id=DESK)]


async def test_a_channel_that_stays_blocked_is_said_once(desk: Outbox) -> None:
    """Each probe fails alike: the admins know already."""
    await desk.plan("a")
    desk.bot.answers = [BLOCKED, BLOCKED]

    await desk.drain()
    desk.now += PROBE_AFTER
    await desk.drain()

    notices = await desk.store.list_deliveries(channel_id=ADMINS)
    assert [(notice.title, notice.url, notice.feed_id) for notice in notices] == [("Channel paused: desk", "", None)]


async def test_a_person_can_have_a_paused_channel_tried_at_once(desk: Outbox) -> None:
    """What waits of the channel is due when they say so."""
    await desk.plan("a")
    desk.bot.answers = [BLOCKED]
    await desk.drain()

    retried = await desk.store.retry_deliveries([], desk.now, channel_id=DESK)

    assert len(retried) == 1
    assert await desk.drain() == DrainReport(sent=1)


async def test_a_group_that_became_a_supergroup_is_followed(desk: Outbox) -> None:
    """The message goes to the new address at once, and so do all later ones, after a restart as well."""
    await desk.plan("a")
    desk.bot.answers = [failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)]

    moved = await desk.drain()
    await desk.plan("b")
    later = await desk.drain()

    assert (moved, later) == (DrainReport(sent=1), DrainReport(sent=1))
    assert [(message.chat_id, message.text[:1]) for message in desk.bot.messages] == [("-1001", "a"), ("-1001", "b")]
    assert [found.address for found in await desk.store.channel_states()] == ["-1001"]


async def test_a_chat_that_moves_in_a_circle_ends(desk: Outbox) -> None:
    """Sent on from the new address too, the delivery is a dead letter that says so."""
    await desk.plan("a")
    moved = failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)
    desk.bot.answers = [moved, moved]

    report = await desk.drain()

    [dead] = await desk.store.list_deliveries(statuses=[DeliveryStatus.DEAD])
    assert report == DrainReport(failed=1)
    assert dead.delivery.reason == "recipient moved: the group became a supergroup, with the chat_id -1001"


async def test_limits_outlive_a_restart(desk: Outbox) -> None:
    """When the last messages went out is stored with their outcome."""
    await desk.plan("a", "b")

    await desk.drain()

    sends = await desk.store.recent_sends()
    assert {scope: len(times) for scope, times in sends.items()} == {"telegram:1000:42": 1, "telegram:1000": 2}
