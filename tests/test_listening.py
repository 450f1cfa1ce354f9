"""What the daemon hears: where it listens as settings change, whom it asks, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs
from support.builders import NOW
from support.fetching import loopback_fetcher
from support.hub import Hub, HubAnswer
from support.listening import LISTEN, Desk, opened_desk
from support.subscriptions import subscription

from aggregator.errors import StoreUnavailable
from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.access import FeedAccess
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.websub import HubLinks, Push
from aggregator.web.server import WebServerError

EP = FeedId("ep")
KNOWN = subscription(hub_url="http://127.0.0.1:1/")
PUBLIC_URL = "https://desk.example/agg"


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher that reaches hubs on the feed's own host."""
    async with loopback_fetcher(is_loopback_public=False) as fetcher:
        yield fetcher


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a feed on 127.0.0.1, which does not listen yet."""
    async with opened_desk(tmp_path, KNOWN) as desk:
        yield desk


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that verifies nothing: what it would ask is at a public address."""
    async with Hub(verifies=False) as hub:
        yield hub


async def is_healthy(url: str | None) -> bool:
    """Whether somebody answers there."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_it_listens_as_the_settings_say(desk: Desk, fetcher: HttpFetcher) -> None:
    """Without an address there is no server; turned on, moved, and turned off again it follows, and lets the old go."""
    await desk.listening.follow(desk.settings(listen=None), fetcher)
    off = desk.listening.url
    await desk.listening.follow(desk.settings(), fetcher)
    first = desk.listening.url
    await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
    same = desk.listening.url
    await desk.listening.follow(desk.settings(listen="[::1]:0"), fetcher)
    moved = desk.listening.url

    assert off is None
    assert first == same
    assert (await is_healthy(first), await is_healthy(moved)) == (False, True)
    await desk.listening.follow(desk.settings(listen=None), fetcher)
    assert desk.listening.url is None
    assert not await is_healthy(moved)


async def test_an_address_that_is_taken_changes_nothing(desk: Desk, fetcher: HttpFetcher) -> None:
    """When the new address cannot be had, the old one goes on with its public address; the next change is tried."""
    await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
    before = desk.listening.url
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(WebServerError, match="address already in use"):
            await desk.listening.follow(desk.settings(listen, public_url=PUBLIC_URL), fetcher)
        kept = desk.listening.url

    await desk.listening.follow(desk.settings(listen, public_url=PUBLIC_URL), fetcher)

    assert kept == before
    assert desk.listening.url == f"http://{listen}"
    assert not await is_healthy(before)


async def test_the_first_address_must_be_free(desk: Desk, fetcher: HttpFetcher) -> None:
    """At the start an address that is taken is an error, for there is nothing to go on with."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(WebServerError):
            await desk.listening.follow(desk.settings(f"127.0.0.1:{taken.getsockname()[1]}"), fetcher)

    assert desk.listening.url is None


async def test_all_addresses_can_take_the_place_of_one(desk: Desk, fetcher: HttpFetcher) -> None:
    """From 127.0.0.1:8080 to 0.0.0.0:8080 and back: the same port at another address lets the old one go first."""
    port = free_port()
    await desk.listening.follow(desk.settings(f"127.0.0.1:{port}"), fetcher)

    await desk.listening.follow(desk.settings(f"0.0.0.0:{port}"), fetcher)
    wide = desk.listening.url
    await desk.listening.follow(desk.settings(f"127.0.0.1:{port}"), fetcher)

    assert wide == f"http://0.0.0.0:{port}"
    assert desk.listening.url == f"http://127.0.0.1:{port}"
    assert await is_healthy(desk.listening.url)


async def test_the_old_address_comes_back_when_the_new_one_fails(desk: Desk, fetcher: HttpFetcher) -> None:
    """The same port at an address that is not ours: the old one was let go for it, and is taken again."""
    port = free_port()
    await desk.listening.follow(desk.settings(f"127.0.0.1:{port}"), fetcher)

    with pytest.raises(WebServerError, match="cannot assign requested address"):
        await desk.listening.follow(desk.settings(f"192.0.2.1:{port}"), fetcher)

    assert desk.listening.url == f"http://127.0.0.1:{port}"
    assert await is_healthy(desk.listening.url)


async def test_a_new_limit_is_followed(desk: Desk, fetcher: HttpFetcher) -> None:
    """A change of polling.max_body is in force for the next push, on the same address."""
    await desk.listening.follow(desk.settings(max_body="100KB"), fetcher)
    async with aiohttp.ClientSession() as session:
        refused = await session.post(desk.callback(KNOWN), data=b"x" * 200_000)
        await desk.listening.follow(desk.settings(max_body="1MB"), fetcher)
        taken = await session.post(desk.callback(KNOWN), data=b"x" * 200_000)

    assert (refused.status, taken.status) == (413, 202)


@pytest.mark.parametrize("public_url", [PUBLIC_URL, f"{PUBLIC_URL}/", "https://desk.example:8443/a/b"])
async def test_the_callback_is_below_the_public_address(
    desk: Desk, fetcher: HttpFetcher, hub: Hub, public_url: str
) -> None:
    """Behind a reverse proxy with a path of its own, hubs are given that path (web.public_url)."""
    await desk.listening.follow(desk.settings(public_url=public_url), fetcher)

    await desk.listening.note_poll(desk.feeds[EP], links(hub), found_new=False)
    await desk.until_read()

    [request] = hub.requests
    callback_id = desk.subscriber.subscriptions[EP].callback_id
    assert request["hub.callback"] == f"{public_url.rstrip('/')}/websub/{callback_id}"


async def test_without_a_server_nobody_is_asked(desk: Desk, fetcher: HttpFetcher, hub: Hub) -> None:
    """A public address without web.listen leads to nobody."""
    await desk.listening.follow(desk.settings(listen=None, public_url=PUBLIC_URL), fetcher)

    await desk.listening.note_poll(desk.feeds[EP], links(hub), found_new=False)
    await desk.until_read()

    assert hub.requests == []


async def test_a_start_renews_what_has_become_due(tmp_path: Path, fetcher: HttpFetcher, hub: Hub) -> None:
    """After a long rest the leases are over: hubs are asked at the start, each under the feed's own User-Agent."""
    over = subscription(hub_url=hub.hub_url, requested_at=NOW, verified_at=NOW, expires_at=NOW)
    async with opened_desk(tmp_path, over) as desk:
        desk.feeds[EP] = Feed(id=EP, url=hub.feed_url("ep"), access=FeedAccess(user_agent="desk/1"))
        await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
        await desk.until_read()

    assert [request["hub.topic"] for request in hub.requests] == [over.topic_url]
    assert hub.user_agents == ["desk/1"]


async def test_hubs_of_feeds_that_are_gone_are_not_asked(tmp_path: Path, fetcher: HttpFetcher, hub: Hub) -> None:
    """A feed that was removed is forgotten when its lease is due."""
    over = subscription(hub_url=hub.hub_url, expires_at=NOW)
    async with opened_desk(tmp_path, over) as desk:
        desk.feeds.clear()
        await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
        await desk.until_read()

        assert not desk.subscriber.subscriptions
    assert hub.requests == []


async def test_a_feed_behind_a_proxy_is_polled_only(desk: Desk, fetcher: HttpFetcher, hub: Hub) -> None:
    """Who reads a feed through a proxy is not shown to its hub; one that was asked before hears that we are gone."""
    feed = Feed(id=EP, url=hub.feed_url("ep"), access=FeedAccess(proxy="socks5://127.0.0.1:1"))
    await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
    await desk.until_read()
    known = desk.subscriber.subscriptions[EP]

    desk.feeds[EP] = feed
    await desk.listening.note_poll(feed, links(hub), found_new=True)
    async with aiohttp.ClientSession() as session:
        pushed = await session.post(desk.callback(known), data=b"x")
    desk.feeds[EP] = Feed(id=EP, url=hub.feed_url("ep"))
    await desk.listening.note_poll(desk.feeds[EP], links(hub), found_new=True)
    desk.feeds[EP] = feed
    await desk.until_read()

    assert pushed.status == 410
    assert hub.requests == []
    assert not desk.subscriber.subscriptions


async def test_a_database_that_is_away_ends_no_poll(desk: Desk, fetcher: HttpFetcher, hub: Hub, tmp_path: Path) -> None:
    """What cannot be written down of a hub is a line in the log, in a poll and in a renewal."""
    await desk.listening.follow(desk.settings(), fetcher)
    with sqlite3.connect(tmp_path / "desk.db") as database:
        database.execute("ALTER TABLE websub_subscriptions RENAME TO away")
    database.close()

    with capture_logs() as logs:
        await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)
        await desk.listening.note_poll(desk.feeds[EP], links(hub), found_new=True)

    assert [entry["event"] for entry in logs] == ["websub_not_renewed", "websub_not_saved"]


async def test_a_refusal_of_the_hub_is_kept(desk: Desk, fetcher: HttpFetcher, hub: Hub) -> None:
    """What the hub answers is the subscription's reason."""
    hub.answers.append(HubAnswer(status=403, body="members only"))
    await desk.listening.follow(desk.settings(public_url=PUBLIC_URL), fetcher)

    await desk.listening.note_poll(desk.feeds[EP], links(hub), found_new=False)
    await desk.until_read()

    assert desk.subscriber.subscriptions[EP].reason == "the hub answered 403: members only"


@pytest.mark.parametrize(
    ("error", "event"), [(StoreUnavailable("away"), "push_not_taken"), (RuntimeError("a bug"), "push_crashed")]
)
async def test_a_push_that_fails_ends_no_other(desk: Desk, fetcher: HttpFetcher, error: Exception, event: str) -> None:
    """A push that cannot be read is a line in the log, and its room is given back."""
    await desk.listening.follow(desk.settings(), fetcher)
    desk.error = error
    with capture_logs() as logs:
        await desk.listening.pushed(Push(subscription=KNOWN, body=b"x"))
    desk.error = None
    await desk.listening.pushed(Push(subscription=KNOWN, body=b"y"))

    assert [entry["event"] for entry in logs] == [event]
    assert [push.body for push in desk.taken] == [b"y"]


async def test_a_stop_waits_for_what_is_being_read(desk: Desk, fetcher: HttpFetcher) -> None:
    """A push that is being read when the program ends is read to its end; nobody can push any more."""
    await desk.listening.follow(desk.settings(), fetcher)
    url = desk.listening.url
    desk.may_take.clear()
    desk.listening.pushed(Push(subscription=KNOWN, body=b"x"))

    stopping = asyncio.create_task(desk.listening.stop(60))
    while await is_healthy(url):
        pass
    desk.may_take.set()
    await stopping

    assert [push.body for push in desk.taken] == [b"x"]


async def test_what_a_stop_cuts_off_is_polled_next(desk: Desk, fetcher: HttpFetcher) -> None:
    """A push that takes too long to read is not lost: its feed is due at once."""
    await desk.listening.follow(desk.settings(), fetcher)
    [state] = await desk.store.feed_states()
    desk.may_take.clear()
    desk.listening.pushed(Push(subscription=KNOWN, body=b"x"))

    with capture_logs() as logs:
        await desk.listening.stop(0.01)

    [after] = await desk.store.feed_states()
    assert desk.taken == []
    assert after.next_poll_at > state.next_poll_at
    assert [entry["event"] for entry in logs] == ["pushes_cancelled"]


async def test_pushes_and_requests_are_seen_as_under_way(desk: Desk, fetcher: HttpFetcher) -> None:
    """Whoever closes what they use can wait for them."""
    await desk.listening.follow(desk.settings(), fetcher)
    desk.may_take.clear()

    reading = desk.listening.pushed(Push(subscription=KNOWN, body=b"x"))
    under_way = set(desk.listening.running)
    desk.may_take.set()
    await reading

    assert under_way == {reading}
    assert urlsplit(str(desk.listening.url)).port != urlsplit(f"http://{LISTEN}").port


def links(hub: Hub) -> HubLinks:
    """What the feed says of its hub."""
    return HubLinks(hub_url=hub.hub_url, topic_url=hub.feed_url("ep"))
