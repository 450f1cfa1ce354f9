"""What every store keeps to: each sentence of `ports.Store`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state

from aggregator.errors import StoreError
from aggregator.model.alerts import AlertRule, Dead, Delivery, DeliveryStatus, RetryAt, Sent
from aggregator.model.feeds import DueFeed, Feed
from aggregator.model.ids import ChannelId, DeliveryId, FeedId, RuleId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Field, Priority
from aggregator.ports import Store
from aggregator.storage.store import open_store

DESK = ChannelId("desk")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of its own for each test."""
    return f"sqlite:///{tmp_path}/data/aggregator.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await open_store(url)
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


def plan(key: str = "a1", **changes: object) -> PollPlan:
    """A poll that found one article and alerts one channel."""
    subject = article(key)
    about = alert(subject)
    made = PollPlan(
        state=state(last_polled_at=NOW, next_poll_at=NOW + HOUR, baselined_at=NOW, title="Local News"),
        new_articles=(subject,),
        listed=(subject.key,),
        matches=(match(subject, "r1", (Field.SUMMARY, "captives")),),
        alerts=(about,),
        deliveries=(delivery(about),),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


async def due(store: Store, limit: int = 10) -> list[Delivery]:
    """The deliveries that may be sent now."""
    return [item.delivery for item in await store.claim_deliveries(DESK, NOW, limit)]


async def test_a_new_feed_is_due_at_once(store: Store) -> None:
    """Configured feeds are due until a poll says otherwise; syncing again changes nothing."""
    await store.sync_feeds([feed(), feed("b", tags=("x",), interval=HOUR)], NOW + HOUR)
    await store.sync_feeds([feed(), feed("b", tags=("x",), interval=HOUR)], NOW + HOUR)

    assert [row.feed_id for row in await store.due_feeds(NOW, 10)] == ["ep"]
    assert [row.feed_id for row in await store.due_feeds(NOW + HOUR, 10)] == ["ep", "b"]
    assert [row.feed_id for row in await store.due_feeds(NOW + HOUR, 1)] == ["ep"]
    assert (await store.list_feeds())[0].feed == feed("b", tags=("x",), interval=HOUR)


@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 100])
async def test_due_feeds_come_page_by_page(store: Store, page_size: int) -> None:
    """Asked for from behind the last one, each comes once, the longest due first, those of one moment by their ids."""
    early, late = [feed(f"e{n}") for n in range(7)], [feed(f"a{n}") for n in range(4)]
    await store.sync_feeds(early, NOW)
    await store.sync_feeds([*early, *late], NOW + HOUR)
    await store.apply(PollPlan(state=state("e3", next_poll_at=NOW + 2 * HOUR)))
    await store.apply(PollPlan(state=state("e4", url="https://moved.example/feed", next_poll_at=NOW)))

    found: list[DueFeed] = []
    while page := await store.due_feeds(NOW + HOUR, page_size, found[-1] if found else None):
        found += page

    assert [due.feed_id for due in found] == ["e0", "e1", "e2", "e4", "e5", "e6", "a0", "a1", "a2", "a3"]
    assert found[0].url == feed("e0").url
    assert found[3] == DueFeed(feed_id=FeedId("e4"), url="https://moved.example/feed", next_poll_at=NOW)


async def test_states_are_those_that_are_asked_for(store: Store) -> None:
    """In the order of their ids; what is unknown or removed has none."""
    await store.sync_feeds([feed("a"), feed("b"), feed("c"), feed("gone")], NOW)
    await store.sync_feeds([feed("a"), feed("b"), feed("c")], NOW)

    some = await store.feed_states([FeedId("c"), FeedId("nobody"), FeedId("gone"), FeedId("a")])

    assert [row.feed_id for row in some] == ["a", "c"]
    assert await store.feed_states([]) == []
    assert [row.feed_id for row in await store.feed_states()] == ["a", "b", "c"]


async def test_another_url_starts_anew_but_keeps_what_was_seen(store: Store) -> None:
    """A feed whose URL changed is due, without validators; its articles stay seen and its baseline stays."""
    await store.apply(plan(state=replace(plan().state, etag="e", failures=3, gone_at=NOW, body_hash="h")))

    await store.sync_feeds([feed(url="https://new.example/")], NOW + 2 * HOUR)

    [changed] = await store.feed_states()
    assert (changed.etag, changed.body_hash, changed.failures, changed.gone_at) == (None, None, 0, None)
    assert changed.next_poll_at == NOW + 2 * HOUR
    assert changed.baselined_at == NOW
    assert [row.key for row in await store.seen_articles(FeedId("ep"), [article().key], [])] == [article().key]


async def test_a_feed_that_is_removed_rests_until_it_is_named_again(store: Store) -> None:
    """Unnamed it is neither polled nor listed; named again it goes on."""
    await store.apply(plan())

    await store.sync_feeds([], NOW)
    gone = [await store.due_feeds(NOW + 9 * HOUR, 10), await store.feed_states(), await store.list_feeds()]
    await store.sync_feeds([feed()], NOW)

    assert gone == [[], [], []]
    [back] = await store.list_feeds()
    assert back.articles == 1
    assert back.state.next_poll_at == NOW + HOUR


async def test_a_plan_is_stored_whole(store: Store, url: str) -> None:
    """Articles, matches, alerts, deliveries and feed state are there after a restart."""
    await store.apply(plan())
    await store.close()

    reopened = await open_store(url)
    [item] = await reopened.claim_deliveries(DESK, NOW, 10)
    [summary] = await reopened.list_feeds()
    await reopened.close()

    assert item.article == article()
    assert item.alert == alert(article())
    assert item.matches == plan().matches
    assert item.feed_title == "Local News"
    assert summary.state == plan().state


async def test_a_plan_applied_twice_is_applied_once(store: Store) -> None:
    """Repeating a plan makes no second article, alert or delivery."""
    await store.apply(plan())
    [first] = await due(store)
    await store.record_attempt(first.id, Sent(message_id="7"), NOW)

    await store.apply(plan())

    assert await due(store) == []
    assert (await store.list_feeds())[0].articles == 1
    assert await store.count_deliveries() == {DeliveryStatus.SENT: 1}


async def test_an_alert_gains_the_rules_that_it_lacks(store: Store) -> None:
    """A further rule for the same alert joins it, as loud as the louder, without a second delivery."""
    subject = article()
    await store.apply(plan())
    more = alert(
        subject,
        rules=(AlertRule(id=RuleId("r1"), title="x"), AlertRule(id=RuleId("r2"), title="Two")),
        priority=Priority.URGENT,
    )

    await store.apply(plan(alerts=(more,), matches=(match(subject, "r2"),)))

    [item] = await store.claim_deliveries(DESK, NOW, 10)
    assert [(rule.id, rule.title) for rule in item.alert.rules] == [("r1", "Rule r1"), ("r2", "Two")]
    assert item.alert.priority is Priority.URGENT
    assert [found.rule_id for found in item.matches] == ["r1", "r2"]


async def test_a_plan_that_fails_leaves_nothing_and_harms_no_other(store: Store) -> None:
    """Of many plans at once, a bad one fails alone, and nothing of it is stored."""
    bad_alert = replace(alert(article("bad")), article_id=article("nowhere").id)
    bad = plan("bad", alerts=(bad_alert,), deliveries=(delivery(bad_alert),))

    results = await asyncio.gather(
        *(store.apply(plan(f"good{n}")) for n in range(3)), store.apply(bad), return_exceptions=True
    )

    assert [type(result) for result in results[:3]] == [type(None)] * 3
    assert isinstance(results[3], StoreError)
    assert (await store.list_feeds())[0].articles == 3
    assert len(await due(store)) == 3


@pytest.mark.parametrize("value", ["\ud800", "x" * 10 + "\udfff"])
async def test_a_value_that_cannot_be_stored_fails_its_own_plan(store: Store, value: str) -> None:
    """No caller is left waiting: the others are stored, and the store goes on."""
    bad = plan("bad", state=replace(plan().state, title=value))

    async with asyncio.timeout(30):
        results = await asyncio.gather(
            *(store.apply(plan(f"good{n}")) for n in range(3)), store.apply(bad), return_exceptions=True
        )
        await store.apply(plan("later"))

    assert [type(result) for result in results[:3]] == [type(None)] * 3
    assert isinstance(results[3], StoreError)
    assert (await store.list_feeds())[0].articles == 4


async def test_a_cancelled_caller_takes_nothing_back(store: Store) -> None:
    """Cancelling one who waits for its plan harms neither that plan nor the others."""
    waiting = asyncio.create_task(store.apply(plan("a")))
    others = asyncio.gather(store.apply(plan("b")), store.apply(plan("c")))
    await asyncio.sleep(0)
    waiting.cancel()
    await others
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert len(await due(store)) == 3


async def test_an_update_changes_the_text_and_the_memory(store: Store) -> None:
    """A changed article is stored with its new text, and compared with that from then on."""
    await store.apply(plan())
    changed = article(title="New title", content_hash="2")

    await store.apply(PollPlan(state=state(), updated_articles=(changed,), listed=(changed.key,)))

    [seen] = await store.seen_articles(FeedId("ep"), [changed.key], [])
    assert (seen.content_hash, seen.title) == ("2", "New title")
    assert (await store.stored_articles([changed.id]))[changed.id].title == "New title"
    [item] = await store.claim_deliveries(DESK, NOW, 1)
    assert item.article.title == "New title"


async def test_deliveries_keep_the_order_of_their_channel(store: Store) -> None:
    """What was planned first is sent first, and a claim takes no more than it is asked for."""
    for number in range(5):
        await store.apply(plan(f"a{number}"))

    assert [item.id for item in await due(store)] == [delivery(alert(article(f"a{n}"))).id for n in range(5)]
    assert len(await due(store, limit=2)) == 2


async def test_a_delivery_that_waits_holds_back_those_behind_it(store: Store) -> None:
    """Order is kept over retries: nothing overtakes, and nothing is due before its time."""
    await store.apply(plan("a"))
    await store.apply(plan("b"))
    first, second = await due(store)

    await store.record_attempt(first.id, RetryAt(at=NOW + HOUR, reason="down"), NOW)

    assert await due(store) == []
    assert await store.channels_due(NOW) == []
    assert await store.channels_due(NOW + HOUR) == [DESK]
    later = await store.claim_deliveries(DESK, NOW + HOUR, 10)
    assert [item.delivery.id for item in later] == [first.id, second.id]
    assert (later[0].delivery.attempts, later[0].delivery.reason) == (1, "down")


async def test_a_dead_letter_lets_the_next_one_pass(store: Store) -> None:
    """What cannot be sent is listed with its reason and holds nothing back; it can be retried, keeping its place."""
    await store.apply(plan("a"))
    await store.apply(plan("b"))
    first, second = await due(store)
    await store.record_attempt(first.id, Dead(reason="gone"), NOW)

    passed = await due(store)
    [listed] = await store.list_deliveries(statuses=[DeliveryStatus.DEAD], channel_id=DESK)
    retried = await store.retry_deliveries([], NOW, channel_id=DESK)

    assert [item.id for item in passed] == [second.id]
    assert (listed.delivery.reason, listed.title, listed.feed_id) == ("gone", article().title, "ep")
    assert retried == [first.id]
    assert [item.id for item in await due(store)] == [first.id, second.id]


async def test_only_what_is_unsent_is_retried(store: Store) -> None:
    """A sent delivery is left alone, an unknown one is not among the answers."""
    await store.apply(plan())
    [only] = await due(store)
    await store.record_attempt(only.id, Sent(), NOW)

    assert await store.retry_deliveries([only.id, DeliveryId("nothing")], NOW) == []


async def test_deliveries_of_channels_that_are_gone_are_buried(store: Store) -> None:
    """What is due to nobody becomes a dead letter with the reason."""
    await store.apply(plan())

    kept = await store.bury_orphans({DESK}, "gone")
    buried = await store.bury_orphans({ChannelId("other")}, "gone")

    assert (kept, len(buried)) == ([], 1)
    assert await store.count_deliveries(DESK) == {DeliveryStatus.DEAD: 1}


async def test_what_was_seen_is_kept_while_it_is_listed_and_stored(store: Store) -> None:
    """A key is forgotten when its feed has not listed it for 30 days and its article is gone; not before."""
    await store.apply(plan())

    assert await store.prune_seen(NOW + timedelta(days=31)) == 0
    later = state(last_polled_at=NOW + timedelta(days=20))
    await store.apply(PollPlan(state=later, listed=(article().key,)))
    assert await store.prune_seen(NOW + timedelta(days=45)) == 0


async def test_many_feeds_and_keys_are_no_problem(store: Store) -> None:
    """Lists longer than a statement takes are split."""
    many: list[Feed] = [feed(f"f{number}") for number in range(1200)]
    keys = [article(f"k{number}").key for number in range(1200)]

    await store.sync_feeds(many, NOW)
    await store.sync_feeds([], NOW)

    assert await store.feed_states() == []
    assert await store.seen_articles(FeedId("ep"), keys, [str(key) for key in keys]) == []
    assert await store.stored_articles([article(f"k{number}").id for number in range(1200)]) == {}
