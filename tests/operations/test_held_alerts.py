"""Alerts that waited, in the corners: what holds them ends early, changes, or meets what a service asks for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.bot_api import failure
from support.builders import alert, article, delivery, state
from support.outbox import DESK, Outbox, Printer, telegram_outbox

from aggregator.alerts.agenda import Agenda, Fold
from aggregator.model.alerts import DeliveryKind, DeliveryStatus
from aggregator.model.digests import DigestReason
from aggregator.model.ids import SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.schedules import Schedule
from aggregator.model.silences import Silence, SilenceScope
from aggregator.notifiers.registry import NotifierSet
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.deliver import drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.throttle import Throttle

NIGHT = datetime(2026, 6, 2, 23, 30, tzinfo=UTC)
FLOOD = failure(429, "Too Many Requests: retry after 600", retry_after=600)
BROKEN = failure(500, "Internal Server Error")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Outbox]:
    """Two chats, of the desk and of the admins."""
    async with telegram_outbox(tmp_path) as outbox:
        yield outbox


def tools_of(desk: Outbox) -> DeliverTools:
    """What one process works with from one drain to the next; its clock stands still until the test turns it."""
    return DeliverTools(
        store=desk.store,
        notifiers=desk.notifiers.by_channel,
        channels={DESK: desk.desk},
        throttle=Throttle(),
        states=ChannelStates(desk.store),
        clock=lambda: desk.now,
        roll=lambda: 0.0,
        stopping=desk.stopping,
    )


async def overflow(desk: Outbox, count: int) -> None:
    """Have a digest of so many alerts wait for the desk."""
    subjects = [article(f"{number:04}", title=f"Title {number:04}") for number in range(count)]
    about = [alert(subject, DESK) for subject in subjects]
    await desk.store.apply(
        PollPlan(
            state=state(), new_articles=tuple(subjects), alerts=tuple(about), deliveries=tuple(map(delivery, about))
        )
    )
    items = tuple(await desk.store.claim_deliveries(DESK, desk.now, count))
    await desk.store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.OVERFLOW, items=items),)), desk.now)


def silence(desk: Outbox, until: timedelta | None) -> Silence:
    """A silence of the rule of all alerts."""
    return Silence(
        id=SilenceId("s"),
        scope=SilenceScope.RULE,
        value="r1",
        until=None if until is None else desk.now + until,
        created_at=desk.now,
    )


@pytest.mark.parametrize("until", [timedelta(days=30), None])
async def test_a_silence_that_was_just_removed_holds_nothing_until_its_old_end(
    desk: Outbox, until: timedelta | None
) -> None:
    """An alert that is due within the second after the removal comes at once: not in 30 days, and not never."""
    desk.notifiers = NotifierSet(by_channel={DESK: Printer()})
    tools = tools_of(desk)
    await desk.store.add_silence(silence(desk, until))
    await desk.plan("before")
    await drain_channel(DESK, tools)

    desk.now += timedelta(milliseconds=300)
    await desk.store.end_silence(SilenceId("s"), desk.now)
    await desk.plan("after")
    desk.now += timedelta(milliseconds=300)
    await drain_channel(DESK, tools)
    desk.now += timedelta(minutes=1)
    await drain_channel(DESK, tools)

    assert (await desk.statuses())["after"] is DeliveryStatus.SENT


async def test_what_was_held_is_not_tried_while_a_service_wants_the_channel_to_wait(desk: Outbox) -> None:
    """The service asked for ten minutes; the night ends in between, and nothing is sent to it before they are over."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["23:00-07:00"]))
    desk.now = NIGHT
    await desk.plan("of the night")
    await desk.drain()
    desk.desk = replace(desk.desk, quiet_hours=None)
    await desk.plan("first")
    desk.bot.answers = [FLOOD]
    await desk.drain()

    await desk.store.reconsider_held(desk.now)
    due = await desk.store.channels_due(desk.now)
    report = await desk.drain()

    assert due == []
    assert report.sent == 0
    assert desk.texts == []


async def test_an_alert_that_quiet_hours_held_for_days_gets_more_than_one_try(desk: Outbox) -> None:
    """What waited by our own rules is not given up as if it had been tried all that time."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["Thu-Sun 00:00-24:00"]))
    desk.now = datetime(2026, 6, 4, 0, 5, tzinfo=UTC)
    await desk.plan("a")
    await desk.drain()
    desk.now = datetime(2026, 6, 8, 0, 5, tzinfo=UTC)
    desk.bot.answers = [BROKEN]

    await desk.drain()

    assert await desk.statuses() == {"a": DeliveryStatus.RETRYING}


async def test_a_reload_decides_anew_about_what_a_silence_held_first_and_quiet_hours_then(desk: Outbox) -> None:
    """The silence is over; without the quiet hours nothing holds its alerts any longer."""
    desk.desk = replace(desk.desk, quiet_hours=QuietHours.parse(["23:00-07:00"]))
    desk.now = NIGHT - timedelta(hours=1)
    await desk.store.add_silence(silence(desk, timedelta(hours=1)))
    await desk.plan("a", "b")
    await desk.drain()
    desk.now = NIGHT + timedelta(minutes=5)
    await desk.drain()
    desk.desk = replace(desk.desk, quiet_hours=None)

    await desk.store.reconsider_held(desk.now)
    report = await desk.drain()

    assert report.sent == 1


async def test_a_digest_says_how_many_alerts_are_left_of_it(desk: Outbox) -> None:
    """One of three was discarded before it was sent."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    await desk.plan("a", "b", "c")
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [BROKEN]
    await desk.drain()
    [folded, *_] = await desk.store.list_deliveries(kinds=[DeliveryKind.NEW])

    await desk.store.discard_deliveries([folded.delivery.id], desk.now)
    desk.now += timedelta(hours=1)
    await desk.drain()

    [text] = desk.texts
    assert text.startswith("Digest · 2 alerts")


async def test_what_a_discarded_digest_was_to_tell_is_discarded_with_it(desk: Outbox) -> None:
    """Nothing is on its way that tells it; as `folded` it would say so for ever."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    await desk.plan("a", "b")
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [BROKEN]
    await desk.drain()
    [digest] = await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])

    await desk.store.discard_deliveries([digest.delivery.id], desk.now)

    counts = await desk.store.count_deliveries(DESK)
    assert DeliveryStatus.FOLDED not in counts


async def test_a_digest_of_which_pages_were_sent_takes_no_more_when_a_person_retries_it(desk: Outbox) -> None:
    """Its total was told already: what comes then is the next digest."""
    desk.desk = replace(desk.desk, digest=Schedule.parse("0 8 * * *"))
    await desk.plan(*[f"{number} {'x' * 60}" for number in range(100)])
    await desk.drain()
    desk.now += timedelta(days=1)
    desk.bot.answers = [None, failure(400, "Bad Request: something")]
    await desk.drain()
    [digest] = await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    assert digest.delivery.digest is not None
    assert digest.delivery.digest.pages_sent == 1
    total = digest.delivery.digest.total

    await desk.store.retry_deliveries([digest.delivery.id], desk.now)
    await desk.plan("next")
    desk.now += timedelta(days=1)
    await desk.drain()

    totals = [
        row.delivery.digest.total
        for row in await desk.store.list_deliveries(kinds=[DeliveryKind.DIGEST])
        if row.delivery.digest
    ]
    assert totals == [1, total]


async def test_each_alert_of_a_large_overflow_is_told_once(desk: Outbox) -> None:
    """It is read in parts, each for as many messages as come while it is fresh; the pages are counted to the end."""
    await overflow(desk, 1100)

    report = await desk.drain()

    assert report.sent == len(desk.texts)
    assert re.findall(r"Title \d{4}", "\n".join(desk.texts)) == [f"Title {number:04}" for number in range(1100)]
    numbers = [re.match(r"… and 1100 more \((\d+)/(\d+)\)", text) for text in desk.texts]
    assert [number and number.groups() for number in numbers[-2:]] == [
        (str(len(numbers) - 1), str(len(numbers))),
        (str(len(numbers)), str(len(numbers))),
    ]


async def test_what_was_read_of_a_large_overflow_is_sent_whole_and_then_the_rest_is_read(desk: Outbox) -> None:
    """While it is fresh, however many messages it takes; none is told twice."""
    printer = Printer()
    desk.notifiers = NotifierSet(by_channel={DESK: printer})
    await overflow(desk, 1010)

    await drain_channel(DESK, tools_of(desk))

    assert re.findall(r"Title \d{4}", "\n".join(printer.sent)) == [f"Title {number:04}" for number in range(1010)]
    assert await desk.store.channels_due(desk.now) == []
