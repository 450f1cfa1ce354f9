"""How a feed's server is reached: who we say we are, what we show it, and by which way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAccess:
    """What one feed needs beyond its URL. Secrets stay out of every representation.

    `username` with `password` is basic authentication (RFC 7617), `bearer` a token (RFC 6750). `proxy` is an
    http, https, socks5 or socks5h URL. The files are in PEM; without `ca_file` the system's authorities are trusted.
    """

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    proxy: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    verify_tls: bool = True
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    @property
    def has_tls_options(self) -> bool:
        """Whether TLS differs from what every other feed gets."""
        return not self.verify_tls or self.ca_file is not None or self.client_cert is not None


OPEN_ACCESS = FeedAccess()
"""The access of a feed that anybody may read."""
