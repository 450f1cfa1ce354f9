"""What the store writes of the outbox: what came of attempts, and what can no longer be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.model.alerts import AttemptOutcome, DeliveryStatus, PageSent, RetryAt, Sent, Skipped
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.storage.column_types import UtcDateTime, to_microseconds
from aggregator.storage.engine import IN_LIMIT, upsert
from aggregator.storage.rows import Values, digest_values
from aggregator.storage.tables import HELD, UNFINISHED, deliveries, delivery_attempts, sends

_UPDATE_DELIVERY = (
    deliveries.update()
    .where(deliveries.c.id == sa.bindparam("b_id"))
    .values(
        attempts=deliveries.c.attempts + 1,
        # What a person discarded while it was being sent stays so, unless it arrived.
        status=sa.case(
            (
                sa.and_(
                    deliveries.c.status == DeliveryStatus.DISCARDED.value,
                    sa.bindparam("b_status") != DeliveryStatus.SENT.value,
                ),
                deliveries.c.status,
            ),
            else_=sa.bindparam("b_status"),
        ),
        reason=sa.bindparam("b_reason"),
        # What was held has waited by our own rules: how long it is tried for counts from its first try.
        created_at=sa.case(
            (deliveries.c.status == DeliveryStatus.HELD.value, sa.bindparam("b_now", type_=UtcDateTime)),
            else_=deliveries.c.created_at,
        ),
        receipt=sa.func.coalesce(sa.bindparam("b_receipt", type_=sa.Text), deliveries.c.receipt),
        next_attempt_at=sa.func.coalesce(
            sa.bindparam("b_next_attempt_at", type_=UtcDateTime), deliveries.c.next_attempt_at
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What `record_attempt` is given."""

    delivery_id: DeliveryId
    outcome: AttemptOutcome
    now: datetime
    sends: Mapping[str, Sequence[datetime]]


def record_attempts(connection: sa.Connection, attempts: Sequence[Attempt]) -> None:
    """See `ports.Store.record_attempt`; of each scope, what the last attempt knows is kept."""
    sent = {scope: times for attempt in attempts for scope, times in attempt.sends.items()}
    if sent:
        rows = [{"scope": scope, "times": list(map(to_microseconds, times))} for scope, times in sent.items()]
        connection.execute(upsert(sends, "scope"), rows)
    connection.execute(_UPDATE_DELIVERY, list(map(_delivery_values, attempts)))
    connection.execute(delivery_attempts.insert(), list(map(_attempt_values, attempts)))
    for attempt in attempts:
        if isinstance(attempt.outcome, PageSent):
            _record_page(connection, attempt.delivery_id, attempt.outcome)


def _record_page(connection: sa.Connection, digest_id: DeliveryId, page: PageSent) -> None:
    """Write down what one message of a digest told."""
    values = {"digest": digest_values(page.digest)}
    connection.execute(deliveries.update().where(deliveries.c.id == digest_id).values(values))
    told: Values = {"status": DeliveryStatus.SENT.value, "receipt": page.message_id, "reason": None}
    # What a person discarded while it was being sent has arrived all the same.
    update_deliveries(connection, page.told, told, stands_at((DeliveryStatus.FOLDED, DeliveryStatus.DISCARDED)))


def _delivery_values(attempt: Attempt) -> Values:
    outcome = attempt.outcome
    return {
        "b_id": attempt.delivery_id,
        "b_now": attempt.now,
        "b_status": _status_after(outcome).value,
        "b_receipt": outcome.message_id if isinstance(outcome, Sent | PageSent) else None,
        "b_reason": None if isinstance(outcome, Sent | PageSent) else outcome.reason,
        "b_next_attempt_at": outcome.at if isinstance(outcome, RetryAt) else None,
    }


def _attempt_values(attempt: Attempt) -> Values:
    outcome = attempt.outcome
    return {
        "delivery_id": attempt.delivery_id,
        "attempted_at": attempt.now,
        # Each message of a digest was sent, whatever is still to come of it.
        "outcome": (DeliveryStatus.SENT if isinstance(outcome, PageSent) else _status_after(outcome)).value,
        "detail": outcome.message_id if isinstance(outcome, Sent | PageSent) else outcome.reason,
    }


def _status_after(outcome: AttemptOutcome) -> DeliveryStatus:
    if isinstance(outcome, Sent):
        return DeliveryStatus.SENT
    if isinstance(outcome, PageSent):
        return DeliveryStatus.SENT if outcome.is_last else DeliveryStatus.PENDING
    if isinstance(outcome, Skipped):
        return DeliveryStatus.SKIPPED
    return DeliveryStatus.RETRYING if isinstance(outcome, RetryAt) else DeliveryStatus.DEAD


def bury_orphans(connection: sa.Connection, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
    """Make unfinished deliveries of channels that are not `known` dead, with the reason; return which."""
    query = sa.select(deliveries.c.id, deliveries.c.channel_id).order_by(deliveries.c.position)
    query = query.where(sa.or_(UNFINISHED, HELD))
    chosen = [DeliveryId(row.id) for row in connection.execute(query) if row.channel_id not in known]
    update_deliveries(connection, chosen, {"status": DeliveryStatus.DEAD.value, "reason": reason})
    return chosen


def count_deliveries(connection: sa.Connection, channel_id: ChannelId | None) -> dict[DeliveryStatus, int]:
    """See `ports.Store.count_deliveries`."""
    query = sa.select(deliveries.c.status, sa.func.count().label("many")).group_by(deliveries.c.status)
    if channel_id is not None:
        query = query.where(deliveries.c.channel_id == channel_id)
    return {DeliveryStatus(row.status): row.many for row in connection.execute(query)}


def stands_at(statuses: Collection[DeliveryStatus]) -> sa.ColumnElement[bool]:
    """Say of a delivery that it stands at one of these."""
    return deliveries.c.status.in_([status.value for status in statuses])


def update_deliveries(
    connection: sa.Connection, ids: Sequence[DeliveryId], values: Values, *conditions: sa.ColumnElement[bool]
) -> int:
    """Change those of the deliveries of which the conditions hold; return how many they were."""
    changed = 0
    for start in range(0, len(ids), IN_LIMIT):
        chosen = deliveries.c.id.in_(ids[start : start + IN_LIMIT])
        changed += connection.execute(deliveries.update().where(chosen, *conditions).values(values)).rowcount
    return changed
