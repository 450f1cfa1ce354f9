"""Which hosts count as one, how each is treated, and what its Retry-After holds: tables, from publicsuffix.org."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.feeds.politeness import Politeness, registrable_domain
from aggregator.settings.model import HostException

SECOND = timedelta(seconds=1)


def politeness(**exceptions: HostException) -> Politeness:
    """One request at a time, a second apart; `a__b` is the exception for `a.b`."""
    named = {name.replace("__", "."): rule for name, rule in exceptions.items()}
    return Politeness(per_host=1, host_delay=SECOND, exceptions=named)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.com", "example.com"),
        ("feeds.news.example.com", "example.com"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("co.uk", None),
        ("someone.github.io", "someone.github.io"),
        ("a.someone.github.io", "someone.github.io"),
        ("github.io", None),
        ("one.blogspot.com", "one.blogspot.com"),
        ("xn--80aqecdr1a.xn--p1ai", "xn--80aqecdr1a.xn--p1ai"),
        ("feeds.server.internal", "server.internal"),
        ("localhost", None),
        ("127.0.0.1", None),
        ("2001:db8::1", None),
        ("", None),
    ],
)
def test_a_domain_is_what_somebody_registered(host: str, domain: str | None) -> None:
    """Under a public suffix each name is somebody else's; an address and a local name have no domain."""
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("one", "other", "is_one_group"),
    [
        ("https://example.com/a", "https://example.com/b", True),
        ("https://example.com/a", "http://example.com/a", True),
        ("https://www.example.com/a", "https://feeds.example.com/a", True),
        ("https://example.com/a", "https://example.com:8443/a", True),
        ("https://EXAMPLE.com/a", "https://name:password@example.com./a", True),
        ("https://example.com.:8443/a", "https://example.com/a", True),
        ("https://новини.укр/a", "https://www.xn--b1amarcd.xn--j1amh/a", True),
        ("https://www.bbc.co.uk/a", "https://www.gov.co.uk/a", False),
        ("https://one.github.io/a", "https://two.github.io/a", False),
        ("https://example.com/a", "https://example.org/a", False),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8001/b", True),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/a", False),
        ("http://127.0.0.1/a", "http://127.0.0.2/a", False),
        ("http://[::1]:8001/a", "http://[::1]:8001/b", True),
        ("http://[::1]:8001/a", "http://[::1]:8002/a", False),
        ("http://localhost:8001/a", "http://localhost:8002/a", False),
    ],
)
def test_hosts_of_one_domain_take_turns_together(one: str, other: str, is_one_group: bool) -> None:
    """The group is the registrable domain; where there is none, the host with its port."""
    polite = politeness()

    assert (polite.policy(one).group == polite.policy(other).group) is is_one_group


def test_without_exceptions_the_general_pace_holds() -> None:
    """One request at once, a second apart, and a hold on the host alone."""
    policy = politeness().policy("https://feeds.example.com/a")

    assert (policy.concurrency, policy.delay) == (1, SECOND)
    assert (policy.group, policy.hold_key) == ("example.com", "feeds.example.com")


@pytest.mark.parametrize(
    ("url", "group", "concurrency", "delay_seconds"),
    [
        ("https://example.com/", "example.com", 4, 1),
        ("https://www.example.com/", "example.com", 4, 1),
        ("https://feeds.example.com/", "feeds.example.com", 1, 0),
        ("https://a.feeds.example.com/", "feeds.example.com", 1, 0),
        ("https://slow.feeds.example.com/", "slow.feeds.example.com", 1, 60),
        ("https://held.feeds.example.com/", "feeds.example.com", 1, 0),
        ("https://otherexample.com/", "otherexample.com", 1, 1),
        ("http://10.0.0.1:8080/", "10.0.0.1", 9, 1),
        ("http://10.0.0.2:8080/", "10.0.0.2:8080", 1, 1),
        ("http://[fd00::1]:8080/", "fd00::1", 8, 1),
        ("https://www.новини.укр/", "xn--b1amarcd.xn--j1amh", 7, 1),
    ],
)
def test_the_nearest_exception_sets_the_pace(url: str, group: str, concurrency: int, delay_seconds: int) -> None:
    """An exception counts for its host and all hosts below it, up to a nearer one; they take turns in its group."""
    polite = Politeness(
        per_host=1,
        host_delay=SECOND,
        exceptions={
            "Example.com.": HostException(concurrency=4),
            "feeds.example.com": HostException(delay=timedelta(0)),
            "slow.feeds.example.com": HostException(delay=timedelta(minutes=1)),
            "held.feeds.example.com": HostException(holds_domain=True),
            "10.0.0.1": HostException(concurrency=9),
            "0.0.2": HostException(concurrency=99),
            "[fd00::1]": HostException(concurrency=8),
            "новини.укр": HostException(concurrency=7),
        },
    )

    policy = polite.policy(url)

    assert (policy.group, policy.concurrency) == (group, concurrency)
    assert policy.delay == timedelta(seconds=delay_seconds)


@pytest.mark.parametrize(
    ("url", "holds", "hold_key"),
    [
        ("https://feeds.example.com/", {}, "feeds.example.com"),
        ("https://example.com/", {}, "example.com"),
        ("https://feeds.example.com/", {"example__com": True}, "*.example.com"),
        ("https://feeds.example.com/", {"feeds__example__com": True}, "*.example.com"),
        ("https://www.example.com/", {"feeds__example__com": True}, "www.example.com"),
        ("https://feeds.example.com/", {"example__com": True, "feeds__example__com": False}, "feeds.example.com"),
        ("https://feeds.example.com/", {"example__com": True, "feeds__example__com": None}, "*.example.com"),
        ("https://one.github.io/", {"github__io": True}, "*.one.github.io"),
        ("http://10.0.0.1:8080/", {"10.0.0.1": True}, "10.0.0.1:8080"),
        ("http://localhost:8080/", {}, "localhost:8080"),
    ],
)
def test_a_retry_after_holds_the_host_unless_it_is_to_hold_the_domain(
    url: str, holds: dict[str, bool | None], hold_key: str
) -> None:
    """`hold: domain` is the operator's word for a host, or for all below it; an address holds itself alone."""
    exceptions = {name: HostException(holds_domain=word, delay=SECOND) for name, word in holds.items()}

    assert politeness(**exceptions).policy(url).hold_key == hold_key


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("https://feeds.example.com/", ("feeds.example.com", "*.example.com")),
        ("https://example.com:8443/", ("example.com", "*.example.com")),
        ("https://" + "ї" * 70 + ".example/", ("ї" * 70 + ".example", "*." + "ї" * 70 + ".example")),
        ("http://127.0.0.1:8001/", ("127.0.0.1:8001",)),
        ("http://[::1]:8001/", ("[::1]:8001",)),
        ("file:///feed.xml", ("",)),
        ("http://[::bad/", ("",)),
    ],
)
def test_a_host_may_be_held_by_itself_or_with_its_domain(url: str, keys: tuple[str, ...]) -> None:
    """What is held of `example.com` alone does not hold `feeds.example.com`."""
    assert politeness().hold_keys(url) == keys


def test_what_is_known_of_hosts_does_not_grow_without_bound() -> None:
    """However many hosts there are, the table of answers stays bounded, and the answers the same."""
    polite = politeness()
    before = polite.policy("http://host0:1/")

    for number in range(20_001):
        polite.policy(f"http://host{number}:1/")

    assert len(polite._known) < 20_000
    assert polite.policy("http://host0:1/") == before
