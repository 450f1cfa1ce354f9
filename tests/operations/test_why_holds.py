"""What keeps an alert from being sent at once, as `why` tells it."""

from __future__ import annotations

import pytest
from support.archives import latest
from support.asking import DESK, ask_one, first_delivery, only, read_fourth
from support.builders import HOUR
from support.desk import MINUTE, Desk

from aggregator.alerts.agenda import Agenda, Fold
from aggregator.alerts.agenda import Hold as PlannedHold
from aggregator.model.alerts import ChannelState, DeliveryStatus, RetryAt
from aggregator.model.digests import DigestReason
from aggregator.model.ids import SilenceId
from aggregator.model.silences import Silence, SilenceScope
from aggregator.operations.why_report import HoldKind

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_holds_a_delivery_is_told(desk: Desk) -> None:
    """A channel that takes nothing, the next try, and what comes before it; a due one is held by nothing."""
    await read_fourth(desk)
    due = only(await ask_one(desk)).deliveries[0]
    desk.serve(latest(5))
    await desk.poll()
    store, now = desk.polled.store, desk.polled.now
    reason = "recipient gone: the bot was blocked"
    await store.record_attempt(due.delivery.id, RetryAt(at=now + HOUR, reason=reason, pauses=True), now)
    await store.save_channel_state(ChannelState(channel_id=DESK, paused_at=now, reason=reason))

    first = only(await ask_one(desk)).deliveries[0]
    second = only(await ask_one(desk, "https://news.example/report/5")).deliveries[0]

    assert due.holds == ()
    assert due.advice == "Nothing holds it: `aggregator run` sends it, where it is not already doing so."
    paused, retry = first.holds
    assert (paused.kind, paused.since, paused.text) == (HoldKind.PAUSED, now, f"the channel takes nothing: {reason}")
    assert (retry.kind, retry.until, retry.text) == (HoldKind.RETRY, now + HOUR, reason)
    assert first.advice is not None
    assert "Let the bot in again" in first.advice
    assert [hold.kind for hold in second.holds] == [HoldKind.PAUSED, HoldKind.BEHIND]
    assert second.holds[1].text == "1 alert of the channel before it, as its order is kept"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (DigestReason.QUIET_HOURS, HoldKind.QUIET_HOURS),
        (DigestReason.SCHEDULED, HoldKind.DIGEST),
        (DigestReason.OVERFLOW, HoldKind.LIMIT),
        (DigestReason.RETURNED, HoldKind.RETURNED),
        (DigestReason.SILENCED, HoldKind.SILENCED),
    ],
)
async def test_what_has_an_alert_wait_is_told_with_its_end(desk: Desk, reason: DigestReason, kind: HoldKind) -> None:
    """And how to have it at once."""
    await read_fourth(desk)
    delivery_id, now = await first_delivery(desk), desk.polled.now
    hold = PlannedHold(delivery_id=delivery_id, until=now + HOUR, reason=reason)
    await desk.polled.store.arrange(DESK, Agenda(hold=(hold,)), now)

    [report] = only(await ask_one(desk)).deliveries

    [told] = report.holds
    assert (told.kind, told.until) == (kind, now + HOUR)
    assert report.advice == f"`aggregator deliveries retry {delivery_id}` sends it at once."


async def test_a_silence_is_told_with_who_made_it_and_why(desk: Desk) -> None:
    """One without a name or a reason, too."""
    await read_fourth(desk)
    delivery_id, now, store = await first_delivery(desk), desk.polled.now, desk.polled.store
    for name, by, why_ in (("s1", "Ann", "the war museum"), ("s2", "", "")):
        silence = Silence(
            id=SilenceId(name),
            scope=SilenceScope.RULE,
            value="r1",
            until=now + HOUR,
            created_at=now,
            created_by=by,
            why=why_,
        )
        await store.add_silence(silence)

    texts = []
    for name in ("s1", "s2"):
        hold = PlannedHold(
            delivery_id=delivery_id, until=now + HOUR, reason=DigestReason.SILENCED, silence_id=SilenceId(name)
        )
        await store.arrange(DESK, Agenda(hold=(hold,)), now)
        [report] = only(await ask_one(desk)).deliveries
        texts += [one.text for one in report.holds]

    assert texts == [
        "the rule r1 is silenced by Ann (the war museum): silence s1",
        "the rule r1 is silenced: silence s2",
    ]


async def test_an_alert_in_a_digest_is_told_with_the_digest(desk: Desk) -> None:
    """Its attempts are those of the digest."""
    await read_fourth(desk)
    now, store = desk.polled.now, desk.polled.store
    [due] = await store.claim_deliveries(DESK, now, 1)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.OVERFLOW, items=(due,)),)), now)
    [digest] = await store.claim_deliveries(DESK, now, 1)
    await store.record_attempt(digest.delivery.id, RetryAt(at=now + HOUR, reason="unavailable: 503"), now)

    [report] = only(await ask_one(desk)).deliveries

    assert (report.delivery.status, report.holds, report.advice) == (DeliveryStatus.FOLDED, (), None)
    assert report.digest is not None
    assert report.digest.delivery.id == digest.delivery.id
    assert [attempt.detail for attempt in report.digest.attempts] == ["unavailable: 503"]
    assert [hold.kind for hold in report.digest.holds] == [HoldKind.RETRY]


async def test_a_delivery_is_counted_behind_all_before_it(desk: Desk) -> None:
    """Each unfinished alert of the channel before it is one, and one that waits for its own time says so."""
    await read_fourth(desk)
    desk.serve(latest(6))
    await desk.poll()
    desk.polled.now -= MINUTE

    last = only(await ask_one(desk, "https://news.example/report/6")).deliveries[0]

    assert [hold.text for hold in last.holds] == [
        "it is not yet due",
        "2 alerts of the channel before it, as its order is kept",
    ]
