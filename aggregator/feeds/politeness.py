"""How each host is treated: hosts of one registrable domain together, with the operator's exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from aggregator.settings.model import HostException

_KEPT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPolicy:
    """How one host is treated: which `group` it takes its turns in, and what a Retry-After from it holds."""

    group: str
    concurrency: int
    delay: timedelta
    hold_key: str


class Politeness:
    """Answers how to treat the host of a URL. Hosts without a domain, as addresses, are by host and port."""

    def __init__(self, *, per_host: int, host_delay: timedelta, exceptions: Mapping[str, HostException]) -> None:
        self._per_host = per_host
        self._delay = host_delay
        self._exceptions = {_host(name.lower()): rule for name, rule in exceptions.items()}
        self._known: dict[str, HostPolicy] = {}

    def policy(self, url: str) -> HostPolicy:
        """Return how the host of `url` is treated."""
        return self.policy_at(_place(url))

    def policy_at(self, place: str) -> HostPolicy:
        """Return how a host is treated, given as `host` or `host:port` in lower case."""
        known = self._known.get(place)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[place] = self._decide(place)
        return known

    def hold_keys(self, url: str) -> tuple[str, ...]:
        """Return the names under which the host of `url` may be held: its own, and that of all hosts of its domain."""
        place = _place(url)
        host = _host(place)
        domain = registrable_domain(host)
        return (place,) if domain is None else (host, _all_of(domain))

    def _decide(self, place: str) -> HostPolicy:
        host = _host(place)
        domain = registrable_domain(host)
        rules = self._rules_for(host)
        group, pace = next(
            ((name, rule) for name, rule in rules if rule.concurrency is not None or rule.delay is not None),
            (domain or place, HostException()),
        )
        holds_domain = next((rule.holds_domain for _, rule in rules if rule.holds_domain is not None), False)
        own = place if domain is None else host
        return HostPolicy(
            group=group,
            concurrency=pace.concurrency or self._per_host,
            delay=self._delay if pace.delay is None else pace.delay,
            hold_key=_all_of(domain) if domain is not None and holds_domain else own,
        )

    def _rules_for(self, host: str) -> list[tuple[str, HostException]]:
        """Return the exceptions for a host, the nearest first: its own, then those of the domains above it."""
        names = [host]
        while not _is_address(host) and (above := names[-1].partition(".")[2]):
            names.append(above)
        return [(name, self._exceptions[name]) for name in names if name in self._exceptions]


def registrable_domain(host: str) -> str | None:
    """Return the domain that somebody registered (publicsuffix.org), None for an address or a local name."""
    if _is_address(host) or "." not in host:
        return None
    found = _suffixes().privatesuffix(host)
    return found if isinstance(found, str) else None


def _place(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower().rstrip(".")
    except ValueError:
        return ""


def _host(place: str) -> str:
    """The host of `host:port`, international names in ASCII; an IPv6 address without its brackets."""
    if _is_address(place):
        return place
    if place.startswith("["):
        return place[1:].partition("]")[0]
    host = place.partition(":")[0].strip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _all_of(domain: str) -> str:
    return f"*.{domain}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    # Made at the first use: reading the list takes 40 ms.
    return PublicSuffixList()
