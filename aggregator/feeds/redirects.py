"""Which redirects are followed, and what they mean (RFC 9110 §15.4), decided purely."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, quote, urldefrag, urljoin, urlsplit

from aggregator.feeds.credentials import is_same_server, without_user
from aggregator.feeds.failures import bad_redirect, without_credentials
from aggregator.model.fetches import PollFailed

_MAX_HOPS = 10
_WEB = {"http": 80, "https": 443}


class RedirectRefused(Exception):
    """A redirect that must not be followed; `failure` says why."""

    def __init__(self, failure: PollFailed) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Trail:
    """Where a request has been redirected to so far: the `url` to ask now, its `host`, `port` and `host:port`.

    `has_left_host` and `has_left_server` (an origin: host, port and scheme) say whether a step of it led elsewhere.
    """

    def __init__(self, url: str) -> None:
        """Begin at `url`.

        Raises:
            ValueError: when it is no address of the web.
        """
        parts = urlsplit(url)
        if parts.scheme not in _WEB:
            raise ValueError("only http: and https: lead to a feed or a page")
        self.cookies: dict[str, str] = {}
        self.has_left_host = False
        self.has_left_server = False
        self._start = url
        self._is_permanent = True
        self._visited: set[tuple[str, tuple[tuple[str, str], ...]]] = {(url, ())}
        self._hops = 0
        self._go_to(url, parts)

    def _go_to(self, url: str, parts: SplitResult) -> None:
        self.url = url
        self.host = parts.hostname or ""
        self.port = parts.port or _WEB[parts.scheme]
        self.place = parts.netloc.rpartition("@")[2].lower().rstrip(".")
        self._scheme = parts.scheme

    @property
    def permanent_url(self) -> str | None:
        """Where else the trail led, when every step of it was permanent (301, 308); None otherwise, and before any."""
        return self.url if self._is_permanent and self.url != self._start else None

    def follow(self, location: str, *, is_permanent: bool, cookies: Mapping[str, str]) -> None:
        """Go where `location` says, without a name and a password in it: they are the server's, not ours.

        Cookies set on the way are shown to the host that set them.

        Raises:
            RedirectRefused: for anything but http and https, a step from https down to http, a circle (the same
                address with the same cookies) and more than ten steps.
        """
        target = without_user(urldefrag(urljoin(self.url, _as_address(location))).url)
        parts = urlsplit(target)
        if parts.scheme not in _WEB:
            raise self._refused(
                f"redirects to something that is not a web page ({parts.scheme[:20] or 'no'}:); refused"
            )
        if not parts.hostname:
            raise self._refused("redirects to an address without a host; refused")
        if self._scheme == "https" and parts.scheme == "http":
            raise self._refused("redirects from https to http, where anybody could change it; refused")
        same_host = parts.hostname == self.host
        self.has_left_host = self.has_left_host or not same_host
        self.has_left_server = self.has_left_server or not is_same_server(self.url, target)
        self.cookies = {**self.cookies, **cookies} if same_host else {}
        self._is_permanent = self._is_permanent and is_permanent
        self._hops += 1
        step = (target, tuple(sorted(self.cookies.items())))
        if step in self._visited or self._hops > _MAX_HOPS:
            raise self._refused("redirects in a circle, or too many times; is the address right?")
        self._visited.add(step)
        self._go_to(target, parts)

    def _refused(self, why: str) -> RedirectRefused:
        return RedirectRefused(bad_redirect(without_credentials(self._start), why))


def _as_address(location: str) -> str:
    """Percent-encode what an address cannot hold, as browsers do (WHATWG URL §1.3): blanks, controls, raw bytes.

    RFC 3986 §2.1 has the encoding. aiohttp has surrogates for bytes that are not UTF-8.
    """
    return "".join(
        char if char.isprintable() and char != " " else quote(char, errors="surrogateescape")
        for char in location.strip()
    )
