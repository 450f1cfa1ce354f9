"""Asking a hub for a subscription: real HTTP, honest and careful."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from support.builders import NOW, feed
from support.certificates import Authority
from support.fetching import AGENT, loopback_fetcher
from support.hub import Hub, HubAnswer
from support.silent_server import silent_server
from support.subscriptions import subscription

from aggregator.feeds import hub_requests
from aggregator.feeds.hub_requests import request_subscription
from aggregator.model.websub import HubRefusal

CALLBACK = "https://desk.example/websub/hidden-id-ep"
SessionFor = Callable[[str], aiohttp.ClientSession]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that verifies nothing: nobody listens where it would."""
    async with Hub(verifies=False) as server:
        yield server


@pytest.fixture
async def session_for() -> AsyncIterator[SessionFor]:
    """The sessions for a feed on 127.0.0.1; other hosts are reached at public addresses only."""
    async with loopback_fetcher(is_loopback_public=False) as fetcher:
        yield lambda url: fetcher.session_for(feed(url="http://127.0.0.1/feed"), url)


async def ask(session_for: SessionFor, hub_url: str) -> HubRefusal | None:
    """Ask a hub for the subscription of a feed."""
    return await request_subscription(session_for, subscription(hub_url=hub_url), CALLBACK, user_agent=AGENT, now=NOW)


async def test_a_request_is_what_the_recommendation_says(hub: Hub, session_for: SessionFor) -> None:
    """The hub is posted a form with topic, callback, secret and the lease we wish for, under our own User-Agent."""
    refusal = await ask(session_for, hub.hub_url)

    assert refusal is None
    assert hub.requests == [
        {
            "hub.callback": CALLBACK,
            "hub.mode": "subscribe",
            "hub.topic": "https://news.example/ep.xml",
            "hub.secret": "hidden-secret-ep",
            "hub.lease_seconds": "864000",
        }
    ]
    assert hub.user_agents == [AGENT]


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (HubAnswer(status=200), None),
        (HubAnswer(status=204), None),
        (HubAnswer(status=404, body="lost"), HubRefusal(reason="the hub answered 404: lost")),
        (
            HubAnswer(status=400, body=" no\r\nsuch \x1b topic"),
            HubRefusal(reason="the hub answered 400: no such topic"),
        ),
        (HubAnswer(status=400, body="\n"), HubRefusal(reason="the hub answered 400")),
        (HubAnswer(status=307), HubRefusal(reason="the hub answered 307")),
        (HubAnswer(status=302, headers={"Location": "/hub"}), HubRefusal(reason="the hub answered 302")),
        (
            HubAnswer(status=429, body="slow down", headers={"Retry-After": "120"}),
            HubRefusal(reason="the hub answered 429: slow down", retry_after=timedelta(minutes=2)),
        ),
        (
            HubAnswer(status=500, body=f"hidden-secret-ep for {CALLBACK} or hidden-id-ep"),
            HubRefusal(reason="the hub answered 500: *** for *** or ***"),
        ),
    ],
)
async def test_the_hubs_answer_is_told_in_one_line(
    hub: Hub, session_for: SessionFor, answer: HubAnswer, refusal: HubRefusal | None
) -> None:
    """Any 2xx takes the request; anything else is its status and what the hub says, without our secrets."""
    hub.answers.append(answer)

    assert await ask(session_for, hub.hub_url) == refusal


async def test_an_endless_answer_is_cut(hub: Hub, session_for: SessionFor) -> None:
    """Of a long answer only the beginning is read."""
    hub.answers.append(HubAnswer(status=500, body="x" * 1_000_000))

    refusal = await ask(session_for, hub.hub_url)

    assert refusal == HubRefusal(reason=f"the hub answered 500: {'x' * 200}")


@pytest.mark.parametrize("status", [307, 308])
async def test_a_hub_may_send_us_to_another(hub: Hub, session_for: SessionFor, status: int) -> None:
    """A 307 or 308 is followed with the same request (§5.1)."""
    hub.answers.append(HubAnswer(status=status, headers={"Location": "/hub?new"}))

    refusal = await ask(session_for, hub.hub_url)

    assert refusal is None
    assert hub.requests[0] == hub.requests[1]


async def test_hubs_that_send_us_in_circles_are_left(hub: Hub, session_for: SessionFor) -> None:
    """After three redirects it is enough."""
    hub.answers += [HubAnswer(status=307, headers={"Location": hub.hub_url})] * 9

    refusal = await ask(session_for, hub.hub_url)

    assert refusal == HubRefusal(reason="the hub names another one, which names another, more than 3 times")
    assert len(hub.requests) == 4


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http:///", "http://[", "ftp://hub.example/"])
async def test_no_other_scheme_is_followed(hub: Hub, session_for: SessionFor, location: str) -> None:
    """A redirect to anything but HTTP is a refusal, not an error."""
    hub.answers.append(HubAnswer(status=307, headers={"Location": location}))

    refusal = await ask(session_for, hub.hub_url)

    assert refusal is not None
    assert len(hub.requests) == 1


async def test_a_redirect_reaches_public_addresses_only(hub: Hub, session_for: SessionFor) -> None:
    """A hub cannot send us into the operator's own network: nothing is sent to another host that resolves into it."""
    hub.answers.append(HubAnswer(status=307, headers={"Location": hub.hub_url.replace("127.0.0.1", "localhost")}))

    refusal = await ask(session_for, hub.hub_url)

    assert refusal is not None
    assert "leads to an address that is not public, so nothing was sent" in refusal.reason
    assert len(hub.requests) == 1


async def test_a_feed_cannot_name_a_hub_in_our_network(hub: Hub) -> None:
    """A hub on another host than the feed's own is reached at public addresses only."""
    async with loopback_fetcher(is_loopback_public=False) as fetcher:
        refusal = await ask(lambda url: fetcher.session_for(feed(url="https://news.example/"), url), hub.hub_url)

    assert refusal is not None
    assert "not public" in refusal.reason
    assert hub.requests == []


async def test_the_secret_does_not_leave_tls(hub: Hub, tmp_path: Path) -> None:
    """A hub on https cannot send us to one on http."""
    authority = Authority.make(tmp_path)
    trusting = ssl.create_default_context(cafile=authority.root.cert)
    async with (
        Hub(tls=authority.server_context(authority.issue("hub"))) as secure,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session,
    ):
        secure.answers.append(HubAnswer(status=307, headers={"Location": hub.hub_url}))
        refusal = await ask(lambda _url: session, secure.hub_url)

    assert refusal == HubRefusal(reason="the hub names another one that is not asked: it is no https address")
    assert hub.requests == []


async def test_a_hub_that_is_away_is_named_without_its_secrets(session_for: SessionFor) -> None:
    """A connection that fails is one line; user, password and secret parameters of the hub's address stay out of it."""
    refusal = await ask(session_for, "http://user:pass@127.0.0.1:1/?token=hush")

    assert refusal is not None
    assert refusal.reason.startswith("http://127.0.0.1:1/?token=***: cannot connect to 127.0.0.1:1")


async def test_a_hub_that_hangs_is_given_up(session_for: SessionFor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that never answers costs no more than its time."""
    monkeypatch.setattr(hub_requests, "_TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    with silent_server() as url:
        refusal = await ask(session_for, url)

    assert refusal == HubRefusal(reason="the hub did not answer within 0.05 s")
