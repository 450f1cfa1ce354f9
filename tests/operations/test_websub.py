"""The subscriptions of one instance: asked for behind, kept over restarts, doubted when polling knows better."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.builders import HOUR, NOW, feed
from support.stores import new_store
from support.subscriptions import Clock, Hubs, settle

from aggregator.feeds.websub import LEASE, Confirmed, Denied
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubLinks, HubRefusal, Push, WebSubStatus, WebSubSubscription
from aggregator.operations import websub
from aggregator.operations.websub import WebSubSubscriber
from aggregator.ports import Store

A, B, C = FeedId("a"), FeedId("b"), FeedId("c")
BASE = "https://desk.example/agg/websub/"
LINKS = HubLinks(hub_url="https://hub.example/?token=hush", topic_url="https://news.example/a.xml")
ELSEWHERE = HubLinks(hub_url="https://other.example/", topic_url="https://news.example/c.xml")
CONFIRMED = Confirmed(challenge="c", lease=LEASE)
DAY = timedelta(days=1)


@pytest.fixture
def hubs() -> Hubs:
    """The hubs."""
    return Hubs()


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows three feeds."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed("a"), feed("b"), feed("c")], NOW)
    yield store
    await store.close()


@pytest.fixture
async def subscriber(store: Store, hubs: Hubs, clock: Clock) -> AsyncIterator[WebSubSubscriber]:
    """A subscriber with a public address."""
    subscriber = WebSubSubscriber(store, clock=clock)
    subscriber.reconfigure(hubs.request, BASE)
    yield subscriber
    await subscriber.stop(0)


async def subscribe(subscriber: WebSubSubscriber, feed_id: FeedId = A, links: HubLinks = LINKS) -> WebSubSubscription:
    """See a hub for the first time, ask it, and have it verify."""
    await subscriber.after_poll(feed_id, links, found_new=True)
    await settle(subscriber)
    await subscriber.answered(subscriber.subscriptions[feed_id], CONFIRMED)
    return subscriber.subscriptions[feed_id]


async def test_a_hub_is_asked_at_first_sight_and_relied_on_when_it_verified(
    subscriber: WebSubSubscriber, hubs: Hubs, store: Store
) -> None:
    """A feed with a hub is subscribed to with a secret and a callback of its own, which are stored."""
    await subscriber.after_poll(A, LINKS, found_new=True)
    await subscriber.after_poll(B, LINKS, found_new=True)
    await settle(subscriber)
    before = subscriber.is_pushed(A)
    await subscriber.answered(subscriber.subscriptions[A], CONFIRMED)

    [(asked, callback_url), (other, _)] = hubs.asked
    assert callback_url == f"{BASE}{asked.callback_id}"
    assert len({asked.callback_id, other.callback_id, asked.secret, other.secret}) == 4
    assert min(len(asked.secret), len(asked.callback_id)) >= 32
    assert await subscriber.subscription(asked.callback_id) == subscriber.subscriptions[A]
    assert await subscriber.subscription("unknown") is None
    assert (before, subscriber.is_pushed(A), subscriber.is_pushed(B)) == (False, True, False)
    assert await store.websub_subscriptions() == [subscriber.subscriptions[A], subscriber.subscriptions[B]]


async def test_a_hub_may_verify_before_it_answers(subscriber: WebSubSubscriber, hubs: Hubs) -> None:
    """The subscription is known when the hub is asked, and the answer takes nothing of the verification back."""
    hubs.hanging.add(LINKS.hub_url)
    await subscriber.after_poll(A, LINKS, found_new=True)
    while not hubs.asked:
        await asyncio.sleep(0)

    await subscriber.answered(hubs.asked[0][0], CONFIRMED)
    hubs.refusal = HubRefusal(reason="too late")
    hubs.go_on.set()
    await settle(subscriber)

    assert subscriber.is_pushed(A)
    assert subscriber.subscriptions[A].failures == 0
    assert subscriber.subscriptions[A].reason == "too late"


async def test_without_a_public_address_nobody_is_asked(subscriber: WebSubSubscriber, hubs: Hubs, store: Store) -> None:
    """Nobody can push to an instance that cannot be reached: no hub is asked, and none is relied on."""
    await subscribe(subscriber)
    subscriber.reconfigure(hubs.request, None)

    await subscriber.after_poll(B, LINKS, found_new=True)
    await subscriber.renew()
    await settle(subscriber)

    assert hubs.feeds == [A]
    assert not subscriber.is_pushed(A)
    assert [known.feed_id for known in await store.websub_subscriptions()] == [A]


async def test_a_restart_keeps_the_subscription(
    subscriber: WebSubSubscriber, hubs: Hubs, store: Store, clock: Clock
) -> None:
    """Another run knows callback and secret, relies on the hub, and asks it again when the lease is due."""
    known = await subscribe(subscriber)
    restarted = WebSubSubscriber(store, clock=clock)
    await restarted.load()
    restarted.reconfigure(hubs.request, BASE)

    await restarted.renew()
    await settle(restarted)
    asked_early = list(hubs.feeds)
    clock.now = NOW + LEASE * 0.75
    await restarted.renew()
    await settle(restarted)

    assert await restarted.subscription(known.callback_id) == restarted.subscriptions[A]
    assert restarted.is_pushed(A)
    assert asked_early == [A]
    assert hubs.feeds == [A, A]
    assert hubs.asked[1][0].secret == known.secret
    assert hubs.asked[1][1] == f"{BASE}{known.callback_id}"


async def test_another_public_address_is_told_to_the_hubs(
    subscriber: WebSubSubscriber, hubs: Hubs, store: Store, clock: Clock
) -> None:
    """A subscription that leads to the old address is not relied on, and asked for anew, over a restart too."""
    known = await subscribe(subscriber)
    moved = WebSubSubscriber(store, clock=clock)
    await moved.load()
    moved.reconfigure(hubs.request, "https://new.example/websub/")
    before = moved.is_pushed(A)

    await moved.renew()
    await settle(moved)

    assert not before
    assert hubs.asked[1][1].startswith("https://new.example/websub/")
    assert await moved.subscription(known.callback_id) is None


async def test_a_feed_that_changes_its_hub_is_subscribed_to_anew(subscriber: WebSubSubscriber, hubs: Hubs) -> None:
    """The new hub gets a secret and a callback of its own; what the old one still sends changes nothing."""
    old = await subscribe(subscriber)

    await subscriber.after_poll(A, ELSEWHERE, found_new=False)
    await settle(subscriber)
    pending = subscriber.subscriptions[A]
    await subscriber.note_push(Push(subscription=old, body=b""))
    await subscriber.answered(old, CONFIRMED)

    assert [subscription.hub_url for subscription, _ in hubs.asked] == [LINKS.hub_url, ELSEWHERE.hub_url]
    assert pending.callback_id != old.callback_id
    assert pending.secret != old.secret
    assert subscriber.subscriptions[A] == pending
    assert pending.status is WebSubStatus.PENDING
    assert await subscriber.subscription(old.callback_id) is None


async def test_a_refusal_is_kept_and_waited_after(subscriber: WebSubSubscriber, hubs: Hubs, clock: Clock) -> None:
    """A hub that does not take the request is asked again after a while, not at each poll, and its reason is kept."""
    hubs.refusal = HubRefusal(reason="the hub answered 500")
    with capture_logs() as logs:
        await subscriber.after_poll(A, LINKS, found_new=True)
        await settle(subscriber)

    await subscriber.after_poll(A, LINKS, found_new=True)
    await settle(subscriber)
    asked_early = len(hubs.asked)
    clock.now = NOW + timedelta(minutes=5)
    await subscriber.after_poll(A, LINKS, found_new=True)
    await settle(subscriber)

    assert (asked_early, len(hubs.asked)) == (1, 2)
    assert subscriber.subscriptions[A].reason == "the hub answered 500"
    assert [(entry["event"], entry["reason"], entry["hub"]) for entry in logs] == [
        ("websub_request_failed", "the hub answered 500", "https://hub.example/?token=***")
    ]


async def test_a_retry_after_holds_one_hub(subscriber: WebSubSubscriber, hubs: Hubs, clock: Clock) -> None:
    """A hub that wants to be left alone is, for every feed; another hub is asked. It is asked again when it is over."""
    hubs.refusal = HubRefusal(reason="slow down", retry_after=HOUR)
    await subscriber.after_poll(A, LINKS, found_new=True)
    await subscriber.after_poll(B, LINKS, found_new=True)
    await subscriber.after_poll(C, ELSEWHERE, found_new=True)
    await settle(subscriber)
    first = sorted(hubs.feeds)

    clock.now = NOW + HOUR - timedelta(seconds=1)
    await subscriber.renew()
    await settle(subscriber)
    held = sorted(hubs.feeds)
    hubs.refusal = None
    clock.now = NOW + HOUR
    await subscriber.renew()
    await settle(subscriber)

    assert first == held == [A, C]
    assert sorted(hubs.feeds) == [A, A, B, C, C]


async def test_a_long_retry_after_is_believed_for_a_day(subscriber: WebSubSubscriber, hubs: Hubs, clock: Clock) -> None:
    """No hub silences us for longer than a day."""
    hubs.refusal = HubRefusal(reason="go away", retry_after=7 * DAY)
    await subscriber.after_poll(A, LINKS, found_new=True)
    await settle(subscriber)

    clock.now = NOW + DAY
    await subscriber.renew()
    await settle(subscriber)

    assert hubs.feeds == [A, A]


async def test_a_hub_that_hangs_holds_up_nobody_else(subscriber: WebSubSubscriber, hubs: Hubs) -> None:
    """Polls go on, other hubs are asked, and the hub that hangs is asked one thing at a time."""
    hubs.hanging.add(LINKS.hub_url)

    await subscriber.after_poll(A, LINKS, found_new=True)
    await subscriber.after_poll(B, LINKS, found_new=True)
    await subscriber.after_poll(C, ELSEWHERE, found_new=True)
    while len(hubs.feeds) < 2:
        await asyncio.sleep(0)

    assert sorted(hubs.feeds) == [A, C]


async def test_a_feed_that_is_gone_is_forgotten(subscriber: WebSubSubscriber, hubs: Hubs, clock: Clock) -> None:
    """The hub of a feed that was removed is not asked again and again."""
    known = await subscribe(subscriber)
    hubs.is_feed_gone = True

    for days in (8, 9, 10):
        clock.now = NOW + days * DAY
        await subscriber.renew()
        await settle(subscriber)

    assert hubs.feeds == [A, A]
    assert await subscriber.subscription(known.callback_id) is None
    assert not subscriber.subscriptions


async def test_a_hub_that_does_not_tell_is_not_relied_on_until_it_does(
    subscriber: WebSubSubscriber, store: Store, clock: Clock
) -> None:
    """What polling finds first makes the hub quiet, in the store and in the log; a push makes it heard again."""
    await subscribe(subscriber)
    clock.now = NOW + HOUR
    await subscriber.after_poll(A, None, found_new=False)
    trusted = subscriber.is_pushed(A)

    with capture_logs() as logs:
        await subscriber.after_poll(A, LINKS, found_new=True)
    quiet = subscriber.is_pushed(A)
    [stored] = await store.websub_subscriptions()
    await subscriber.note_push(Push(subscription=stored, body=b""))

    assert (trusted, quiet, subscriber.is_pushed(A)) == (True, False, True)
    assert stored.status is WebSubStatus.QUIET
    assert [(entry["event"], entry["hub"]) for entry in logs] == [
        ("websub_hub_quiet", "https://hub.example/?token=***")
    ]
    [heard] = await store.websub_subscriptions()
    assert (heard.status, heard.last_push_at) == (WebSubStatus.ACTIVE, NOW + HOUR)


async def test_answers_are_logged_without_secrets(subscriber: WebSubSubscriber) -> None:
    """A verification and a denial are each one line that shows no secret."""
    with capture_logs() as logs:
        known = await subscribe(subscriber)
        await subscriber.answered(known, Denied(reason="no more"))

    assert [entry["event"] for entry in logs] == ["websub_verified", "websub_denied"]
    assert logs[1]["reason"] == "the hub denied it: no more"
    assert not any(secret in str(logs) for secret in (known.secret, known.callback_id, "hush"))
    assert not subscriber.is_pushed(A)


async def test_a_database_that_fails_ends_nothing(
    subscriber: WebSubSubscriber, hubs: Hubs, tmp_path: Path, clock: Clock
) -> None:
    """A renewal that cannot be written down is a line in the log, and is tried again later."""
    await subscribe(subscriber)
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("ALTER TABLE websub_subscriptions RENAME TO away")
    database.close()
    clock.now = NOW + 8 * DAY

    with capture_logs() as logs:
        await subscriber.renew()
        await settle(subscriber)
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("ALTER TABLE away RENAME TO websub_subscriptions")
    database.close()
    clock.now = NOW + 9 * DAY
    await subscriber.renew()
    await settle(subscriber)

    assert [entry["event"] for entry in logs] == ["websub_not_saved"]
    assert hubs.feeds == [A, A]


async def test_a_stop_ends_requests(subscriber: WebSubSubscriber, hubs: Hubs) -> None:
    """A hub that hangs does not keep the program from ending, and nobody is asked afterwards."""
    hubs.hanging.add(LINKS.hub_url)
    await subscriber.after_poll(A, LINKS, found_new=True)
    while not hubs.asked:
        await asyncio.sleep(0)

    await subscriber.stop(0)
    await subscriber.after_poll(C, ELSEWHERE, found_new=True)

    assert not subscriber.running
    assert hubs.feeds == [A]


async def test_what_is_not_wanted_any_more_is_not_asked_for(subscriber: WebSubSubscriber, hubs: Hubs) -> None:
    """A request whose turn comes after the public address was taken away is not made."""
    hubs.hanging.add(LINKS.hub_url)
    await subscriber.after_poll(A, LINKS, found_new=True)
    await subscriber.after_poll(B, LINKS, found_new=True)
    while not hubs.asked:
        await asyncio.sleep(0)

    subscriber.reconfigure(hubs.request, None)
    hubs.go_on.set()
    await settle(subscriber)

    assert hubs.feeds == [A]


async def test_many_subscriptions_are_looked_at_in_turns(
    subscriber: WebSubSubscriber, hubs: Hubs, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal lets others go on in between, and leaves none out."""
    monkeypatch.setattr(websub, "_LOOKED_AT_ONCE", 1)
    for feed_id in (A, B, C):
        await subscribe(subscriber, feed_id)
    clock.now = NOW + 8 * DAY

    renewing = asyncio.create_task(subscriber.renew())
    await asyncio.sleep(0)
    others_go_on = not renewing.done()
    await renewing
    await settle(subscriber)

    assert others_go_on
    assert sorted(hubs.feeds) == [A, A, B, B, C, C]
