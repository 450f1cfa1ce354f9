"""Real polls: a store in a file, a parser in its processes, a fetcher for loopback, and a clock that tests set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from aiohttp.abc import AbstractResolver
from support.builders import NOW, feed
from support.stores import new_store

from aggregator.feeds.addresses import Network
from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.politeness import Politeness
from aggregator.model.feeds import Feed, FeedState
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.host_holds import HostHolds
from aggregator.operations.poll import PollReport, PollTools, poll_feed
from aggregator.ports import Parser, Store
from aggregator.settings.model import HostException

MAX_BODY_BYTES = 200_000
INTERVAL = timedelta(minutes=15)
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
CONFIGURATION = """
polling: {interval: 15m, max_interval: 12h, pacing: fixed, moved_after: 3, broken_after: 5}
channels: {desk: {type: console}}
notices: {send_to: [desk]}
"""


@dataclass(slots=True, kw_only=True)
class Polled:
    """Polls feeds one at a time, as the daemon does, and says what their state is then. `roll` is the jitter."""

    configuration: Configuration
    store: Store
    fetcher: HttpFetcher
    politeness: Politeness
    parser: Parser
    holds: HostHolds
    now: datetime = NOW
    roll: float = 0.0

    @property
    def tools(self) -> PollTools:
        """What `poll_feed` needs."""
        return PollTools(
            fetcher=self.fetcher,
            parser=self.parser,
            store=self.store,
            holds=self.holds,
            clock=lambda: self.now,
            roll=lambda: self.roll,
        )

    async def add(self, feed_id: str, url: str, **changes: object) -> Feed:
        """Have one more feed to poll."""
        added = feed(feed_id, url=url, **({"owner": "command line"} | changes))
        await self.store.add_feeds([added], self.now)
        return added

    async def poll(self, source: Feed, *, ignore_holds: bool = False) -> PollReport:
        """Poll a feed now."""
        return await poll_feed(
            source, await self.state(source), self.configuration, self.tools, ignore_holds=ignore_holds
        )

    async def poll_again(self, source: Feed, times: int = 1) -> FeedState:
        """Poll a feed, each time when it is due, and return its state."""
        for _ in range(times):
            self.now = max(self.now, (await self.state(source)).next_poll_at)
            await self.poll(source)
        return await self.state(source)

    async def state(self, source: Feed) -> FeedState:
        """Return what is stored of a feed."""
        stored = await self.store.feed_state(source.id)
        assert stored is not None
        return stored

    async def count_articles(self, source: Feed) -> int:
        """Return how many of a feed's articles are stored."""
        [summary] = [summary for summary in await self.store.list_feeds() if summary.feed.id == source.id]
        return summary.articles

    async def notices(self) -> list[str]:
        """Return the titles of all that the admins were told, the latest first."""
        return [summary.title for summary in await self.store.list_deliveries()]


@asynccontextmanager
async def polled(
    folder: Path,
    parser: Parser,
    *,
    timeout: timedelta = timedelta(seconds=20),  # noqa: ASYNC109 - a setting of what is made
    hosts: Mapping[str, HostException] | None = None,
    resolver: AbstractResolver | None = None,
    public: Sequence[Network] = (),
) -> AsyncIterator[Polled]:
    """Open what polls need, in a folder, and close it. Besides the feed's own host, loopback is `public` or not."""
    path = folder / "aggregator.yaml"
    path.write_text(CONFIGURATION)
    configuration = configure(path, {}, lambda _channel, _settings: [])
    politeness = Politeness(per_host=1, host_delay=timedelta(0), exceptions=hosts or {})
    store = await new_store(folder / "aggregator.db")
    fetcher = HttpFetcher(
        limits=NetworkLimits(timeout=timeout, concurrency=10, allowed_networks=public),
        max_body_bytes=MAX_BODY_BYTES,
        user_agent="aggregator-test",
        politeness=politeness,
        clock=lambda: made.now,
        resolver=resolver,
    )
    made = Polled(
        configuration=configuration,
        store=store,
        fetcher=fetcher,
        politeness=politeness,
        parser=parser,
        holds=HostHolds(politeness, await store.host_holds(NOW)),
    )
    try:
        yield made
    finally:
        await fetcher.close()
        await store.close()
