"""What went wrong between us and a feed's server, in one line for a person."""

from __future__ import annotations

import re
import ssl
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from aggregator.feeds.addresses import AddressRefused
from aggregator.model.fetches import PollFailed, PollFailure

_LONGEST_DETAIL = 200
_SECRET_NAME = re.compile(
    r"token|secret|passw|^pass$|pwd|api[-_]?key|^key$|auth|signature|^sig$|session|credential", re.IGNORECASE
)


class ProxyFailed(aiohttp.ClientConnectionError):
    """A SOCKS proxy is away, refuses us, or cannot reach the host."""


class BadTlsFile(Exception):
    """A file of a feed's TLS options cannot be used."""

    def __init__(self, name: str, path: str, why: str) -> None:
        super().__init__(f"`tls: {{{name}: …}}` names {path}, which cannot be used ({why}); is that the right file?")


_PROXY_ERRORS = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError, ProxyFailed)


def failure_of(error: Exception, where: str) -> PollFailed:
    """Map what aiohttp or the system raised to a reason and a sentence. `where` is the URL without secrets."""
    if isinstance(getattr(error, "os_error", error), AddressRefused):
        return refused(where)
    if isinstance(error, BadTlsFile):
        reason, detail = PollFailure.TLS, str(error)
    elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        # Before ValueError, which a bad certificate is too.
        reason, detail = PollFailure.TLS, f"no trusted TLS connection ({_short(error)}); is its certificate valid?"
    elif isinstance(error, aiohttp.InvalidURL | ValueError):
        reason, detail = PollFailure.BAD_URL, f"not a usable address ({_short(error)})"
    elif isinstance(error, _PROXY_ERRORS):
        reason, detail = PollFailure.UNREACHABLE, f"the proxy does not help ({_short(error)}); is `proxy` right?"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = PollFailure.UNREACHABLE
        detail = f"no such host {error.host!r}; is the address right, and is this machine online?"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = PollFailure.UNREACHABLE
        detail = (
            f"cannot connect to {error.host}:{error.port} ({_short(error.os_error)}); "
            "is the server up, and the address right?"
        )
    else:
        reason, detail = PollFailure.UNREACHABLE, f"the connection broke ({_short(error)}); it will be tried again"
    return PollFailed(reason=reason, detail=f"{where}: {detail}")


def unreadable(path: Path, why: str) -> PollFailed:
    """Say that a file feed cannot be read, and why."""
    return PollFailed(
        reason=PollFailure.UNREADABLE_FILE, detail=f"{path}: cannot be read ({why}); is the path of the feed right?"
    )


def timed_out(where: str, timeout: timedelta) -> PollFailed:
    """Say that the time for a request is over."""
    seconds = f"{timeout.total_seconds():g} s"
    detail = f"{where}: no full answer within {seconds}; it will be tried again, or raise polling.timeout"
    return PollFailed(reason=PollFailure.TIMEOUT, detail=detail)


def too_large(where: str, limit_bytes: int) -> PollFailed:
    """Say that a body is over the limit."""
    return PollFailed(
        reason=PollFailure.TOO_LARGE,
        detail=f"{where}: larger than polling.max_body ({limit_bytes:,} bytes); "
        "raise that setting if this is really a feed",
    )


def bad_status(status: int, where: str, *, retry_after: timedelta | None = None, host: str | None = None) -> PollFailed:
    """Say what a status that is not success means for a reader."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "an unknown status"
    return PollFailed(
        reason=PollFailure.HTTP_STATUS,
        detail=f"{where}: answered {status} {phrase}; {_STATUS_ADVICE.get(status, 'it will be tried again')}",
        status=status,
        retry_after=retry_after,
        host=host,
    )


def refused(where: str) -> PollFailed:
    """Say that an address is not public, so that nothing was sent to it."""
    return PollFailed(
        reason=PollFailure.REFUSED_ADDRESS,
        detail=f"{where}: leads to an address that is not public, so nothing was sent; an operator can list the host "
        "or its network under network.allow",
    )


def without_credentials(url: str) -> str:
    """Return `url` as it may be shown: without user name, password, fragment, and the values of secret parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        head, separator, query = url.rpartition("@")[2].partition("?")
        return f"{head}{separator}{masked_query(query)}"
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=netloc, query=masked_query(parts.query), fragment=""))


def masked_query(query: str) -> str:
    """Return a URL's query with `***` for the values of parameters that are called like secrets."""
    return "&".join(_masked(pair) for pair in query.split("&"))


_STATUS_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it wants a name and a password: give the feed `auth: {username: …, password: …}`",
    HTTPStatus.FORBIDDEN: "the server refuses us: ask its operator, or change polling.user_agent",
    HTTPStatus.NOT_FOUND: "is the address right? the feed may have moved",
    HTTPStatus.GONE: "the feed was taken down for good: remove it, or give its new address",
    HTTPStatus.TOO_MANY_REQUESTS: "it is polled too often for this server; it will be tried again later",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "the proxy wants a name and a password: write them into `proxy`",
}


def _masked(pair: str) -> str:
    name, separator, value = pair.partition("=")
    return f"{name}=***" if separator and value and _SECRET_NAME.search(name) else pair


def _short(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientResponseError):
        text = f"{error.status} {error.message}"  # its own text holds the URL, or the proxy's, with all secrets
    elif isinstance(error, aiohttp.InvalidURL):
        text = error.description or "not a URL"  # as above
    else:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:_LONGEST_DETAIL]
