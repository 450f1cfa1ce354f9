"""The bot in groups and in the topics of forum groups: who may change what they hear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_desk import BotDesk, bot_desk, wait_until
from telegram.constants import ChatID

from aggregator.bot import phrases
from aggregator.model.chats import chat_channel_id


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BotDesk]:
    """A bot that is open to everybody, with two rules of the operator."""
    async with bot_desk(tmp_path) as desk:
        yield desk


async def test_in_a_group_its_admins_change_what_it_hears(desk: BotDesk) -> None:
    """Others may look; an admin who writes as the group is one. What people say to each other is left alone."""
    ann, ben = desk.api.world.person(1, "Ann"), desk.api.world.person(2, "Ben")
    anonymous = desk.api.world.person(ChatID.ANONYMOUS_ADMIN, "Group")
    group = desk.api.world.group(-1005, "Desk", u1="administrator", u2="member")

    await desk.hears_nothing(ben, "has anybody seen the lava?", group)
    await desk.hears_nothing(ben, "/watch@other_bot lava", group)
    refused = await desk.tell(ben, "/watch lava", group)
    looked = await desk.tell(ben, "/watches@test_bot", group)
    preview = await desk.tell(ann, "/watch lava", group)
    notice = await desk.press_in_vain(ben, preview, "Save")
    saved = await desk.press(anonymous, preview, "Save")

    assert refused.text == notice == phrases.GROUP_ADMINS_ONLY
    assert "has no watches" in looked.text
    assert saved.text.startswith("Saved.")
    assert [one.query for one in desk.audience.watches(chat_channel_id(-1005))] == ["lava"]


async def test_no_member_wakes_a_group_that_stopped(desk: BotDesk) -> None:
    """Its admins do, by /start."""
    ann, ben = desk.api.world.person(1, "Ann"), desk.api.world.person(2, "Ben")
    group = desk.api.world.group(-1005, "Desk", u1="administrator", u2="member")
    channel_id = chat_channel_id(-1005)
    await desk.press(ann, await desk.tell(ann, "/stop", group), "Stop")

    await desk.tell(ben, "/help", group)
    refused = await desk.tell(ben, "/start", group)
    asleep = desk.audience.configuration.channels[channel_id].enabled
    await desk.tell(ann, "/start", group)

    assert refused.text == phrases.GROUP_ADMINS_ONLY
    assert (asleep, desk.audience.configuration.channels[channel_id].enabled) == (False, True)


async def test_each_topic_has_settings_of_its_own(desk: BotDesk) -> None:
    """It is answered in the topic, and its buttons act on it."""
    ann = desk.api.world.person(1, "Ann")
    forum = desk.api.world.group(-1006, "Forum", u1="creator")
    forum.is_forum = True

    preview = await desk.tell(ann, "/watch lava", forum, 7)
    await desk.press(ann, preview, "Save")
    other = await desk.tell(ann, "/watches", forum, 8)

    assert (preview.thread_id, other.thread_id) == ("7", "8")
    assert [one.query for one in desk.audience.watches(chat_channel_id(-1006, 7))] == ["lava"]
    assert desk.audience.watches(chat_channel_id(-1006, 8)) == []


async def test_a_chat_that_puts_the_bot_out_gets_nothing_until_it_is_back(desk: BotDesk) -> None:
    """All its topics; what they had is kept."""
    ann = desk.api.world.person(1, "Ann")
    forum = desk.api.world.group(-1006, "Forum", u1="creator")
    channels = [chat_channel_id(-1006, topic) for topic in (7, 8)]
    for topic in (7, 8):
        await desk.tell(ann, "/start", forum, topic)

    await desk.api.world.bot_becomes(forum, "kicked", ann)
    await wait_until(lambda: not any(desk.audience.configuration.channels[one].enabled for one in channels))
    await desk.api.world.bot_becomes(forum, "member", ann)
    await desk.tell(ann, "/start", forum, 7)

    assert [desk.audience.configuration.channels[one].enabled for one in channels] == [True, False]
