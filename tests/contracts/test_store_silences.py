"""What the store does with silences: each sentence of `ports.Store` about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state
from support.stores import new_store

from aggregator.alerts.agenda import Agenda, Hold, Mute
from aggregator.model.alerts import Delivery, DeliveryStatus, Sent
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId, DeliveryId, SilenceId, StoryId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope
from aggregator.model.stories import StoryMember
from aggregator.ports import Store

DESK, SOC = ChannelId("desk"), ChannelId("soc")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store that knows one feed."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


def silence(name: str, **changes: object) -> Silence:
    """A silence of a rule in all channels, for good."""
    made = Silence(id=SilenceId(name), scope=SilenceScope.RULE, value="r1", created_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


async def plan(store: Store, key: str) -> DeliveryId:
    """An alert of the desk that is due."""
    subject = article(key)
    about = alert(subject, DESK)
    made = delivery(about)
    await store.apply(
        PollPlan(
            state=state(),
            new_articles=(subject,),
            matches=(match(subject),),
            alerts=(about,),
            deliveries=(made,),
        )
    )
    return made.id


def hold(delivery_id: DeliveryId, by: Silence) -> Hold:
    """A delivery that waits until the silence ends."""
    assert by.until is not None
    return Hold(delivery_id=delivery_id, until=by.until, reason=DigestReason.SILENCED, silence_id=by.id)


async def delivery_of(store: Store, delivery_id: DeliveryId) -> Delivery:
    """A delivery as it stands."""
    [due] = await store.read_deliveries([delivery_id])
    return due.delivery


async def names(store: Store, **options: object) -> list[str]:
    """What is listed an hour from now."""
    return [one.id for one in await store.list_silences(NOW + HOUR, **options)]  # type: ignore[arg-type] # the test names options


async def test_a_silence_comes_back_as_it_was(store: Store) -> None:
    """With everything, or with as little as there must be; added twice it stays as it was."""
    whole = silence(
        "a",
        channel_id=DESK,
        scope=SilenceScope.KEYWORD,
        value="капітан OR captain",
        until=NOW + HOUR,
        created_by="Ann",
        why="the film",
    )
    little = silence("b")

    for one in (whole, little, replace(whole, why="another")):
        await store.add_silence(one)

    assert await store.list_silences(NOW) == [whole, little]


async def test_what_silences_something_now_is_listed(store: Store) -> None:
    """The oldest first; what has ended by time or by a person only when it is asked for."""
    await store.add_silence(silence("late", created_at=NOW + HOUR / 2))
    await store.add_silence(silence("over", until=NOW + HOUR))
    await store.add_silence(silence("lasting", until=NOW + 2 * HOUR))
    await store.add_silence(silence("removed", created_at=NOW - HOUR))
    await store.end_silence(SilenceId("removed"), NOW)

    assert await names(store) == ["lasting", "late"]
    assert await names(store, with_ended=True) == ["removed", "lasting", "over", "late"]


async def test_a_channel_has_its_own_and_those_of_all(store: Store) -> None:
    """Not those of another channel."""
    await store.add_silence(silence("a", channel_id=DESK))
    await store.add_silence(silence("b", channel_id=SOC))
    await store.add_silence(silence("c"))

    assert await names(store, channel_id=DESK) == ["a", "c"]
    assert await names(store, channel_id=SOC, with_ended=True) == ["b", "c"]
    assert await names(store) == ["a", "b", "c"]


async def test_what_a_silence_holds_is_due_when_a_person_ends_it(store: Store) -> None:
    """What another one holds, and what is no longer held, is left alone."""
    ended, other = silence("a", until=NOW + 5 * HOUR), silence("b", until=NOW + 6 * HOUR)
    first, second, elsewhere, sent = [await plan(store, key) for key in "wxyz"]
    for one in (ended, other):
        await store.add_silence(one)
    held = (hold(first, ended), hold(second, ended), hold(elsewhere, other), hold(sent, ended))
    await store.arrange(DESK, Agenda(hold=held), NOW)
    await store.record_attempt(sent, Sent(), NOW)

    before = await store.channels_due(NOW + HOUR)
    removed = await store.end_silence(ended.id, NOW + HOUR)
    due = [item.delivery.id for item in await store.claim_deliveries(DESK, NOW + HOUR, 10)]

    assert before == []
    assert removed == replace(ended, ended_at=NOW + HOUR)
    assert await store.channels_due(NOW + HOUR) == [DESK]
    assert due == [first, second]
    assert (await delivery_of(store, first)).status is DeliveryStatus.HELD
    assert (await delivery_of(store, elsewhere)).next_attempt_at == NOW + 6 * HOUR
    assert (await delivery_of(store, sent)).status is DeliveryStatus.SENT


async def test_only_a_silence_that_goes_on_can_be_ended(store: Store) -> None:
    """Not one that was ended before, nor one whose time is over, nor one that there is not."""
    await store.add_silence(silence("a"))
    await store.add_silence(silence("b", until=NOW + HOUR))
    await store.end_silence(SilenceId("a"), NOW)

    ends = [await store.end_silence(SilenceId(name), NOW + HOUR) for name in ("a", "b", "nothing")]
    [first, second] = await store.list_silences(NOW, with_ended=True)

    assert ends == [None, None, None]
    assert (first.ended_at, second.ended_at) == (NOW, None)


async def test_each_silence_knows_how_many_deliveries_it_met(store: Store) -> None:
    """Those that it holds and those that it kept from being sent; one that met none is left out."""
    passing, endless = silence("a", until=NOW + HOUR), silence("b")
    for one in (passing, endless):
        await store.add_silence(one)
    deliveries = [await plan(store, key) for key in "xyz"]
    muted = Mute(delivery_id=deliveries[2], silence_id=endless.id, reason="silenced for good")
    await store.arrange(DESK, Agenda(hold=tuple(hold(one, passing) for one in deliveries[:2]), mute=(muted,)), NOW)

    assert await store.count_silenced([passing.id, endless.id, SilenceId("c")]) == {passing.id: 2, endless.id: 1}
    assert await store.count_silenced([endless.id, *map(SilenceId, map(str, range(2_000)))]) == {endless.id: 1}
    assert await store.count_silenced([]) == {}


async def test_a_story_is_there_while_an_article_of_it_is(store: Store) -> None:
    """Its id is found, another is not."""
    subject = article()
    member = StoryMember(article_id=subject.id, story_id=StoryId("s"), joined_at=NOW)
    await store.apply(PollPlan(state=state(), new_articles=(subject,), matches=(match(subject),), members=(member,)))

    assert await store.has_story(StoryId("s"))
    assert not await store.has_story(StoryId("t"))
