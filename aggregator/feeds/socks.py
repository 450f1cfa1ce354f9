"""Connections through a SOCKS proxy, with failures that aiohttp's callers know."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from python_socks import ProxyType

from aggregator.feeds.failures import ProxyFailed

_TYPES = {"socks5": ProxyType.SOCKS5, "socks5h": ProxyType.SOCKS5, "socks4": ProxyType.SOCKS4}
_PORT = 1080  # IANA's, of RFC 1928 §3


class SocksConnector(ProxyConnector):
    """Connects through one proxy, which resolves the names of hosts itself."""

    @classmethod
    def to(cls, url: str, *, limit: int, keepalive_seconds: float) -> SocksConnector:
        """Return the connector for the proxy at `url`."""
        parts = urlsplit(url)
        return cls(
            proxy_type=_TYPES[parts.scheme],
            host=parts.hostname or "",
            port=parts.port or _PORT,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            rdns=True,
            limit=limit,
            keepalive_timeout=keepalive_seconds,
        )

    async def connect(self, req: aiohttp.ClientRequest, *arguments: Any, **options: Any) -> Any:
        """Get or make a connection.

        Raises:
            ProxyFailed: when the proxy is away, refuses us, or cannot reach the host.
            aiohttp.ClientConnectorSSLError: when the feed's own server has no certificate that is trusted.
        """
        try:
            return await super().connect(req, *arguments, **options)
        except (ProxyConnectionError, ProxyError, ProxyTimeoutError) as error:
            raise ProxyFailed(str(error)) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
