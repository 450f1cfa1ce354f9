"""Draining a channel: in order, through failures, until it has to wait; a webhook endpoint is the service."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from support.builders import NOW, alert, article, delivery, feed, state
from support.stores import new_store

from aggregator.model.alerts import Channel, DeliveryStatus, Sent
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.model.polls import PollPlan
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifiers
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.deliver import DrainReport, drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.throttle import Throttle
from aggregator.operations.try_channel import try_channel
from aggregator.storage.store import SqlStore

SOC = ChannelId("soc")


@dataclass
class Service:
    """An endpoint that answers as it is told, and notes what it got in order."""

    answers: list[int] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    now: datetime = NOW
    tools: DeliverTools | None = None
    store: SqlStore | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Take a message, or refuse it."""
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.titles.append((await request.json())["title"])
        return web.Response(status=status)

    async def plan(self, *titles: str) -> None:
        """Put alerts with these titles into the outbox."""
        assert self.store is not None
        for title in titles:
            subject = article(title, title=title)
            about = alert(subject, "soc")
            await self.store.apply(
                PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),))
            )

    async def drain(self) -> DrainReport:
        """Drain the channel."""
        assert self.tools is not None
        return await drain_channel(SOC, self.tools)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service, a store and a channel between them."""
    service = Service()
    application = web.Application()
    application.router.add_post("/", service.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = Channel(id=SOC, type="webhook", options={"url": f"http://127.0.0.1:{runner.addresses[0][1]}/"})
    context = NotifierContext(console=io.StringIO(), user_agent="t", telegram_token=None, telegram_api_url="")
    notifiers = open_notifiers([channel], context)
    service.store = await new_store(tmp_path / "a.db")
    await service.store.sync_feeds([feed()], NOW)
    service.tools = DeliverTools(
        store=service.store,
        throttle=Throttle(),
        states=ChannelStates(service.store),
        notifiers=notifiers.by_channel,
        channels={SOC: channel},
        clock=lambda: service.now,
        roll=lambda: 0.0,
        stopping=asyncio.Event(),
    )
    yield service
    await notifiers.close()
    await service.store.close()
    await runner.cleanup()


async def test_what_is_due_is_sent_in_order(service: Service) -> None:
    """More than one batch goes out, first planned first sent, and once."""
    titles = [f"t{number:02}" for number in range(25)]
    await service.plan(*titles)

    report = await service.drain()
    again = await service.drain()

    assert service.titles == titles
    assert report == DrainReport(sent=25)
    assert again == DrainReport()


async def test_a_failure_that_may_pass_stops_the_drain_until_its_time(service: Service) -> None:
    """Nothing overtakes the one that waits; later it is tried again and the rest follows."""
    await service.plan("a", "b", "c")
    service.answers = [200, 503]

    first = await service.drain()
    early = await service.drain()
    service.now = NOW + timedelta(minutes=1)
    second = await service.drain()

    assert first == DrainReport(sent=1, retrying=1)
    assert early == DrainReport()
    assert second == DrainReport(sent=2)
    assert service.titles == ["a", "b", "c"]


async def test_a_final_failure_is_a_dead_letter_and_the_rest_goes_on(service: Service) -> None:
    """One message that cannot be sent holds back no other, and stays to be retried by hand."""
    await service.plan("a", "b")
    service.answers = [400]

    report = await service.drain()
    assert service.store is not None
    [dead] = await service.store.list_deliveries(statuses=[DeliveryStatus.DEAD])
    await service.store.retry_deliveries([dead.delivery.id], service.now)
    retried = await service.drain()

    assert report == DrainReport(sent=1, failed=1)
    assert dead.delivery.reason is not None
    assert "the endpoint answered 400" in dead.delivery.reason
    assert retried == DrainReport(sent=1)
    assert service.titles == ["b", "a"]


async def test_a_drain_ends_when_the_process_stops(service: Service) -> None:
    """Told to stop, it sends nothing more; a channel without a notifier has nothing to do."""
    await service.plan("a")
    assert service.tools is not None
    service.tools.stopping.set()

    assert await service.drain() == DrainReport()
    assert await drain_channel(ChannelId("nobody"), service.tools) == DrainReport()
    assert service.titles == []


async def test_a_stop_between_two_messages_keeps_the_second(service: Service) -> None:
    """What was claimed but not yet sent stays due."""
    await service.plan("a", "b")
    assert service.tools is not None
    stopping = service.tools.stopping

    async def stop_after_first() -> None:
        while not service.titles:
            await asyncio.sleep(0)
        stopping.set()

    stopper = asyncio.create_task(stop_after_first())
    report = await service.drain()
    await stopper

    assert report.sent == len(service.titles)
    assert service.titles[:1] == ["a"]


async def test_a_channel_can_be_tried(service: Service) -> None:
    """A test message goes past the outbox."""
    assert service.tools is not None

    await try_channel(service.tools.channels[SOC], service.tools.notifiers[SOC], NOW)

    assert service.titles == ["Test message from aggregator"]


class BrokenNotifier:
    """A third party's notifier with a bug."""

    capabilities = Capabilities(markup=Markup.PLAIN, text_limit=1000)

    async def send(self, message: Message) -> Sent:
        raise KeyError(message.text[:1])

    async def edit(self, message_id: str, message: Message) -> Sent:
        raise KeyError(message_id)

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_notifier_with_a_bug_is_tried_again_later(service: Service) -> None:
    """What a plugin raises by mistake is recorded as the reason, and waits like any failure."""
    await service.plan("a")
    assert service.tools is not None
    assert service.store is not None
    tools = replace(service.tools, notifiers={SOC: BrokenNotifier()})

    report = await drain_channel(SOC, tools)

    [waiting] = await service.store.list_deliveries()
    assert report == DrainReport(retrying=1)
    assert waiting.delivery.reason == "outcome unknown: the notifier failed: KeyError: 'a'"
    assert waiting.delivery.next_attempt_at > NOW
