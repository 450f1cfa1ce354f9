"""What the store does with the outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from aggregator.alerts.notices import due_notice
from aggregator.model.alerts import (
    Alert,
    AttemptOutcome,
    DeliveryKind,
    DeliveryStatus,
    DueDelivery,
    RetryAt,
    Sent,
    Skipped,
)
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.model.rules import Match
from aggregator.storage import story_queries
from aggregator.storage.engine import IN_LIMIT, upsert
from aggregator.storage.rows import Values, alert_from, article_from, delivery_from, match_from, notice_from
from aggregator.storage.tables import (
    UNFINISHED,
    UtcDateTime,
    alerts,
    articles,
    deliveries,
    delivery_attempts,
    feed_states,
    feeds,
    matches,
    notices,
    sends,
    to_microseconds,
)

JOINED = (
    deliveries.outerjoin(alerts, alerts.c.id == deliveries.c.alert_id)
    .outerjoin(notices, notices.c.id == deliveries.c.notice_id)
    .outerjoin(articles, articles.c.id == alerts.c.article_id)
    .outerjoin(feeds, feeds.c.id == sa.func.coalesce(articles.c.feed_id, notices.c.feed_id))
    .outerjoin(feed_states, feed_states.c.feed_id == feeds.c.id)
)
_UNFINISHED_HERE = sa.text(f"deliveries.{UNFINISHED.text}")
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
        receipt=sa.func.coalesce(sa.bindparam("b_receipt", type_=sa.Text), deliveries.c.receipt),
        next_attempt_at=sa.func.coalesce(
            sa.bindparam("b_next_attempt_at", type_=UtcDateTime), deliveries.c.next_attempt_at
        ),
    )
)
_NOTICES_AT_ONCE = 1_000
"""Many notices go out in one message, whose text is only so long anyway."""


def channels_due(connection: sa.Connection, now: datetime) -> list[ChannelId]:
    """See `ports.Store.channels_due`."""
    # Alerts keep their order, and notices theirs: a notice that waits for others holds back no alert.
    first = (
        sa.select(sa.func.min(deliveries.c.position))
        .where(_UNFINISHED_HERE)
        .group_by(deliveries.c.channel_id, deliveries.c.notice_id.is_(None))
    )
    query = (
        sa.select(deliveries.c.channel_id)
        .distinct()
        .where(deliveries.c.position.in_(first), deliveries.c.next_attempt_at <= now)
        .order_by(deliveries.c.channel_id)
    )
    return [ChannelId(channel_id) for channel_id in connection.execute(query).scalars()]


def claim(connection: sa.Connection, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
    """See `ports.Store.claim_deliveries`."""
    is_notice = deliveries.c.notice_id.is_not(None)
    return [
        *_due(connection, now, deliveries.c.channel_id == channel_id, ~is_notice, limit=limit),
        *_due(connection, now, deliveries.c.channel_id == channel_id, is_notice, limit=_NOTICES_AT_ONCE),
    ]


def _due(
    connection: sa.Connection, now: datetime, *conditions: sa.ColumnElement[bool], limit: int
) -> list[DueDelivery]:
    """Return what is unfinished, in order, up to the first that has to wait."""
    found: list[DueDelivery] = []
    for row in connection.execute(_whole(_UNFINISHED_HERE, *conditions).limit(limit)).mappings():
        if row["delivery_next_attempt_at"] > now:
            break
        found.append(_due_from(connection, row))
    return _with_stories(connection, found)


def read_delivery(connection: sa.Connection, delivery_id: DeliveryId) -> DueDelivery | None:
    """Return a delivery, wherever it stands, with all that its message can say."""
    row = connection.execute(_whole(deliveries.c.id == delivery_id)).mappings().one_or_none()
    return None if row is None else _with_stories(connection, [_due_from(connection, row)])[0]


def _whole(*conditions: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[Any]:
    """Select deliveries with all that belongs to them, in order."""
    return (
        sa.select(
            *(column.label(f"delivery_{column.name}") for column in deliveries.c),
            *(column.label(f"alert_{column.name}") for column in alerts.c),
            *(column.label(f"article_{column.name}") for column in articles.c),
            *(column.label(f"notice_{column.name}") for column in notices.c),
            sa.func.coalesce(feeds.c.title, feed_states.c.title).label("feed_title"),
            feeds.c.url.label("feed_url"),
        )
        .select_from(JOINED)
        .where(*conditions)
        .order_by(deliveries.c.position)
    )


def _due_from(connection: sa.Connection, row: Mapping[Any, Any]) -> DueDelivery:
    delivery = delivery_from(_part(row, "delivery_"))
    if delivery.notice_id is not None:
        return due_notice(delivery, notice_from(_part(row, "notice_")), row["feed_url"] or "")
    alert = alert_from(_part(row, "alert_"))
    return DueDelivery(
        delivery=delivery,
        alert=alert,
        article=article_from(_part(row, "article_")),
        feed_title=row["feed_title"] or urlsplit(row["feed_url"]).hostname or row["feed_url"],
        matches=_matches_of(connection, alert),
    )


def _with_stories(connection: sa.Connection, found: Sequence[DueDelivery]) -> list[DueDelivery]:
    """Add the other articles of the stories, and of updates the messages that they are about."""
    told = {due.alert.story_id for due in found if due.delivery.alert_id}
    stories = story_queries.sources(connection, told) if told else {}
    updated = {due.alert.id for due in found if due.delivery.kind is DeliveryKind.UPDATE}
    messages = story_queries.first_messages(connection, updated) if updated else {}
    return [
        replace(
            due,
            sources=tuple(
                source
                for article_id, source in stories.get(due.alert.story_id, ())
                if article_id != due.alert.article_id
            ),
            first_message_id=messages.get(due.alert.id) if due.delivery.kind is DeliveryKind.UPDATE else None,
        )
        for due in found
    ]


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


def _delivery_values(attempt: Attempt) -> Values:
    outcome = attempt.outcome
    return {
        "b_id": attempt.delivery_id,
        "b_status": _status_after(outcome).value,
        "b_receipt": outcome.message_id if isinstance(outcome, Sent) else None,
        "b_reason": None if isinstance(outcome, Sent) else outcome.reason,
        "b_next_attempt_at": outcome.at if isinstance(outcome, RetryAt) else None,
    }


def _attempt_values(attempt: Attempt) -> Values:
    outcome = attempt.outcome
    return {
        "delivery_id": attempt.delivery_id,
        "attempted_at": attempt.now,
        "outcome": _status_after(outcome).value,
        "detail": outcome.message_id if isinstance(outcome, Sent) else outcome.reason,
    }


def _status_after(outcome: AttemptOutcome) -> DeliveryStatus:
    if isinstance(outcome, Sent):
        return DeliveryStatus.SENT
    if isinstance(outcome, Skipped):
        return DeliveryStatus.SKIPPED
    return DeliveryStatus.RETRYING if isinstance(outcome, RetryAt) else DeliveryStatus.DEAD


def bury_orphans(connection: sa.Connection, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
    """Make unfinished deliveries of channels that are not `known` dead, with the reason; return which."""
    query = sa.select(deliveries.c.id, deliveries.c.channel_id).where(_UNFINISHED_HERE).order_by(deliveries.c.position)
    chosen = [DeliveryId(row.id) for row in connection.execute(query) if row.channel_id not in known]
    _update(connection, chosen, {"status": DeliveryStatus.DEAD.value, "reason": reason})
    return chosen


def count_deliveries(connection: sa.Connection, channel_id: ChannelId | None) -> dict[DeliveryStatus, int]:
    """See `ports.Store.count_deliveries`."""
    query = sa.select(deliveries.c.status, sa.func.count().label("many")).group_by(deliveries.c.status)
    if channel_id is not None:
        query = query.where(deliveries.c.channel_id == channel_id)
    return {DeliveryStatus(row.status): row.many for row in connection.execute(query)}


def _update(connection: sa.Connection, ids: Sequence[DeliveryId], values: Values) -> None:
    for start in range(0, len(ids), IN_LIMIT):
        connection.execute(deliveries.update().where(deliveries.c.id.in_(ids[start : start + IN_LIMIT])).values(values))


def _matches_of(connection: sa.Connection, alert: Alert) -> tuple[Match, ...]:
    rank = {rule.id: number for number, rule in enumerate(alert.rules)}
    query = sa.select(matches).where(matches.c.article_id == alert.article_id, matches.c.rule_id.in_(list(rank)))
    found = [match_from(row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda match: rank[match.rule_id]))


def _part(row: Mapping[Any, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
