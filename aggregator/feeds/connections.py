"""The HTTP sessions behind fetching: open or guarded, direct or through a proxy, with the feed's own TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from aggregator.feeds.addresses import AddressRefused, Network, guarded_socket_factory, refusal
from aggregator.feeds.failures import BadTlsFile
from aggregator.model.access import FeedAccess

_MAX_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 15.0
_MAX_HEADER_BYTES = 16 * 1024
_SOCKS = ("socks5", "socks5h", "socks4")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLimits:
    """The bounds of every request: time for all of it, connections at once, and what is public besides the public."""

    timeout: timedelta
    concurrency: int
    allowed_networks: Sequence[Network] = ()
    allowed_hosts: frozenset[str] = frozenset()


class Connections:
    """Hands out sessions, one for each way of connecting, and closes them."""

    def __init__(self, limits: NetworkLimits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._resolver = resolver
        self._sessions: dict[tuple[bool, str | None], aiohttp.ClientSession] = {}
        self._tls: dict[FeedAccess, ssl.SSLContext] = {}

    def session(self, access: FeedAccess, *, guarded: bool) -> aiohttp.ClientSession:
        """Return the session to use; a `guarded` one connects to public addresses only."""
        socks = access.proxy if access.proxy and urlsplit(access.proxy).scheme in _SOCKS else None
        # Behind a proxy the address connected to is the proxy's own, which the operator chose.
        key = (guarded and access.proxy is None, socks)
        if key not in self._sessions:
            self._sessions[key] = self._open(guarded=key[0], socks=socks)
        return self._sessions[key]

    def http_proxy(self, access: FeedAccess) -> str | None:
        """Return the proxy to name in a request; a SOCKS proxy is the session's affair."""
        return access.proxy if access.proxy and urlsplit(access.proxy).scheme not in _SOCKS else None

    def tls(self, access: FeedAccess) -> ssl.SSLContext | bool:
        """Return what a request passes for `ssl`.

        Raises:
            BadTlsFile: when a file of the feed's TLS options cannot be used.
        """
        if not access.has_tls_options:
            return True
        if access not in self._tls:
            self._tls[access] = _tls_context(access)
        return self._tls[access]

    async def check_behind_proxy(self, host: str, port: int) -> None:
        """Refuse a host that resolves to an address which is not public, where a proxy would connect for us.

        The proxy resolves the name once more by itself: against a name that changes in between, only the proxy's own
        rules help.

        Raises:
            AddressRefused: when it does.
            OSError: when it does not resolve.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_MAX_CONNECT_SECONDS):
            found = await loop.getaddrinfo(host, port)
        if any(refusal(str(info[4][0]), self._limits.allowed_networks) for info in found):
            raise AddressRefused

    async def close(self) -> None:
        """Close every session. Idempotent."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _open(self, *, guarded: bool, socks: str | None) -> aiohttp.ClientSession:
        seconds = self._limits.timeout.total_seconds()
        return aiohttp.ClientSession(
            connector=self._connector(guarded=guarded, socks=socks),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _MAX_CONNECT_SECONDS)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )

    def _connector(self, *, guarded: bool, socks: str | None) -> aiohttp.BaseConnector:
        if socks is not None:
            # Imported when a feed has such a proxy: it takes 30 ms.
            from aggregator.feeds.socks import SocksConnector  # noqa: PLC0415

            return SocksConnector.to(socks, limit=self._limits.concurrency, keepalive_seconds=_KEEPALIVE_SECONDS)
        return aiohttp.TCPConnector(
            limit=self._limits.concurrency,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            resolver=self._resolver,
            socket_factory=guarded_socket_factory(self._limits.allowed_networks) if guarded else None,
        )


def _tls_context(access: FeedAccess) -> ssl.SSLContext:
    files = (("ca_file", access.ca_file), ("client_cert", access.client_cert), ("client_key", access.client_key))
    for name, path in files:
        if path is not None:
            _check_readable(name, path)
    try:
        context = ssl.create_default_context(cafile=access.ca_file)
    except ssl.SSLError as error:
        raise BadTlsFile("ca_file", str(access.ca_file), "no certificate in PEM is in it") from error
    if not access.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_cert is not None:
        try:
            # With the empty password an encrypted key is an error, not a question on the terminal.
            context.load_cert_chain(access.client_cert, access.client_key, password="")
        except ssl.SSLError as error:
            why = "it is not a certificate in PEM with its own key, unencrypted, there or in client_key"
            raise BadTlsFile("client_cert", access.client_cert, why) from error
    return context


def _check_readable(name: str, path: str) -> None:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise BadTlsFile(name, path, error.strerror or str(error)) from error
