"""What the store knows of channels: their states, and when the last messages were sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from aggregator.model.alerts import ChannelState, Delivery
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId
from aggregator.model.notices import Notice
from aggregator.storage.column_types import from_microseconds
from aggregator.storage.engine import insert_or_ignore, upsert
from aggregator.storage.rows import delivery_values, notice_values
from aggregator.storage.tables import UNFINISHED, channel_states, deliveries, notices, sends


def recent_sends(connection: sa.Connection) -> dict[str, Sequence[datetime]]:
    """See `ports.Store.recent_sends`."""
    rows = connection.execute(sa.select(sends))
    return {row.scope: tuple(map(from_microseconds, row.times)) for row in rows}


def states(connection: sa.Connection) -> list[ChannelState]:
    """See `ports.Store.channel_states`."""
    return [
        ChannelState(
            channel_id=ChannelId(row.channel_id), paused_at=row.paused_at, reason=row.reason, address=row.address
        )
        for row in connection.execute(sa.select(channel_states).order_by(channel_states.c.channel_id))
    ]


def save_state(
    connection: sa.Connection,
    state: ChannelState,
    told: Sequence[Notice],
    ways: Sequence[Delivery],
    most_singly: int | None = None,
) -> None:
    """See `ports.Store.save_channel_state`."""
    values = {
        "channel_id": state.channel_id,
        "paused_at": state.paused_at,
        "reason": state.reason,
        "address": state.address,
    }
    connection.execute(upsert(channel_states, "channel_id"), [values])
    if told:
        connection.execute(insert_or_ignore(notices), [notice_values(notice) for notice in told])
    if ways:
        connection.execute(insert_or_ignore(deliveries), [delivery_values(delivery) for delivery in ways])
    if most_singly is not None:
        _mark_returned(connection, state.channel_id, most_singly)


def _mark_returned(connection: sa.Connection, channel_id: ChannelId, most_singly: int) -> None:
    """Mark what waited for the channel to return, if that is more than is to come singly."""
    is_waiting = sa.and_(
        UNFINISHED,
        deliveries.c.channel_id == channel_id,
        deliveries.c.alert_id.is_not(None),
        deliveries.c.hold.is_(None),
        ~deliveries.c.is_released,
    )
    count = connection.execute(sa.select(sa.func.count()).select_from(deliveries).where(is_waiting)).scalar_one()
    if count > most_singly:
        connection.execute(deliveries.update().where(is_waiting).values(hold=DigestReason.RETURNED.value))
