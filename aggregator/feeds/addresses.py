"""Which addresses are public: the wall between what strangers may make us fetch and the operator's own network."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address
_AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

NO_ADDRESS = "no address at all"
"""Why a name, or a number in an old notation, is refused: it was not looked up."""

# RFC 6052 §2.1 (NAT64), RFC 4291 §2.5.5 (compatible, mapped), RFC 2765 §2.1 (translated): IPv4 in the last 32 bits.
_EMBEDS_AT_THE_END = tuple(ip_network(text) for text in ("64:ff9b::/96", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96"))
_6TO4 = ip_network("2002::/16")
_UNSPECIFIED, _LOOPBACK = IPv6Address("::"), IPv6Address("::1")
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # RFC 5214 §6.1: then IPv4, whatever the prefix
_NEVER = (
    # Beyond what the IANA registries call not global (RFC 6890), and each Python version a little differently:
    # addresses with which clouds configure their guests, and those that lead into a tunnel or to the next router.
    (ip_network("168.63.129.16/32"), "a metadata address"),
    (ip_network("169.254.0.0/16"), "link-local, where clouds keep their metadata"),
    (ip_network("100.100.100.200/32"), "a metadata address"),
    (ip_network("192.0.0.0/24"), "reserved"),
    (ip_network("fd00:ec2::/32"), "a metadata address"),
    (ip_network("fec0::/10"), "site-local"),
    (ip_network("64:ff9b:1::/48"), "a local translation prefix"),
    (ip_network("2001::/32"), "a Teredo tunnel"),
    (ip_network("2001::/23"), "reserved for protocols"),
    (ip_network("100::/64"), "the discard prefix"),
    (ip_network("192.88.99.0/24"), "a 6to4 relay"),
    (ip_network("5f00::/16"), "reserved"),
    (ip_network("3fff::/20"), "documentation"),
)


class UnknownHost(OSError):
    """The addresses of a host cannot be found out, so nobody can tell whether they are public."""


class AddressRefused(OSError):
    """A connection was about to be made to an address that is not public. Nothing was sent."""

    def __init__(self) -> None:
        # One text for all: aiohttp joins different ones into an error of another type.
        super().__init__(errno.EACCES, "not a public address")


def refusal(address: str, allowed: Sequence[Network] = ()) -> str | None:
    """Return why a numeric `address` is not public, None when it is, or when the operator allows it.

    An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged as itself; behind ISATAP
    both must be public.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return NO_ADDRESS
    if _is_among(found, allowed):
        return None
    inside = _embedded(found)
    if inside is not None:
        return None if _is_among(inside, allowed) else _not_public(inside)
    return _not_public(found) or _beyond_isatap(found, allowed)


def guarded_socket_factory(allowed: Sequence[Network]) -> Callable[[_AddrInfo], socket.socket]:
    """Return a socket factory that refuses addresses that are not public: checked where the connection goes.

    Raises:
        AddressRefused: from the factory, before anything is sent, whatever the host's name resolved to a moment ago.
    """

    def make(info: _AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if refusal(str(address[0]), allowed) is not None:
            raise AddressRefused
        return socket.socket(family, kind, protocol)

    return make


def _is_among(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _embedded(address: _Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _6TO4:
        return IPv4Address(address.packed[2:6])
    is_own = address in (_UNSPECIFIED, _LOOPBACK)  # both are in the range of compatible ones (RFC 4291 §2.5.5.1)
    return None if is_own or not _is_among(address, _EMBEDS_AT_THE_END) else IPv4Address(address.packed[12:])


def _beyond_isatap(address: _Address, allowed: Sequence[Network]) -> str | None:
    if address.packed[8:12] not in _ISATAP:
        return None
    inside = IPv4Address(address.packed[12:])
    return None if _is_among(inside, allowed) else _not_public(inside)


def _not_public(address: _Address) -> str | None:
    for network, why in _NEVER:
        if address in network:
            return why
    if address.is_unspecified or address.is_loopback:
        return "this machine"
    is_special = address.is_private or address.is_reserved or address.is_multicast or not address.is_global
    return "a private or reserved address" if is_special else None
