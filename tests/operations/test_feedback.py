"""What readers think of alerts, and what a rule should leave out for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.builders import NOW, alert, article, delivery, feed, rule, state
from support.stores import new_store

from aggregator.errors import AggregatorError, NotFound
from aggregator.model.alerts import AlertRule
from aggregator.model.feedback import Precision, Verdict
from aggregator.model.ids import DeliveryId, RuleId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Example
from aggregator.operations.feedback import exclude_bad, give_feedback
from aggregator.storage.store import SqlStore

GOOD = ("Families of captives were called", "Relatives of captives asked to spy for the enemy")
BAD = ("Football captives of the stadium sing", "Captives, a film about football, opens in the cinema")
LIKE_GOOD = "Captives of families were called"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A database with an alert for each title."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    for title in (*GOOD, *BAD, LIKE_GOOD):
        subject = article(title, title=title, summary="", language="en")
        about = alert(subject, rules=(AlertRule(id=RuleId("r1"), title=""), AlertRule(id=RuleId("r2"), title="")))
        sent = delivery(about, id=DeliveryId(title))
        await store.apply(PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(sent,)))
    yield store
    await store.close()


async def judge(store: SqlStore, verdict: Verdict, *titles: str, by: str = "ann") -> None:
    """Have a reader judge alerts."""
    for title in titles:
        await give_feedback(store, DeliveryId(title), verdict, by=by, now=NOW)


async def test_a_thumb_counts_for_each_rule_of_the_alert(store: SqlStore) -> None:
    """Said again, it takes the place of what the reader said before."""
    await judge(store, Verdict.BAD, *GOOD, *BAD)
    await judge(store, Verdict.GOOD, *GOOD)

    assert await store.precisions() == [
        Precision(rule_id=RuleId("r1"), good=2, bad=2),
        Precision(rule_id=RuleId("r2"), good=2, bad=2),
    ]


async def test_an_alert_is_what_most_of_its_readers_think(store: SqlStore) -> None:
    """Where they are divided, it was not worth it."""
    await judge(store, Verdict.GOOD, GOOD[0], GOOD[1])
    await judge(store, Verdict.BAD, GOOD[0], GOOD[1], by="bob")
    await judge(store, Verdict.GOOD, GOOD[0], by="eve")

    [first, _] = await store.precisions()

    assert (first.good, first.bad) == (1, 1)


async def test_a_thumb_on_nothing_is_refused(store: SqlStore) -> None:
    """The error says where the ids are."""
    with pytest.raises(NotFound, match="deliveries list"):
        await judge(store, Verdict.GOOD, "nothing")


async def test_a_rule_leaves_out_what_bad_articles_have_alone(store: SqlStore) -> None:
    """One term that tells them, neither in a good article nor in the query; the rest of the rule stays."""
    await judge(store, Verdict.GOOD, *GOOD)
    await judge(store, Verdict.BAD, *BAD)

    found = await exclude_bad(store, rule(send_to=()))

    assert found.excluded == ("football",)
    assert found.rule.query == "captives AND NOT football"
    assert (set(found.left_out), found.remaining, found.good) == (set(BAD), (), 2)


async def test_lists_of_terms_become_a_query(store: SqlStore) -> None:
    """Without a good article too: what the rule looks for is never excluded."""
    await judge(store, Verdict.BAD, *BAD)

    found = await exclude_bad(store, rule(any_of=("captives", "hostages")))

    assert found.rule.query == "(captives OR hostages) AND NOT football"
    assert found.rule.any_of == ()


async def test_what_cannot_be_told_apart_stays(store: SqlStore) -> None:
    """Bad articles in the words of good ones are said to remain."""
    await judge(store, Verdict.GOOD, GOOD[0])
    await judge(store, Verdict.BAD, LIKE_GOOD, BAD[0])

    found = await exclude_bad(store, rule())

    assert (found.left_out, found.remaining, found.good) == ((BAD[0],), (LIKE_GOOD,), 1)


async def test_a_rule_that_nobody_found_bad_needs_nothing(store: SqlStore) -> None:
    """Nor does one of examples alone, which has no query to exclude from."""
    with pytest.raises(AggregatorError, match="found bad"):
        await exclude_bad(store, rule())
    await judge(store, Verdict.BAD, *BAD)
    with pytest.raises(AggregatorError, match="no query"):
        await exclude_bad(store, rule(query=None, like=(Example(name="a.txt", title="x", text=""),)))


async def test_nothing_of_their_own(store: SqlStore) -> None:
    """A bad article whose every word the query has is left to a person."""
    await judge(store, Verdict.BAD, GOOD[0])

    with pytest.raises(AggregatorError, match="look at its query"):
        await exclude_bad(store, rule(query="captives OR families OR called"))
