"""What a channel is to be sent now: what waits is held, what comes together is folded, before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from aggregator.alerts.agenda import Agenda, plan_sends
from aggregator.alerts.silencing import silenced_by
from aggregator.alerts.throttling import channel_limits
from aggregator.model.alerts import DueDelivery
from aggregator.model.articles import Article
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.model.silences import Silence
from aggregator.operations.deliver_tools import DeliverTools

_BATCH = 20
_BATCH_WITH_LIMIT = 500
"""Where a channel may get only so much, the loudest are chosen among so many, and so many are folded at once."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNow:
    """What a channel is to be sent now, in order. `is_all`: nothing else is due."""

    send: tuple[DueDelivery, ...] = ()
    is_all: bool = True


async def due_now(channel_id: ChannelId, tools: DeliverTools) -> DueNow:
    """Return what the channel is to be sent now, after what is not was held, folded or muted.

    Raises:
        StoreError: when that could not be stored; nothing is to be sent then.
    """
    channel = tools.channels[channel_id]
    limits = channel_limits(channel)
    while True:
        now = tools.clock()
        most = _BATCH_WITH_LIMIT if limits else _BATCH
        due = await tools.store.claim_deliveries(channel_id, now, most)
        if not due:
            return DueNow()
        silences = await tools.silences.of(channel_id, tools.store, now)
        silenced = _silenced(due, silences, tools.holds, now)
        if silenced:  # nothing is kept back by a silence that was just ended
            silences = await tools.silences.of(channel_id, tools.store, now, afresh=True)
            silenced = _silenced(due, silences, tools.holds, now)
        agenda = plan_sends(
            due,
            channel=channel,
            rules=tools.rules,
            silenced=silenced,
            allowance=tools.throttle.allowance(limits, now),
            now=now,
        )
        if not agenda.is_changing:
            return DueNow(send=agenda.send, is_all=len(due) < most)
        await tools.store.arrange(channel_id, agenda, now)
        _log_agenda(channel_id, agenda)


def _silenced(
    due: Sequence[DueDelivery], silences: Sequence[Silence], holds: Callable[[str, Article], bool], now: datetime
) -> dict[DeliveryId, Silence]:
    found = {item.delivery.id: silenced_by(item, silences, now, holds=holds) for item in due} if silences else {}
    return {delivery_id: silence for delivery_id, silence in found.items() if silence is not None}


def _log_agenda(channel_id: ChannelId, agenda: Agenda) -> None:
    if agenda.hold:
        held = Counter(hold.reason.value for hold in agenda.hold)
        until = min(hold.until for hold in agenda.hold)
        _log.info("alerts_held", channel=channel_id, until=until.isoformat(timespec="seconds"), reasons=dict(held))
    for fold in agenda.fold:
        _log.info("alerts_folded", channel=channel_id, reason=fold.reason.value, alerts=len(fold.items))
    for mute in agenda.mute:
        _log.info("alert_muted", channel=channel_id, delivery=mute.delivery_id, silence=mute.silence_id)
