"""`network.allow`: what may stand there, what it becomes, and what is said of anything else."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.runtime import make_limits
from aggregator.settings import LoadedSettings, load_settings


def load(folder: Path, entry: str) -> LoadedSettings:
    """Load a configuration that allows one thing."""
    path = folder / "aggregator.yaml"
    path.write_text(f'network: {{allow: ["{entry}"]}}\n')
    return load_settings(path, {})


@pytest.mark.parametrize(
    ("entry", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("192.168.1.10", "192.168.1.10/32"),
        ("fd00::/8", "fd00::/8"),
        ("fd00::1", "fd00::1/128"),
        ("::1", "::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_network_or_an_address_opens_that_network(tmp_path: Path, entry: str, network: str) -> None:
    """Networks are networks, and a single address is one of a single address."""
    limits = make_limits(load(tmp_path, entry).settings)

    assert list(limits.allowed_networks) == [ip_network(network)]


@pytest.mark.parametrize(
    "entry",
    ["localhost", "wiki", "wiki.intranet", "Wiki.Intranet.", "build_host.local", "бюро.intranet", "例え.テスト"],
)
def test_a_name_opens_that_host_alone(tmp_path: Path, entry: str) -> None:
    """A host is named as its users write it, in whatever alphabet and case; no network is opened by it."""
    limits = make_limits(load(tmp_path, entry).settings)

    assert limits.allowed_networks == ()
    assert limits.allowed_hosts == {entry.lower()}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("127.1", "is not a network"),
        ("2130706433", "is not a network"),
        ("10.0.0.0/33", "is not a network"),
        ("10.0.0/8", "is not a network"),
        ("300.0.0.1", "is not a network"),
        ("fd00::/129", "is not a network"),
        ("[::1]", "is not a network"),
        ("wiki.intranet:8080", "is not a network"),
        ("http://wiki.intranet/", "is not a network"),
        ("wiki.intranet/8", "is not a network"),
        ("*.intranet", "is not a host"),
        (".intranet", "is not a host"),
        ("wiki intranet", "is not a host"),
        ("user@wiki", "is not a host"),
        ("", "is not a host"),
    ],
)
def test_anything_else_is_a_mistake_that_says_what_to_write(tmp_path: Path, entry: str, words: str) -> None:
    """What would open nothing, or more than is meant, is refused with its place and an example."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, entry)

    [problem] = caught.value.problems
    assert f"network.allow[0]: {entry!r} {words}" in str(problem)
    assert "10.0.0.0/8" in str(problem)
