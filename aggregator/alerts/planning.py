"""From matches to alerts and the deliveries that carry them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model.alerts import Alert, AlertRule, Delivery, DeliveryKind, Subscription
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ChannelId, DeliveryId, RuleId, StoryId, derive_id
from aggregator.model.rules import Match, Rule


def plan_alerts(  # noqa: PLR0913 - one decision, all its inputs named
    *,
    article: Article,
    matches: Sequence[Match],
    rules: Mapping[RuleId, Rule],
    subscriptions: Mapping[RuleId, Sequence[Subscription]],
    story_id: StoryId,
    now: datetime,
) -> tuple[list[Alert], list[Delivery]]:
    """Return one alert and one delivery for each channel that is subscribed to a rule that matched.

    An alert names all its channel's rules, the loudest first, and is as loud as they. Its identity is (channel,
    story), or (channel, article) when none of its rules is once per story: planned again, it has the same id.
    """
    by_channel: dict[ChannelId, list[Rule]] = {}
    for match in matches:
        for subscription in subscriptions.get(match.rule_id, ()):
            by_channel.setdefault(subscription.channel_id, []).append(rules[match.rule_id])
    alerts = [
        _alert(article, channel_id, channel_rules, story_id=story_id, now=now)
        for channel_id, channel_rules in sorted(by_channel.items())
    ]
    return alerts, [_first_delivery(alert) for alert in alerts]


def _alert(
    article: Article, channel_id: ChannelId, rules: Sequence[Rule], *, story_id: StoryId, now: datetime
) -> Alert:
    loudest_first = sorted(rules, key=lambda rule: (-rule.priority, rule.id))
    subject = story_id if any(rule.once_per_story for rule in rules) else article.id
    return Alert(
        id=AlertId(derive_id("alert", channel_id, subject)),
        channel_id=channel_id,
        story_id=story_id,
        article_id=article.id,
        rules=tuple(AlertRule(id=rule.id, title=rule.title) for rule in loudest_first),
        priority=loudest_first[0].priority,
        created_at=now,
    )


def _first_delivery(alert: Alert) -> Delivery:
    return Delivery(
        id=DeliveryId(derive_id("delivery", alert.id, DeliveryKind.NEW)),
        alert_id=alert.id,
        channel_id=alert.channel_id,
        kind=DeliveryKind.NEW,
        created_at=alert.created_at,
        next_attempt_at=alert.created_at,
    )
