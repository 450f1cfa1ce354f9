"""Which redirects are followed, and what they mean (RFC 9110 §15.4), decided purely."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from aggregator.feeds.credentials import without_user
from aggregator.feeds.failures import without_credentials
from aggregator.model.fetches import PollFailed, PollFailure

_MAX_HOPS = 10
_WEB = {"http": 80, "https": 443}


class RedirectRefused(Exception):
    """A redirect that must not be followed; `failure` says why."""

    def __init__(self, failure: PollFailed) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Trail:
    """Where a request has been redirected to so far: the `url` to ask now, its `host`, `port` and `host:port`."""

    def __init__(self, url: str) -> None:
        self.cookies: dict[str, str] = {}
        self.has_left_host = False
        self._start = url
        self._is_permanent = True
        self._visited: set[tuple[str, tuple[tuple[str, str], ...]]] = {(url, ())}
        self._hops = 0
        self._go_to(url, urlsplit(url))

    def _go_to(self, url: str, parts: SplitResult) -> None:
        self.url = url
        self.host = parts.hostname or ""
        self.port = parts.port or _WEB.get(parts.scheme, 80)
        self.place = parts.netloc.rpartition("@")[2].lower().rstrip(".")
        self._scheme = parts.scheme

    @property
    def permanent_url(self) -> str | None:
        """Where the trail led, when every step of it was permanent (301, 308); None otherwise, and before any."""
        return self.url if self._hops and self._is_permanent else None

    def follow(self, location: str, *, is_permanent: bool, cookies: Mapping[str, str]) -> None:
        """Go where `location` says, without a name and a password in it: they are the server's, not ours.

        Cookies set on the way are shown to the host that set them.

        Raises:
            RedirectRefused: for anything but http and https, a step from https down to http, a circle (the same
                address with the same cookies) and more than ten steps.
        """
        target = without_user(urldefrag(urljoin(self.url, location.strip())).url)
        parts = urlsplit(target)
        if parts.scheme not in _WEB or not parts.hostname:
            raise self._refused(f"redirects to something that is not a web page ({parts.scheme or 'no'}:); refused")
        if self._scheme == "https" and parts.scheme == "http":
            raise self._refused("redirects from https to http, where anybody could change it; refused")
        same_host = parts.hostname == self.host
        self.has_left_host = self.has_left_host or not same_host
        self.cookies = {**self.cookies, **cookies} if same_host else {}
        self._is_permanent = self._is_permanent and is_permanent
        self._hops += 1
        step = (target, tuple(sorted(self.cookies.items())))
        if step in self._visited or self._hops > _MAX_HOPS:
            raise self._refused("redirects in a circle, or too many times; is the address right?")
        self._visited.add(step)
        self._go_to(target, parts)

    def _refused(self, why: str) -> RedirectRefused:
        where = without_credentials(self._start)
        return RedirectRefused(PollFailed(reason=PollFailure.REDIRECTS, detail=f"{where}: {why}"))
