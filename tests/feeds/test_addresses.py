"""Which addresses are public: in every notation that a number has, and by every tunnel that an IPv6 address names."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.names import Names

from aggregator.feeds.addresses import AddressRefused, UnknownHost, guarded_socket_factory, refusal
from aggregator.feeds.resolving import PublicResolver, comparable_host

PRIVATE = "a private or reserved address"
MACHINE = "this machine"
METADATA = "a metadata address"

NOT_PUBLIC = {
    "0.0.0.0": MACHINE,  # noqa: S104 - nothing is bound
    "0.1.2.3": PRIVATE,
    "10.0.0.0": PRIVATE,
    "10.255.255.255": PRIVATE,
    "100.64.0.0": PRIVATE,
    "100.100.100.200": METADATA,
    "100.127.255.255": PRIVATE,
    "127.0.0.1": MACHINE,
    "127.255.255.255": MACHINE,
    "168.63.129.16": METADATA,
    "169.254.0.0": "link-local",
    "169.254.169.254": "link-local, where clouds keep their metadata",
    "169.254.255.255": "link-local",
    "172.16.0.0": PRIVATE,
    "172.31.255.255": PRIVATE,
    "192.0.0.1": "reserved",
    "192.0.0.9": "reserved",
    "192.0.0.192": "reserved",
    "192.0.2.1": PRIVATE,
    "192.88.99.1": "a 6to4 relay",
    "192.168.0.0": PRIVATE,
    "192.168.255.255": PRIVATE,
    "198.18.0.0": PRIVATE,
    "198.19.255.255": PRIVATE,
    "198.51.100.7": PRIVATE,
    "203.0.113.7": PRIVATE,
    "224.0.0.1": PRIVATE,
    "239.255.255.250": PRIVATE,
    "240.0.0.1": PRIVATE,
    "255.255.255.255": PRIVATE,
    "::": MACHINE,
    "::1": MACHINE,
    "::1%lo": MACHINE,
    "::ffff:127.0.0.1": MACHINE,
    "::ffff:0.0.0.0": MACHINE,
    "::ffff:10.0.0.1": PRIVATE,
    "::ffff:168.63.129.16": METADATA,
    "::127.0.0.1": MACHINE,
    "::10.0.0.1": PRIVATE,
    "::2": PRIVATE,
    "::ffff:0:10.0.0.1": PRIVATE,
    "64:ff9b::127.0.0.1": MACHINE,
    "64:ff9b::169.254.169.254": "link-local",
    "64:ff9b:1::8.8.8.8": "a local translation prefix",
    "64:ff9b:2::1": PRIVATE,
    "100::1": "the discard prefix",
    "2001::1": "a Teredo tunnel",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "a Teredo tunnel",
    "2001:1::1": "reserved for protocols",
    "2001:2::1": "reserved for protocols",
    "2001:10::1": "reserved for protocols",
    "2001:20::1": "reserved for protocols",
    "2001:30::1": "reserved for protocols",
    "2001:db8::1": PRIVATE,
    "2002:7f00:1::": MACHINE,
    "2002:a00:1::1": PRIVATE,
    "2606:4700::5efe:10.0.0.1": PRIVATE,
    "2606:4700::200:5efe:127.0.0.1": MACHINE,
    "3fff::1": "documentation",
    "4000::1": PRIVATE,
    "5f00::1": "reserved",
    "fc00::1": PRIVATE,
    "fd00:ec2::254": METADATA,
    "fd20:ce::254": PRIVATE,
    "fdff::1": PRIVATE,
    "fe80::1": PRIVATE,
    "fe80::1%eth0": PRIVATE,
    "fe80::5efe:8.8.8.8": PRIVATE,
    "fec0::1": "site-local",
    "ff02::1": PRIVATE,
    "ff0e::1": PRIVATE,
    "": "no address",
    "localhost": "no address",
    "127.1": "no address",
    "2130706433": "no address",
    "0x7f.0.0.1": "no address",
    "0177.0.0.1": "no address",
    "127.0.0.1.": "no address",
    " 127.0.0.1": "no address",
    "[::1]": "no address",
    "/var/run/docker.sock": "no address",
}

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "::ffff:808:808",
    "::ffff:0:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2606:4700::5efe:8.8.8.8",
    "2a00:1450:4001:82a::200e",
    "3ffe::1",
)


@pytest.mark.parametrize(("address", "why"), NOT_PUBLIC.items())
def test_an_address_that_is_not_public_is_told_why(address: str, why: str) -> None:
    """Whatever leads to this machine, its networks, its cloud or nowhere is refused, an IPv4 address inside as well."""
    assert why in (refusal(address) or "nothing")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    """The neighbours of every private network are public, and so is a public IPv4 address inside an IPv6 one."""
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("address", "networks", "is_allowed"),
    [
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("11.1.2.3", ["10.0.0.0/8"], True),
        ("192.168.0.1", ["10.0.0.0/8"], False),
        ("10.1.2.3", ["10.1.2.3/32"], True),
        ("10.1.2.4", ["10.1.2.3/32"], False),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("64:ff9b::10.1.2.3", ["10.0.0.0/8"], True),
        ("2002:a01:203::1", ["10.0.0.0/8"], True),
        ("2606:4700::5efe:10.1.2.3", ["10.0.0.0/8"], True),
        ("fe80::5efe:10.1.2.3", ["10.0.0.0/8"], False),
        ("64:ff9b:1::10.1.2.3", ["10.0.0.0/8"], False),
        ("64:ff9b:1::10.1.2.3", ["64:ff9b:1::/48"], True),
        ("10.1.2.3", ["::/0"], False),
        ("fd00::1", ["0.0.0.0/0"], False),
        ("fd00::1", ["10.0.0.0/8", "fd00::/8"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("::1", ["127.0.0.0/8"], False),
        ("::ffff:127.0.0.1", ["127.0.0.0/8"], True),
        ("169.254.169.254", ["169.254.0.0/16"], True),
    ],
)
def test_the_operator_may_allow_a_network(address: str, networks: list[str], is_allowed: bool) -> None:
    """`network.allow` opens what it lists, an IPv4 network in each notation of its addresses, and nothing beside it."""
    assert (refusal(address, [ip_network(text) for text in networks]) is None) is is_allowed


@given(inside=st.ip_addresses(v=4))
@example(inside=IPv4Address("127.0.0.1"))
@example(inside=IPv4Address("8.8.8.8"))
def test_an_ipv4_address_is_the_same_in_every_wrapping(inside: IPv4Address) -> None:
    """Mapped, translated (NAT64 and SIIT) and by 6to4 an address is just as public as it is by itself."""
    number = int(inside)
    wrapped = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0xFFFF << 48) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ]

    assert {refusal(str(address)) for address in wrapped} == {refusal(str(inside))}


@given(address=st.ip_addresses())
def test_what_is_public_is_global_by_the_registries(address: IPv4Address | IPv6Address) -> None:
    """No address is let through that the IANA registries call private, reserved, a group's or this machine's."""
    unwrapped = address.version == 6 and any(
        address in IPv6Network(text) for text in ("::/64", "64:ff9b::/96", "2002::/16")
    )

    if refusal(str(address)) is None and not unwrapped:
        assert ip_address(str(address)).is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("127.0.0.1", 80)),
        (socket.AF_INET, ("169.254.169.254", 80)),
        (socket.AF_INET, ("localhost", 80)),
        (socket.AF_INET6, ("::1", 80, 0, 0)),
        (socket.AF_INET6, ("::ffff:10.0.0.1", 80, 0, 0)),
        (socket.AF_INET6, ("fe80::1%1", 80, 0, 1)),
        (socket.AF_UNIX, "/var/run/docker.sock"),
    ],
)
def test_no_socket_is_made_for_an_address_that_is_not_public(
    family: socket.AddressFamily, address: tuple[object, ...]
) -> None:
    """The last wall is where a connection begins: there is not even a socket for it."""
    make = guarded_socket_factory([])

    with pytest.raises(AddressRefused, match="not a public address"):
        make((family, socket.SOCK_STREAM, 0, "", address))


def test_a_socket_is_made_for_a_public_address() -> None:
    """What is public, or allowed, gets its socket, of the family of its address."""
    make = guarded_socket_factory([ip_network("10.0.0.0/8")])

    with (
        make((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 80))) as public,
        make((socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::ffff:10.0.0.1", 80, 0, 0))) as allowed,
    ):
        assert (public.family, public.type) == (socket.AF_INET, socket.SOCK_STREAM)
        assert (allowed.family, allowed.type) == (socket.AF_INET6, socket.SOCK_STREAM)


@pytest.mark.parametrize(
    ("addresses", "is_public"),
    [
        (["8.8.8.8"], True),
        (["8.8.8.8", "2606:4700::1"], True),
        (["8.8.8.8", "10.0.0.1"], False),
        (["10.0.0.1", "8.8.8.8"], False),
        (["2606:4700::1", "::1"], False),
        (["8.8.8.8", "1.1.1.1", "fe80::1%eth0"], False),
    ],
)
async def test_a_host_is_public_when_all_its_addresses_are(addresses: list[str], is_public: bool) -> None:
    """One private address among public ones is how a name leads past a look at the first: it is refused."""
    resolver = PublicResolver(Names({"host.example": [addresses]}), [])

    if is_public:
        assert [each["host"] for each in await resolver.resolve("host.example", 80)] == addresses
    else:
        with pytest.raises(AddressRefused):
            await resolver.resolve("host.example", 80)


async def test_a_proxy_is_told_ipv4_first() -> None:
    """Many proxies have no IPv6: what they are to connect to is in that order."""
    resolver = PublicResolver(Names({"host.example": [["2606:4700::1", "8.8.8.8", "1.1.1.1"]]}), [])

    assert await resolver.addresses("host.example", 80) == ["8.8.8.8", "1.1.1.1", "2606:4700::1"]


@pytest.mark.parametrize(
    "host", ["no-such-host.example", "nowhere.example", "%31%32%37.0.0.1", "straße.example", "a b", "a/b", ""]
)
async def test_a_host_of_which_nothing_is_known_is_told_to_no_proxy(host: str) -> None:
    """Unknown here, without an address, or no plain name that a proxy might read as another: nobody can tell."""
    public = [["8.8.8.8"]]
    names: dict[str, list[list[str]]] = {
        "nowhere.example": [[]],
        "straße.example": public,
        "%31%32%37.0.0.1": public,
    }
    resolver = PublicResolver(Names(names), [])

    with pytest.raises(UnknownHost):
        await resolver.addresses(host, 80)


@pytest.mark.parametrize(
    ("host", "compared_as"),
    [
        ("News.Example", "news.example"),
        ("news.example.", "news.example"),
        ("бюро.example", "xn--90a0af9c.example"),
        ("БЮРО.example.", "xn--90a0af9c.example"),
        ("xn--90a0af9c.example", "xn--90a0af9c.example"),
        ("straße.example", "straße.example"),
        ("ｎｅｗｓ.example", "ｎｅｗｓ.example"),
        ("ⓝⓔⓦⓢ.example", "ⓝⓔⓦⓢ.example"),
        ("news。example", "news。example"),
        (f"{'ж' * 80}.example", f"{'ж' * 80}.example"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_hosts_are_compared_as_what_they_are_asked_for(host: str, compared_as: str) -> None:
    """Case, a last dot and the two spellings of an international name are one host; a look-alike is another."""
    assert comparable_host(host) == compared_as
