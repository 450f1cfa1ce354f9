"""Names of hosts resolved where only public addresses may be reached, and compared where one host is trusted."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.feeds.addresses import NO_ADDRESS, AddressRefused, Network, UnknownHost, refusal

_NAME = re.compile(r"[a-z0-9_.-]+")


class PublicResolver(AbstractResolver):
    """Resolves as `inner` does, but no host of which even one address is not public.

    An answer with public and private addresses is how a name leads past a check that looks at the first alone.
    """

    def __init__(self, inner: AbstractResolver, allowed: Sequence[Network]) -> None:
        self._inner = inner
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return where `host` is.

        Raises:
            AddressRefused: when an address of it is not public.
            OSError: when it does not resolve.
        """
        found = await self._inner.resolve(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        if any(refusal(each["host"], self._allowed) for each in found):
            raise AddressRefused
        return found

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, as a name or numeric, that a proxy is to connect to; IPv4 first.

        Raises:
            AddressRefused: when an address of it is not public.
            UnknownHost: when it does not resolve, or is no name that a proxy would read as we do.
        """
        name = comparable_host(host)
        why_not = refusal(name, self._allowed)
        if why_not is None:
            return [name]
        if why_not != NO_ADDRESS:
            raise AddressRefused
        if not _NAME.fullmatch(name):
            raise UnknownHost(host)
        try:
            found = await self.resolve(name, port)
        except AddressRefused:
            raise
        except OSError as error:
            raise UnknownHost(host) from error
        return sorted((each["host"] for each in found), key=lambda address: ":" in address)

    async def close(self) -> None:
        """Close what it asks."""
        await self._inner.close()


def comparable_host(host: str) -> str:
    """Return a host as one is compared with another: in lower case, without a last dot, international in ASCII.

    A name that IDNA 2003 would change on the way to ASCII (ß, full-width letters, digits in circles) stays as it is:
    IDNA 2008 makes another host of it, and aiohttp goes there.
    """
    name = host.lower().rstrip(".")
    if name.isascii():
        return name
    try:
        encoded = name.encode("idna")
        return encoded.decode("ascii") if encoded.decode("idna") == name else name
    except UnicodeError:
        return name
