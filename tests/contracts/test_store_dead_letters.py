"""What a person does with the outbox: list, show, retry, discard; each sentence of `ports.Store` about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state
from support.stores import new_store

from aggregator.model.alerts import AttemptOutcome, Dead, DeliveryKind, DeliveryStatus, RetryAt, Sent
from aggregator.model.ids import ChannelId, DeliveryId, NoticeId
from aggregator.model.notices import Notice, NoticeKind
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Field
from aggregator.operations.feed_notices import deliveries_of
from aggregator.ports import Store

DESK, SOC = ChannelId("desk"), ChannelId("soc")
REJECTED = Dead(reason="rejected: the endpoint answered 400 (100% wrong)")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


async def plan(store: Store, key: str, outcome: AttemptOutcome | None = None, channel: str = "desk") -> DeliveryId:
    """An alert, of which one attempt came to `outcome`."""
    subject = article(key, title=f"Title {key}")
    about = alert(subject, channel)
    made = delivery(about)
    await store.apply(
        PollPlan(
            state=state(),
            new_articles=(subject,),
            matches=(match(subject, "r1", (Field.SUMMARY, "captives")),),
            alerts=(about,),
            deliveries=(made,),
        )
    )
    if outcome is not None:
        await store.record_attempt(made.id, outcome, NOW)
    return made.id


async def status_of(store: Store, delivery_id: DeliveryId) -> DeliveryStatus:
    """Where a delivery stands."""
    details = await store.delivery_details(delivery_id)
    assert details is not None
    return details.due.delivery.status


async def test_deliveries_are_listed_by_kind_and_reason(store: Store) -> None:
    """A part of the reason is enough, in any case; its signs are no patterns."""
    first = await plan(store, "a", REJECTED)
    second = await plan(store, "b", Dead(reason="recipient gone: blocked"))
    notice = Notice(id=NoticeId("n"), kind=NoticeKind.FEED_BROKEN, title="Feed broken: ep", text="t", created_at=NOW)
    await store.apply(PollPlan(state=state(), notices=(notice,), deliveries=deliveries_of((notice,), [DESK])))

    async def listed(reason: str | None = None, kinds: tuple[DeliveryKind, ...] = ()) -> list[str]:
        return [row.delivery.id for row in await store.list_deliveries(reason=reason, kinds=kinds)]

    assert await listed("ANSWERED 400") == [first]
    assert await listed("100%") == [first]
    assert await listed("4%0") == []
    assert await listed(kinds=(DeliveryKind.NEW,)) == [second, first]
    assert len(await listed(kinds=(DeliveryKind.NEW, DeliveryKind.NOTICE))) == 3


async def test_one_is_shown_with_all_that_is_known_of_it(store: Store) -> None:
    """The alert, its article, the words, and each attempt with its time and answer; also of one that was sent."""
    later = NOW + HOUR
    only = await plan(store, "a", RetryAt(at=later, reason="throttled: 429"))
    await store.record_attempt(only, Sent(message_id="7"), later)

    details = await store.delivery_details(only)

    assert details is not None
    assert (details.due.delivery.status, details.due.delivery.attempts) == (DeliveryStatus.SENT, 2)
    assert (details.due.article.title, details.due.feed_title) == ("Title a", "news.example")
    assert [span.text for span in details.due.matches[0].spans] == ["captives"]
    assert [(attempt.attempted_at, attempt.status, attempt.detail) for attempt in details.attempts] == [
        (NOW, DeliveryStatus.RETRYING, "throttled: 429"),
        (later, DeliveryStatus.SENT, "7"),
    ]
    assert await store.delivery_details(DeliveryId("nothing")) is None


async def test_dead_letters_are_retried_by_reason(store: Store) -> None:
    """With what waits for the same reason, of one channel or all; who did it and when is kept."""
    dead = await plan(store, "a", REJECTED)
    waiting = await plan(store, "b", RetryAt(at=NOW + HOUR, reason="unavailable: the endpoint answered 400"))
    other = await plan(store, "c", Dead(reason="recipient gone: blocked"))
    elsewhere = await plan(store, "d", REJECTED, channel="soc")

    here = await store.retry_deliveries([], NOW, channel_id=DESK, reason="answered 400", by="anna")
    anywhere = await store.retry_deliveries([], NOW, reason="answered 400")
    details = await store.delivery_details(dead)

    assert (here, anywhere) == ([dead, waiting], [elsewhere])
    assert await status_of(store, other) is DeliveryStatus.DEAD
    assert details is not None
    decision = details.attempts[-1]
    assert (decision.attempted_at, decision.status, decision.detail) == (NOW, DeliveryStatus.PENDING, "anna")


async def test_dead_letters_are_discarded(store: Store) -> None:
    """All dead ones, of one channel, with one reason: they are not due any more, and stay with who decided it."""
    first = await plan(store, "a", REJECTED)
    second = await plan(store, "b", Dead(reason="recipient gone: blocked"))
    third = await plan(store, "c", REJECTED, channel="soc")
    waiting = await plan(store, "d", RetryAt(at=NOW, reason="throttled: 429"))

    by_reason = await store.discard_deliveries([], NOW, channel_id=DESK, reason="rejected", by="anna")
    by_channel = await store.discard_deliveries([], NOW, channel_id=SOC, by="anna")
    every = await store.discard_deliveries([], NOW)
    again = await store.retry_deliveries([], NOW)
    details = await store.delivery_details(first)

    assert (by_reason, by_channel, every, again) == ([first], [third], [second], [])
    assert [item.delivery.id for item in await store.claim_deliveries(DESK, NOW, 10)] == [waiting]
    assert details is not None
    assert details.due.delivery.reason == REJECTED.reason
    assert [(attempt.status, attempt.detail) for attempt in details.attempts] == [
        (DeliveryStatus.DEAD, REJECTED.reason),
        (DeliveryStatus.DISCARDED, "anna"),
    ]
    assert (await store.count_deliveries())[DeliveryStatus.DISCARDED] == 3


async def test_what_waits_is_discarded_when_it_is_named(store: Store) -> None:
    """And may be retried after all; what was sent is left alone."""
    waiting, sent = await plan(store, "a"), await plan(store, "b", Sent())

    discarded = await store.discard_deliveries([waiting, sent, DeliveryId("nothing")], NOW)
    status = await status_of(store, waiting)
    retried = await store.retry_deliveries([waiting, sent], NOW)

    assert (discarded, status, retried) == ([waiting], DeliveryStatus.DISCARDED, [waiting])
    assert await status_of(store, sent) is DeliveryStatus.SENT


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RetryAt(at=NOW + HOUR, reason="unavailable: down"), DeliveryStatus.DISCARDED),
        (REJECTED, DeliveryStatus.DISCARDED),
        (Sent(), DeliveryStatus.SENT),
    ],
)
async def test_what_is_discarded_while_it_is_being_sent_is_not_sent_again(
    store: Store, outcome: AttemptOutcome, status: DeliveryStatus
) -> None:
    """A person's decision stands, unless the message has arrived."""
    only = await plan(store, "a")
    await store.discard_deliveries([only], NOW)

    await store.record_attempt(only, outcome, NOW)

    assert await status_of(store, only) is status
    assert await store.channels_due(NOW + 2 * HOUR) == []
