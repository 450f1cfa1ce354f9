"""The HTTP sessions behind fetching: open or guarded, direct or through a proxy, with the feed's own TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from aggregator.feeds.addresses import Network, guarded_socket_factory
from aggregator.feeds.failures import BadTlsFile
from aggregator.feeds.resolving import PublicResolver, comparable_host
from aggregator.model.access import FeedAccess

_MAX_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 15.0
_MAX_HEADER_BYTES = 16 * 1024
_SOCKS = ("socks5", "socks5h", "socks4")
_HTTP_PROXY = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLimits:
    """The bounds of every request: time for all of it, connections at once, and what is public besides the public.

    `proxy` is for every feed that has none of its own.
    """

    timeout: timedelta
    concurrency: int
    proxy: str | None = field(default=None, repr=False)
    allowed_networks: Sequence[Network] = ()
    allowed_hosts: frozenset[str] = frozenset()


class Connections:
    """Hands out sessions, one for each way of connecting, and closes them."""

    def __init__(self, limits: NetworkLimits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._resolver = resolver
        self._public: PublicResolver | None = None
        self._allowed_hosts = frozenset(comparable_host(host) for host in limits.allowed_hosts)
        self._sessions: dict[tuple[bool, str | None], aiohttp.ClientSession] = {}
        self._tls: dict[FeedAccess, ssl.SSLContext] = {}

    def is_guarded(self, host: str, trusted_host: str | None) -> bool:
        """Whether only public addresses may be reached for `host`: it is neither trusted nor one of `network.allow`."""
        name = comparable_host(host)
        is_trusted = trusted_host is not None and name == comparable_host(trusted_host)
        return not is_trusted and name not in self._allowed_hosts

    def session(self, access: FeedAccess, *, guarded: bool) -> aiohttp.ClientSession:
        """Return the session to use; a `guarded` one connects to public addresses only.

        Connections that stay open are never shared by guarded and other requests, through one proxy neither.
        """
        way = None if access.proxy is None else access.proxy if _is_socks(access.proxy) else _HTTP_PROXY
        key = (guarded, way)
        if key not in self._sessions:
            self._sessions[key] = self._open(guarded=guarded, way=way)
        return self._sessions[key]

    def http_proxy(self, access: FeedAccess) -> str | None:
        """Return the proxy to name in a request; a SOCKS proxy is the session's affair."""
        return None if access.proxy is None or _is_socks(access.proxy) else access.proxy

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

    async def check_behind_http_proxy(self, host: str, port: int) -> None:
        """Refuse a host that resolves to an address which is not public, where an HTTP proxy would connect for us.

        The proxy resolves the name once more by itself: against a name that changes in between, only the proxy's own
        rules help. A SOCKS proxy is told the address that was checked.

        Raises:
            AddressRefused: when it does.
            UnknownHost: when it does not resolve here, so that nobody can tell.
        """
        async with asyncio.timeout(min(self._limits.timeout.total_seconds(), _MAX_CONNECT_SECONDS)):
            await self._public_resolver().addresses(host, port)

    async def close(self) -> None:
        """Close every session. Idempotent."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        public, self._public = self._public, None
        if public is not None and self._resolver is None:
            await public.close()

    def _public_resolver(self) -> PublicResolver:
        if self._public is None:
            self._public = PublicResolver(self._resolver or aiohttp.DefaultResolver(), self._limits.allowed_networks)
        return self._public

    def _open(self, *, guarded: bool, way: str | None) -> aiohttp.ClientSession:
        seconds = self._limits.timeout.total_seconds()
        return aiohttp.ClientSession(
            connector=self._connector(guarded=guarded, way=way),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _MAX_CONNECT_SECONDS)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )

    def _connector(self, *, guarded: bool, way: str | None) -> aiohttp.BaseConnector:
        if way is not None and way != _HTTP_PROXY:
            from aggregator.feeds.socks import SocksConnector  # noqa: PLC0415 - 30 ms, for feeds with such a proxy

            return SocksConnector.to(
                way,
                limit=self._limits.concurrency,
                keepalive_seconds=_KEEPALIVE_SECONDS,
                resolver=self._public_resolver() if guarded else None,
            )
        # To an HTTP proxy it connects as the operator says: the address is the proxy's own.
        guards = guarded and way is None
        return aiohttp.TCPConnector(
            limit=self._limits.concurrency,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            resolver=self._public_resolver() if guards else self._resolver,
            # What is resolved is checked, and once more where the connection goes: numeric hosts are not resolved.
            socket_factory=guarded_socket_factory(self._limits.allowed_networks) if guards else None,
        )


def _is_socks(proxy: str) -> bool:
    return urlsplit(proxy).scheme in _SOCKS


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
