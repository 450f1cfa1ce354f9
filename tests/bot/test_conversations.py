"""What people say to the bot and press, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_desk import ADMIN, BotDesk, bot_desk, wait_until
from support.builders import NOW, article, state

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press
from aggregator.bot.commands import COMMANDS, Who
from aggregator.bot.silences import MOST
from aggregator.model.chats import chat_channel_id
from aggregator.model.ids import SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope

ANN = chat_channel_id(1)
HOSTILE = '<b>&"x"</b>'


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BotDesk]:
    """A bot that is open to everybody, with two rules of the operator."""
    async with bot_desk(tmp_path) as desk:
        yield desk


async def test_a_new_reader_is_shown_how_to_begin(desk: BotDesk) -> None:
    """With words of their own, or by a rule of the operator that is one press away."""
    ann = desk.api.world.person(1, "Ann")

    hello = await desk.tell(ann, "/start")
    listed = await desk.press(ann, hello, "Pick a rule")
    chosen = await desk.press(ann, listed, "◻️ War & peace")

    assert hello.text.startswith("Hello. I read 0 feeds")
    assert hello.code == (phrases.EXAMPLE_QUERY,)
    assert [text for text, _ in listed.buttons] == ["◻️ Drones", "◻️ War & peace"]
    assert [text for text, _ in chosen.buttons] == ["◻️ Drones", "✅ War & peace"]
    assert desk.audience.followed(ANN) == ["war"]


async def test_words_are_tried_before_they_are_watched(desk: BotDesk) -> None:
    """The preview says what they would have raised, with examples; Save saves what it shows."""
    ann = desk.api.world.person(1, "Ann")
    subjects = [article(f"{number}", title=f"Captives <freed> {number}") for number in range(4)]
    await desk.store.apply(PollPlan(state=state(), new_articles=tuple(subjects)))

    preview = await desk.tell(ann, 'captives  OR   =="a <b> & c"')
    saved = await desk.press(ann, preview, "Save")
    again = await desk.press(ann, await desk.tell(ann, '/watch captives OR =="a <b> & c"'), "Save")

    assert "would have raised 4 alerts, at most 4 within an hour" in preview.text
    assert preview.code == ('captives OR =="a <b> & c"',)
    assert len(preview.links) == 3
    assert preview.text.count("Captives <freed>") == 3
    assert saved.text.startswith("Saved.")
    assert again.text.startswith("This chat has that watch already")
    [watch] = desk.audience.watches(ANN)
    assert (watch.query, watch.created_by) == ('captives OR =="a <b> & c"', 1)
    assert [one.id for one in await desk.store.watches()] == [watch.id]


async def test_a_preview_of_nothing_says_so(desk: BotDesk) -> None:
    """One alert is not one alerts."""
    ann = desk.api.world.person(1, "Ann")
    none = await desk.tell(ann, "/watch volcano")
    await desk.store.apply(PollPlan(state=state(), new_articles=(article("a", title="Volcano"),)))
    one = await desk.tell(ann, "/watch volcano")

    assert "would have raised nothing" in none.text
    assert "would have raised 1 alert, at most 1 within an hour" in one.text


async def test_a_query_can_be_changed_or_left(desk: BotDesk) -> None:
    """Edit gives it back to copy; Cancel saves nothing."""
    ann = desk.api.world.person(1, "Ann")

    edited = await desk.press(ann, await desk.tell(ann, "/watch captives"), "Edit")
    left = await desk.press(ann, await desk.tell(ann, "/watch captives"), "Cancel")

    assert edited.code == ("/watch captives",)
    assert left.text == phrases.CANCELLED
    assert desk.audience.watches(ANN) == []


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/watch", "Say what to watch."),
        ("/watch captives AND", "I cannot read this query:"),
        (f"/watch {'a' * 1001}", "A query may have 1000 characters; this one has 1001."),
        ("/quiet late", "'late' is not a span of hours"),
        ("/quiet 00:00-24:00", "These hours never end"),
        ("/digest daily", "'daily' is not a schedule"),
        ("/timezone Atlantis", "There is no time zone 'Atlantis'."),
        ("/subscribe nothing", "There is no rule 'nothing'."),
        ("/silence", "Say for how long, and which words."),
        ("/silence captives AND", "I cannot read this query:"),
        ("/silence 2h captives AND", "I cannot read this query:"),
        ("/allow", "That is for the admins of the bot."),
        ("/dance", "I do not know /dance."),
        (f"/subscribe {HOSTILE}", "There is no rule"),
        (f"/timezone {HOSTILE}", "There is no time zone"),
        (f"/quiet {HOSTILE}", "is not a span of hours"),
        (f"/watch title:({HOSTILE}", "I cannot read this query:"),
    ],
)
async def test_what_is_wrong_is_answered_with_what_to_write(desk: BotDesk, said: str, answer: str) -> None:
    """Whatever is in it, it is shown as text."""
    told = await desk.tell(desk.api.world.person(1, "Ann"), said)

    assert answer in told.text


async def test_watches_are_listed_page_by_page_and_removed(desk: BotDesk) -> None:
    """Each has a button; a press that comes twice removes nothing else."""
    ann = desk.api.world.person(1, "Ann")
    empty = await desk.tell(ann, "/watches")
    chat = desk.audience.chat(ANN)
    assert chat is not None
    for number in range(8):
        await desk.tools.desk.watch(chat, f"word{number}", 1)

    listed = await desk.tell(ann, "/watches")
    second = await desk.press(ann, listed, "Next ›")
    removed = await desk.press(ann, second, "🗑 8")
    await desk.api.presses(ann, second, "🗑 7")
    await wait_until(lambda: len(desk.audience.watches(ANN)) == 6)

    assert "has no watches" in empty.text
    assert listed.text.startswith("Watches of this chat (8)")
    assert listed.code == tuple(f"word{number}" for number in range(6))
    assert second.code == ("word6", "word7")
    assert removed.text.startswith("Removed:\nword7")
    assert [one.query for one in desk.audience.watches(ANN)] == [f"word{number}" for number in range(6)]


async def test_a_chat_has_no_more_watches_than_it_may_have(tmp_path: Path) -> None:
    """The one too many is refused with what to do; what was shown stays, to be saved later."""
    async with bot_desk(tmp_path, quotas=", quotas: {watches: 1}") as desk:
        ann = desk.api.world.person(1, "Ann")
        await desk.press(ann, await desk.tell(ann, "one"), "Save")
        refused = await desk.press(ann, await desk.tell(ann, "two"), "Save")

    assert refused.text == "This chat has 1 watches, and may have 1. Remove one first: /watches"


async def test_rules_are_subscribed_to_by_name(desk: BotDesk) -> None:
    """By id or title, in any case; without a name they are listed."""
    ann = desk.api.world.person(1, "Ann")

    by_title = await desk.tell(ann, "/subscribe war & PEACE")
    by_id = await desk.tell(ann, "/subscribe drones")
    on = desk.audience.followed(ANN)
    off = await desk.tell(ann, "/unsubscribe Drones")
    listed = await desk.tell(ann, "/unsubscribe")

    assert (by_title.text, by_id.text) == ("This chat hears of: War & peace", "This chat hears of: Drones")
    assert sorted(on) == ["drones", "war"]
    assert off.text == "This chat no longer hears of: Drones"
    assert [text for text, _ in listed.buttons] == ["◻️ Drones", "✅ War & peace"]


async def test_a_button_of_a_rule_that_is_gone_lists_what_there_is(desk: BotDesk) -> None:
    """The configuration has changed since it was shown."""
    ann = desk.api.world.person(1, "Ann")
    listed = await desk.tell(ann, "/rules")
    data = desk.tools.signer.write(1, press("rt", "gone", "0"))

    query_id = await ann.presses_data(1, listed.message_id, listed.text, data)

    assert await desk.notice(query_id) == ""
    assert desk.audience.followed(ANN) == []


async def test_many_rules_are_paged(tmp_path: Path) -> None:
    """Eight on a page; the page is kept when one is pressed."""
    rules = "rules:\n" + "".join(f"  - {{id: r{number}, query: a{number}}}\n" for number in range(10))
    async with bot_desk(tmp_path, rules=rules) as desk:
        ann = desk.api.world.person(1, "Ann")
        first = await desk.tell(ann, "/rules")
        second = await desk.press(ann, first, "Next ›")
        pressed = await desk.press(ann, second, "◻️ r9")
        back = await desk.press(ann, pressed, "‹ Before")

    assert "Page 2 of 2" in second.text
    assert [text for text, _ in pressed.buttons] == ["◻️ r8", "✅ r9", "‹ Before"]
    assert len(back.buttons) == 9


async def test_where_there_are_no_rules_words_are_asked_for(tmp_path: Path) -> None:
    """There is nothing to pick from."""
    async with bot_desk(tmp_path, rules="") as desk:
        ann = desk.api.world.person(1, "Ann")
        hello = await desk.tell(ann, "/start")
        listed = await desk.tell(ann, "/rules")
        wrong = await desk.tell(ann, "/subscribe any")

    assert hello.buttons == ()
    assert listed.text.startswith("The operator offers no rules.")
    assert wrong.code == ("/rules",)


async def test_a_chat_says_when_it_is_told(desk: BotDesk) -> None:
    """Quiet hours, digests and the time zone are shown, set and ended, and kept."""
    ann = desk.api.world.person(1, "Ann")
    shown = [(await desk.tell(ann, f"/{name}")).text.partition("\n")[0] for name in ("quiet", "digest", "timezone")]
    zone = await desk.tell(ann, "/timezone kyiv")
    quiet = await desk.tell(ann, "/quiet 23:00-07:00, sat-sun 22:00-10:00")
    digest = await desk.tell(ann, "/digest 0 8 * * *")
    by_the_clock = await desk.tell(ann, "/digest 09:30")
    settings = await desk.tell(ann, "/settings")
    [kept] = await desk.store.chats()
    off = [(await desk.tell(ann, f"/{name} off")).text for name in ("quiet", "digest")]

    assert shown == [
        "Quiet hours: none (UTC).",
        "Digest: each alert at once (UTC).",
        f"Time zone: UTC. It is {clock(desk)} there.",
    ]
    assert zone.text.startswith("Time zone: Europe/Kyiv. It is 2026-03-01 14:00 there.")
    assert quiet.text.startswith("Quiet: 23:00-07:00, Sat-Sun 22:00-10:00 (Europe/Kyiv).")
    assert digest.text == "Digest: 0 8 * * * (Europe/Kyiv). The next one comes 2026-03-02 08:00."
    assert by_the_clock.text == "Digest: 30 9 * * * (Europe/Kyiv). The next one comes 2026-03-02 09:30."
    assert "Quiet hours: 23:00-07:00, Sat-Sun 22:00-10:00\nDigest: 30 9 * * *" in settings.text
    assert (kept.timezone, kept.digest) == ("Europe/Kyiv", "30 9 * * *")
    assert off == [phrases.QUIET_OFF, phrases.DIGEST_OFF]


def clock(desk: BotDesk) -> str:
    """The time as the bot writes it."""
    return f"{desk.clock():%Y-%m-%d %H:%M}"


async def test_words_are_silenced_for_a_while(desk: BotDesk) -> None:
    """With the time before them, or by a button; listed with what they met; ended by a button."""
    ann = desk.api.world.person(1, "Ann")
    typed = await desk.tell(ann, "/silence 2h volcano")
    asked = await desk.tell(ann, '/silence "lava flow"')
    chosen = await desk.press(ann, asked, "For good")
    listed = await desk.tell(ann, "/silences")
    ended = await desk.press(ann, listed, "End 1")

    assert typed.text.startswith("Silent until 2026-03-01 14:00: what matches volcano.")
    assert asked.code == ('"lava flow"',)
    assert chosen.text.startswith('Silent for good: what matches "lava flow".')
    assert "1. what matches volcano, until 2026-03-01 14:00 · 0 alerts so far" in listed.text
    assert ended.text.startswith(phrases.SILENCE_ENDED)
    assert [one.channel_id for one in await desk.store.list_silences(desk.clock())] == [ANN]


async def test_a_chat_has_no_more_silences_than_it_may_have(desk: BotDesk) -> None:
    """Each alert is held against all of them."""
    ann = desk.api.world.person(1, "Ann")
    await desk.tell(ann, "/start")
    for number in range(MOST):
        await desk.store.add_silence(
            Silence(
                id=SilenceId(f"s{number}"),
                channel_id=ANN,
                scope=SilenceScope.KEYWORD,
                value=f"word{number}",
                until=None,
                created_at=NOW,
            )
        )

    refused = await desk.tell(ann, "/silence 1h lava")

    assert refused.text == "This chat has 30 silences, and may have no more. End one first: /silences"


async def test_another_chats_silence_is_neither_seen_nor_ended(desk: BotDesk) -> None:
    """Nor are those of the operator for all chats."""
    ann = desk.api.world.person(1, "Ann")
    await desk.tell(ann, "/start")
    for number, channel in enumerate((None, chat_channel_id(2))):
        await desk.store.add_silence(
            Silence(
                id=SilenceId(f"s{number}"),
                channel_id=channel,
                scope=SilenceScope.KEYWORD,
                value="volcano",
                until=None,
                created_at=NOW,
            )
        )
    listed = await desk.tell(ann, "/silences")
    data = desk.tools.signer.write(1, press("se", "s1"))
    before = len(desk.api.messages)

    await ann.presses_data(1, listed.message_id, listed.text, data)
    await wait_until(lambda: len(desk.api.edits) > 0 or len(desk.api.messages) > before)

    assert listed.text == phrases.SILENCES_NONE
    assert len(await desk.store.list_silences(desk.clock())) == 2


async def test_a_chat_stops_and_comes_back(desk: BotDesk) -> None:
    """It is asked first; what it had is kept."""
    ann = desk.api.world.person(1, "Ann")
    await desk.tell(ann, "/subscribe drones")
    kept = await desk.press(ann, await desk.tell(ann, "/stop"), "Cancel")
    still = desk.audience.configuration.channels[ANN].enabled
    stopped = await desk.press(ann, await desk.tell(ann, "/stop"), "Stop")
    off = desk.audience.configuration.channels[ANN].enabled
    await desk.tell(ann, "/start")

    assert (kept.text, stopped.text) == (phrases.CANCELLED, phrases.STOPPED)
    assert (still, off, desk.audience.configuration.channels[ANN].enabled) == (True, False, True)
    assert desk.audience.followed(ANN) == ["drones"]


async def test_commands_are_shown_by_telegram(desk: BotDesk) -> None:
    """Each with what it does; those for admins to them alone."""
    await wait_until(lambda: len(desk.api.methods.commands) == 3)
    shown = {where: [one["command"] for one in listed] for where, listed in desk.api.methods.commands.items()}

    [for_all] = [listed for (scope, _), listed in shown.items() if '"default"' in scope]
    [for_admin] = [listed for (scope, _), listed in shown.items() if f"{ADMIN}" in scope]
    assert for_admin == list(COMMANDS)
    assert set(for_admin) - set(for_all) == {"allow", "ban", "invite", "status"}
    assert {name for name, one in COMMANDS.items() if one.who is Who.BOT_ADMIN} == phrases.ADMIN_SUMMARIES.keys()


async def test_help_lists_what_one_may_do(desk: BotDesk) -> None:
    """An admin of the bot sees more."""
    ann, admin = desk.api.world.person(1, "Ann"), desk.api.world.person(ADMIN, "Admin")

    for_ann, for_admin = await desk.tell(ann, "/help"), await desk.tell(admin, "/help")

    assert "/watch – " in for_ann.text
    assert "/ban" not in for_ann.text
    assert "/ban – " in for_admin.text


def press(action: str, *arguments: str) -> Press:
    """A button's work."""
    return Press(action, arguments)
