"""What a person decides while an agenda is being stored or a digest sent: each sentence of `ports.Store` about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, state
from support.stores import new_store

from aggregator.alerts.agenda import Agenda, Fold, Hold
from aggregator.model.alerts import Dead, DeliveryKind, DeliveryStatus, DueDelivery, PageSent
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import ChannelId, SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope
from aggregator.ports import Store

DESK = ChannelId("desk")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


async def claimed(store: Store) -> DueDelivery:
    """An alert that is due now, as a drain has read it."""
    subject = article("a")
    about = alert(subject)
    await store.apply(PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),)))
    [item] = await store.claim_deliveries(DESK, NOW, 10)
    return item


async def test_what_a_person_released_meanwhile_is_not_held(store: Store) -> None:
    """They were told that it is due now."""
    item = await claimed(store)
    await store.retry_deliveries([item.delivery.id], NOW)

    hold = Hold(delivery_id=item.delivery.id, until=NOW + HOUR, reason=DigestReason.QUIET_HOURS)
    await store.arrange(DESK, Agenda(hold=(hold,)), NOW)

    [found] = await store.read_deliveries([item.delivery.id])
    assert found.delivery.status is DeliveryStatus.PENDING


async def test_a_silence_that_ended_meanwhile_holds_nothing_until_its_old_end(store: Store) -> None:
    """Nobody would wake what it holds."""
    item = await claimed(store)
    silence = Silence(
        id=SilenceId("s"), scope=SilenceScope.RULE, value="r1", until=NOW + 30 * 24 * HOUR, created_at=NOW
    )
    await store.add_silence(silence)
    await store.end_silence(silence.id, NOW)

    assert silence.until is not None
    hold = Hold(delivery_id=item.delivery.id, until=silence.until, reason=DigestReason.SILENCED, silence_id=silence.id)
    await store.arrange(DESK, Agenda(hold=(hold,)), NOW)

    assert await store.channels_due(NOW + HOUR) == [DESK]


async def test_an_alert_is_folded_again_after_its_first_digest_was_discarded(store: Store) -> None:
    """The second digest of the same alert is not refused because there was one: its channel would stand still."""
    item = await claimed(store)
    agenda = Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(item,)),))
    await store.arrange(DESK, agenda, NOW)
    [digest] = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    await store.discard_deliveries([digest.delivery.id, item.delivery.id], NOW)
    await store.retry_deliveries([item.delivery.id], NOW)
    await store.record_attempt(item.delivery.id, Dead(reason="no"), NOW)
    await store.retry_deliveries([], NOW, channel_id=DESK)

    await store.arrange(DESK, agenda, NOW + HOUR)

    [found] = await store.read_deliveries([item.delivery.id])
    assert found.delivery.status is DeliveryStatus.FOLDED


async def test_what_arrived_in_a_digest_that_was_just_discarded_counts_as_sent(store: Store) -> None:
    """Retried later, the digest would tell it a second time."""
    item = await claimed(store)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(item,)),)), NOW)
    [digest] = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    await store.discard_deliveries([digest.delivery.id], NOW)

    progress = Digest(reason=DigestReason.SCHEDULED, total=2, told=1, pages_sent=1)
    page = PageSent(message_id="1", told=(item.delivery.id,), digest=progress, is_last=False)
    await store.record_attempt(digest.delivery.id, page, NOW)

    [found] = await store.read_deliveries([item.delivery.id])
    assert found.delivery.status is DeliveryStatus.SENT


async def test_what_was_discarded_by_itself_does_not_come_back_with_its_digest(store: Store) -> None:
    """A person wanted the digest without it; then not the digest; then the digest after all."""
    item = await claimed(store)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(item,)),)), NOW)
    [digest] = await store.list_deliveries(kinds=[DeliveryKind.DIGEST])
    await store.discard_deliveries([item.delivery.id], NOW)
    await store.discard_deliveries([digest.delivery.id], NOW)

    await store.retry_deliveries([digest.delivery.id], NOW)

    [found] = await store.read_deliveries([item.delivery.id])
    assert found.delivery.status is DeliveryStatus.DISCARDED


async def test_what_is_sent_by_itself_after_all_is_no_longer_of_its_digest(store: Store) -> None:
    """Its message is its own: changes are made to that."""
    item = await claimed(store)
    await store.arrange(DESK, Agenda(fold=(Fold(reason=DigestReason.SCHEDULED, items=(item,)),)), NOW)
    await store.discard_deliveries([item.delivery.id], NOW)

    await store.retry_deliveries([item.delivery.id], NOW)

    [found] = await store.read_deliveries([item.delivery.id])
    assert found.delivery.digest_id is None
