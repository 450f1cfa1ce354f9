"""What the store does with push subscriptions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from aggregator.model.ids import FeedId
from aggregator.model.websub import WebSubStatus, WebSubSubscription
from aggregator.storage.engine import upsert
from aggregator.storage.rows import Values
from aggregator.storage.tables import feed_states, websub_subscriptions


def subscriptions(connection: sa.Connection) -> list[WebSubSubscription]:
    """See `ports.Store.websub_subscriptions`."""
    query = (
        sa.select(websub_subscriptions)
        .join(feed_states, feed_states.c.feed_id == websub_subscriptions.c.feed_id)
        .where(feed_states.c.is_active)
        .order_by(websub_subscriptions.c.feed_id)
    )
    return [_from_row(row) for row in connection.execute(query)]


def save(connection: sa.Connection, subscribed: WebSubSubscription) -> None:
    """See `ports.Store.save_websub`."""
    connection.execute(upsert(websub_subscriptions, "feed_id"), [_values(subscribed)])


def _values(subscribed: WebSubSubscription) -> Values:
    return {
        "feed_id": subscribed.feed_id,
        "hub_url": subscribed.hub_url,
        "topic_url": subscribed.topic_url,
        "callback_id": subscribed.callback_id,
        "secret": subscribed.secret,
        "status": subscribed.status.value,
        "requested_at": subscribed.requested_at,
        "verified_at": subscribed.verified_at,
        "expires_at": subscribed.expires_at,
        "last_push_at": subscribed.last_push_at,
        "failures": subscribed.failures,
        "reason": subscribed.reason,
    }


def _from_row(row: sa.Row[Any]) -> WebSubSubscription:
    return WebSubSubscription(
        feed_id=FeedId(row.feed_id),
        hub_url=row.hub_url,
        topic_url=row.topic_url,
        callback_id=row.callback_id,
        secret=row.secret,
        status=WebSubStatus(row.status),
        requested_at=row.requested_at,
        verified_at=row.verified_at,
        expires_at=row.expires_at,
        last_push_at=row.last_push_at,
        failures=row.failures,
        reason=row.reason,
    )
