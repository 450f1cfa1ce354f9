"""The callback of WebSub over real HTTP: what hubs ask and push, and what strangers try."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs
from support.builders import NOW
from support.hub import sign
from support.listening import Desk, listening_desk
from support.subscriptions import subscription

from aggregator.feeds.websub import LEASE
from aggregator.model.ids import FeedId
from aggregator.model.websub import WebSubStatus
from aggregator.web import server

KNOWN = subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None)
OTHER = subscription("b")
LIMIT = 100 * 1024
BODY = b"<rss version='2.0'/>"
ASKED = {"hub.mode": "subscribe", "hub.topic": KNOWN.topic_url, "hub.challenge": "abc", "hub.lease_seconds": "864000"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with two subscriptions that takes bodies of 100 KB."""
    async with listening_desk(tmp_path, KNOWN, OTHER, max_body="100KB") as desk:
        yield desk


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """The web, hubs and strangers."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


def signed(body: bytes = BODY, **headers: str) -> dict[str, str]:
    """The headers of a push by who has the secret."""
    return {"Content-Type": "application/rss+xml", "X-Hub-Signature": sign(KNOWN.secret, body), **headers}


async def test_a_stranger_finds_nothing(desk: Desk, web: aiohttp.ClientSession) -> None:
    """Callbacks that nobody was given are not found, whatever is asked or sent."""
    url = f"{desk.listening.url}/websub/unknown"

    asked = await web.get(url, params=ASKED)
    pushed = await web.post(url, data=BODY, headers=signed())
    listed = await web.get(f"{desk.listening.url}/websub/")

    assert [answer.status for answer in (asked, pushed, listed)] == [404, 404, 404]
    assert desk.taken == []


@pytest.mark.parametrize(
    "challenge",
    ["abc", "a b+c/d=&?", "<script>alert(1)</script>", "ключ", "\x00\x7f\r\n", "x" * 4000, "%41", "100%"],
)
async def test_a_challenge_is_echoed_exactly(desk: Desk, web: aiohttp.ClientSession, challenge: str) -> None:
    """The challenge comes back to the byte, as text that no browser takes for a page or a script (§8.2)."""
    answer = await web.get(desk.callback(KNOWN), params=ASKED | {"hub.challenge": challenge})

    assert (answer.status, await answer.read()) == (200, challenge.encode())
    assert answer.content_type == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    [_, stored] = await desk.store.websub_subscriptions()
    assert stored.status is WebSubStatus.ACTIVE
    assert stored.verified_at is not None
    assert stored.expires_at == stored.verified_at + LEASE


@pytest.mark.parametrize("query", [b"hub.challenge=%FF%FE", b"hub.challenge=\xff\xfe", b"hub.challenge=%ED%A0%80"])
async def test_a_challenge_that_is_no_text_breaks_nothing(desk: Desk, query: bytes) -> None:
    """Bytes that are no UTF-8 are answered or refused, never an error of ours."""
    asked = b"hub.mode=subscribe&hub.topic=" + quote(KNOWN.topic_url, safe="").encode() + b"&" + query

    answer = await send(desk, b"GET /websub/%s?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % (ID, asked))

    assert answer.split()[1] in (b"200", b"400")


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.topic": "https://other.example/"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.topic": "https://other.example/", "hub.mode": "denied"},
    ],
)
async def test_what_we_did_not_ask_for_is_not_found(
    desk: Desk, web: aiohttp.ClientSession, changes: dict[str, str]
) -> None:
    """A question about anything but our own subscription is answered 404 and changes nothing (§5.3)."""
    answer = await web.get(desk.callback(KNOWN), params=ASKED | changes)

    assert answer.status == 404
    assert await desk.store.websub_subscriptions() == [OTHER, KNOWN]


async def test_a_denial_is_taken_note_of(desk: Desk, web: aiohttp.ClientSession) -> None:
    """A hub that says no is answered, and its reason is kept (§5.2)."""
    denied = {"hub.mode": "denied", "hub.topic": KNOWN.topic_url, "hub.reason": "members only"}

    answer = await web.get(desk.callback(KNOWN), params=denied)

    [_, stored] = await desk.store.websub_subscriptions()
    assert (answer.status, await answer.read()) == (200, b"")
    assert (stored.status, stored.reason) == (WebSubStatus.DENIED, "the hub denied it: members only")


async def test_a_head_request_confirms_nothing(desk: Desk, web: aiohttp.ClientSession) -> None:
    """Only GET asks; a look with HEAD is not allowed and changes nothing."""
    answer = await web.head(desk.callback(KNOWN), params=ASKED)

    assert answer.status == 405
    assert await desk.store.websub_subscriptions() == [OTHER, KNOWN]


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_what_a_hub_proves_is_taken(desk: Desk, web: aiohttp.ClientSession, method: str) -> None:
    """A push with a right signature is accepted at once and handed on as it came."""
    headers = signed() | {"X-Hub-Signature": sign(KNOWN.secret, BODY, method)}

    answer = await web.post(desk.callback(KNOWN), data=BODY, headers=headers)
    await desk.until_read()

    [push] = desk.taken
    assert answer.status == 202
    assert (push.subscription, push.body, push.content_type) == (KNOWN, BODY, "application/rss+xml")


async def test_a_large_push_is_proved_like_a_small_one(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    """The signature of a body of a megabyte is checked too."""
    body = b"x" * 1_000_000
    async with listening_desk(tmp_path, KNOWN) as desk:
        forged = await web.post(desk.callback(KNOWN), data=body[:-1], headers=signed(body))
        proved = await web.post(desk.callback(KNOWN), data=body, headers=signed(body))
        await desk.until_read()

        assert (forged.status, proved.status) == (202, 202)
        assert [push.body for push in desk.taken] == [body]
        assert desk.listening.held_bytes == 0


async def test_compressed_content_stays_as_it_was_signed(desk: Desk, web: aiohttp.ClientSession) -> None:
    """A compressed push is proved by its bytes on the wire, and decompressed where documents are parsed."""
    body = gzip.compress(b" " * 10_000_000)

    answer = await web.post(desk.callback(KNOWN), data=body, headers=signed(body) | {"Content-Encoding": "gzip"})
    await desk.until_read()

    [push] = desk.taken
    assert answer.status == 202
    assert (push.body, push.content_encoding) == (body, "gzip")


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=00",
        sign("another secret", BODY),
        sign(KNOWN.secret, b"other"),
        sign(OTHER.secret, BODY),
        "sha256=\xff",
    ],
)
async def test_what_nobody_proves_is_dropped(desk: Desk, web: aiohttp.ClientSession, signature: str | None) -> None:
    """A push with a wrong signature gets the answer of a right one, and is not used (§7.1.2)."""
    headers = {"X-Hub-Signature": signature} if signature is not None else {}

    with capture_logs() as logs:
        answer = await web.post(desk.callback(KNOWN), data=BODY, headers=headers)
    await desk.until_read()

    assert answer.status == 202
    assert desk.taken == []
    assert await desk.store.websub_subscriptions() == [OTHER, KNOWN]
    assert [(entry["event"], entry["feed"]) for entry in logs] == [("websub_push_refused", "ep")]
    assert KNOWN.secret not in str(logs)
    assert KNOWN.callback_id not in str(logs)


async def test_a_signature_of_any_bytes_is_only_wrong(desk: Desk) -> None:
    """A signature that is no text at all is a wrong one."""
    request = b"POST /websub/%s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha256=\xff\xfe\r\nContent-Length: 1\r\n"

    answer = await send(desk, request % ID + b"Connection: close\r\n\r\nx")

    assert answer.startswith(b"HTTP/1.1 202")
    assert desk.taken == []


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(desk: Desk, web: aiohttp.ClientSession, is_chunked: bool) -> None:
    """A body of more than polling.max_body is refused, announced or not; one of just as much is taken."""
    large, largest = b"x" * (LIMIT + 1), b"x" * LIMIT

    refused = await web.post(desk.callback(KNOWN), data=sent(large, is_chunked), headers=signed(large))
    taken = await web.post(desk.callback(KNOWN), data=sent(largest, is_chunked), headers=signed(largest))
    await desk.until_read()

    assert (refused.status, taken.status) == (413, 202)
    assert [push.body for push in desk.taken] == [largest]


@pytest.mark.parametrize(
    "begun",
    [b"Content-Length: 1000\r\n\r\n<rss", b"Transfer-Encoding: chunked\r\n\r\n4\r\n<rss\r\nno chunk\r\n"],
)
async def test_a_body_that_does_not_end_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """A sender that stops in the middle, or sends nonsense there, is refused when its time is over."""
    monkeypatch.setattr(server, "_BODY_SECONDS", 0.05)
    monkeypatch.setattr(server, "_LINGERING_SECONDS", 0.05)

    answer = await send(desk, b"POST /websub/%s HTTP/1.1\r\nHost: x\r\n" % ID + begun)

    assert answer.split()[1] in (b"400", b"408")
    assert desk.taken == []
    assert desk.listening.held_bytes == 0


async def test_a_sender_that_goes_away_leaves_nothing_behind(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A body whose sender is gone takes no room any more, and is no error in the log."""
    with capture_logs() as logs:
        reader, writer = await connect(desk)
        writer.write(b"POST /websub/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<rss" % ID)
        while not desk.listening.held_bytes:
            await asyncio.sleep(0)
        writer.close()
        while desk.listening.held_bytes:
            await asyncio.sleep(0)

    assert await reader.read() == b""
    assert desk.taken == []
    assert (logs, caplog.records) == ([], [])


async def test_a_sender_has_room_for_one_large_body_at_a_time(desk: Desk, web: aiohttp.ClientSession) -> None:
    """While what was pushed for a feed is not read yet, more of it is refused for now; another feed has room."""
    desk.may_take.clear()
    body = b"x" * LIMIT
    other = signed() | {"X-Hub-Signature": sign(OTHER.secret, body)}

    first = await web.post(desk.callback(KNOWN), data=body, headers=signed(body))
    second = await web.post(desk.callback(KNOWN), data=body, headers=signed(body))
    another = await web.post(desk.callback(OTHER), data=body, headers=other)
    desk.may_take.set()
    await desk.until_read()
    again = await web.post(desk.callback(KNOWN), data=body, headers=signed(body))

    assert [answer.status for answer in (first, second, another, again)] == [202, 503, 202, 202]
    assert second.headers["Retry-After"] == "60"


async def test_many_pushes_at_once_are_bounded(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    """A thousand large pushes hold no more memory than four of the largest; the rest is refused for now, not lost."""
    known = [subscription(f"f{number}") for number in range(100)]
    body = b"x" * 90_000
    async with listening_desk(tmp_path, *known, max_body="100KB") as desk:
        desk.may_take.clear()

        async def push(number: int) -> int:
            to = known[number % len(known)]
            headers = {"X-Hub-Signature": sign(to.secret, body)}
            async with web.post(desk.callback(to), data=body, headers=headers) as answer:
                return answer.status

        statuses = await asyncio.gather(*(push(number) for number in range(1000)))
        held = desk.listening.held_bytes
        desk.may_take.set()
        await desk.until_read()

        assert held <= 4 * LIMIT
        assert statuses.count(202) == len(desk.taken) == 4
        assert statuses.count(503) == 996
        assert desk.listening.held_bytes == 0


async def test_many_small_pushes_are_bounded_too(desk: Desk, web: aiohttp.ClientSession) -> None:
    """The smallest push counts for what comes with it, so that their number is bounded."""
    desk.may_take.clear()

    statuses = [(await web.post(desk.callback(KNOWN), data=b"x", headers=signed(b"x"))).status for _ in range(10)]

    assert statuses == [202] * 6 + [503] * 4


async def test_a_feed_that_was_removed_ends_its_subscription(desk: Desk, web: aiohttp.ClientSession) -> None:
    """A hub that pushes for a feed that is no longer there hears that it is gone, and a question is refused (§7)."""
    del desk.feeds[FeedId("ep")]

    pushed = await web.post(desk.callback(KNOWN), data=BODY, headers=signed())
    asked = await web.get(desk.callback(KNOWN), params=ASKED)

    assert (pushed.status, asked.status) == (410, 404)
    assert desk.taken == []


async def test_a_push_makes_a_quiet_hub_heard(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    """A proved push is kept as a sign of life; without a lease it makes nothing of it."""
    quiet = replace(KNOWN, status=WebSubStatus.QUIET, verified_at=NOW, expires_at=NOW + 10_000 * LEASE)
    async with listening_desk(tmp_path, quiet) as desk:
        await web.post(desk.callback(quiet), data=BODY, headers=signed())
        await desk.until_read()

        [stored] = await desk.store.websub_subscriptions()
        assert stored.status is WebSubStatus.ACTIVE
        assert stored.last_push_at is not None


ID = KNOWN.callback_id.encode()


async def sent_in_chunks(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length nobody announces."""
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


def sent(body: bytes, is_chunked: bool) -> bytes | AsyncIterator[bytes]:
    """A body, with or without its length."""
    return sent_in_chunks(body) if is_chunked else body


async def connect(desk: Desk) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as one who speaks HTTP by hand."""
    parts = urlsplit(str(desk.listening.url))
    return await asyncio.open_connection(parts.hostname, parts.port)


async def send(desk: Desk, request: bytes) -> bytes:
    """Send bytes, and return all that comes back until the connection ends."""
    reader, writer = await connect(desk)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer
