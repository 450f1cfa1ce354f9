"""A resolver of the test's own: nothing is looked up anywhere, and a name may lead elsewhere each time."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Answers for the `known` names, each with the lists of addresses in their order, the last one again and again.

    Numbers in whatever notation are read as the system reads them; every other name is unknown. `asked` are the names
    that were asked for.
    """

    def __init__(self, known: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver`."""
        self.asked.append(host)
        answers = self._answers.get(host.rstrip("."))
        if answers is None:
            found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
            addresses: Sequence[str] = [str(info[4][0]) for info in found]
        else:
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""
