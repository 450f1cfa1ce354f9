"""Who is told about what."""

from __future__ import annotations

from support.builders import NOW, article, match, rule

from aggregator.alerts.planning import plan_alerts
from aggregator.model.alerts import Subscription
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Priority, Rule
from aggregator.stories.identity import story_of

SUBJECT = article()


def plan(*rules: Rule) -> tuple[list[str], list[list[str]], list[Priority]]:
    """Plan alerts for rules that all matched; each is subscribed by its channels."""
    alerts, deliveries = plan_alerts(
        article=SUBJECT,
        matches=[match(SUBJECT, item.id) for item in rules],
        rules={item.id: item for item in rules},
        subscriptions={
            item.id: [Subscription(channel_id=channel, rule_id=item.id) for channel in item.send_to] for item in rules
        },
        story_id=story_of(SUBJECT),
        now=NOW,
    )
    assert [delivery.alert_id for delivery in deliveries] == [alert.id for alert in alerts]
    assert all(delivery.next_attempt_at == NOW for delivery in deliveries)
    return [str(alert.id) for alert in alerts], [[r.id for r in a.rules] for a in alerts], [a.priority for a in alerts]


def test_a_channel_gets_one_alert_for_all_its_rules() -> None:
    """Two rules of one channel are one alert, as loud as the louder, which is named first."""
    loud = rule("z", priority=Priority.HIGH)
    quiet = rule("a", send_to=(ChannelId("desk"), ChannelId("wall")))

    ids, rules, priorities = plan(quiet, loud)

    assert len(ids) == 2
    assert rules == [["z", "a"], ["a"]]
    assert priorities == [Priority.HIGH, Priority.NORMAL]


def test_an_alert_planned_again_is_the_same() -> None:
    """Its identity follows from channel and story, so that a repeat is harmless."""
    assert plan(rule()) == plan(rule())


def test_a_rule_may_alert_once_an_article() -> None:
    """Without once-per-story the identity is that of the article."""
    assert plan(rule(once_per_story=False))[0] != plan(rule())[0]


def test_a_rule_without_subscribers_alerts_nobody() -> None:
    """A match that nobody subscribed to is no alert."""
    assert plan(rule(send_to=()))[0] == []


def test_matches_of_rules_that_nobody_knows_are_passed_over() -> None:
    """A rule that is in no subscription needs no entry either."""
    alerts, deliveries = plan_alerts(
        article=SUBJECT,
        matches=[match(SUBJECT, "gone")],
        rules={},
        subscriptions={RuleId("r1"): []},
        story_id=story_of(SUBJECT),
        now=NOW,
    )

    assert (alerts, deliveries) == ([], [])
