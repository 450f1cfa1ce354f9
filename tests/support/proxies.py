"""Proxies on loopback: HTTP by CONNECT (RFC 9110 §9.3.6) and absolute-form (RFC 9112 §3.2.2), SOCKS5 (RFC 1928)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

_LONGEST = 64 * 1024


@dataclass(slots=True)
class _Proxy(ABC):
    """Listens, and carries bytes both ways. `names` says where a host that only the proxy knows is."""

    credentials: tuple[str, str] | None = None
    names: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        self._open.discard(writer)
        writer.close()

    @abstractmethod
    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.asked.append(f"{host}:{port}")
        reader, writer = await asyncio.open_connection(self.names.get(host, host), port)
        self._open.add(writer)
        return reader, writer


class HttpProxy(_Proxy):
    """An HTTP proxy; with `credentials` it wants them as Basic. `heads` are the requests as they came to it."""

    __slots__ = ("heads",)

    def __init__(self, credentials: tuple[str, str] | None = None, names: dict[str, str] | None = None) -> None:
        super().__init__(credentials, names or {})
        self.heads: list[str] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def url_for(self, credentials: str) -> str:
        """Return where it is, with `name:password`."""
        return f"http://{credentials}@127.0.0.1:{self.port}"

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        method, target, _ = head.partition("\r\n")[0].split(" ")
        if not self._is_let_in(head):
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        there, onward = await self._connect(parts.hostname or "", parts.port or 80)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            lines = [line for line in head.split("\r\n")[1:] if not line.lower().startswith(("proxy-", "connection:"))]
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            start = f"{method} {path} HTTP/1.1\r\nConnection: close"
            onward.write("\r\n".join([start, *lines]).encode("latin-1"))
        await _carry(reader, writer, there, onward)

    def _is_let_in(self, head: str) -> bool:
        if self.credentials is None:
            return True
        token = base64.b64encode(":".join(self.credentials).encode()).decode()
        return f"proxy-authorization: basic {token}".lower() in head.lower()


class Socks5Proxy(_Proxy):
    """A SOCKS5 proxy; with `credentials` it wants them as of RFC 1929."""

    def url_for(self, credentials: str = "") -> str:
        """Return where it is, with `name:password` where there is one."""
        return f"socks5://{credentials}{'@' if credentials else ''}127.0.0.1:{self.port}"

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        method = 0 if self.credentials is None else 2
        if method not in offered:
            writer.write(b"\x05\xff")
            await writer.drain()
            return
        writer.write(bytes([5, method]))
        if self.credentials is not None:
            await reader.readexactly(1)
            given = ((await _counted(reader)).decode(), (await _counted(reader)).decode())
            writer.write(b"\x01\x00" if given == self.credentials else b"\x01\x01")
            await writer.drain()
            if given != self.credentials:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await _counted(reader)).decode("idna")
        else:
            host = ".".join(str(byte) for byte in await reader.readexactly(4))
        port = int.from_bytes(await reader.readexactly(2))
        there, onward = await self._connect(host, port)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await _carry(reader, writer, there, onward)


async def _counted(reader: asyncio.StreamReader) -> bytes:
    (count,) = await reader.readexactly(1)
    return await reader.readexactly(count)


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    there: asyncio.StreamReader,
    onward: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until either side ends."""
    ways = [asyncio.create_task(_one_way(reader, onward)), asyncio.create_task(_one_way(there, writer))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    onward.transport.abort()


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_LONGEST):
        writer.write(chunk)
        await writer.drain()
