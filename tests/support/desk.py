"""A desk that follows one feed of reports, with real polls and a clock that tests set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from support.archives import latest
from support.builders import HOUR
from support.polled import Polled, polled
from support.recording_server import Answer, RecordingServer

from aggregator.model.alerts import DeliveryKind
from aggregator.model.feeds import Feed, FeedState
from aggregator.operations.configure import configure
from aggregator.operations.poll import PollReport
from aggregator.ports import Parser

CONFIG = """
polling: {interval: 1h, min_interval: 2m, pacing: fixed}
rules: [{id: r1, query: captives, send_to: [desk]}]
channels: {desk: {type: console}, ops: {type: console}}
notices: {send_to: [ops]}
"""
MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Desk:
    """A desk and its feed, of which it has read the list of reports 1 to 3; it polls once an hour."""

    polled: Polled
    server: RecordingServer
    feed: Feed

    def serve(self, document: Answer, pages: Mapping[str, Answer] | None = None) -> None:
        """Have the feed answer with `document`, and its archive with `pages`."""
        self.server.answers = {"/feed.xml": [document]}
        self.server.answers |= {path: [answer] for path, answer in (pages or {}).items()}
        self.server.asked.clear()

    async def poll(self, after: timedelta = HOUR) -> PollReport:
        """Poll, so long after the last time."""
        self.polled.now += after
        return await self.polled.poll(self.feed)

    async def state(self) -> FeedState:
        """What is known of the feed."""
        return await self.polled.state(self.feed)

    async def told(self, kind: DeliveryKind = DeliveryKind.NEW) -> list[str]:
        """The titles of what the desk was alerted to, or of what the admins were told; in the order of sending."""
        summaries = await self.polled.store.list_deliveries(limit=1_000)
        return [row.title for row in reversed(summaries) if row.delivery.kind is kind]


@asynccontextmanager
async def following(folder: Path, parser: Parser, config: str = CONFIG) -> AsyncIterator[Desk]:
    """Open a desk after its baseline."""
    async with RecordingServer() as server, polled(folder, parser, public=[ip_network("127.0.0.1/32")]) as polls:
        path = folder / "rules.yaml"
        path.write_text(config)
        polls.configuration = configure(path, {}, lambda _channel, _settings: [])
        desk = Desk(polled=polls, server=server, feed=await polls.add("reports", f"{server.url}/feed.xml"))
        desk.serve(latest(3))
        await desk.poll(after=3 * MINUTE)
        yield desk
