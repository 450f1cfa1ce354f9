"""A digest on its way, in the shape of an alert."""

from __future__ import annotations

from support.builders import NOW, article, due

from aggregator.alerts.digests import due_digest
from aggregator.model.alerts import AlertRule, Delivery, DeliveryKind
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, RuleId
from aggregator.model.rules import Priority

DIGEST = Delivery(
    id=DeliveryId("digest"),
    channel_id=ChannelId("desk"),
    kind=DeliveryKind.DIGEST,
    created_at=NOW,
    next_attempt_at=NOW,
    digest=Digest(reason=DigestReason.SCHEDULED, total=14, told=12, pages_sent=1),
)


def test_a_digest_has_the_shape_of_an_alert() -> None:
    """Its title counts all its alerts, it leads nowhere, names each rule once, and is as loud as the loudest."""
    spies = AlertRule(id=RuleId("r2"), title="Spies")
    items = (
        due(article("a")),
        due(article("b"), rules=(spies,), priority=Priority.HIGH),
        due(article("c"), rules=(spies,)),
    )

    made = due_digest(DIGEST, items)

    assert (made.article.title, made.article.url, made.article.feed_id) == ("Digest · 14 alerts", "", "aggregator")
    assert [rule.id for rule in made.alert.rules] == ["r1", "r2"]
    assert made.alert.priority is Priority.HIGH
    assert (made.delivery, made.items, made.alert.channel_id) == (DIGEST, items, "desk")


def test_a_digest_with_nothing_left_is_one_still() -> None:
    """It names no rule, and is of normal priority."""
    made = due_digest(DIGEST, ())

    assert (made.items, made.alert.rules, made.alert.priority) == ((), (), Priority.NORMAL)
