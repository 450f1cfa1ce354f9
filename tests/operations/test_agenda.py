"""What a channel is sent, and when: quiet hours, digests, limits and silences, through the real outbox to a Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.bot_api import failure
from support.builders import rule
from support.outbox import DESK, Outbox, telegram_outbox

from aggregator.alerts.retrying import PROBE_AFTER
from aggregator.model.alerts import DeliveryKind, DeliveryStatus
from aggregator.model.digests import DigestReason
from aggregator.model.ids import RuleId, SilenceId, StoryId
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Priority
from aggregator.model.schedules import Schedule
from aggregator.model.silences import Silence, SilenceScope
from aggregator.operations.configure import configure
from aggregator.operations.dead_letters import text_of
from aggregator.operations.deliver import DrainReport

NIGHT = datetime(2026, 6, 2, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 6, 3, 7, 0, tzinfo=UTC)
BLOCKED = failure(403, "Forbidden: bot was blocked by the user")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Outbox]:
    """Two chats, of the desk and of the admins."""
    async with telegram_outbox(tmp_path) as outbox:
        yield outbox


async def test_quiet_hours_hold_all_but_what_is_urgent(desk: Outbox) -> None:
    """The urgent alert comes at night; the others in one message when the night is over."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["23:00-07:00"]))
    desk.now = NIGHT
    await desk.plan("a", "b")
    await desk.plan("now", priority=Priority.URGENT)

    at_night = await desk.drain()
    statuses = await desk.statuses()
    due_at_night = await desk.store.channels_due(MORNING - timedelta(seconds=1))
    due_then = await desk.store.channels_due(MORNING)
    desk.now = MORNING
    in_the_morning = await desk.drain()

    assert (at_night, in_the_morning) == (DrainReport(sent=1), DrainReport(sent=1))
    assert statuses == {"a": DeliveryStatus.HELD, "b": DeliveryStatus.HELD, "now": DeliveryStatus.SENT}
    assert (due_at_night, due_then) == ([], [DESK])
    urgent, digest = desk.texts
    assert "now" in urgent
    assert digest.startswith("While it was quiet: 2 alerts")
    assert set((await desk.statuses()).values()) == {DeliveryStatus.SENT}
    assert await desk.store.channels_due(MORNING + timedelta(days=9)) == []


async def test_one_alert_of_the_night_comes_as_it_is(desk: Outbox) -> None:
    """A digest of one says less than the alert."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["23:00-07:00"]))
    desk.now = NIGHT
    await desk.plan("a")

    await desk.drain()
    desk.now = MORNING
    await desk.drain()

    [text] = desk.texts
    assert text.startswith("a\n")


async def test_a_digest_comes_on_its_schedule_in_the_time_zone_of_the_channel(desk: Outbox) -> None:
    """What came since the last one is in it, by rule; a process that was down sends it late, and once."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"), timezone="Europe/Kyiv")
    await desk.plan("a", "b", "c")

    now = await desk.drain()
    [first, *_] = await desk.store.list_deliveries(statuses=[DeliveryStatus.HELD])
    desk.now = first.delivery.next_attempt_at + timedelta(days=3)
    late = await desk.drain()
    again = await desk.drain()

    assert (now, late, again) == (DrainReport(), DrainReport(sent=1), DrainReport())
    assert first.delivery.next_attempt_at.astimezone(ZoneInfo("Europe/Kyiv")).hour == 8
    assert first.delivery.hold is DigestReason.SCHEDULED
    [text] = desk.texts
    assert text.startswith("Digest · 3 alerts")


async def test_a_rule_has_a_schedule_of_its_own_or_none(desk: Outbox) -> None:
    """Of a channel with a digest, one rule's alerts come at once."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    desk.rules = {RuleId("r1"): rule(is_at_once=True)}
    await desk.plan("a")

    assert await desk.drain() == DrainReport(sent=1)


async def test_more_than_a_channel_may_get_is_one_message_more(desk: Outbox) -> None:
    """The loudest come by themselves, the rest in one message with links; the next minute is free again."""
    desk.desk = replace(desk.desk, max_per_minute=3)
    await desk.plan(*[f"n{number}" for number in range(38)])
    await desk.plan("high", priority=Priority.HIGH)

    first = await desk.drain()
    await desk.plan("later")
    waiting = await desk.drain()
    held = [summary.delivery for summary in await desk.store.list_deliveries(statuses=[DeliveryStatus.HELD])]
    desk.now += timedelta(minutes=1)
    then = await desk.drain()

    assert (first, waiting, then) == (DrainReport(sent=3), DrainReport(), DrainReport(sent=1))
    assert [one.hold for one in held] == [DigestReason.OVERFLOW]
    shown = [text.partition("\n")[0] for text in desk.texts]
    assert shown == ["n0", "❗ high", "… and 37 more", "later"]
    assert set((await desk.statuses()).values()) == {DeliveryStatus.SENT}


async def test_what_is_silenced_is_summed_up_when_the_silence_ends(desk: Outbox) -> None:
    """The silence of one story holds its alerts; the others come."""
    silence = Silence(
        id=SilenceId("s"),
        channel_id=DESK,
        scope=SilenceScope.STORY,
        value="story",
        until=desk.now + timedelta(hours=1),
        created_at=desk.now,
    )
    await desk.store.add_silence(silence)
    await desk.plan("a", "b", "c", story_id=StoryId("story"))
    await desk.plan("other")

    during = await desk.drain()
    desk.now += timedelta(hours=1)
    after = await desk.drain()

    assert (during, after) == (DrainReport(sent=1), DrainReport(sent=1))
    assert [text.partition("\n")[0] for text in desk.texts] == ["other", "While silenced: 3 alerts"]


async def test_a_silence_that_is_removed_brings_its_summary_at_once(desk: Outbox) -> None:
    """Nobody waits for the hour that was once named."""
    silence = Silence(
        id=SilenceId("s"),
        scope=SilenceScope.RULE,
        value="r1",
        until=desk.now + timedelta(days=1),
        created_at=desk.now,
    )
    await desk.store.add_silence(silence)
    await desk.plan("a", "b")
    await desk.drain()

    await desk.store.end_silence(silence.id, desk.now)

    assert await desk.store.channels_due(desk.now) == [DESK]
    assert await desk.drain() == DrainReport(sent=1)
    assert desk.texts[0].startswith("While silenced: 2 alerts")


async def test_what_is_silenced_for_good_is_never_sent(desk: Outbox) -> None:
    """It stays in the list, with who wanted it and why."""
    silence = Silence(
        id=SilenceId("s"),
        scope=SilenceScope.RULE,
        value="r1",
        created_at=desk.now,
        created_by="Ann",
        why="too much",
    )
    await desk.store.add_silence(silence)
    await desk.plan("a")

    await desk.drain()

    [summary] = await desk.store.list_deliveries()
    assert summary.delivery.status is DeliveryStatus.SKIPPED
    assert summary.delivery.reason == "silenced for good by Ann: too much"


async def test_a_keyword_silences_what_its_query_holds_for(desk: Outbox) -> None:
    """The query is one of the query language; what it does not hold for comes."""
    silence = Silence(id=SilenceId("s"), scope=SilenceScope.KEYWORD, value='"war museum"', created_at=desk.now)
    await desk.store.add_silence(silence)
    await desk.plan("A war museum opens", "Captives freed")

    assert await desk.drain() == DrainReport(sent=1)
    assert "Captives freed" in desk.texts[0]


async def test_a_channel_that_returns_gets_a_digest_of_what_waited(desk: Outbox) -> None:
    """The first message is the one that found it back; of more than five others none comes by itself."""
    await desk.plan(*"abcdefgh")
    desk.bot.answers = [BLOCKED]
    await desk.drain()

    desk.now += PROBE_AFTER
    report = await desk.drain()

    assert report == DrainReport(sent=2)
    assert [text.partition("\n")[0] for text in desk.texts] == [
        "a",
        "While this channel could not be reached: 7 alerts",
    ]


async def test_a_long_digest_is_several_messages_and_a_failure_repeats_none(desk: Outbox) -> None:
    """Each page is recorded as it is sent: the retry goes on with the page that failed."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    titles = [f"{number} {'x' * 60}" for number in range(100)]
    await desk.plan(*titles)
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [None, failure(500, "Internal Server Error")]

    first = await desk.drain()
    [digest] = await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    desk.now += timedelta(minutes=1)
    rest = await desk.drain()

    assert (first.sent, first.retrying) == (1, 1)
    assert digest.delivery.status is DeliveryStatus.RETRYING
    assert digest.delivery.digest is not None
    assert 0 < digest.delivery.digest.told < 100
    assert rest.retrying == 0
    told = "".join(desk.texts)
    assert [told.count(f" {title} ") for title in titles] == [1] * 100
    assert [text.partition("\n")[0] for text in desk.texts] == [
        f"Digest · 100 alerts ({number}/{len(desk.texts)})" for number in range(1, len(desk.texts) + 1)
    ]


async def test_a_digest_is_shown_whole_before_and_after_it_was_sent(desk: Outbox, tmp_path: Path) -> None:
    """A person who looks at it sees all that it tells, however many of its messages were sent."""
    path = tmp_path / "a.yaml"
    path.write_text("channels: {desk: {type: console}}\n")
    configuration = configure(path, {}, lambda _channel, _settings: [])
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    await desk.plan("Captives freed", "Captives seen")
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [failure(500, "Internal Server Error")]
    texts = []
    for _ in range(2):
        await desk.drain()
        [digest] = await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])
        details = await desk.store.delivery_details(digest.delivery.id)
        assert details is not None
        texts.append((details.due.delivery.status, text_of(details.due, configuration)))
        desk.now += timedelta(minutes=1)

    assert [status for status, _ in texts] == [DeliveryStatus.RETRYING, DeliveryStatus.SENT]
    assert texts[0][1] == texts[1][1]
    assert texts[0][1].startswith("Digest · 2 alerts\n")
    assert "Captives freed" in texts[0][1]


async def test_a_person_has_a_held_alert_sent_at_once(desk: Outbox) -> None:
    """What they ask for by its id nothing holds again."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["00:00-24:00"]))
    await desk.plan("a")
    await desk.drain()
    [held] = await desk.store.list_deliveries()

    await desk.store.retry_deliveries([held.delivery.id], desk.now)

    assert held.delivery.status is DeliveryStatus.HELD
    assert await desk.drain() == DrainReport(sent=1)


async def test_a_digest_of_which_all_was_discarded_is_skipped(desk: Outbox) -> None:
    """Nothing is left to tell."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    await desk.plan("a")
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [failure(500, "Internal Server Error")]
    await desk.drain()
    [folded] = await desk.store.list_deliveries(kinds=[DeliveryKind.NEW])

    await desk.store.discard_deliveries([folded.delivery.id], desk.now)
    desk.now += timedelta(hours=1)
    await desk.drain()

    [digest] = await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    assert (digest.delivery.status, digest.delivery.reason) == (DeliveryStatus.SKIPPED, "nothing is left to tell")


async def test_another_configuration_decides_anew_about_what_is_held(desk: Outbox) -> None:
    """Without the quiet hours what they held comes at once, as one message."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["00:00-24:00"]))
    await desk.plan("a", "b")
    await desk.drain()
    desk.desk = replace(desk.desk, quiet_hours=None)

    await desk.store.reconsider_held(desk.now)
    report = await desk.drain()

    assert report == DrainReport(sent=1)
    assert desk.texts[0].startswith("While it was quiet: 2 alerts")
