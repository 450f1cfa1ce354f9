"""How poll plans are written: many in one transaction, each harmless to write twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from aggregator.alerts.notices import GATHERED_FOR, notice_attempt_at
from aggregator.model.alerts import Alert, DeliveryKind
from aggregator.model.articles import SeenArticle
from aggregator.model.feeds import FeedState
from aggregator.model.ids import AlertId, DeliveryId, FeedId
from aggregator.model.polls import PollPlan
from aggregator.storage.engine import IN_LIMIT, insert_or_ignore, upsert
from aggregator.storage.learning_codec import hints_values, pack_cadence, pack_outline
from aggregator.storage.rows import (
    Values,
    alert_values,
    article_values,
    delivery_values,
    match_values,
    notice_values,
    revision_values,
    rules_from,
    rules_values,
    seen_values,
)
from aggregator.storage.tables import (
    UNFINISHED,
    alerts,
    articles,
    deliveries,
    feed_outlines,
    feed_states,
    host_holds,
    matches,
    notices,
    revisions,
    seen_articles,
    story_members,
)

_LISTED_AT_STEP = timedelta(days=1)
"""`last_listed_at` is renewed once a day at most: it decides over 30 days, and each renewal is a write."""

_LEARNED = ("cadence", "hints")
_STATE_COLUMNS = tuple(field.name for field in fields(FeedState) if field.name not in ("feed_id", *_LEARNED))


def _update_state(columns: Sequence[str]) -> sa.Update:
    values: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(f"b_{name}") for name in columns}
    return feed_states.update().where(feed_states.c.feed_id == sa.bindparam("b_feed_id")).values(values)


_UPDATE_STATE = _update_state(_STATE_COLUMNS)
_UPDATE_LEARNED = _update_state(_LEARNED)
_INSERT_ALERTS = alerts.insert()
_ARTICLES_OF = sa.select(alerts.c.id, alerts.c.article_id).where(alerts.c.id.in_(sa.bindparam("ids", expanding=True)))


def write_plans(connection: sa.Connection, plans: Sequence[PollPlan]) -> None:
    """Write all of `plans` in the transaction of `connection`, in their order."""
    connection.execute(_UPDATE_STATE, [_state_parameters(plan.state) for plan in plans])
    learned = [_learned_parameters(plan.state) for plan in plans if plan.outline is not None]
    if learned:
        connection.execute(_UPDATE_LEARNED, learned)
    _insert_articles(connection, plans)
    _write_outlines(connection, plans)
    for plan in plans:
        if plan.listed:
            _update_articles(connection, plan)
        if plan.matches or plan.alerts or plan.notices or plan.hold or plan.deliveries:
            _write_alerts(connection, plan)


def _state_parameters(state: FeedState) -> Values:
    parameters: Values = {f"b_{name}": getattr(state, name) for name in _STATE_COLUMNS}
    parameters["b_feed_id"] = state.feed_id
    return parameters


def _learned_parameters(state: FeedState) -> Values:
    return {
        "b_feed_id": state.feed_id,
        "b_cadence": pack_cadence(state.cadence),
        "b_hints": hints_values(state.hints),
    }


def _write_outlines(connection: sa.Connection, plans: Sequence[PollPlan]) -> None:
    rows = [
        {"feed_id": plan.state.feed_id, "outline": pack_outline(plan.outline)}
        for plan in plans
        if plan.outline is not None
    ]
    if rows:
        connection.execute(upsert(feed_outlines, "feed_id"), rows)


def _insert_articles(connection: sa.Connection, plans: Sequence[PollPlan]) -> None:
    """Insert the new articles of all plans by one statement a table."""
    new = [(article, _written_at(plan)) for plan in plans for article in plan.new_articles]
    if not new:
        return
    connection.execute(insert_or_ignore(articles), [article_values(article, now) for article, now in new])
    connection.execute(insert_or_ignore(seen_articles), [seen_values(article, now) for article, now in new])


def _update_articles(connection: sa.Connection, plan: PollPlan) -> None:
    now = _written_at(plan)
    for article in plan.updated_articles:
        values = article_values(article, now)
        del values["stored_at"]
        connection.execute(articles.update().where(articles.c.id == article.id).values(values))
        connection.execute(
            seen_articles.update()
            .where(seen_articles.c.feed_id == article.feed_id, seen_articles.c.article_key == article.key)
            .values(content_hash=article.content_hash, title=article.title)
        )
    if plan.revisions:
        connection.execute(insert_or_ignore(revisions), [revision_values(revision) for revision in plan.revisions])
    if plan.aliases:
        rows = [_alias_values(plan.state.feed_id, alias, now) for alias in plan.aliases]
        connection.execute(insert_or_ignore(seen_articles), rows)
    new = {article.key for article in plan.new_articles}
    known = [key for key in plan.listed if key not in new]
    for start in range(0, len(known), IN_LIMIT):
        connection.execute(
            seen_articles.update()
            .where(
                seen_articles.c.feed_id == plan.state.feed_id,
                seen_articles.c.key.in_(known[start : start + IN_LIMIT]),
                seen_articles.c.last_listed_at < now - _LISTED_AT_STEP,
            )
            .values(last_listed_at=now)
        )


def _alias_values(feed_id: FeedId, alias: SeenArticle, now: datetime) -> Values:
    return {
        "feed_id": feed_id,
        "key": alias.key,
        "article_key": alias.article_key,
        "content_hash": alias.content_hash,
        "title": alias.title,
        "published_at": alias.published_at,
        "link_key": alias.link_key,
        "first_seen_at": now,
        "last_listed_at": now,
    }


def _write_alerts(connection: sa.Connection, plan: PollPlan) -> None:
    now = _written_at(plan)
    if plan.matches:
        connection.execute(insert_or_ignore(matches), [match_values(match, now) for match in plan.matches])
    if plan.members:
        connection.execute(insert_or_ignore(story_members), [asdict(member) for member in plan.members])
    updates = _updates(connection, plan)
    _insert_alerts(connection, plan.alerts)
    times = _notice_times(connection, plan)
    if plan.notices:
        connection.execute(insert_or_ignore(notices), [notice_values(notice) for notice in plan.notices])
    if plan.hold is not None:
        connection.execute(upsert(host_holds, "host"), [{"host": plan.hold.host, "until": plan.hold.until}])
    due = [
        replace(item, next_attempt_at=times.get(item.id, item.next_attempt_at))
        for item in plan.deliveries
        if item.kind is not DeliveryKind.UPDATE or item.id in updates
    ]
    if due:
        connection.execute(insert_or_ignore(deliveries), [delivery_values(delivery) for delivery in due])


def _insert_alerts(connection: sa.Connection, planned: Sequence[Alert]) -> None:
    """Insert the alerts that are new, all at once, as one article may be for thousands of chats; add to the others."""
    known = _articles_of(connection, [alert.id for alert in planned]).keys()
    new: dict[AlertId, Alert] = {}
    met = [alert for alert in planned if alert.id in known or new.setdefault(alert.id, alert) is not alert]
    if new:
        connection.execute(_INSERT_ALERTS, list(map(alert_values, new.values())))
    for alert in met:
        _add_rules(connection, alert)


def _articles_of(connection: sa.Connection, ids: Sequence[AlertId | None]) -> dict[AlertId, str]:
    """Return the article of each of the alerts that exist."""
    found: dict[AlertId, str] = {}
    for start in range(0, len(ids), IN_LIMIT):
        rows = connection.execute(_ARTICLES_OF, {"ids": list(ids[start : start + IN_LIMIT])})
        found |= {AlertId(row.id): row.article_id for row in rows}
    return found


def _updates(connection: sa.Connection, plan: PollPlan) -> set[DeliveryId]:
    """Return the updates that are of alerts which exist: that a change is about the alert's own article, too."""
    planned = [item for item in plan.deliveries if item.kind is DeliveryKind.UPDATE]
    if not planned:
        return set()
    changed = {article.id for article in plan.updated_articles}
    article_of = _articles_of(connection, [item.alert_id for item in planned])
    return {
        item.id
        for item in planned
        if item.alert_id in article_of and (item.change is None or article_of[item.alert_id] in changed)
    }


def _notice_times(connection: sa.Connection, plan: PollPlan) -> dict[DeliveryId, datetime]:
    """Return when the notices of a plan that is not yet written may be sent: of many, most wait for each other."""
    times: dict[DeliveryId, datetime] = {}
    for number, notice in enumerate(plan.notices):
        now = notice.created_at
        made_lately = sa.select(sa.func.count()).select_from(notices).where(notices.c.created_at > now - GATHERED_FOR)
        recent = connection.execute(made_lately).scalar_one() + number
        for delivery in plan.deliveries:
            if delivery.notice_id != notice.id:
                continue
            waiting = sa.select(sa.func.max(deliveries.c.next_attempt_at)).where(
                UNFINISHED,
                deliveries.c.channel_id == delivery.channel_id,
                deliveries.c.notice_id.is_not(None),
                deliveries.c.next_attempt_at > now,
            )
            until = connection.execute(waiting).scalar_one()
            times[delivery.id] = notice_attempt_at(now, recent=recent, gathering_until=until)
    return times


def _add_rules(connection: sa.Connection, alert: Alert) -> None:
    row = connection.execute(sa.select(alerts.c.rules, alerts.c.priority).where(alerts.c.id == alert.id)).one()
    known = rules_from(row.rules)
    known_ids = {rule.id for rule in known}
    added = tuple(rule for rule in alert.rules if rule.id not in known_ids)
    if added:
        connection.execute(
            alerts.update()
            .where(alerts.c.id == alert.id)
            .values(rules=rules_values(known + added), priority=max(row.priority, int(alert.priority)))
        )


def _written_at(plan: PollPlan) -> datetime:
    """The time of the poll: plans carry it, so that the store needs no clock."""
    return plan.state.last_polled_at or plan.state.next_poll_at
