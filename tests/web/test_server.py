"""The daemon's HTTP server: what it says of itself, and what it does with those who do not speak HTTP well."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from aggregator.web import server as server_module
from aggregator.web.server import WebServer, WebServerError

LISTEN = "127.0.0.1:0"


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    """A server with a route that fails, and one that returns what it is sent."""

    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("the secret of the program")

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async with WebServer(LISTEN, [web.get("/fails", fail), web.post("/echo", echo)]) as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
        ("POST", "/health", 405),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/%2e%2e/etc/passwd", 404),
        ("GET", "/health/more", 404),
        ("GET", "/fails", 500),
    ],
)
async def test_paths_are_known_or_not_found(server: WebServer, method: str, path: str, status: int) -> None:
    """What is there answers, what is not is not found; no answer tells a version, or the inside of an error."""
    async with aiohttp.ClientSession() as session, session.request(method, server.url + path) as answer:
        text = await answer.text()

    assert answer.status == status
    assert answer.headers["Server"] == "aggregator"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "secret" not in text
    assert (text == "ok\n") is ((method, path) == ("GET", "/health"))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET /health HTTP/9.9.9\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(1000)) + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_in_silence(
    server: WebServer, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Garbage, and lines or headers without end, get 400 and an end, no version, and no line in the log."""
    answer = await send(server, request_bytes)

    assert answer.split()[1] == b"400"
    assert b"\r\nServer: aggregator\r\n" in answer
    assert answer.endswith(b"\r\n\r\n400: Bad Request")
    assert caplog.records == []


@pytest.mark.parametrize("begun", [b"", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_says_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """A client that sends nothing, or never ends its headers, is dropped when its time is over."""
    monkeypatch.setattr(server_module, "_IDLE_SECONDS", 0.05)
    async with WebServer(LISTEN, []) as server:
        assert await send(server, begun) == b""


async def test_a_connection_that_rests_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer the connection is kept for a while, not for ever."""
    monkeypatch.setattr(server_module, "_IDLE_SECONDS", 0.05)
    async with WebServer(LISTEN, []) as server:
        answer = await send(server, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


async def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many connections another one is ended at once; when one ends there is room again."""
    monkeypatch.setattr(server_module, "_MAX_CONNECTIONS", 2)
    hello = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    async with WebServer(LISTEN, []) as server:
        held = [await connect(server) for _ in range(2)]
        for reader, writer in held:
            writer.write(hello)
            await reader.readuntil(b"ok\n")
        reader, writer = await connect(server)
        refused = await ended(reader)
        writer.close()
        held[0][1].write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await held[0][0].read()
        answer = await send(server, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for _, writer in held:
            writer.close()

    assert refused
    assert answer.endswith(b"ok\n")


async def test_an_address_that_is_taken_is_said(server: WebServer) -> None:
    """A port that another program has is an error that says which setting to change."""
    listen = urlsplit(server.url).netloc

    with pytest.raises(WebServerError) as caught:
        await WebServer(listen, []).start()

    assert str(caught.value) == (
        f"cannot listen on {listen} (address already in use); change web.listen, or free that address"
    )


@pytest.mark.parametrize("listen", ["192.0.2.1:0", f"{'x' * 64}:0"])
async def test_an_address_that_is_not_ours_is_said(listen: str) -> None:
    """An address of another machine, or a name that is none, is an error in the same words."""
    with pytest.raises(WebServerError, match=r"cannot listen on .* \(.+\); change web.listen"):
        await WebServer(listen, []).start()


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:0"])
async def test_it_says_where_it_listens(listen: str) -> None:
    """The address in the log is the one where it answers; a stop ends it, and may be repeated."""
    with capture_logs() as logs:
        server = WebServer(listen, [])
        await server.start()
    [entry] = logs
    async with aiohttp.ClientSession() as session, session.get(f"{entry['url']}/health") as answer:
        status = answer.status

    await server.stop()
    await server.stop()

    assert status == 200
    parts = urlsplit(entry["url"])
    with socket.socket(socket.AF_INET6 if "[" in listen else socket.AF_INET) as probe:
        assert probe.connect_ex((parts.hostname, parts.port)) != 0


async def test_a_stop_lets_requests_end() -> None:
    """A request that is under way when the server stops is answered."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        started.set()
        await go_on.wait()
        return web.Response(text="done")

    server = WebServer(LISTEN, [web.get("/wait", wait)])
    await server.start()
    async with aiohttp.ClientSession() as session:
        asking = asyncio.create_task(session.get(f"{server.url}/wait"))
        await started.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        go_on.set()
        async with await asking as answer:
            text = await answer.text()
        await stopping

    assert text == "done"


async def connect(server: WebServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as one who speaks HTTP by hand."""
    parts = urlsplit(server.url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the connection ends without an answer."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def send(server: WebServer, request: bytes) -> bytes:
    """Send bytes, and return all that comes back until the connection ends."""
    reader, writer = await connect(server)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer
