"""What the store writes of an agenda: what waits, what a digest is to tell, what is never sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from aggregator.alerts.agenda import Agenda, Fold, digest_delivery
from aggregator.model.alerts import WAITING, DeliveryKind, DeliveryStatus
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, SilenceId
from aggregator.storage.delivery_queries import stands_at, update_deliveries
from aggregator.storage.rows import Values, delivery_from, delivery_values, digest_values
from aggregator.storage.silence_queries import active_ids
from aggregator.storage.tables import HELD, deliveries, delivery_attempts


def arrange(connection: sa.Connection, channel_id: ChannelId, agenda: Agenda, now: datetime) -> None:
    """See `ports.Store.arrange`."""
    is_waiting = _is_waiting()
    active = {SilenceId(row.id) for row in connection.execute(active_ids(now))}
    for hold in agenda.hold:
        if hold.silence_id is not None and hold.silence_id not in active:
            continue  # it ended meanwhile, and nobody would wake what it holds
        held: Values = {
            "status": DeliveryStatus.HELD.value,
            "next_attempt_at": hold.until,
            "hold": hold.reason.value,
            "silence_id": hold.silence_id,
        }
        update_deliveries(connection, [hold.delivery_id], held, is_waiting)
    for mute in agenda.mute:
        if mute.silence_id not in active:
            continue
        muted: Values = {
            "status": DeliveryStatus.SKIPPED.value,
            "reason": mute.reason,
            "hold": DigestReason.SILENCED.value,
            "silence_id": mute.silence_id,
        }
        update_deliveries(connection, [mute.delivery_id], muted, is_waiting)
    for fold in agenda.fold:
        _fold(connection, channel_id, fold, now)


def reconsider_held(connection: sa.Connection, now: datetime) -> None:
    """See `ports.Store.reconsider_held`."""
    is_over = sa.or_(deliveries.c.silence_id.is_(None), deliveries.c.silence_id.not_in(active_ids(now)))
    is_by_configuration = sa.and_(HELD, is_over, deliveries.c.next_attempt_at > now)
    connection.execute(deliveries.update().where(is_by_configuration).values(next_attempt_at=now))


def _fold(connection: sa.Connection, channel_id: ChannelId, fold: Fold, now: datetime) -> None:
    """Add to the digest of the same reason of which nothing was sent yet, or make one."""
    made = digest_delivery(channel_id, fold, now)
    assert made.digest is not None  # noqa: S101 - it is one
    found = _unsent_digest(connection, channel_id, fold.reason)
    digest_id, before = found or (made.id, 0)
    folded: Values = {"status": DeliveryStatus.FOLDED.value, "hold": fold.reason.value, "digest_id": digest_id}
    ids: Sequence[DeliveryId] = [item.delivery.id for item in fold.items]
    count = update_deliveries(connection, ids, folded, _is_waiting())
    values = delivery_values(made)
    digest = {**digest_values(made.digest), "total": before + count}
    if found is not None:
        connection.execute(deliveries.update().where(deliveries.c.id == digest_id).values(digest=digest))
    elif count:
        connection.execute(deliveries.insert(), [{**values, "digest": digest}])


def _unsent_digest(
    connection: sa.Connection, channel_id: ChannelId, reason: DigestReason
) -> tuple[DeliveryId, int] | None:
    """Return the channel's digest that can take more, and of how many alerts it is."""
    query = (
        sa.select(deliveries)
        .where(
            deliveries.c.channel_id == channel_id,
            deliveries.c.kind == DeliveryKind.DIGEST.value,
            ~sa.exists().where(delivery_attempts.c.delivery_id == deliveries.c.id),  # a retry sets `attempts` to 0
            stands_at((DeliveryStatus.PENDING, DeliveryStatus.HELD)),
        )
        .order_by(deliveries.c.position.desc())
    )
    for row in connection.execute(query).mappings():
        delivery = delivery_from(row)
        digest = delivery.digest
        if digest is not None and digest.reason is reason and not digest.pages_sent:
            return delivery.id, digest.total
    return None


def _is_waiting() -> sa.ColumnElement[bool]:
    """What a person discarded or released meanwhile is left alone."""
    return sa.and_(stands_at(WAITING), ~deliveries.c.is_released)
