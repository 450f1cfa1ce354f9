"""What the store knows of readers' feedback."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from aggregator.model.feedback import Feedback, JudgedArticle, Precision, Verdict
from aggregator.model.ids import AlertId, DeliveryId, RuleId
from aggregator.storage.engine import upsert
from aggregator.storage.rows import article_from, rules_from
from aggregator.storage.tables import alerts, articles, deliveries, feedback


def alert_of(connection: sa.Connection, delivery_id: DeliveryId) -> AlertId | None:
    """See `ports.Store.alert_of`."""
    found = connection.execute(sa.select(deliveries.c.alert_id).where(deliveries.c.id == delivery_id)).scalar()
    return None if found is None else AlertId(found)


def save(connection: sa.Connection, given: Feedback) -> list[RuleId]:
    """See `ports.Store.save_feedback`."""
    values = connection.execute(sa.select(alerts.c.rules).where(alerts.c.id == given.alert_id)).scalar()
    rule_ids = [rule.id for rule in rules_from(values or [])]
    if rule_ids:
        rows: list[dict[str, Any]] = [
            {
                "alert_id": given.alert_id,
                "rule_id": rule_id,
                "given_by": given.by,
                "verdict": given.verdict.value,
                "given_at": given.given_at,
            }
            for rule_id in rule_ids
        ]
        connection.execute(upsert(feedback, "alert_id", "rule_id", "given_by"), rows)
    return rule_ids


def precisions(connection: sa.Connection) -> list[Precision]:
    """See `ports.Store.precisions`."""
    judged = _judged().subquery()
    query = (
        sa.select(
            judged.c.rule_id,
            sa.func.sum(sa.case((judged.c.weight > 0, 1), else_=0)).label("good"),
            sa.func.sum(sa.case((judged.c.weight > 0, 0), else_=1)).label("bad"),
        )
        .group_by(judged.c.rule_id)
        .order_by(judged.c.rule_id)
    )
    return [
        Precision(rule_id=RuleId(row.rule_id), good=int(row.good), bad=int(row.bad))
        for row in connection.execute(query)
    ]


def judged_articles(connection: sa.Connection, rule_id: RuleId, limit: int) -> list[JudgedArticle]:
    """See `ports.Store.judged_articles`."""
    judged = _judged().where(feedback.c.rule_id == rule_id).subquery()
    query = (
        sa.select(*articles.c, judged.c.weight)
        .join(alerts, alerts.c.article_id == articles.c.id)
        .join(judged, judged.c.alert_id == alerts.c.id)
        .order_by(judged.c.given_at.desc(), articles.c.id)
        .limit(limit)
    )
    return [
        JudgedArticle(article=article_from(row), verdict=Verdict.GOOD if row["weight"] > 0 else Verdict.BAD)
        for row in connection.execute(query).mappings()
    ]


def _judged() -> sa.Select[Any]:
    """Select each alert's weight for each rule: above 0 where more readers find it good than bad."""
    weight = sa.case((feedback.c.verdict == Verdict.GOOD.value, 1), else_=-1)
    return sa.select(
        feedback.c.alert_id,
        feedback.c.rule_id,
        sa.func.sum(weight).label("weight"),
        sa.func.max(feedback.c.given_at).label("given_at"),
    ).group_by(feedback.c.alert_id, feedback.c.rule_id)
