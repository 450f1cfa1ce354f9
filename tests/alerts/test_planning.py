"""Who is told about what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from support.builders import NOW, article, match, rule

from aggregator.alerts.planning import alert_id, plan_alerts, plan_change
from aggregator.model.alerts import ArticleChange, Delivery, DeliveryKind, Subscription
from aggregator.model.articles import Article
from aggregator.model.ids import ChannelId, RuleId, StoryId
from aggregator.model.rules import OnUpdate, Priority, Rule
from aggregator.stories.identity import new_story

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
        story_id=new_story(SUBJECT),
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
        story_id=new_story(SUBJECT),
        now=NOW,
    )

    assert (alerts, deliveries) == ([], [])


def change(
    before: Article, after: Article, *rules: Rule, held: Collection[str], holds: Collection[str]
) -> list[Delivery]:
    """Plan a change of an article; each rule is subscribed by its channels."""
    return plan_change(
        before=before,
        article=after,
        matched=[RuleId(name) for name in held],
        matches=[RuleId(name) for name in holds],
        rules={item.id: item for item in rules},
        subscriptions={
            item.id: [Subscription(channel_id=channel, rule_id=item.id) for channel in item.send_to] for item in rules
        },
        story_id=new_story(after),
        now=NOW,
    )


RENAMED = replace(SUBJECT, title="Other words", content_hash="2")
LONGER = replace(SUBJECT, summary="More of it", content_hash="3")


def test_an_article_that_joins_a_story_updates_its_alert() -> None:
    """For where the story has been told: a rule that alerts once an article has no such alert."""
    once, each = rule("a"), rule("b", once_per_story=False, send_to=(ChannelId("wall"),))

    _, deliveries = plan_alerts(
        article=SUBJECT,
        matches=[match(SUBJECT, "a"), match(SUBJECT, "b")],
        rules={item.id: item for item in (once, each)},
        subscriptions={item.id: [Subscription(channel_id=item.send_to[0], rule_id=item.id)] for item in (once, each)},
        story_id=StoryId("s1"),
        now=NOW,
        joins=True,
    )

    assert [(item.channel_id, item.kind) for item in deliveries] == [
        ("desk", DeliveryKind.NEW),
        ("wall", DeliveryKind.NEW),
        ("desk", DeliveryKind.UPDATE),
    ]


@pytest.mark.parametrize(
    ("after", "held", "holds", "on_update", "is_told"),
    [
        (RENAMED, ["r1"], ["r1"], OnUpdate.EDIT, True),
        (LONGER, ["r1"], ["r1"], OnUpdate.EDIT, False),
        (LONGER, ["r1"], [], OnUpdate.EDIT, True),
        (LONGER, [], ["r1"], OnUpdate.ALERT, True),
        (RENAMED, ["r1"], ["r1"], OnUpdate.IGNORE, False),
        (RENAMED, ["gone"], ["gone"], OnUpdate.EDIT, False),
        (RENAMED, [], [], OnUpdate.EDIT, False),
    ],
)
def test_only_what_matters_is_an_update(
    after: Article, held: list[str], holds: list[str], on_update: OnUpdate, is_told: bool
) -> None:
    """Another headline, a rule that newly holds or no longer does: of rules that do not ignore changes."""
    updates = change(SUBJECT, after, rule(on_update=on_update), held=held, holds=holds)

    assert bool(updates) is is_told
    assert all(item.is_reply is (on_update is OnUpdate.ALERT) for item in updates)


def test_an_update_says_what_changed() -> None:
    """The headlines, and the rules of the channel that joined and left; the same change has the same id."""
    stays, joins, leaves = (
        rule(name, title=title, on_update=OnUpdate.EDIT) for name, title in zip("abc", ("A", "", "C"), strict=True)
    )

    updates = change(SUBJECT, RENAMED, stays, joins, leaves, held=["a", "c"], holds=["a", "b"])

    [said] = {item.change for item in updates}
    assert said == ArticleChange(before=SUBJECT.title, after="Other words", gained=("b",), lost=("C",))
    assert updates == change(SUBJECT, RENAMED, stays, joins, leaves, held=["a", "c"], holds=["a", "b"])
    assert {item.alert_id for item in updates} == {
        alert_id(ChannelId("desk"), new_story(RENAMED)),
        alert_id(ChannelId("desk"), RENAMED.id),
    }
