"""The bad web on loopback: a server with a path for everything that servers do to their readers.

It speaks by raw sockets, so that HTTP itself can be broken. `/NAME` answers as `ANSWERS` or `LIVE` say;
`/then/NAME` does so from the second request on, after a good feed with two validators. What a test puts into
`answers` (and into `with_cookie`, for requests that show one) comes first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from support.bad_answers import ANSWERS, FIRST
from support.builders import NOW
from support.certificates import Authority

CHUNK = b"x" * 16_384


@dataclass(slots=True)
class Exchange:
    """One request, and the way to answer it. `written` counts what the client, or the system for it, took.

    It is `closed` when the answer is over, or the client has gone.
    """

    path: str
    headers: Mapping[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    written: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, data: bytes) -> None:
        """Send, as fast as the client takes it."""
        self.writer.write(data)
        await self.writer.drain()
        self.written += len(data)


@dataclass(slots=True)
class BadWeb:
    """Serves the bad web on `127.0.0.1`, in TLS when an `authority` is given; remembers every request."""

    authority: Authority | None = None
    port: int = 0
    exchanges: dict[str, list[Exchange]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, bytes] = field(default_factory=dict)
    with_cookie: dict[str, bytes] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        tls = None if self.authority is None else self.authority.server_context(self.authority.issue("bad web"))
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for exchanges in self.exchanges.values():
            for exchange in exchanges:
                exchange.writer.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it is."""
        return self.url_as("127.0.0.1")

    def url_as(self, host: str) -> str:
        """Return where it is under another name."""
        return f"{'https' if self.authority else 'http'}://{host}:{self.port}"

    def requests(self, path: str) -> int:
        """Return how often a path was asked for."""
        return len(self.exchanges[path])

    async def request_to(self, path: str, number: int = 1) -> Exchange:
        """Wait for the first request to a path, or a later one."""
        while self.requests(path) < number:
            self.arrival.clear()
            await self.arrival.wait()
        return self.exchanges[path][number - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):  # a connection that nothing was asked on
            writer.close()
            return
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        exchange = Exchange(head[0].split(" ")[1], headers, reader, writer)
        self.exchanges[exchange.path].append(exchange)
        self.arrival.set()
        with suppress(ConnectionError):
            await self._answer(exchange)
        writer.close()
        exchange.closed.set()

    async def _answer(self, exchange: Exchange) -> None:
        name = exchange.path.removeprefix("/").partition("?")[0]
        if exchange.path in self.with_cookie and "cookie" in exchange.headers:
            await exchange.send(self.with_cookie[exchange.path])
        elif exchange.path in self.answers:
            await exchange.send(self.answers[exchange.path])
        elif name.startswith("then/") and self.requests(exchange.path) == 1:
            await exchange.send(FIRST)
        elif (name := name.removeprefix("then/")) in LIVE:
            await LIVE[name](exchange)
        else:
            await exchange.send(ANSWERS[name](NOW).replace(b"@PORT@", str(self.port).encode()))


async def _reset(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


async def _hang_up(_exchange: Exchange) -> None:
    return


def _then_reset(start: bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(start)
        exchange.writer.transport.abort()

    return answer


def _then_again_and_again(start: bytes, more: bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(start)
        while True:
            await exchange.send(more)

    return answer


def _then_silence(start: bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(start)
        await exchange.reader.read()  # until the client has enough

    return answer


async def _good_chunk_then_a_bad_one(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED + b"5\r\n<rss>\r\n")
    await asyncio.sleep(0.02)  # a packet of its own
    await exchange.send(b"zz\r\n")


def _drop_by_drop(start: bytes, drop: bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(start)
        while True:
            await exchange.send(drop)
            await asyncio.sleep(0.01)

    return answer


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"

LIVE: dict[str, Callable[[Exchange], Awaitable[None]]] = {
    "reset": _reset,
    "hang-up": _hang_up,
    "silence": _then_silence(b""),
    "half-reset": _then_reset(_OK + b"Content-Length: 1000\r\n\r\n<rss>"),
    "half-headers": _then_reset(_OK + b"X-Half"),
    "half-chunked": _then_reset(_CHUNKED + b"5\r\n<rss>\r\n"),
    "late-broken-chunk": _good_chunk_then_a_bad_one,
    "slow-headers": _drop_by_drop(_OK + b"X-Slow: ", b"x"),
    "slow-body": _drop_by_drop(_OK + b"\r\n", b" "),
    "slow-start": _then_silence(_OK),
    "gigabyte": _then_again_and_again(_OK + b"Content-Length: 1073741824\r\n\r\n", CHUNK),
    "endless-body": _then_again_and_again(_OK + b"\r\n", CHUNK),
    "endless-chunks": _then_again_and_again(_CHUNKED, b"1\r\nx\r\n" * 1000),
    "endless-chunk-size": _then_again_and_again(_CHUNKED + b"5;more=", CHUNK),
    "endless-headers": _then_again_and_again(_OK, b"X-More: yes\r\n" * 1000),
    "endless-header": _then_again_and_again(_OK + b"X-Long: ", CHUNK),
    "endless-header-name": _then_again_and_again(_OK, CHUNK),
    "endless-status": _then_again_and_again(b"HTTP/1.1 200 ", CHUNK),
    "endless-trailers": _then_again_and_again(_CHUNKED + b"5\r\n<rss>\r\n0\r\n", b"X-More: yes\r\n" * 1000),
    "endless-hints": _then_again_and_again(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
}
"""What goes on for as long as the client stays, or ends in the middle."""
