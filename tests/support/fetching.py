"""A fetcher for servers on loopback, which is as public for it as any other address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network

from support.builders import NOW

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.politeness import Politeness

AGENT = "aggregator/1 (feed reader; https://desk.example/contact)"
UNHURRIED = Politeness(per_host=5, host_delay=timedelta(0), exceptions={})


def loopback_fetcher(
    politeness: Politeness = UNHURRIED,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    is_loopback_public: bool = True,
    proxy: str | None = None,
) -> HttpFetcher:
    """Return a fetcher that is to be closed."""
    networks = [ip_network("127.0.0.0/8"), ip_network("::1")] if is_loopback_public else []
    return HttpFetcher(
        limits=NetworkLimits(timeout=timedelta(seconds=5), concurrency=10, proxy=proxy, allowed_networks=networks),
        max_body_bytes=100_000,
        user_agent=AGENT,
        politeness=politeness,
        clock=clock,
    )
