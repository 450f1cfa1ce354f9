"""Who may use the bot, and what strangers, forgers and floods meet."""

from __future__ import annotations

import re
from collections.abc import Sized
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from support.bot_desk import ADMIN, bot_desk, wait_until

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press
from aggregator.bot.flood import BURST
from aggregator.bot.service import TelegramBot
from aggregator.model.chats import chat_channel_id

ANN, BEN = chat_channel_id(1), chat_channel_id(2)


async def test_a_stranger_gets_one_line_then_silence(tmp_path: Path) -> None:
    """Until an admin lets them in; a ban puts them out again."""
    async with bot_desk(tmp_path, "access: allowlist") as desk:
        ann, admin = desk.api.world.person(1, "Ann"), desk.api.world.person(ADMIN, "Admin")

        turned_away = await desk.tell(ann, "/start")
        await desk.hears_nothing(ann, "/watch lava")
        allowed = await desk.tell(admin, "/allow 1")
        welcome = await desk.tell(ann, "/start")
        banned = await desk.tell(admin, "/ban 1")
        await desk.hears_nothing(ann, "/start")
        wrong = await desk.tell(admin, "/allow Ann")
        chats = await desk.store.chats()

    assert turned_away.text == phrases.STRANGER.format(number=1)
    assert allowed.text == "1 may use the bot."
    assert welcome.text.startswith("Hello.")
    assert banned.text == "1 may no longer use the bot."
    assert wrong.code == ("/allow 123456789",)
    assert {chat.chat_id for chat in chats} == {1, ADMIN}


async def test_a_group_that_is_allowed_may_use_the_bot(tmp_path: Path) -> None:
    """All its members; in a group that is not the bot says nothing at all."""
    async with bot_desk(tmp_path, "access: allowlist") as desk:
        ann, admin = desk.api.world.person(1, "Ann"), desk.api.world.person(ADMIN, "Admin")
        group = desk.api.world.group(-1005, "Desk", u1="administrator")

        await desk.hears_nothing(ann, "/help", group)
        await desk.tell(admin, "/allow -1005")
        answered = await desk.tell(ann, "/help", group)

    assert answered.chat_id == "-1005"


async def test_an_invitation_lets_as_many_in_as_it_says(tmp_path: Path) -> None:
    """By its link; it is then used up, and no use to who is banned."""
    async with bot_desk(tmp_path, "access: invite") as desk:
        people = [desk.api.world.person(number, f"Person {number}") for number in (1, 2, 3)]
        admin = desk.api.world.person(ADMIN, "Admin")
        first = await desk.tell(people[0], "/start")
        made = await desk.tell(admin, "/invite 2")
        how_many = await desk.tell(admin, "/invite 0")
        found = re.search(r"https://t\.me/test_bot\?start=([\w-]+)", made.text)
        assert found is not None
        await desk.tell(admin, "/ban 3")
        answers = [(await desk.tell(one, f"/start {found[1]}")).text for one in (people[0], people[2], people[1])]
        late = await desk.tell(desk.api.world.person(4, "Late"), f"/start {found[1]}")

    assert first.text == phrases.STRANGER_INVITE
    assert "(2 users)" in made.text
    assert how_many.code == ("/invite 5",)
    assert [answer.partition(".")[0] for answer in answers] == [
        "Hello",
        "This invitation is used up or was never one",
        "Hello",
    ]
    assert late.text == phrases.INVITATION_BAD


async def test_invitations_are_off_where_they_do_not_count(tmp_path: Path) -> None:
    """The admin is told which setting it is."""
    async with bot_desk(tmp_path) as desk:
        told = await desk.tell(desk.api.world.person(ADMIN, "Admin"), "/invite")

    assert told.text == "Invitations count where the configuration says access: invite."


async def test_an_admin_sees_how_the_bot_is(tmp_path: Path) -> None:
    """What it reads, and who listens."""
    async with bot_desk(tmp_path) as desk:
        ann, admin = desk.api.world.person(1, "Ann"), desk.api.world.person(ADMIN, "Admin")
        await desk.press(ann, await desk.tell(ann, "lava"), "Save")

        told = await desk.tell(admin, "/status")

    assert "Rules: 2\nChats: 2, 2 of them active\nWatches: 1\nWaiting: 0 · given up: 0" in told.text


@pytest.mark.parametrize("data", ["", "ws|x", "1|ws|abcdefabcdef|AAAAAAAAAAAA", "1|st|", "2|st|AAAAAAAAAAAA", "жжж|жж"])
async def test_a_forged_button_does_nothing(tmp_path: Path, data: str) -> None:
    """The signature is ours alone."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        hello = await desk.tell(ann, "/start")

        query_id = await ann.presses_data(1, hello.message_id, hello.text, data)

        assert await desk.notice(query_id) == phrases.BUTTON_OLD
        assert desk.api.edits == []


async def test_a_button_of_another_chat_does_nothing_here(tmp_path: Path) -> None:
    """Signed for the chat that it stands in: Ben cannot remove what Ann watches, whatever ids he sends."""
    async with bot_desk(tmp_path) as desk:
        ann, ben = desk.api.world.person(1, "Ann"), desk.api.world.person(2, "Ben")
        await desk.press(ann, await desk.tell(ann, "lava"), "Save")
        listed = await desk.tell(ann, "/watches")
        hello = await desk.tell(ben, "/start")
        [watch] = desk.audience.watches(ANN)

        stolen = await desk.notice(await ben.presses_data(2, hello.message_id, hello.text, dict(listed.buttons)["🗑 1"]))
        own = desk.tools.signer.write(2, Press("wr", (watch.id, "0")))
        await ben.presses_data(2, hello.message_id, hello.text, own)
        await wait_until(lambda: len(desk.api.edits) > 1)

        assert stolen == phrases.BUTTON_OLD
        assert desk.audience.watches(ANN) == [watch]
        assert desk.answers[-1].startswith(phrases.GONE_ALREADY)


async def test_a_preview_that_does_not_fit_its_button_saves_nothing(tmp_path: Path) -> None:
    """The button carries a hash of the query that it stands under."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        for label, command in (("Save", "/watch lava"), ("Edit", "/watch lava"), ("1 hour", "/silence lava")):
            shown = await desk.tell(ann, command)
            edits = len(desk.api.edits)
            await ann.presses_data(1, shown.message_id, "another text", dict(shown.buttons)[label])
            await wait_until(partial(_has_more, desk.api.edits, edits))

            assert desk.answers[-1] == phrases.BUTTON_OLD
        assert desk.audience.watches(ANN) == []
        assert await desk.store.list_silences(desk.clock()) == []


async def test_a_press_that_is_repeated_changes_nothing_more(tmp_path: Path) -> None:
    """A replayed update of Telegram's, or a person with a quick finger."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        preview = await desk.tell(ann, "lava")
        await desk.press(ann, preview, "Save")
        entities = [{"type": "code", "offset": 0, "length": 4}]
        for _ in range(3):
            data = dict(preview.buttons)["Save"]
            await desk.notice(await ann.presses_data(1, preview.message_id, "lava", data, entities=entities))
        await wait_until(lambda: desk.answers[-1].startswith("This chat has that watch already"))

        assert len(desk.audience.watches(ANN)) == 1


async def test_who_was_banned_presses_in_vain(tmp_path: Path) -> None:
    """Buttons that were shown before are dead."""
    async with bot_desk(tmp_path) as desk:
        ann, admin = desk.api.world.person(1, "Ann"), desk.api.world.person(ADMIN, "Admin")
        preview = await desk.tell(ann, "lava")
        await desk.tell(admin, "/ban 1")

        assert await desk.press_in_vain(ann, preview, "Save") == ""
        assert desk.audience.watches(ANN) == []


async def test_a_flood_of_one_person_is_not_answered_and_holds_up_nobody(tmp_path: Path) -> None:
    """Of 10,000 commands in a minute a few are answered, one line says that it was a lot; others are heard at once."""
    async with bot_desk(tmp_path) as desk:
        ann, ben = desk.api.world.person(1, "Ann"), desk.api.world.person(2, "Ben")
        for number in range(10_000):
            desk.clock.now += timedelta(milliseconds=6)
            await ann.sends("/help")
            if number == 5_000:
                await ben.sends("/watches")
                await wait_until(lambda: any(message.chat_id == "2" for message in desk.api.messages))
        await desk.api.world.updates.confirmed()
        await wait_until(lambda: phrases.TOO_FAST in desk.answers)
        to_ann = [message for message in desk.api.messages if message.chat_id == "1"]
        desk.clock.now += timedelta(minutes=2)
        again = await desk.tell(ann, "/watches")

    assert BURST <= len(to_ann) <= 2 * BURST + 5
    assert [message.text for message in to_ann].count(phrases.TOO_FAST) < BURST
    assert "has no watches" in again.text


async def test_a_flood_of_presses_is_told_once(tmp_path: Path) -> None:
    """As with commands."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        listed = await desk.tell(ann, "/rules")
        for _ in range(BURST + 3):
            await ann.presses_data(1, listed.message_id, listed.text, dict(listed.buttons)["◻️ Drones"])
        await desk.api.world.updates.confirmed()
        await wait_until(lambda: phrases.TOO_FAST in dict(desk.api.world.answered).values())

    assert sorted(text for _, text in desk.api.world.answered) == ["", *[""] * (BURST - 2), phrases.TOO_FAST]


async def test_what_fails_is_said_and_the_next_is_heard(tmp_path: Path) -> None:
    """A database that is gone ends no talk."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        await desk.tell(ann, "/start")
        await desk.store.database.write(
            lambda connection: connection.exec_driver_sql("ALTER TABLE watches RENAME TO w")
        )
        preview = await desk.tell(ann, "lava")
        failed = await desk.press(ann, preview, "Save")
        heard = await desk.tell(ann, "/help")

    assert failed.text == phrases.FAILED
    assert heard.text.startswith("What I can do")


async def test_a_bot_that_cannot_reach_telegram_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is stopped; commands that came meanwhile are answered when it can."""
    monkeypatch.setattr("aggregator.bot.service._RETRY_AFTER", timedelta(milliseconds=50))
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        await desk.bot.stop()
        await ann.sends("/help")
        desk.api.refused_greetings = 2
        second = TelegramBot(desk.bot.settings, desk.tools)
        second.start()
        await wait_until(lambda: bool(desk.answers))
        was_listening = second.is_listening
        await second.stop()

    assert desk.api.refused_greetings == 0
    assert (was_listening, second.is_listening) == (True, False)


async def test_a_wrong_token_ends_the_listening(tmp_path: Path) -> None:
    """It is not asked again and again; alerts to other channels go on."""
    async with bot_desk(tmp_path) as desk:
        wrong = TelegramBot(replace(desk.bot.settings, token="1:wrong"), desk.tools)
        wrong.start()
        await wait_until(lambda: not wrong.is_listening)
        await wrong.stop()


async def test_nobody_is_heard_while_the_configuration_changes(tmp_path: Path) -> None:
    """What is said then waits, and is done with the new one."""
    async with bot_desk(tmp_path) as desk:
        ann = desk.api.world.person(1, "Ann")
        async with desk.bot.paused():
            await ann.sends("/watches")
            await desk.api.world.updates.confirmed()
            said = list(desk.answers)
            desk.bot.follow(desk.tools)
        await wait_until(lambda: bool(desk.answers))

    assert said == []


def _has_more(items: Sized, before: int) -> bool:
    return len(items) > before
