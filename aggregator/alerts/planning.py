"""From matches, and from changes to articles, to alerts and the deliveries that carry them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.model.alerts import Alert, AlertRule, ArticleChange, Delivery, DeliveryKind, Subscription
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ArticleId, ChannelId, DeliveryId, RuleId, StoryId, derive_id
from aggregator.model.rules import Match, OnUpdate, Rule


def plan_alerts(  # noqa: PLR0913 - one decision, all its inputs named
    *,
    article: Article,
    matches: Sequence[Match],
    rules: Mapping[RuleId, Rule],
    subscriptions: Mapping[RuleId, Sequence[Subscription]],
    story_id: StoryId,
    now: datetime,
    joins: bool = False,
) -> tuple[list[Alert], list[Delivery]]:
    """Return one alert and its first delivery for each channel that is subscribed to a rule that matched.

    An alert names all its channel's rules, the loudest first, and is as loud as they. Its identity is (channel,
    story), or (channel, article) when none of its rules is once per story: planned again, it has the same id. An
    article that `joins` a story brings an update as well, for where the alert has been there before: the story has one
    more source.
    """
    by_channel: dict[ChannelId, list[Rule]] = {}
    for match in matches:
        for subscription in subscriptions.get(match.rule_id, ()):
            by_channel.setdefault(subscription.channel_id, []).append(rules[match.rule_id])
    alerts = [
        _alert(article, channel_id, channel_rules, story_id=story_id, now=now)
        for channel_id, channel_rules in sorted(by_channel.items())
    ]
    deliveries = [_delivery(alert.id, alert.channel_id, DeliveryKind.NEW, now) for alert in alerts]
    if joins:
        of_stories = [alert for alert in alerts if alert.id == alert_id(alert.channel_id, story_id)]
        deliveries += [
            _delivery(alert.id, alert.channel_id, DeliveryKind.UPDATE, now, article.id) for alert in of_stories
        ]
    return alerts, deliveries


def plan_change(  # noqa: PLR0913 - one decision, all its inputs named
    *,
    before: Article,
    article: Article,
    matched: Collection[RuleId],
    matches: Collection[RuleId],
    rules: Mapping[RuleId, Rule],
    subscriptions: Mapping[RuleId, Sequence[Subscription]],
    story_id: StoryId,
    now: datetime,
) -> list[Delivery]:
    """Return the updates of an article whose publisher changed it: `matched` are the rules that held before.

    Only a change of the headline, or of which rules hold, is worth one; and only for channels of which a rule, old or
    new, does not ignore changes. Where a rule asks for `alert`, it is a message that answers the first one. The updates
    are of alerts that may not exist.
    """
    known = rules.keys() & {*matched, *matches}
    heard = {rule_id for rule_id in known if rules[rule_id].on_update is not OnUpdate.IGNORE}
    gained, lost = heard.difference(matched), heard.difference(matches)
    if not gained and not lost and before.title == article.title:
        return []
    by_channel: dict[ChannelId, list[Rule]] = {}
    for rule_id in sorted(heard):
        for subscription in subscriptions.get(rule_id, ()):
            by_channel.setdefault(subscription.channel_id, []).append(rules[rule_id])
    updates = []
    for channel_id, channel_rules in sorted(by_channel.items()):
        change = ArticleChange(
            before=before.title,
            after=article.title,
            gained=tuple(rule.title or rule.id for rule in channel_rules if rule.id in gained),
            lost=tuple(rule.title or rule.id for rule in channel_rules if rule.id in lost),
        )
        is_reply = any(rule.on_update is OnUpdate.ALERT for rule in channel_rules)
        for subject in (story_id, article.id):
            update = _delivery(
                alert_id(channel_id, subject), channel_id, DeliveryKind.UPDATE, now, article.id, article.content_hash
            )
            updates.append(replace(update, change=change, is_reply=is_reply))
    return updates


def alert_id(channel_id: ChannelId, subject: StoryId | ArticleId) -> AlertId:
    """Return the id of what a channel is told about a story, or about an article alone."""
    return AlertId(derive_id("alert", channel_id, subject))


def _alert(
    article: Article, channel_id: ChannelId, rules: Sequence[Rule], *, story_id: StoryId, now: datetime
) -> Alert:
    loudest_first = sorted(rules, key=lambda rule: (-rule.priority, rule.id))
    subject = story_id if any(rule.once_per_story for rule in rules) else article.id
    return Alert(
        id=alert_id(channel_id, subject),
        channel_id=channel_id,
        story_id=story_id,
        article_id=article.id,
        rules=tuple(AlertRule(id=rule.id, title=rule.title) for rule in loudest_first),
        priority=loudest_first[0].priority,
        created_at=now,
    )


def _delivery(alert: AlertId, channel_id: ChannelId, kind: DeliveryKind, now: datetime, *parts: str) -> Delivery:
    return Delivery(
        id=DeliveryId(derive_id("delivery", alert, kind, *parts)),
        alert_id=alert,
        channel_id=channel_id,
        kind=kind,
        created_at=now,
        next_attempt_at=now,
    )
