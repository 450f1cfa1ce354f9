"""What went wrong between us and a feed's server, in one line for a person."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from aggregator.model.feeds import PollFailed, PollFailure

_LONGEST_DETAIL = 200


def failure_of(error: Exception, where: str) -> PollFailed:
    """Map what aiohttp or the system raised to a reason and a sentence. `where` is the URL without credentials."""
    if isinstance(error, aiohttp.TooManyRedirects):
        reason, detail = PollFailure.REDIRECTS, "redirects in a circle, or too many times; is the address right?"
    elif isinstance(error, aiohttp.NonHttpUrlRedirectClientError):
        reason, detail = PollFailure.REDIRECTS, "redirects to something that is not http; refused"
    elif isinstance(error, aiohttp.InvalidURL | ValueError):
        reason, detail = PollFailure.BAD_URL, f"not a usable address ({_short(error)})"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        reason, detail = PollFailure.TLS, f"no trusted TLS connection ({_short(error)}); is its certificate valid?"
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


def without_credentials(url: str) -> str:
    """Return `url` as it may be shown: without user name, password and fragment."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def _short(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:_LONGEST_DETAIL]
