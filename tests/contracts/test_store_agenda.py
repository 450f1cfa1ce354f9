"""What waits and what a digest tells, in the store: each sentence of `ports.Store` about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state
from support.stores import new_store

from aggregator.alerts.agenda import Agenda, Fold, Hold, Mute
from aggregator.model.alerts import ChannelState, DeliveryKind, DeliveryStatus, DueDelivery, PageSent, RetryAt, Sent
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Field, Priority
from aggregator.model.silences import Silence, SilenceScope
from aggregator.ports import Store

DESK = ChannelId("desk")
LATER = NOW + HOUR


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


async def plan(store: Store, *keys: str) -> list[DueDelivery]:
    """Alerts that are due now."""
    for key in keys:
        subject = article(key, title=f"Title {key}")
        about = alert(subject)
        await store.apply(
            PollPlan(
                state=state(),
                new_articles=(subject,),
                matches=(match(subject, "r1", (Field.SUMMARY, "captives")),),
                alerts=(about,),
                deliveries=(delivery(about),),
            )
        )
    return await store.claim_deliveries(DESK, NOW, 100)


def held(item: DueDelivery, silence: str | None = None) -> Hold:
    """A hold for an hour."""
    reason = DigestReason.SILENCED if silence else DigestReason.QUIET_HOURS
    silence_id = SilenceId(silence) if silence else None
    return Hold(delivery_id=item.delivery.id, until=LATER, reason=reason, silence_id=silence_id)


async def status_of(store: Store, item: DueDelivery) -> DeliveryStatus:
    """Where a delivery stands."""
    [found] = await store.read_deliveries([item.delivery.id])
    return found.delivery.status


async def test_what_is_held_lets_what_follows_pass_and_comes_first_when_its_wait_is_over(store: Store) -> None:
    """It is claimed with why it waited, and makes its channel due."""
    first, second = await plan(store, "a", "b")

    await store.arrange(DESK, Agenda(hold=(held(first),)), NOW)

    before = await store.claim_deliveries(DESK, LATER - timedelta(seconds=1), 10)
    after = await store.claim_deliveries(DESK, LATER, 10)
    assert [item.delivery.id for item in before] == [second.delivery.id]
    assert [item.delivery.id for item in after] == [first.delivery.id, second.delivery.id]
    assert (after[0].delivery.status, after[0].delivery.hold) == (DeliveryStatus.HELD, DigestReason.QUIET_HOURS)
    await store.record_attempt(second.delivery.id, Sent(), NOW)
    assert await store.channels_due(LATER - timedelta(seconds=1)) == []
    assert await store.channels_due(LATER) == [DESK]


async def test_what_a_person_discarded_meanwhile_is_not_arranged(store: Store) -> None:
    """Neither held, nor folded, nor muted: it stays discarded, and no digest is made of nothing."""
    one, two, three = await plan(store, "a", "b", "c")
    await store.discard_deliveries([item.delivery.id for item in (one, two, three)], NOW)

    await store.arrange(
        DESK,
        Agenda(
            hold=(held(one),),
            fold=(Fold(reason=DigestReason.OVERFLOW, items=(two,)),),
            mute=(Mute(delivery_id=three.delivery.id, silence_id=SilenceId("s"), reason="no"),),
        ),
        NOW,
    )

    assert {await status_of(store, item) for item in (one, two, three)} == {DeliveryStatus.DISCARDED}
    assert await store.list_deliveries(kinds=[DeliveryKind.DIGEST]) == []


async def test_a_digest_is_claimed_with_what_it_tells_and_is_last_in_order(store: Store) -> None:
    """Of its items the texts of the articles are left out; they can be read whole."""
    one, two, three = await plan(store, "a", "b", "c")

    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(one, two)),)), NOW)

    claimed = await store.claim_deliveries(DESK, NOW, 10)
    whole = await store.read_deliveries([two.delivery.id, one.delivery.id, DeliveryId("none")])
    assert [item.delivery.kind for item in claimed] == [DeliveryKind.NEW, DeliveryKind.DIGEST]
    assert claimed[0].delivery.id == three.delivery.id
    digest = claimed[1]
    assert digest.article.title == "Digest · 2 alerts"
    assert [(item.article.title, item.article.text, item.matches) for item in digest.items] == [
        ("Title a", "", ()),
        ("Title b", "", ()),
    ]
    assert {item.delivery.digest_id for item in digest.items} == {digest.delivery.id}
    assert [item.article.key for item in whole] == ["b", "a"]
    assert [len(item.matches) for item in whole] == [1, 1]
    assert whole[0].article.text
    [listed] = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    assert (listed.title, listed.url, listed.feed_id) == ("Digest · 2 alerts", "", None)


async def test_more_of_the_same_reason_joins_the_digest_of_which_nothing_was_sent(store: Store) -> None:
    """One of another reason is a digest of its own, and so is one after the first message was tried."""
    one, two, three, four = await plan(store, "a", "b", "c", "d")
    quiet = DigestReason.QUIET_HOURS
    await store.arrange(DESK, Agenda(fold=(Fold(reason=quiet, items=(one,)),)), NOW)
    [digest] = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])

    await store.arrange(DESK, Agenda(fold=(Fold(reason=quiet, items=(two,)),)), NOW)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SILENCED, items=(three,)),)), NOW)
    await store.record_attempt(digest.delivery.id, RetryAt(at=LATER, reason="busy"), NOW)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=quiet, items=(four,)),)), NOW)

    listed = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    assert [row.title for row in listed] == [
        "While it was quiet: 1 alert",
        "While silenced: 1 alert",
        "While it was quiet: 2 alerts",
    ]


async def test_a_page_that_was_sent_tells_its_alerts_and_no_others(store: Store) -> None:
    """The digest goes on with the rest, and is sent with its last page."""
    one, two = await plan(store, "a", "b")
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(one, two)),)), NOW)
    [digest] = await store.claim_deliveries(DESK, NOW, 10)
    assert digest.delivery.digest is not None
    progress = replace(digest.delivery.digest, told=1, pages_sent=1)

    page = PageSent(message_id="7", told=(one.delivery.id,), digest=progress, is_last=False)
    await store.record_attempt(digest.delivery.id, page, NOW, sends={"channel desk": (NOW,)})
    [rest] = await store.claim_deliveries(DESK, NOW, 10)
    [told] = await store.read_deliveries([one.delivery.id])
    last = PageSent(message_id="8", told=(two.delivery.id,), digest=progress, is_last=True)
    await store.record_attempt(digest.delivery.id, last, NOW)

    assert rest.delivery.digest == progress
    assert [item.delivery.id for item in rest.items] == [two.delivery.id]
    assert (told.delivery.status, told.delivery.receipt) == (DeliveryStatus.SENT, "7")
    assert await store.claim_deliveries(DESK, NOW, 10) == []
    details = await store.delivery_details(digest.delivery.id)
    assert details is not None
    assert details.due.delivery.status is DeliveryStatus.SENT
    assert [item.delivery.id for item in details.due.items] == [one.delivery.id, two.delivery.id]
    assert [(attempt.status, attempt.detail) for attempt in details.attempts] == [
        (DeliveryStatus.SENT, "7"),
        (DeliveryStatus.SENT, "8"),
    ]
    assert await store.recent_sends() == {"channel desk": (NOW,)}


async def test_what_is_muted_is_skipped_for_a_reason(store: Store) -> None:
    """It is no longer claimed."""
    [item] = await plan(store, "a")
    await store.add_silence(Silence(id=SilenceId("s"), scope=SilenceScope.RULE, value="r1", created_at=NOW))

    mute = Mute(delivery_id=item.delivery.id, silence_id=SilenceId("s"), reason="silenced for good")
    await store.arrange(DESK, Agenda(mute=(mute,)), NOW)

    [found] = await store.read_deliveries([item.delivery.id])
    assert (found.delivery.status, found.delivery.reason) == (DeliveryStatus.SKIPPED, "silenced for good")
    assert (found.delivery.hold, found.delivery.silence_id) == (DigestReason.SILENCED, "s")
    assert await store.claim_deliveries(DESK, NOW, 10) == []


async def test_what_a_silence_holds_no_configuration_changes(store: Store) -> None:
    """The rest is decided anew."""
    one, two = await plan(store, "a", "b")
    silence = Silence(id=SilenceId("s"), scope=SilenceScope.RULE, value="r1", until=LATER, created_at=NOW)
    await store.add_silence(silence)
    await store.arrange(DESK, Agenda(hold=(held(one), held(two, "s"))), NOW)

    await store.reconsider_held(NOW)

    assert [item.delivery.id for item in await store.claim_deliveries(DESK, NOW, 10)] == [one.delivery.id]


@pytest.mark.parametrize(("count", "hold"), [(2, None), (3, DigestReason.RETURNED)])
async def test_only_more_than_a_few_are_marked_when_a_channel_returns(
    store: Store, count: int, hold: DigestReason | None
) -> None:
    """A few come each by itself."""
    await plan(store, *"abc"[:count])

    await store.save_channel_state(ChannelState(channel_id=DESK), most_singly=2)

    assert {item.delivery.hold for item in await store.claim_deliveries(DESK, NOW, 10)} == {hold}


async def test_a_person_releases_what_is_held_by_its_id(store: Store) -> None:
    """And takes an alert out of a digest only by discarding it."""
    one, two = await plan(store, "a", "b")
    fold = Fold(reason=DigestReason.OVERFLOW, items=(two,))
    await store.arrange(DESK, Agenda(hold=(held(one),), fold=(fold,)), NOW)

    retried = await store.retry_deliveries([one.delivery.id, two.delivery.id], NOW)
    discarded = await store.discard_deliveries([two.delivery.id], NOW)

    assert (retried, discarded) == ([one.delivery.id], [two.delivery.id])
    first, digest = await store.claim_deliveries(DESK, NOW, 10)
    assert (first.delivery.is_released, digest.items) == (True, ())


async def test_what_is_held_for_a_channel_that_is_no_more_is_dead(store: Store) -> None:
    """With the reason, as what waits for its next try."""
    [item] = await plan(store, "a")
    await store.arrange(DESK, Agenda(hold=(held(item),)), NOW)

    assert await store.bury_orphans([], "gone") == [item.delivery.id]
    assert await status_of(store, item) is DeliveryStatus.DEAD


async def test_of_a_large_overflow_the_loudest_part_is_claimed(store: Store) -> None:
    """It may be of any size: what is read of it is not, and its total is that of the whole."""
    subjects = [article(f"{number:04}") for number in range(1010)]
    about = [alert(subject, priority=Priority(number % 2 + 1)) for number, subject in enumerate(subjects)]
    await store.apply(
        PollPlan(
            state=state(), new_articles=tuple(subjects), alerts=tuple(about), deliveries=tuple(map(delivery, about))
        )
    )
    items = tuple(await store.claim_deliveries(DESK, NOW, 2000))
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.OVERFLOW, items=items),)), NOW)

    [digest] = await store.claim_deliveries(DESK, NOW, 10)

    assert digest.delivery.digest is not None
    assert (len(digest.items), digest.delivery.digest.total) == (1000, 1010)
    priorities = [item.alert.priority for item in digest.items]
    assert priorities == sorted(priorities, reverse=True)
    assert [item.article.key for item in digest.items[:2]] == ["0001", "0003"]
