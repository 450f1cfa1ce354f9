"""Every attempt of this process to connect a socket, seen before it is made; none to another machine is let through."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

_watches: list[list[tuple[str, int]]] = []
_installed: list[bool] = []


@contextmanager
def watched_connections() -> Iterator[list[tuple[str, int]]]:
    """Yield the list to which each (address, port) is added that a socket is about to be connected to."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_look)
    seen: list[tuple[str, int]] = []
    _watches.append(seen)
    try:
        yield seen
    finally:
        _watches.remove(seen)


def _look(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: it is called before the system is, and what it raises keeps the system from being called."""
    if event != "socket.connect" or not _watches:
        return
    target = arguments[1]
    if not isinstance(target, tuple):
        return  # a Unix socket, as a pair of them has
    host, port = str(target[0]), int(target[1])
    for seen in _watches:
        seen.append((host, port))
    if not ip_address(host.partition("%")[0]).is_loopback:
        raise ConnectionRefusedError(f"a test was about to connect to {host}")
