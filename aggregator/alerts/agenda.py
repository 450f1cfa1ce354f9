"""What a channel is sent now, what waits and until when, and what comes as a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.model.alerts import Channel, Delivery, DeliveryKind, DueDelivery
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, RuleId, SilenceId, derive_id
from aggregator.model.rules import Priority, Rule
from aggregator.model.silences import Silence

_SENT_ALONE = (DigestReason.QUIET_HOURS, DigestReason.RETURNED)
"""One alert that waited for these comes as it would have come: a digest of one says less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many messages of alerts a channel may get now, and when one more than these."""

    count: int
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A delivery that is to wait."""

    delivery_id: DeliveryId
    until: datetime
    reason: DigestReason
    silence_id: SilenceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Deliveries that one digest is to tell."""

    reason: DigestReason
    items: tuple[DueDelivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A delivery that is never to be sent: a silence for good meets it."""

    delivery_id: DeliveryId
    silence_id: SilenceId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What comes of all that is due: `send` in this order, after the others are stored."""

    send: tuple[DueDelivery, ...] = ()
    hold: tuple[Hold, ...] = ()
    fold: tuple[Fold, ...] = ()
    mute: tuple[Mute, ...] = ()

    @property
    def is_changing(self) -> bool:
        """Whether anything is to be stored before something is sent."""
        return bool(self.hold or self.fold or self.mute)


def plan_sends(  # noqa: PLR0913 - one decision, all its inputs named
    due: Sequence[DueDelivery],
    *,
    channel: Channel,
    rules: Mapping[RuleId, Rule],
    silenced: Mapping[DeliveryId, Silence],
    allowance: Allowance | None,
    now: datetime,
) -> Agenda:
    """Decide about each alert that is due, or whose wait is over. `due` is in the channel's order.

    A silence comes first; then quiet hours, which only urgent alerts pass; then the schedule of its rules or of the
    channel; then what the channel may get (`allowance`, None for as much as there is): when there is more, the
    loudest go out and the rest is one digest. Urgent alerts wait for a silence and for the allowance alone. What waited
    comes as a digest for the reason for which it waited first, unless a silence or a schedule kept it after that.
    Digests on their way wait for quiet hours and for the allowance, notices for quiet hours; neither is ever folded.
    Changes to messages that were sent notify nobody and pass. What a person released passes all.
    """
    plan = _Plan(channel=channel, rules=rules, now=now)
    for item in due:
        if item.delivery.is_released or _is_change_in_place(item):
            plan.send.append(item)
        elif (silence := silenced.get(item.delivery.id)) is not None:
            plan.silence(item, silence)
        else:
            plan.place(item)
    plan.keep_to(allowance)
    return plan.agenda(due)


def digest_delivery(channel_id: ChannelId, fold: Fold, now: datetime) -> Delivery:
    """Return the delivery of a digest. Its id is made of those of its items, and of when they came together."""
    ids = sorted(item.delivery.id for item in fold.items)
    return Delivery(
        id=DeliveryId(derive_id("digest", channel_id, fold.reason, now.isoformat(), *ids)),
        channel_id=channel_id,
        kind=DeliveryKind.DIGEST,
        created_at=now,
        next_attempt_at=now,
        digest=Digest(reason=fold.reason, total=len(ids)),
    )


class _Plan:
    """An agenda in the making."""

    def __init__(self, *, channel: Channel, rules: Mapping[RuleId, Rule], now: datetime) -> None:
        self.send: list[DueDelivery] = []
        self._zone = ZoneInfo(channel.timezone)
        self._channel = channel
        self._rules = rules
        self._now = now
        hours = channel.quiet_hours
        self._quiet_until = hours.ends_at(now, self._zone) if hours and hours.is_quiet(now, self._zone) else None
        self._candidates: list[DueDelivery] = []
        self._holds: list[Hold] = []
        self._folds: dict[DigestReason, list[DueDelivery]] = {}
        self._mutes: list[Mute] = []

    def silence(self, item: DueDelivery, silence: Silence) -> None:
        """Hold what a silence meets until it ends, or for good."""
        if silence.until is None:
            self._mutes.append(
                Mute(delivery_id=item.delivery.id, silence_id=silence.id, reason=_silenced_for_good(silence))
            )
        else:
            self._hold(item, silence.until, DigestReason.SILENCED, silence.id)

    def place(self, item: DueDelivery) -> None:
        """Find out whether quiet hours or a schedule keep it, and if not, whether it comes in a digest."""
        kind, held_as = item.delivery.kind, item.delivery.hold
        is_urgent = _is_urgent(item)
        if self._quiet_until is not None and not is_urgent:
            self._hold(item, self._quiet_until, held_as or DigestReason.QUIET_HOURS)
        elif kind is DeliveryKind.NOTICE:
            self.send.append(item)
        elif kind is DeliveryKind.DIGEST:
            self._candidates.append(item)
        elif held_as is DigestReason.SILENCED:
            self._folds.setdefault(held_as, []).append(item)
        elif (run_at := self._run_of(item)) is not None and run_at > self._now:
            self._hold(item, run_at, DigestReason.SCHEDULED)
        elif run_at is not None or (held_as is DigestReason.SCHEDULED and not is_urgent):
            self._folds.setdefault(DigestReason.SCHEDULED, []).append(item)
        elif held_as in _SENT_ALONE and not is_urgent:
            self._folds.setdefault(held_as, []).append(item)
        else:
            self._candidates.append(item)

    def keep_to(self, allowance: Allowance | None) -> None:
        """Send of what may be sent now as much as is allowed."""
        for reason in _SENT_ALONE:
            if len(self._folds.get(reason, ())) == 1:
                self._candidates += self._folds.pop(reason)
        ranked = sorted(self._candidates, key=_rank)
        if allowance is None or len(ranked) <= allowance.count:
            chosen, left = ranked, []
        elif allowance.count == 0 or _is_pressing(ranked[allowance.count - 1]):
            chosen, left = ranked[: allowance.count], ranked[allowance.count :]
        else:  # the last message is that of a digest of all the others
            chosen, others = ranked[: allowance.count - 1], ranked[allowance.count - 1 :]
            self._folds[DigestReason.OVERFLOW] = [item for item in others if not _is_pressing(item)]
            left = [item for item in others if _is_pressing(item)]
        for item in left:
            assert allowance is not None  # noqa: S101 - else nothing is left
            self._hold(item, allowance.next_at, item.delivery.hold or DigestReason.OVERFLOW)
        self.send += chosen

    def agenda(self, due: Sequence[DueDelivery]) -> Agenda:
        """Return what was decided: what is sent keeps its order in `due`."""
        ids = {item.delivery.id for item in self.send}
        return Agenda(
            send=tuple(item for item in due if item.delivery.id in ids),
            hold=tuple(self._holds),
            fold=tuple(Fold(reason=reason, items=tuple(items)) for reason, items in self._folds.items()),
            mute=tuple(self._mutes),
        )

    def _hold(
        self, item: DueDelivery, until: datetime, reason: DigestReason, silence_id: SilenceId | None = None
    ) -> None:
        self._holds.append(Hold(delivery_id=item.delivery.id, until=until, reason=reason, silence_id=silence_id))

    def _run_of(self, item: DueDelivery) -> datetime | None:
        """Return the first run of its schedules since it was made; None when it is to come at once.

        It is to come at once when it is urgent, when one of its rules wants that, or when the channel has no schedule
        for a rule without one.
        """
        if _is_urgent(item):
            return None
        runs = []
        for named in item.alert.rules:
            rule = self._rules.get(named.id)
            if rule is not None and rule.digest is not None:
                schedule = rule.digest
            elif self._channel.digest is None or (rule is not None and rule.is_at_once):
                return None
            else:
                schedule = self._channel.digest
            runs.append(schedule.next_after(item.delivery.created_at, self._zone))
        return min(runs, default=None)


def _is_change_in_place(item: DueDelivery) -> bool:
    """Whether it changes a message that was sent, or has nothing to say that another delivery will not."""
    return item.delivery.kind is DeliveryKind.UPDATE and (not item.delivery.is_reply or item.is_told_later)


def _is_urgent(item: DueDelivery) -> bool:
    return item.alert.priority is Priority.URGENT


def _is_pressing(item: DueDelivery) -> bool:
    """Whether it is not to be folded: a digest is one already."""
    return _is_urgent(item) or item.delivery.kind is DeliveryKind.DIGEST


def _rank(item: DueDelivery) -> tuple[int, bool]:
    """The loudest first, of those a digest: it tells what has waited, and is as loud as what it has still to tell."""
    return -item.alert.priority, item.delivery.kind is not DeliveryKind.DIGEST


def _silenced_for_good(silence: Silence) -> str:
    by = f" by {silence.created_by}" if silence.created_by else ""
    why = f": {silence.why}" if silence.why else ""
    return f"silenced for good{by}{why}"
