"""What went wrong between us and a feed's server, in one line for a person."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from aggregator.feeds.addresses import AddressRefused, UnknownHost
from aggregator.model.fetches import PollFailed, PollFailure

_LONGEST_DETAIL = 200
_LONGEST_ADDRESS = 300
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
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return refused(where)
    if isinstance(cause, UnknownHost):
        return _failed(PollFailure.UNREACHABLE, where, _UNKNOWN)
    if isinstance(error, BadTlsFile):
        reason, detail = PollFailure.TLS, str(error)
    elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        # Before ValueError, which a bad certificate is too.
        reason, detail = PollFailure.TLS, f"no trusted TLS connection ({_short(error)}); is its certificate valid?"
    elif isinstance(error, aiohttp.InvalidURL | ValueError):
        reason, detail = PollFailure.BAD_URL, f"not a usable address ({_short(error)})"
    else:
        reason, detail = PollFailure.UNREACHABLE, _no_answer(error)
    return _failed(reason, where, detail)


def unreadable(path: Path, why: str) -> PollFailed:
    """Say that a file feed cannot be read, and why."""
    return PollFailed(
        reason=PollFailure.UNREADABLE_FILE, detail=f"{path}: cannot be read ({why}); is the path of the feed right?"
    )


def timed_out(where: str, timeout: timedelta) -> PollFailed:
    """Say that the time for a request is over."""
    seconds = f"{timeout.total_seconds():g} s"
    detail = f"no full answer within {seconds}; it will be tried again, or raise polling.timeout"
    return _failed(PollFailure.TIMEOUT, where, detail)


def too_large(where: str, limit_bytes: int) -> PollFailed:
    """Say that a body is over the limit."""
    return _failed(
        PollFailure.TOO_LARGE,
        where,
        f"larger than polling.max_body ({limit_bytes:,} bytes); raise that setting if this is really a feed",
    )


def bad_redirect(where: str, why: str) -> PollFailed:
    """Say why a redirect is not followed."""
    return _failed(PollFailure.REDIRECTS, where, why)


def bad_status(status: int, where: str, *, retry_after: timedelta | None = None, host: str | None = None) -> PollFailed:
    """Say what a status that is not success means for a reader."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "an unknown status"
    said = f"answered {status} {phrase}; {_STATUS_ADVICE.get(status, 'it will be tried again')}"
    failed = _failed(PollFailure.HTTP_STATUS, where, said)
    return replace(failed, status=status, retry_after=retry_after, host=host)


def host_held(where: str, rest: timedelta) -> PollFailed:
    """Say that a host was not asked because it wants to be left alone."""
    said = "its host asked to be left alone for now, so nothing was sent; it will be tried again"
    return replace(_failed(PollFailure.HOST_HELD, where, said), retry_after=rest, host=where)


def refused(where: str) -> PollFailed:
    """Say that an address is not public, so that nothing was sent to it."""
    return _failed(
        PollFailure.REFUSED_ADDRESS,
        where,
        "leads to an address that is not public, so nothing was sent; an operator can list the host or its network "
        "under network.allow",
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


_UNKNOWN = (
    "no such host is known here, so that it is public cannot be told, and the proxy was not asked; "
    "an operator can list the host under network.allow"
)
_NOWHERE = "it redirects without saying where to; it will be tried again"
_STATUS_ADVICE: dict[int, str] = {
    HTTPStatus.NO_CONTENT: "there is nothing at this address; is it that of a feed?",
    HTTPStatus.PARTIAL_CONTENT: "it sent a part though the whole was asked for; it will be tried again",
    **dict.fromkeys((301, 302, 303, 307, 308), _NOWHERE),
    HTTPStatus.NOT_MODIFIED: "it knows nothing of what we have, so that is no answer; it will be tried again",
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


def _failed(reason: PollFailure, where: str, said: str) -> PollFailed:
    shown = where if len(where) <= _LONGEST_ADDRESS else f"{where[:_LONGEST_ADDRESS]}…"
    return PollFailed(reason=reason, detail=f"{shown}: {said}")


def _no_answer(error: Exception) -> str:
    if isinstance(error, _PROXY_ERRORS):
        return f"the proxy does not help ({_short(error)}); is `proxy` right?"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"its answer is not HTTP as it should be ({_short(error)}); is the address, and its port, right?"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection broke in the middle of the answer; it will be tried again"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"no such host {error.host!r}; is the address right, and is this machine online?"
    if isinstance(error, aiohttp.ClientConnectorError):
        return (
            f"cannot connect to {error.host}:{error.port} ({_short(error.os_error)}); "
            "is the server up, and the address right?"
        )
    return f"the connection broke ({_short(error)}); it will be tried again"


def _short(error: BaseException) -> str:
    if isinstance(error, _PROXY_ERRORS) and isinstance(error, aiohttp.ClientResponseError):
        text = f"{error.status} {error.message}"  # its own text holds the URL, or the proxy's, with all secrets
    elif isinstance(error, aiohttp.ClientResponseError):
        text = error.message  # as above; its status is not the server's
    elif isinstance(error, aiohttp.ServerDisconnectedError):
        text = "the server hung up before it had answered"  # its own text holds the answer's headers, cookies too
    elif isinstance(error, aiohttp.InvalidURL):
        text = error.description or "not a URL"  # as above
    else:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    shown = " ".join(str(text).split())[:_LONGEST_DETAIL]
    return "".join(char if char.isprintable() else "?" for char in shown)
