"""What the store reads of the outbox: which channels are due, and what, with all that its messages can say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from aggregator.alerts.digests import due_digest
from aggregator.alerts.notices import due_notice
from aggregator.model.alerts import Alert, Delivery, DeliveryKind, DeliveryStatus, DueDelivery
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ArticleId, ChannelId, DeliveryId, RuleId
from aggregator.model.rules import Match
from aggregator.storage import story_queries
from aggregator.storage.column_types import UtcDateTime
from aggregator.storage.delivery_queries import stands_at
from aggregator.storage.engine import IN_LIMIT
from aggregator.storage.rows import Values, alert_from, article_from, delivery_from, match_from, notice_from
from aggregator.storage.tables import (
    HELD,
    UNFINISHED,
    alerts,
    articles,
    deliveries,
    feed_states,
    feeds,
    matches,
    notices,
)

JOINED = (
    deliveries.outerjoin(alerts, alerts.c.id == deliveries.c.alert_id)
    .outerjoin(notices, notices.c.id == deliveries.c.notice_id)
    .outerjoin(articles, articles.c.id == alerts.c.article_id)
    .outerjoin(feeds, feeds.c.id == sa.func.coalesce(articles.c.feed_id, notices.c.feed_id))
    .outerjoin(feed_states, feed_states.c.feed_id == feeds.c.id)
)
_UNFINISHED_HERE = sa.text(f"deliveries.{UNFINISHED.text}")
_HELD_HERE = sa.text(f"deliveries.{HELD.text}")
_NOTICES_AT_ONCE = 1_000
"""Many notices go out in one message, whose text is only so long anyway."""

_TOLD_AT_ONCE = 1_000
"""An overflow may be of any size: so much of it is read for its next messages, the loudest first."""

_HELD_AT_ONCE = 500
"""What waited through a night goes into one digest: in steps that are neither many nor too much to hold in memory."""


def _whole(*, without: Collection[str] = frozenset()) -> sa.Select[Any]:
    """Select deliveries with all that belongs to them, in order; of articles the columns `without` are empty."""
    return (
        sa.select(
            *(column.label(f"delivery_{column.name}") for column in deliveries.c),
            *(column.label(f"alert_{column.name}") for column in alerts.c),
            *(
                (sa.literal("") if column.name in without else column).label(f"article_{column.name}")
                for column in articles.c
            ),
            *(column.label(f"notice_{column.name}") for column in notices.c),
            sa.func.coalesce(feeds.c.title, feed_states.c.title).label("feed_title"),
            feeds.c.url.label("feed_url"),
        )
        .select_from(JOINED)
        .order_by(deliveries.c.position)
    )


_WHOLE = _whole()
_WITHOUT_TEXTS = _whole(without=frozenset({"summary", "body"}))
_LOUDEST_FIRST = _WITHOUT_TEXTS.order_by(None).order_by(alerts.c.priority.desc(), deliveries.c.position)

# Made once: of a statement that is put together anew SQLAlchemy works out the key of its cache each time.
_IS_HERE = deliveries.c.channel_id == sa.bindparam("channel_id")
_IS_NOTICE = deliveries.c.notice_id.is_not(None)
_IS_OVER = sa.and_(_HELD_HERE, _IS_HERE, deliveries.c.next_attempt_at <= sa.bindparam("now", type_=UtcDateTime))
_MOST = sa.bindparam("most", type_=sa.Integer)
_ALERTS_DUE = _WHOLE.where(_UNFINISHED_HERE, _IS_HERE, ~_IS_NOTICE).limit(_MOST)
_NOTICES_DUE = _WHOLE.where(_UNFINISHED_HERE, _IS_HERE, _IS_NOTICE).limit(_MOST)
_ALERTS_OVER = _WHOLE.where(_IS_OVER, ~_IS_NOTICE).limit(_MOST)
_NOTICES_OVER = _WHOLE.where(_IS_OVER, _IS_NOTICE).limit(_MOST)
_ANY_OVER = sa.select(deliveries.c.position).where(_IS_OVER).limit(1)
_FIRST_TRIED = (
    sa.select(deliveries.c.next_attempt_at)
    .where(_UNFINISHED_HERE, _IS_HERE, ~_IS_NOTICE, deliveries.c.attempts > 0)
    .order_by(deliveries.c.position)
    .limit(1)
)
_MATCHES = sa.select(matches).where(
    sa.tuple_(matches.c.article_id, matches.c.rule_id).in_(sa.bindparam("keys", expanding=True))
)


def channels_due(connection: sa.Connection, now: datetime) -> list[ChannelId]:
    """See `ports.Store.channels_due`."""
    # Alerts keep their order, and notices theirs: a notice that waits for others holds back no alert.
    first = (
        sa.select(sa.func.min(deliveries.c.position))
        .where(_UNFINISHED_HERE)
        .group_by(deliveries.c.channel_id, deliveries.c.notice_id.is_(None))
    )
    is_due = deliveries.c.next_attempt_at <= now
    channels = sa.select(deliveries.c.channel_id).where(is_due)
    ready = set(connection.execute(channels.where(deliveries.c.position.in_(first))).scalars())
    over = set(connection.execute(channels.where(_HELD_HERE)).scalars()) - ready
    ready |= {each for each in over if not _waits_for_its_service(connection, ChannelId(each), now)}
    return [ChannelId(channel_id) for channel_id in sorted(ready)]


def claim(connection: sa.Connection, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
    """See `ports.Store.claim_deliveries`."""
    given: Values = {"channel_id": channel_id, "now": now}
    alerts_due = _due(connection, _ALERTS_DUE, given, limit)
    notices_due = _due(connection, _NOTICES_DUE, given, _NOTICES_AT_ONCE)
    if connection.execute(_ANY_OVER, given).first() is None:
        return [*alerts_due, *notices_due]
    if not alerts_due and _waits_for_its_service(connection, channel_id, now):
        return notices_due
    return [
        *_due(connection, _ALERTS_OVER, given, _HELD_AT_ONCE),
        *alerts_due,
        *_due(connection, _NOTICES_OVER, given, _NOTICES_AT_ONCE),
        *notices_due,
    ]


def _waits_for_its_service(connection: sa.Connection, channel_id: ChannelId, now: datetime) -> bool:
    """Whether the first alert of a channel was tried and is to wait: what was held waits with it."""
    first = connection.execute(_FIRST_TRIED, {"channel_id": channel_id}).scalar()
    return first is not None and first > now


def read_deliveries(connection: sa.Connection, ids: Collection[DeliveryId]) -> list[DueDelivery]:
    """See `ports.Store.read_deliveries`."""
    wanted = list(ids)
    rows = [
        row
        for start in range(0, len(wanted), IN_LIMIT)
        for row in connection.execute(_WHOLE.where(deliveries.c.id.in_(wanted[start : start + IN_LIMIT]))).mappings()
    ]
    found = {due.delivery.id: due for due in _whole_of(connection, [_due_from(connection, row) for row in rows])}
    return [found[one] for one in wanted if one in found]


def _due(connection: sa.Connection, query: sa.Select[Any], given: Values, most: int) -> list[DueDelivery]:
    """Return what is unfinished, in order, up to the first that has to wait."""
    found: list[DueDelivery] = []
    for row in connection.execute(query, {**given, "most": most}).mappings():
        if row["delivery_next_attempt_at"] > given["now"]:
            break
        found.append(_due_from(connection, row))
    return _whole_of(connection, found)


def _due_from(connection: sa.Connection, row: Mapping[Any, Any]) -> DueDelivery:
    """Read a row of `_WHOLE`, without the words that matched."""
    delivery = delivery_from(_part(row, "delivery_"))
    if delivery.notice_id is not None:
        return due_notice(delivery, notice_from(_part(row, "notice_")), row["feed_url"] or "")
    if delivery.kind is DeliveryKind.DIGEST:
        return _due_digest(connection, delivery)
    alert = alert_from(_part(row, "alert_"))
    return DueDelivery(
        delivery=delivery,
        alert=alert,
        article=article_from(_part(row, "article_")),
        feed_title=row["feed_title"] or urlsplit(row["feed_url"]).hostname or row["feed_url"],
        matches=(),
    )


def _due_digest(connection: sa.Connection, delivery: Delivery) -> DueDelivery:
    """Return a digest with what it has still to tell: some of it may have been discarded since it was made."""
    assert delivery.digest is not None  # noqa: S101 - it is one
    is_to_tell = sa.and_(deliveries.c.digest_id == delivery.id, deliveries.c.status == DeliveryStatus.FOLDED.value)
    if delivery.digest.reason is DigestReason.OVERFLOW:
        items = _without_words(connection, _LOUDEST_FIRST.where(is_to_tell).limit(_TOLD_AT_ONCE))
        count = sa.select(sa.func.count()).select_from(deliveries).where(is_to_tell)
        left = connection.execute(count).scalar_one()
    else:
        items = _without_words(connection, _WITHOUT_TEXTS.where(is_to_tell))
        left = len(items)
    digest = replace(delivery.digest, total=delivery.digest.told + left)
    return due_digest(replace(delivery, digest=digest), items)


def items_of(
    connection: sa.Connection, digest_id: DeliveryId, statuses: Collection[DeliveryStatus]
) -> list[DueDelivery]:
    """Return what a digest tells and stands so, without the texts of the articles: there may be thousands."""
    return _without_words(connection, _WITHOUT_TEXTS.where(deliveries.c.digest_id == digest_id, stands_at(statuses)))


def _without_words(connection: sa.Connection, query: sa.Select[Any]) -> list[DueDelivery]:
    return [_due_from(connection, row) for row in connection.execute(query).mappings()]


def _whole_of(connection: sa.Connection, found: Sequence[DueDelivery]) -> list[DueDelivery]:
    """Add what is read of all at once: the words that matched, the stories."""
    return _with_stories(connection, _with_matches(connection, found))


def _with_matches(connection: sa.Connection, found: Sequence[DueDelivery]) -> list[DueDelivery]:
    """Add the matches of the alerts' rules, in their order."""
    wanted = {(due.alert.article_id, rule.id) for due in found if due.delivery.alert_id for rule in due.alert.rules}
    known = _matches(connection, sorted(wanted)) if wanted else {}
    return [replace(due, matches=_in_order(due.alert, known)) if due.delivery.alert_id else due for due in found]


def _matches(
    connection: sa.Connection, wanted: Sequence[tuple[ArticleId, RuleId]]
) -> dict[tuple[ArticleId, RuleId], Match]:
    rows = (
        row
        for start in range(0, len(wanted), IN_LIMIT // 2)
        for row in connection.execute(_MATCHES, {"keys": wanted[start : start + IN_LIMIT // 2]})
    )
    return {(ArticleId(row.article_id), RuleId(row.rule_id)): match_from(row) for row in rows}


def _in_order(alert: Alert, known: Mapping[tuple[ArticleId, RuleId], Match]) -> tuple[Match, ...]:
    found = (known.get((alert.article_id, rule.id)) for rule in alert.rules)
    return tuple(match for match in found if match is not None)


def _with_stories(connection: sa.Connection, found: Sequence[DueDelivery]) -> list[DueDelivery]:
    """Add the other articles of the stories, and of updates the messages that they are about."""
    told = {due.alert.story_id for due in found if due.delivery.alert_id}
    stories = story_queries.sources(connection, told) if told else {}
    updated = {due.alert.id for due in found if due.delivery.kind is DeliveryKind.UPDATE}
    messages = story_queries.first_messages(connection, updated) if updated else {}
    pages = story_queries.digest_messages(connection, updated) if updated else {}
    waiting = story_queries.waiting_alerts(connection, updated) if updated else frozenset()
    whole = []
    for due in found:
        sources = stories.get(due.alert.story_id, ())
        others = tuple(source for article_id, source in sources if article_id != due.alert.article_id)
        message_id = messages.get(due.alert.id)
        if due.delivery.kind is not DeliveryKind.UPDATE:
            whole.append(replace(due, sources=others))
            continue
        if message_id is None and due.delivery.is_reply:
            message_id = pages.get(due.alert.id)
        is_told_later = due.alert.id in waiting
        whole.append(replace(due, sources=others, first_message_id=message_id, is_told_later=is_told_later))
    return whole


def _part(row: Mapping[Any, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
