"""Where the program listens and what it may reach, in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.settings import load_settings


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/8", "10.1.2.3/8", "fd00::/8", "::1", "127.0.0.1", "printer", "a_b.local", "feeds.example."]
)
def test_networks_and_hosts_may_be_allowed(tmp_path: Path, entry: str) -> None:
    """A network, an address or a host's name is kept as it was written."""
    path = tmp_path / "c.yaml"
    path.write_text(f"network: {{allow: ['{entry}']}}")

    assert load_settings(path, {}).settings.allowed_hosts == (entry,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("network: {allow: [10.0.0.0/99]}", "1:19: network.allow[0]: '10.0.0.0/99' is not a network; write 10.0.0.0/8"),
        ("network: {allow: ['1.2.3']}", "1:19: network.allow[0]: '1.2.3' is not a network"),
        ("network: {allow: ['fe80::x']}", "1:19: network.allow[0]: 'fe80::x' is not a network"),
        ("network: {allow: ['*.local']}", "1:19: network.allow[0]: '*.local' is not a host; write its name"),
        ("network: {allow: ['a b']}", "1:19: network.allow[0]: 'a b' is not a host"),
        ("web: {listen: '8080'}", "1:15: web.listen: '8080' is not an address and a port; write 127.0.0.1:8080"),
        ("web: {listen: ':8080'}", "1:15: web.listen: ':8080' is not an address and a port"),
        ("web: {listen: 'localhost:http'}", "1:15: web.listen: 'localhost:http' is not an address and a port"),
        ("web: {listen: '127.0.0.1:65536'}", "1:15: web.listen: '127.0.0.1:65536' is not an address and a port"),
        ("web: {public_url: 'file:x'}", "1:19: web.public_url: 'file:x' must start with https:// or http://"),
        ("notices: {send_to: [desk]}", "1:21: notices.send_to[0]: unknown channel 'desk'"),
    ],
)
def test_what_is_none_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake has its line and column, and says what to write."""
    (tmp_path / "c.yaml").write_text(text)

    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "c.yaml", {})

    assert f"c.yaml:{expected}" in str(caught.value)


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "[::1]:0", "localhost:65535"])
def test_the_server_listens_where_it_is_told(tmp_path: Path, listen: str) -> None:
    """An address, a name, or an address of IPv6 in brackets, with a port."""
    path = tmp_path / "c.yaml"
    path.write_text(f"web: {{listen: '{listen}', public_url: 'https://alerts.example/'}}")

    web = load_settings(path, {}).settings.web

    assert (web.listen, web.public_url) == (listen, "https://alerts.example")
