"""What notifiers over HTTP do alike: limits of time and size, and what broke when."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from support.notifying import context, failure_of
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailure
from aggregator.notifiers.http import MAX_ANSWER_BYTES, Answer, ServiceClient, fingerprint

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def service(handler: Handler) -> AsyncIterator[str]:
    """Serve everything with `handler`; yield the address."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook/secret"
    await runner.cleanup()


@asynccontextmanager
async def raw_service(answer: bytes) -> AsyncIterator[str]:
    """Answer every request with these bytes, and hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook/secret"


@contextmanager
def full_server() -> Iterator[str]:
    """Yield the address of a socket whose queue is full: no connection to it comes about."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook/secret"
        for client in waiting:
            client.close()


def client_of(seconds: float = 1) -> ServiceClient:
    """A client whose secret is in the address."""
    return ServiceClient(service="the service", context=context(seconds), secrets=("secret",))


async def test_a_request_says_who_asks_and_what() -> None:
    """JSON goes out as UTF-8 with the user agent and the token; half of a character does not stop it."""
    seen: list[tuple[str, str, str, object]] = []

    async def handle(request: web.Request) -> web.Response:
        headers = request.headers
        seen.append((request.method, headers["User-Agent"], headers["Authorization"], await request.json()))
        return web.json_response({"id": 7})

    client = client_of()
    async with service(handle) as url:
        answer = await client.ask_json(url, {"text": "Полонені \ud83d"}, method="PUT", token="t0ken")
        await client.close()
        await client.close()

    assert seen == [("PUT", "aggregator-test", "Bearer t0ken", {"text": "Полонені ?"})]
    assert (answer.is_success, answer.document) == (True, {"id": 7})


async def test_an_answer_is_read_to_its_limit() -> None:
    """However much comes, in however many pieces, no more than 64 KB is kept."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(64):
            await response.write(b"x" * 4096)
        return response

    client = client_of()
    async with service(handle) as url:
        answer = await client.ask_json(url, {})
        await client.close()

    assert len(answer.body) == MAX_ANSWER_BYTES
    assert answer.text == "x" * 200
    assert answer.document == {}


async def test_an_answer_in_pieces_is_put_together() -> None:
    """A document that arrives in two parts is one."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"id":')
        await asyncio.sleep(0)
        await response.write(b' "1"}')
        return response

    client = client_of()
    async with service(handle) as url:
        answer = await client.ask_json(url, {})
        await client.close()

    assert answer.document == {"id": "1"}


async def test_a_redirect_is_not_followed() -> None:
    """The message and its secrets go nowhere else."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    client = client_of()
    async with service(handle) as url:
        answer = await client.ask_json(url, {})
        await client.close()

    assert (answer.status, answer.is_success, asked) == (307, False, ["/hook/secret"])


async def test_a_secret_that_is_repeated_is_struck_out() -> None:
    """What a service says can be shown to anybody."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=404, text=f"Cannot POST {request.path}")

    client = client_of()
    async with service(handle) as url:
        answer = await client.ask_json(url, {})
        await client.close()

    assert answer.text == "Cannot POST /hook/***"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no HTTP\r\n\r\n"])
async def test_what_broke_after_it_was_sent_is_unknown(answer: bytes) -> None:
    """No answer, half of one, or what is none at all: the service may have taken it. No address is told."""
    client = client_of()

    async with raw_service(answer) as url:
        failed = await failure_of(client.ask_json(url, {}))
        await client.close()

    assert failed.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert failed.detail.startswith("the connection broke: ")
    assert "secret" not in f"{failed} {failed.__cause__}"


async def test_what_takes_too_long_is_unknown() -> None:
    """A connection without an answer leaves it open whether the message was taken."""
    client = client_of(0.2)

    with silent_server() as url:
        failed = await failure_of(client.ask_json(url, {}))
        await client.close()

    assert (failed.reason, failed.detail) == (DeliveryFailure.OUTCOME_UNKNOWN, "the service did not answer in time")


async def test_what_was_never_sent_is_unavailable() -> None:
    """A refused connection, one that does not come about, and a name that nobody has: nothing was sent."""
    client = client_of(0.4)

    with full_server() as full:
        failures = [
            await failure_of(client.ask_json(url, {}))
            for url in ("http://127.0.0.1:1/hook/secret", full, "http://nobody.invalid/hook/secret")
        ]
    await client.close()

    assert [failed.reason for failed in failures] == [DeliveryFailure.UNAVAILABLE] * 3
    assert failures[1].detail == "cannot connect to the service in time"
    assert "secret" not in str(failures)


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"[1]", b"\xff", b"[" * 60_000, b'{"a":' * 10_000],
    ids=["none", "text", "list", "bytes", "deep", "deep object"],
)
def test_what_is_no_object_is_an_empty_document(body: bytes) -> None:
    """Whatever a service answers can be asked for its keys."""
    answer = Answer(status=200, headers={}, body=body)

    assert answer.document == {}


def test_a_wait_is_read_from_the_header() -> None:
    """Retry-After in seconds; without it there is none."""
    assert Answer(status=429, headers={"Retry-After": "3"}, body=b"").retry_after == timedelta(seconds=3)
    assert Answer(status=429, headers={}, body=b"").retry_after is None


def test_a_fingerprint_is_the_same_again_and_tells_nothing() -> None:
    """It can stand in the database and in logs."""
    assert fingerprint("xoxb-1") == fingerprint("xoxb-1") != fingerprint("xoxb-2")
    assert "xoxb" not in fingerprint("xoxb-1")
