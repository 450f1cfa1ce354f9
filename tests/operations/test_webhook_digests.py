"""Digests to programs: each alert is posted whole, and a document with other alerts in it has another key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from support.builders import NOW, alert, article, delivery, feed, state
from support.notifying import context
from support.stores import new_store

from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.polls import PollPlan
from aggregator.model.schedules import Schedule
from aggregator.notifiers.registry import open_notifier
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.deliver import DrainReport, drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.throttle import Throttle
from aggregator.ports import Notifier, Store

SOC = ChannelId("soc")
ONE_DAY = timedelta(days=1)


@dataclass
class Receiver:
    """A program that takes documents, and drops a key that it has already. As often as told it gives no answer."""

    url: str = ""
    lost_answers: int = 0
    taken: dict[str, list[str]] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        """Take a document, unless it is known."""
        document = json.loads(await request.read())
        titles = [item["title"] for item in document["items"]]
        self.taken.setdefault(request.headers["Idempotency-Key"], titles)
        if self.lost_answers:
            self.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=204)

    @property
    def titles(self) -> list[str]:
        """The alerts that it knows of."""
        return [title for titles in self.taken.values() for title in titles]


@dataclass
class Soc:
    """A webhook with a digest, its outbox, and a clock that the test turns on."""

    store: Store
    notifier: Notifier
    receiver: Receiver
    now: datetime = NOW

    async def plan(self, *titles: str) -> None:
        """Put alerts with these titles into the outbox, made now."""
        subjects = tuple(article(title, title=title) for title in titles)
        abouts = tuple(alert(subject, SOC, created_at=self.now) for subject in subjects)
        ways = tuple(replace(delivery(about), next_attempt_at=self.now, created_at=self.now) for about in abouts)
        await self.store.apply(PollPlan(state=state(), new_articles=subjects, alerts=abouts, deliveries=ways))

    async def drain(self) -> DrainReport:
        """Drain the channel as a process does that was just started."""
        tools = DeliverTools(
            store=self.store,
            notifiers={SOC: self.notifier},
            channels={SOC: Channel(id=SOC, type="webhook", digest=Schedule.parse("0 8 * * *"))},
            throttle=Throttle(),
            states=ChannelStates(self.store),
            clock=lambda: self.now,
            roll=lambda: 0.0,
            stopping=asyncio.Event(),
        )
        return await drain_channel(SOC, tools)


@pytest.fixture
async def soc(tmp_path: Path) -> AsyncIterator[Soc]:
    """A webhook with a digest at eight."""
    receiver = Receiver()
    application = web.Application(client_max_size=10**9)
    application.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    notifier = open_notifier(Channel(id=SOC, type="webhook", options={"url": receiver.url}), context(10))
    yield Soc(store=store, notifier=notifier, receiver=receiver)
    await notifier.close()
    await store.close()
    await runner.cleanup()


async def test_a_repeated_digest_with_more_in_it_is_not_taken_for_the_first(soc: Soc) -> None:
    """Its answer was lost, a person retried the channel, another alert joined: the receiver gets that one, too."""
    await soc.plan("a", "b")
    await soc.drain()
    soc.now += ONE_DAY
    soc.receiver.lost_answers = 2  # the notifier's client may ask twice
    await soc.drain()
    await soc.store.retry_deliveries([], soc.now, channel_id=SOC)
    soc.now -= timedelta(hours=12)
    await soc.plan("c")
    soc.now += timedelta(hours=12)
    soc.receiver.lost_answers = 0

    await soc.drain()

    assert sorted(soc.receiver.titles) == ["a", "b", "c"]


async def test_a_digest_posts_the_documents_of_all_its_alerts(soc: Soc) -> None:
    """A program reads no line that says how many are not listed."""
    titles = [f"{number} title" for number in range(1_000)]
    await soc.plan(*titles)
    await soc.drain()
    soc.now += ONE_DAY

    await soc.drain()

    assert len(set(soc.receiver.titles)) == len(titles)
