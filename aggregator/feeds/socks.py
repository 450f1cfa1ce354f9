"""Connections through a SOCKS proxy, with failures that aiohttp's callers know."""

from __future__ import annotations

import asyncio
import contextlib
from ssl import SSLContext, SSLError
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import aiohttp
import python_socks
from aiohttp.client_proto import ResponseHandler
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from python_socks.async_.asyncio.v2 import Proxy

from aggregator.feeds.addresses import AddressRefused, UnknownHost
from aggregator.feeds.failures import ProxyFailed
from aggregator.feeds.resolving import PublicResolver

_TYPES = {
    "socks5": python_socks.ProxyType.SOCKS5,
    "socks5h": python_socks.ProxyType.SOCKS5,
    "socks4": python_socks.ProxyType.SOCKS4,
}
_PORT = 1080  # IANA's, of RFC 1928 §3
_MAX_ADDRESSES = 4


class SocksConnector(ProxyConnector):
    """Connects through one proxy, which resolves the names of hosts itself, or is told addresses that are public."""

    _public: PublicResolver | None = None

    @classmethod
    def to(
        cls, url: str, *, limit: int, keepalive_seconds: float, resolver: PublicResolver | None = None
    ) -> SocksConnector:
        """Return the connector for the proxy at `url`; with a `resolver` the proxy is only told what that allows."""
        parts = urlsplit(url)
        made = cls(
            proxy_type=_TYPES[parts.scheme],
            host=parts.hostname or "",
            port=parts.port or _PORT,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            rdns=True,
            limit=limit,
            keepalive_timeout=keepalive_seconds,
        )
        made._public = resolver
        return made

    async def connect(self, req: aiohttp.ClientRequest, *arguments: Any, **options: Any) -> Any:
        """Get or make a connection.

        Raises:
            ProxyFailed: when the proxy is away, refuses us, or cannot reach the host.
            aiohttp.ClientConnectorError: when the host is not public, or nobody can tell; nothing was sent.
            aiohttp.ClientConnectorSSLError: when the feed's own server has no certificate that is trusted.
        """
        try:
            return await super().connect(req, *arguments, **options)
        except (ProxyConnectionError, ProxyError, ProxyTimeoutError) as error:
            raise ProxyFailed(str(error)) from error
        except EOFError as error:  # asyncio's, which python-socks does not know
            raise ProxyFailed("it hung up") from error
        except (AddressRefused, UnknownHost) as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        except SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error

    async def _connect_via_proxy(
        self,
        host: str,
        port: int,
        ssl: SSLContext | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - aiohttp-socks calls it so
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """Connect to `host` for aiohttp-socks, by its address where that was checked; TLS is with the host's name."""
        if self._public is None:
            return await super()._connect_via_proxy(host, port, ssl, timeout)
        addresses = (await self._public.addresses(host, port))[:_MAX_ADDRESSES]
        *others, last = addresses
        for address in others:
            with contextlib.suppress(python_socks.ProxyError, EOFError):
                return await self._connect_to(address, port, seconds=timeout, tls=ssl, tls_name=host.rstrip("."))
        return await self._connect_to(last, port, seconds=timeout, tls=ssl, tls_name=host.rstrip("."))

    async def _connect_to(
        self, address: str, port: int, *, seconds: float | None, tls: SSLContext | None, tls_name: str
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """As aiohttp-socks connects, but that the name in TLS is not what the proxy is told."""
        proxy = Proxy(
            proxy_type=self._proxy_type,
            host=self._proxy_host,
            port=self._proxy_port,
            username=self._proxy_username,
            password=self._proxy_password,
        )
        stream = await proxy.connect(dest_host=address, dest_port=port, timeout=seconds)
        try:
            if tls is not None:
                stream = await stream.start_tls(hostname=tls_name, ssl_context=tls)
        except BaseException:
            await stream.close()
            raise
        transport = cast("asyncio.Transport", stream.writer.transport)  # a socket's goes both ways
        handler = _Handler(self._loop, stream.writer)
        transport.set_protocol(handler)
        handler.connection_made(transport)
        return transport, handler


class _Handler(ResponseHandler):
    """Keeps hold of what owns the connection: a StreamWriter that is let go closes it (Python 3.11.5 on)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter) -> None:
        super().__init__(loop)
        self._writer = writer
