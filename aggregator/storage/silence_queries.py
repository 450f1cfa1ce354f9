"""What the store knows of silences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.model.alerts import DeliveryStatus
from aggregator.model.ids import ChannelId, SilenceId
from aggregator.model.silences import Silence, SilenceScope
from aggregator.storage.engine import IN_LIMIT, insert_or_ignore
from aggregator.storage.tables import deliveries, silences


def add(connection: sa.Connection, silence: Silence) -> None:
    """See `ports.Store.add_silence`."""
    values = {
        "id": silence.id,
        "channel_id": silence.channel_id,
        "scope": silence.scope.value,
        "value": silence.value,
        "until": silence.until,
        "created_at": silence.created_at,
        "created_by": silence.created_by,
        "why": silence.why,
        "ended_at": silence.ended_at,
    }
    connection.execute(insert_or_ignore(silences), [values])


def list_silences(
    connection: sa.Connection, now: datetime, channel_id: ChannelId | None, *, with_ended: bool
) -> list[Silence]:
    """See `ports.Store.list_silences`."""
    query = sa.select(silences).order_by(silences.c.created_at, silences.c.id)
    if channel_id is not None:
        query = query.where(sa.or_(silences.c.channel_id.is_(None), silences.c.channel_id == channel_id))
    if not with_ended:
        query = query.where(silences.c.id.in_(active_ids(now)))
    return [_silence_from(row) for row in connection.execute(query).mappings()]


def active_ids(now: datetime) -> sa.Select[tuple[str]]:
    """Select the ids of what silences something now."""
    is_to_come = sa.or_(silences.c.until.is_(None), silences.c.until > now)
    return sa.select(silences.c.id).where(silences.c.ended_at.is_(None), is_to_come)


def silence_of(connection: sa.Connection, silence_id: str) -> Silence | None:
    """Return a silence, ended or not."""
    row = connection.execute(sa.select(silences).where(silences.c.id == silence_id)).mappings().first()
    return None if row is None else _silence_from(row)


def end(connection: sa.Connection, silence_id: SilenceId, now: datetime) -> Silence | None:
    """See `ports.Store.end_silence`."""
    known = silence_of(connection, silence_id)
    if known is None or not known.is_active(now):
        return None
    connection.execute(silences.update().where(silences.c.id == silence_id).values(ended_at=now))
    is_held = sa.and_(deliveries.c.silence_id == silence_id, deliveries.c.status == DeliveryStatus.HELD.value)
    connection.execute(deliveries.update().where(is_held).values(next_attempt_at=now))
    return silence_of(connection, silence_id)


def count_silenced(connection: sa.Connection, ids: Collection[SilenceId]) -> dict[SilenceId, int]:
    """See `ports.Store.count_silenced`."""
    wanted = list(ids)
    query = sa.select(deliveries.c.silence_id, sa.func.count().label("many")).group_by(deliveries.c.silence_id)
    return {
        SilenceId(row.silence_id): row.many
        for start in range(0, len(wanted), IN_LIMIT)
        for row in connection.execute(query.where(deliveries.c.silence_id.in_(wanted[start : start + IN_LIMIT])))
    }


def _silence_from(row: Mapping[Any, Any]) -> Silence:
    return Silence(
        id=SilenceId(row["id"]),
        channel_id=None if row["channel_id"] is None else ChannelId(row["channel_id"]),
        scope=SilenceScope(row["scope"]),
        value=row["value"],
        until=row["until"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        why=row["why"],
        ended_at=row["ended_at"],
    )
