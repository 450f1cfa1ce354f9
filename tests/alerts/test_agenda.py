"""What is sent, what waits, what comes as a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import HOUR, NOW, article, due, rule

from aggregator.alerts.agenda import Agenda, Allowance, Fold, digest_delivery, plan_sends
from aggregator.model.alerts import AlertRule, Channel, DeliveryKind, DueDelivery
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, RuleId, SilenceId
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Priority, Rule
from aggregator.model.schedules import Schedule
from aggregator.model.silences import Silence, SilenceScope

DESK = Channel(id=ChannelId("desk"), type="console")
QUIET = replace(DESK, quiet_hours=QuietHours.parse(["11:00-13:00"]))
DAILY = Schedule.parse("0 18 * * *")
SILENCE = Silence(
    id=SilenceId("s1"),
    scope=SilenceScope.RULE,
    value="r1",
    until=NOW + HOUR,
    created_at=NOW,
    created_by="Ada",
    why="noise",
)
HELD = [DigestReason.QUIET_HOURS, DigestReason.RETURNED]


def item(key: str = "a1", priority: Priority = Priority.NORMAL, **changes: object) -> DueDelivery:
    """A due delivery."""
    made = due(article(key), priority=priority)
    return replace(made, delivery=replace(made.delivery, **changes))  # type: ignore[arg-type] # the test names fields


def digest(key: str = "d1") -> DueDelivery:
    """A digest on its way."""
    return item(key, kind=DeliveryKind.DIGEST, digest=Digest(reason=DigestReason.OVERFLOW, total=2))


def plan(
    *items: DueDelivery,
    channel: Channel = DESK,
    rules: Sequence[Rule] = (),
    silenced: Mapping[DeliveryId, Silence] | None = None,
    count: int | None = None,
    now: datetime = NOW,
) -> Agenda:
    """The agenda of `items`."""
    allowance = None if count is None else Allowance(count=count, next_at=now + HOUR)
    by_id = {one.id: one for one in rules}
    return plan_sends(items, channel=channel, rules=by_id, silenced=silenced or {}, allowance=allowance, now=now)


def told(agenda: Agenda) -> tuple[list[str], list[str], list[str], list[str]]:
    """The ids of what is sent, held, folded and muted."""
    return (
        [one.delivery.id for one in agenda.send],
        [hold.delivery_id for hold in agenda.hold],
        [one.delivery.id for fold in agenda.fold for one in fold.items],
        [mute.delivery_id for mute in agenda.mute],
    )


def test_without_reasons_to_wait_all_is_sent_in_order() -> None:
    """Nothing is to be stored first."""
    items = (item("a"), item("b", Priority.HIGH), digest())

    agenda = plan(*items)

    assert agenda == Agenda(send=items)
    assert not agenda.is_changing


def test_quiet_hours_hold_all_but_urgent_alerts() -> None:
    """Alerts, digests and notices wait until they end, with the first reason and silence they had."""
    urgent = item("u", Priority.URGENT)
    waiting = (
        item("a"),
        digest(),
        item("n", kind=DeliveryKind.NOTICE),
        item("s", hold=DigestReason.SILENCED, silence_id="s1"),
    )

    agenda = plan(*waiting, urgent, channel=QUIET)

    assert agenda.send == (urgent,)
    assert {hold.until for hold in agenda.hold} == {NOW + HOUR}
    assert [hold.reason for hold in agenda.hold] == [DigestReason.QUIET_HOURS] * 3 + [DigestReason.SILENCED]
    assert agenda.hold[-1].silence_id is None  # it is over: the night holds it now


@pytest.mark.parametrize(
    "passing",
    [
        item(is_released=True),
        item(kind=DeliveryKind.UPDATE),
        replace(item(kind=DeliveryKind.UPDATE, is_reply=True), is_told_later=True),
    ],
)
def test_released_ones_and_changes_in_place_pass_all(passing: DueDelivery) -> None:
    """Neither a silence, quiet hours, a schedule nor a limit keeps them."""
    channel = replace(QUIET, digest=DAILY)

    agenda = plan(passing, channel=channel, silenced={passing.delivery.id: SILENCE}, count=0)

    assert agenda == Agenda(send=(passing,))


def test_a_silence_comes_first() -> None:
    """It holds until it ends, urgent alerts too, and in quiet hours."""
    urgent = item("u", Priority.URGENT)

    agenda = plan(urgent, channel=QUIET, silenced={urgent.delivery.id: SILENCE})

    (hold,) = agenda.hold
    assert (hold.until, hold.reason, hold.silence_id) == (SILENCE.until, DigestReason.SILENCED, "s1")


@pytest.mark.parametrize(
    ("by", "why", "reason"),
    [("Ada", "noise", "silenced for good by Ada: noise"), ("", "", "silenced for good")],
)
def test_a_silence_for_good_mutes(by: str, why: str, reason: str) -> None:
    """It says who wanted it, and why."""
    one = item()

    agenda = plan(one, silenced={one.delivery.id: replace(SILENCE, until=None, created_by=by, why=why)})

    assert [mute.reason for mute in agenda.mute] == [reason]
    assert agenda.is_changing


def test_what_was_silenced_comes_as_a_digest_even_alone() -> None:
    """So that it says that it was silenced; a schedule does not hold it again."""
    one = item(hold=DigestReason.SILENCED)

    agenda = plan(one, channel=replace(DESK, digest=DAILY))

    assert agenda.fold == (Fold(reason=DigestReason.SILENCED, items=(one,)),)


@pytest.mark.parametrize(
    ("channel_digest", "rules", "until"),
    [
        (DAILY, [], NOW + 6 * HOUR),
        (DAILY, [rule("r1", is_at_once=True)], None),
        (DAILY, [rule("r1", digest=Schedule.parse("0 15 * * *"))], NOW + 3 * HOUR),
        (None, [rule("r1", digest=DAILY)], NOW + 6 * HOUR),
        (None, [rule("r1", digest=DAILY), rule("r2")], None),
        (DAILY, [rule("r1", digest=Schedule.parse("0 15 * * *")), rule("r2")], NOW + 3 * HOUR),
        (DAILY, [rule("r1"), rule("r2", is_at_once=True)], None),
    ],
)
def test_schedules_of_rules_and_channels(
    channel_digest: Schedule | None, rules: list[Rule], until: datetime | None
) -> None:
    """A rule's own schedule goes before the channel's; of several the first run; at once if one rule wants that."""
    made = item()
    names = tuple(AlertRule(id=RuleId(one.id), title="") for one in rules) or made.alert.rules
    one = replace(made, alert=replace(made.alert, rules=names))

    agenda = plan(one, channel=replace(DESK, digest=channel_digest), rules=rules)

    assert [(hold.until, hold.reason) for hold in agenda.hold] == ([(until, DigestReason.SCHEDULED)] if until else [])
    assert bool(agenda.send) == (until is None)


def test_urgent_alerts_wait_for_no_schedule() -> None:
    """Not for the one of their rule, nor when they were held for one."""
    items = (item("u", Priority.URGENT), item("v", Priority.URGENT, hold=DigestReason.SCHEDULED))

    agenda = plan(*items, channel=replace(DESK, digest=DAILY), rules=[rule("r1", digest=DAILY)])

    assert agenda == Agenda(send=items)


def test_a_missed_run_is_made_up_for_once() -> None:
    """After three days without the program, what waited for the first of three runs is one digest."""
    items = (item("a", hold=DigestReason.SCHEDULED), item("b", hold=DigestReason.QUIET_HOURS))

    agenda = plan(*items, channel=replace(DESK, digest=DAILY), now=NOW + timedelta(days=3))

    assert agenda.fold == (Fold(reason=DigestReason.SCHEDULED, items=items),)


def test_a_schedule_that_was_removed_folds_what_waited_for_it() -> None:
    """There is nothing more to wait for."""
    one = item(hold=DigestReason.SCHEDULED)

    assert plan(one).fold == (Fold(reason=DigestReason.SCHEDULED, items=(one,)),)


def test_a_run_in_the_hour_that_the_clock_has_twice_comes_once() -> None:
    """In Kyiv 03:30 came twice on 25 October 2026; what is made between the two waits for the next day."""
    channel = replace(DESK, timezone="Europe/Kyiv", digest=Schedule.parse("30 3 * * *"))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    before = item("a", created_at=first - HOUR)
    between = item("b", created_at=first + HOUR / 4)

    agenda = plan(before, between, channel=channel, now=first + HOUR)

    assert agenda.fold[0].items == (before,)
    assert agenda.hold[0].until == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("reason", HELD)
def test_what_waited_comes_as_a_digest_unless_it_is_alone(reason: DigestReason) -> None:
    """One alone comes as it would have come, in its place."""
    one, two, new = item("a", hold=reason), item("b", hold=reason), item("c")

    assert plan(one, new) == Agenda(send=(one, new))
    assert plan(one, two, new).fold == (Fold(reason=reason, items=(one, two)),)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_more_than_allowed_becomes_one_digest(count: int) -> None:
    """The loudest go out, in the order of the channel; the last message is that of the others; none at all waits."""
    items = tuple(item(f"a{number}", Priority(number % 3)) for number in range(5))
    ids = [one.delivery.id for one in sorted(items, key=lambda one: -one.alert.priority)]

    sent, held, folded, _ = told(plan(*items, count=count))

    if count == 0:
        assert (sent, held, folded) == ([], ids, [])
    elif count == len(items):
        assert (set(sent), held, folded) == (set(ids), [], [])
    else:
        assert set(sent) == set(ids[: count - 1])
        assert folded == ids[count - 1 :]
    assert sent == [one.delivery.id for one in items if one.delivery.id in sent]


def test_urgent_alerts_and_digests_are_never_folded() -> None:
    """They wait when there are too many of them; a digest goes before what is no louder, and after what is."""
    low, page, urgent = item("a"), digest(), item("u", Priority.URGENT)

    agenda = plan(low, page, urgent, count=1)

    assert agenda.send == (urgent,)
    assert [(hold.delivery_id, hold.until) for hold in agenda.hold] == [
        (page.delivery.id, NOW + HOUR),
        (low.delivery.id, NOW + HOUR),
    ]
    assert plan(low, page, urgent, count=2).send == (page, urgent)


def test_the_pages_of_a_long_digest_hold_up_nothing_louder() -> None:
    """An overflow of thousands goes on for minutes; what matters more comes first, and what does not joins the next."""
    page, loud, low = digest(), item("l", Priority.HIGH), (item("a", Priority.LOW), item("b", Priority.LOW))

    sent, held, folded, _ = told(plan(page, loud, *low, count=1))
    assert (sent, held, folded) == ([], [page.delivery.id], [loud.delivery.id, *(one.delivery.id for one in low)])

    sent, held, folded, _ = told(plan(page, loud, *low, count=2))
    assert (sent, held, folded) == ([page.delivery.id, loud.delivery.id], [one.delivery.id for one in low], [])

    sent, held, folded, _ = told(plan(page, loud, *low, count=3))
    assert (sent, held) == ([page.delivery.id, loud.delivery.id], [])
    assert folded == [one.delivery.id for one in low]


def test_notices_wait_for_no_limit() -> None:
    """Limits are for messages of alerts."""
    notice = item("n", kind=DeliveryKind.NOTICE)

    assert plan(notice, count=0) == Agenda(send=(notice,))


def test_a_digest_has_one_id_at_a_time() -> None:
    """In whatever order its items come; with others, for another reason, or at another time it is another."""
    one, two = item("a"), item("b")
    folds = [Fold(reason=reason, items=items) for reason in HELD for items in ((one,), (one, two))]

    ids = {digest_delivery(DESK.id, fold, NOW).id for fold in folds}
    again = {digest_delivery(DESK.id, replace(fold, items=fold.items[::-1]), NOW).id for fold in folds}
    later = {digest_delivery(DESK.id, fold, NOW + HOUR).id for fold in folds}

    assert ids == again
    assert ids.isdisjoint(later)
    assert len(ids) == len(folds)


ITEMS = st.lists(
    st.builds(
        lambda kind, priority, hold, *flags: (kind, priority, hold, *flags),
        st.sampled_from(DeliveryKind),
        st.sampled_from(Priority),
        st.sampled_from([None, *DigestReason]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, SILENCE, replace(SILENCE, until=None)]),
    ),
    max_size=12,
)


@given(ITEMS, st.sampled_from([None, 0, 1, 2, 5]), st.booleans(), st.booleans())
def test_nothing_is_lost_and_nothing_comes_twice(
    drawn: list[tuple[DeliveryKind, Priority, DigestReason | None, bool, bool, Silence | None]],
    count: int | None,
    is_quiet: bool,
    is_scheduled: bool,
) -> None:
    """Each delivery has one place, holds end later, no limit is passed, and quiet hours are quiet."""
    items = [
        item(f"a{number}", priority, kind=kind, hold=hold, is_reply=is_reply, is_released=is_released)
        for number, (kind, priority, hold, is_reply, is_released, _) in enumerate(drawn)
    ]
    silenced = {one.delivery.id: row[-1] for one, row in zip(items, drawn, strict=True) if row[-1] is not None}
    channel = replace(QUIET if is_quiet else DESK, digest=DAILY if is_scheduled else None)

    agenda = plan(*items, channel=channel, silenced=silenced, count=count)

    assert sorted(one for part in told(agenda) for one in part) == sorted(one.delivery.id for one in items)
    assert all(hold.until > NOW for hold in agenda.hold)
    counted = [one for one in agenda.send if not _is_passing(one) and one.delivery.kind is not DeliveryKind.NOTICE]
    overflow = any(fold.reason is DigestReason.OVERFLOW for fold in agenda.fold)
    assert count is None or len(counted) + overflow <= count
    assert not is_quiet or all(one.alert.priority is Priority.URGENT or _is_passing(one) for one in agenda.send)


def _is_passing(one: DueDelivery) -> bool:
    is_in_place = one.delivery.kind is DeliveryKind.UPDATE and not one.delivery.is_reply
    return one.delivery.is_released or is_in_place
