"""What the store does with the outbox when a person looks at it: list, show, retry, discard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.alerts.digest_text import digest_title
from aggregator.alerts.notices import shown_url
from aggregator.model.alerts import WAITING, DeliveryKind, DeliveryStatus, DeliverySummary
from aggregator.model.dead_letters import DeliveryDetails
from aggregator.model.ids import ChannelId, DeliveryId, FeedId
from aggregator.storage.delivery_queries import stands_at, update_deliveries
from aggregator.storage.due_queries import JOINED, items_of, read_deliveries
from aggregator.storage.engine import IN_LIMIT
from aggregator.storage.rows import Values, delivery_from, digest_from
from aggregator.storage.tables import articles, deliveries, delivery_attempts, feeds, notices
from aggregator.storage.why_queries import attempts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Deliveries that a person means: those of which all of this holds. `reason` is a part of why one failed."""

    ids: Collection[DeliveryId] = ()
    channel_id: ChannelId | None = None
    reason: str | None = None


def list_deliveries(
    connection: sa.Connection,
    statuses: Collection[DeliveryStatus],
    kinds: Collection[DeliveryKind],
    selection: Selection,
    limit: int,
) -> list[DeliverySummary]:
    """See `ports.Store.list_deliveries`."""
    query = (
        sa.select(
            deliveries,
            feeds.c.id.label("feed_id"),
            sa.func.coalesce(articles.c.title, notices.c.title).label("shown_title"),
            articles.c.url.label("article_url"),
            feeds.c.url.label("feed_url"),
        )
        .select_from(JOINED)
        .where(*_conditions(selection))
        .order_by(deliveries.c.position.desc())
        .limit(limit)
    )
    if statuses:
        query = query.where(stands_at(statuses))
    if kinds:
        query = query.where(deliveries.c.kind.in_([kind.value for kind in kinds]))
    return [
        DeliverySummary(
            delivery=delivery_from(row),
            feed_id=None if row["feed_id"] is None else FeedId(row["feed_id"]),
            title=row["shown_title"] or _title_of(row),
            url=row["article_url"] or shown_url(row["feed_url"] or ""),
        )
        for row in connection.execute(query).mappings()
    ]


def _title_of(row: Mapping[Any, Any]) -> str:
    digest = digest_from(row["digest"])
    return digest_title(digest.reason, digest.total)


def details(connection: sa.Connection, delivery_id: DeliveryId) -> DeliveryDetails | None:
    """See `ports.Store.delivery_details`."""
    found = read_deliveries(connection, [delivery_id])
    if not found:
        return None
    told = items_of(connection, delivery_id, [DeliveryStatus.FOLDED, DeliveryStatus.SENT])
    return DeliveryDetails(due=replace(found[0], items=tuple(told)), attempts=attempts_of(connection, delivery_id))


def retry(connection: sa.Connection, selection: Selection, now: datetime, by: str | None) -> list[DeliveryId]:
    """See `ports.Store.retry_deliveries`."""
    if selection.ids:
        statuses = [*WAITING, DeliveryStatus.DEAD, DeliveryStatus.DISCARDED]
    elif selection.channel_id is None and selection.reason is None:
        statuses = [DeliveryStatus.DEAD]
    else:
        # What waits, too: somebody let the bot in again, and does not want to wait for the next try.
        statuses = [DeliveryStatus.DEAD, DeliveryStatus.RETRYING]
    found = _chosen(connection, selection, statuses)
    again: Values = {
        "status": DeliveryStatus.PENDING.value,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
        "is_released": bool(selection.ids),
        "digest_id": None,
    }
    if selection.ids:
        were_discarded = _chosen(connection, selection, [DeliveryStatus.DISCARDED])
        _set_items(connection, were_discarded, DeliveryStatus.DISCARDED, DeliveryStatus.FOLDED)
    _decide(connection, found, again, now, by)
    return found


def discard(connection: sa.Connection, selection: Selection, now: datetime, by: str | None) -> list[DeliveryId]:
    """See `ports.Store.discard_deliveries`."""
    statuses = [*WAITING, DeliveryStatus.FOLDED, DeliveryStatus.DEAD] if selection.ids else [DeliveryStatus.DEAD]
    found = _chosen(connection, selection, statuses)
    # What is discarded by itself is no longer of its digest.
    _decide(connection, found, {"status": DeliveryStatus.DISCARDED.value, "digest_id": None}, now, by)
    _set_items(connection, found, DeliveryStatus.FOLDED, DeliveryStatus.DISCARDED)
    return found


def _set_items(
    connection: sa.Connection, digest_ids: Sequence[DeliveryId], before: DeliveryStatus, after: DeliveryStatus
) -> None:
    """Have what digests tell stand as the digests do."""
    for start in range(0, len(digest_ids), IN_LIMIT):
        is_told = deliveries.c.digest_id.in_(digest_ids[start : start + IN_LIMIT])
        connection.execute(deliveries.update().where(is_told, stands_at([before])).values(status=after.value))


def _chosen(connection: sa.Connection, selection: Selection, statuses: Collection[DeliveryStatus]) -> list[DeliveryId]:
    """Return those of the selection that stand at one of `statuses`, in order."""
    query = sa.select(deliveries.c.id).where(*_conditions(selection), stands_at(statuses))
    return [DeliveryId(row) for row in connection.execute(query.order_by(deliveries.c.position)).scalars()]


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if selection.ids:
        conditions.append(deliveries.c.id.in_(selection.ids))
    if selection.channel_id is not None:
        conditions.append(deliveries.c.channel_id == selection.channel_id)
    if selection.reason is not None:
        conditions.append(deliveries.c.reason.icontains(selection.reason, autoescape=True))
    return conditions


def _decide(
    connection: sa.Connection, ids: Sequence[DeliveryId], values: Values, decided_at: datetime, by: str | None
) -> None:
    """Change deliveries as a person wants it, and write that down beside their attempts."""
    update_deliveries(connection, ids, values)
    decisions = [
        {"delivery_id": one, "attempted_at": decided_at, "outcome": values["status"], "detail": by} for one in ids
    ]
    if decisions:
        connection.execute(delivery_attempts.insert(), decisions)
