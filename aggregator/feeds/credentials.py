"""Which secrets a host is shown, and how a request says them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from aiohttp import hdrs

from aggregator.feeds.resolving import comparable_host
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.feeds import Feed

_PORTS = {"http": 80, "https": 443}


def access_to(url: str, feed: Feed | None = None) -> FeedAccess:
    """Return what the server of `url` may see: all that is configured when it is the feed's own, else no secret of it.

    A name and a password in an address count where nothing else is configured (RFC 3986 §3.2.1).

    Raises:
        ValueError: when `url` is no address.
    """
    if feed is None:
        return _with_user_of(url, OPEN_ACCESS)
    if not is_same_server(feed.url, url):
        return _with_user_of(url, without_secrets(feed.access))
    return _with_user_of(url, _with_user_of(feed.url, feed.access))


def is_same_server(source: str, url: str) -> bool:
    """Whether what is shown to the server of `source` may be shown to that of `url`: one origin (RFC 9110 §11.5).

    The same host by https instead of http, on whatever port, counts as well; not the other way round.

    Raises:
        ValueError: when one of them is no address.
    """
    own, other = urlsplit(source), urlsplit(url)
    if comparable_host(own.hostname or "") != comparable_host(other.hostname or ""):
        return False
    is_origin = (own.scheme, _port(own)) == (other.scheme, _port(other))
    return is_origin or (own.scheme, other.scheme) == ("http", "https")


def without_secrets(access: FeedAccess) -> FeedAccess:
    """Return what another host may see: the way there, and nothing that was meant for the feed's own host."""
    if access is OPEN_ACCESS:
        return access
    return replace(
        access,
        username=None,
        password=None,
        bearer=None,
        headers=(),
        cookies=(),
        client_cert=None,
        client_key=None,
        verify_tls=True,
    )


def without_user(url: str) -> str:
    """Return `url` without the name and the password in it: an address that may be compared, kept and resolved with.

    Raises:
        ValueError: when it is no address.
    """
    if "@" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_user_from(source: str, url: str) -> str:
    """Return `url` with the name and the password in the address `source`, where both are of one server.

    Raises:
        ValueError: when one of them is no address.
    """
    user, at, _ = urlsplit(source).netloc.rpartition("@")
    parts = urlsplit(url)
    if not at or "@" in parts.netloc or not is_same_server(source, url):
        return url
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


def request_headers(usual: dict[str, str], access: FeedAccess, way_cookies: Mapping[str, str]) -> dict[str, str]:
    """Return the `usual` headers of a request with the feed's own, which replace them in whatever case they are.

    `way_cookies` were set by redirects on the way here.
    """
    if access is OPEN_ACCESS and not way_cookies:
        return usual
    shown = usual | _authorization(access)
    names = {name.lower(): name for name in shown}
    for name, value in access.headers:
        shown[names.setdefault(name.lower(), name)] = value
    if cookies := dict(access.cookies) | dict(way_cookies):
        name = names.get("cookie", hdrs.COOKIE)
        own = [shown[name]] if name in shown else []
        shown[name] = "; ".join([*own, *(f"{cookie}={value}" for cookie, value in cookies.items())])
    return shown


def _port(parts: SplitResult) -> int | None:
    return _PORTS.get(parts.scheme) if parts.port is None else parts.port


def _with_user_of(url: str, access: FeedAccess) -> FeedAccess:
    parts = urlsplit(url)
    if parts.username is None or access.username is not None or access.bearer is not None:
        return access
    return replace(access, username=unquote(parts.username), password=unquote(parts.password or ""))


def _authorization(access: FeedAccess) -> dict[str, str]:
    """Basic (RFC 7617 §2) or Bearer (RFC 6750 §2.1)."""
    if access.bearer is not None:
        return {hdrs.AUTHORIZATION: f"Bearer {access.bearer}"}
    if access.username is not None:
        pair = f"{access.username}:{access.password or ''}".encode()
        return {hdrs.AUTHORIZATION: f"Basic {base64.b64encode(pair).decode('ascii')}"}
    return {}
