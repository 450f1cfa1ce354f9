"""Which silence meets an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, due

from aggregator.alerts.silencing import silenced_by
from aggregator.model.alerts import AlertRule, DeliveryKind, DueDelivery
from aggregator.model.articles import Article
from aggregator.model.ids import ChannelId, RuleId, SilenceId, StoryId
from aggregator.model.silences import Silence, SilenceScope

TOLD = due(article(tags=("Conflict",), feed_tags=("ukraine",)), story_id=StoryId("s1"))


def silence(scope: SilenceScope, value: str, name: str = "s", **changes: object) -> Silence:
    """A silence of every channel, for good."""
    made = Silence(id=SilenceId(name), scope=scope, value=value, created_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def rule_silence(rule_id: str, hours: int | None, name: str = "") -> Silence:
    """A silence of a rule, for so many hours or for good."""
    until = None if hours is None else NOW + hours * HOUR
    return silence(SilenceScope.RULE, rule_id, name or f"{rule_id}-{hours}", until=until)


def has_word(query: str, about: Article) -> bool:
    """Whether the query, one word, is in the title."""
    return query in about.title


def named(told: DueDelivery, *silences: Silence) -> str | None:
    """The id of the silence that meets it."""
    found = silenced_by(told, silences, NOW, holds=has_word)
    return None if found is None else found.id


def told_by(*rule_ids: str) -> DueDelivery:
    """A due alert of these rules."""
    return due(article(), rules=tuple(AlertRule(id=RuleId(rule_id), title="") for rule_id in rule_ids))


@pytest.mark.parametrize(
    ("scope", "value", "is_met"),
    [
        (SilenceScope.RULE, "r1", True),
        (SilenceScope.RULE, "r2", False),
        (SilenceScope.FEED, "ep", True),
        (SilenceScope.FEED, "other", False),
        (SilenceScope.STORY, "s1", True),
        (SilenceScope.STORY, "s2", False),
        (SilenceScope.KEYWORD, "captives", True),
        (SilenceScope.KEYWORD, "museum", False),
        (SilenceScope.TAG, "conflict", True),
        (SilenceScope.TAG, "UKRAINE", True),
        (SilenceScope.TAG, "sport", False),
    ],
)
def test_a_silence_meets_what_it_names(scope: SilenceScope, value: str, is_met: bool) -> None:
    """The rule, the feed, the story, what a query holds for, or a tag of the article or its feed in any case."""
    assert (named(TOLD, silence(scope, value)) == "s") is is_met


def test_an_alert_that_another_rule_raised_too_is_still_wanted() -> None:
    """All of its rules must be silenced by rule; one without rules is not silenced so."""
    first, second = rule_silence("r1", 2), rule_silence("r2", 5)

    assert named(told_by("r1", "r2"), first) is None
    assert named(told_by("r1", "r2"), first, silence(SilenceScope.FEED, "ep", "f")) == "f"
    assert named(told_by(), first) is None
    assert named(told_by("r1", "r2"), second, first) == "r1-2"


def test_an_alert_of_several_rules_is_silent_as_long_as_each_of_them_is() -> None:
    """Of several silences of one rule the longest counts, and then the rule that ends first."""
    silences = (rule_silence("r1", 2), rule_silence("r1", None), rule_silence("r2", 5), rule_silence("r2", 3))

    assert named(told_by("r1", "r2"), *silences) == "r2-5"
    assert named(told_by("r1"), *silences) == "r1-None"


def test_the_longest_silence_is_the_one() -> None:
    """One without end before all others; of two alike the first."""
    short = silence(SilenceScope.FEED, "ep", "short", until=NOW + HOUR)
    long = silence(SilenceScope.TAG, "ukraine", "long", until=NOW + timedelta(days=1))
    endless = silence(SilenceScope.STORY, "s1", "endless")

    assert named(TOLD, short, long) == "long"
    assert named(TOLD, short, long, endless, replace(endless, id=SilenceId("second"))) == "endless"


def test_only_what_silences_this_channel_now_counts() -> None:
    """Not what has ended, by time or by a person, nor what is another channel's."""
    wanted = silence(SilenceScope.FEED, "ep")

    assert named(TOLD, replace(wanted, channel_id=ChannelId("desk"))) == "s"
    assert named(TOLD, replace(wanted, channel_id=ChannelId("soc"))) is None
    assert named(TOLD, replace(wanted, until=NOW)) is None
    assert named(TOLD, replace(wanted, ended_at=NOW)) is None


@pytest.mark.parametrize(
    ("kind", "is_met"),
    [
        (DeliveryKind.NEW, True),
        (DeliveryKind.UPDATE, True),
        (DeliveryKind.DIGEST, False),
        (DeliveryKind.NOTICE, False),
    ],
)
def test_digests_and_notices_are_never_silenced(kind: DeliveryKind, is_met: bool) -> None:
    """What they tell was decided before, or is for the admins."""
    told = replace(TOLD, delivery=delivery(alert(TOLD.article), kind=kind))

    assert (named(told, silence(SilenceScope.FEED, "ep")) is not None) is is_met
