"""A channel over days: whatever holds its alerts, each is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, article, due

from aggregator.alerts.agenda import Agenda, digest_delivery, plan_sends
from aggregator.alerts.digests import due_digest
from aggregator.alerts.silencing import silenced_by
from aggregator.alerts.throttling import allowance_of, channel_limits, sends_after
from aggregator.model.alerts import Channel, DueDelivery
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId, SilenceId
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Priority
from aggregator.model.schedules import Schedule
from aggregator.model.silences import Silence, SilenceScope

_STEP = timedelta(minutes=30)
_LAST = 2 * 24 * 60
_MOST_ROUNDS = 20


class _Outbox:
    """What a store would hold of one channel."""

    def __init__(self, channel: Channel, silences: list[Silence]) -> None:
        self.channel = channel
        self.silences = silences
        self.waiting: list[DueDelivery] = []
        self.told: list[str] = []
        self.urgent_holds: set[DigestReason] = set()
        self.sends: dict[str, tuple[datetime, ...]] = {}

    def drain(self, now: datetime) -> None:
        """Send all that can be sent."""
        limits = channel_limits(self.channel)
        for _ in range(_MOST_ROUNDS):
            batch = [item for item in self.waiting if item.delivery.next_attempt_at <= now]
            found = {one.delivery.id: silenced_by(one, self.silences, now, holds=lambda *_: False) for one in batch}
            agenda = plan_sends(
                batch,
                channel=self.channel,
                rules={},
                silenced={key: silence for key, silence in found.items() if silence is not None},
                allowance=allowance_of(limits, self.sends, now),
                now=now,
            )
            if not agenda.is_changing:
                for item in agenda.send:
                    self.sends |= sends_after(limits, self.sends, now)
                    self.told += [one.delivery.id for one in item.items or (item,)]
                self._drop({item.delivery.id for item in agenda.send})
                return
            self._arrange(agenda, now)
        raise AssertionError("the agenda never came to rest")

    def _arrange(self, agenda: Agenda, now: datetime) -> None:
        holds = {hold.delivery_id: hold for hold in agenda.hold}
        for number, item in enumerate(self.waiting):
            hold = holds.get(item.delivery.id)
            if hold is None:
                continue
            if item.alert.priority is Priority.URGENT and not item.items:
                self.urgent_holds.add(hold.reason)
            held = replace(item.delivery, next_attempt_at=hold.until, hold=hold.reason, silence_id=hold.silence_id)
            self.waiting[number] = replace(item, delivery=held)
        for fold in agenda.fold:
            self._drop({item.delivery.id for item in fold.items})
            self.waiting.append(due_digest(digest_delivery(self.channel.id, fold, now), fold.items))

    def _drop(self, ids: set[str]) -> None:
        self.waiting = [item for item in self.waiting if item.delivery.id not in ids]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, _LAST), st.sampled_from(Priority)), max_size=15),
    st.sampled_from([None, "23:00-07:00", "Sun-Mon 13:00-12:00"]),
    st.sampled_from([None, "0 8,18 * * *", "*/30 * * * *"]),
    st.sampled_from([None, 1, 2, 5]),
    st.none() | st.tuples(st.integers(0, _LAST), st.integers(1, _LAST)),
    st.booleans(),
)
def test_each_alert_is_told_once(
    alerts: list[tuple[int, Priority]],
    quiet: str | None,
    schedule: str | None,
    per_hour: int | None,
    silence: tuple[int, int] | None,
    is_down: bool,
) -> None:
    """By itself or in a digest, with a day without the program too; urgent ones wait for silences and limits alone."""
    channel = Channel(
        id=ChannelId("desk"),
        type="console",
        timezone="Europe/Kyiv",
        quiet_hours=QuietHours.parse([quiet]) if quiet else None,
        digest=Schedule.parse(schedule) if schedule else None,
        max_per_hour=per_hour,
    )
    outbox = _Outbox(channel, [_silence(*silence)] if silence else [])
    made = [
        due(article(f"a{number}"), priority=priority, created_at=NOW + timedelta(minutes=minute))
        for number, (minute, priority) in enumerate(alerts)
    ]

    for step in range(6 * 48):
        now = NOW + step * _STEP
        outbox.waiting += [item for item in made if now - _STEP < item.alert.created_at <= now]
        if not (is_down and 48 <= step < 96):
            outbox.drain(now)

    assert sorted(outbox.told) == sorted(item.delivery.id for item in made)
    assert outbox.urgent_holds <= {DigestReason.SILENCED, DigestReason.OVERFLOW}


def _silence(start: int, length: int) -> Silence:
    """A silence of the rule of all alerts, which is known from the first."""
    return Silence(
        id=SilenceId("s1"),
        scope=SilenceScope.RULE,
        value="r1",
        created_at=NOW + timedelta(minutes=start),
        until=NOW + timedelta(minutes=start + length),
    )
