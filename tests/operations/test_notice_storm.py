"""An outage breaks every feed at once: the admins hear of it in a few messages, and no alert waits behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.builders import NOW, alert, article, delivery, feed, state
from support.stores import new_store

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, DeliveryStatus, Sent
from aggregator.model.fetches import NotModified, PollFailed, PollFailure
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.model.polls import PollPlan
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.deliver import DrainReport, drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.poll_plan import PollContext, plan_failed_poll, plan_unchanged_poll
from aggregator.operations.throttle import Throttle
from aggregator.storage.store import SqlStore

OPS = ChannelId("ops")
MINUTE = timedelta(minutes=1)
FEEDS = 150
CONFIG = "channels: {ops: {type: console}, more: {type: console}}\nnotices: {send_to: [ops, more]}\n"
DOWN = PollFailed(reason=PollFailure.UNREACHABLE, detail="no such host; is this machine online?")


@dataclass
class Reader:
    """A notifier that shows what it was sent, and fails as it is told."""

    capabilities: Capabilities = field(default_factory=lambda: Capabilities(markup=Markup.PLAIN, text_limit=4000))
    failures: list[DeliveryFailure] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    async def send(self, message: Message) -> Sent:
        """Take a message."""
        if self.failures:
            raise DeliveryFailed(self.failures.pop(0), "not now")
        self.read.append(message.text.partition("\n")[0])
        return Sent(message_id="7")

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Take it as a message of its own."""
        await self.send(message)
        return Sent(message_id=message_id)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True, kw_only=True)
class Admins:
    """Two channels of the admins, and what is polled for them."""

    store: SqlStore
    configuration: Configuration
    reader: Reader
    now: datetime = NOW

    async def breaks(self, number: int) -> None:
        """Have a feed fail for the fifth time."""
        await self.store.apply(plan_failed_poll(self._context(number, failures=4), DOWN))

    async def recovers(self, number: int) -> None:
        """Have a broken feed answer again."""
        await self.store.apply(plan_unchanged_poll(self._context(number, broken_noticed_at=NOW), NotModified()))

    async def alerts(self, title: str) -> None:
        """Have an article alert the same channel."""
        subject = article(title, title=title, feed_id=feed("f0").id)
        about = alert(subject, OPS, created_at=self.now)
        plan = PollPlan(state=state("f0"), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),))
        await self.store.apply(plan)

    async def drain(self, channel_id: ChannelId = OPS) -> DrainReport:
        """Send what is due."""
        tools = DeliverTools(
            store=self.store,
            throttle=Throttle(),
            states=ChannelStates(self.store),
            notifiers={OPS: self.reader, ChannelId("more"): Reader()},
            channels={name: Channel(id=name, type="test") for name in (OPS, ChannelId("more"))},
            clock=lambda: self.now,
            roll=lambda: 0.0,
            stopping=asyncio.Event(),
        )
        return await drain_channel(channel_id, tools)

    def _context(self, number: int, **changes: object) -> PollContext:
        return PollContext(
            feed=feed(f"f{number}", title=f"Feed {number}"),
            state=state(f"f{number}", **changes),
            configuration=self.configuration,
            now=self.now,
            jitter=0.0,
        )


@pytest.fixture
async def admins(tmp_path: Path) -> AsyncIterator[Admins]:
    """Very many feeds."""
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG)
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed(f"f{number}") for number in range(FEEDS)], NOW)
    configuration = configure(path, {}, lambda _channel, _settings: [])
    yield Admins(store=store, configuration=configuration, reader=Reader())
    await store.close()


async def test_an_outage_is_a_handful_of_messages(admins: Admins) -> None:
    """Very many feeds break over a quarter of an hour, and come back: each is told of, in very few messages."""
    for number in range(FEEDS):
        admins.now += 15 * MINUTE / FEEDS
        await admins.breaks(number)
        if number % 10 == 0:
            await admins.drain()
    admins.now += 10 * MINUTE
    await admins.drain()
    broken = list(admins.reader.read)
    await asyncio.gather(*(admins.recovers(number) for number in range(FEEDS)))
    admins.now += 20 * MINUTE
    await admins.drain()

    assert broken[:5] == [f"Feed broken: Feed {number}" for number in range(5)]
    assert len(broken) <= 5 + 2
    assert sum(int(text.split()[0]) for text in broken[5:]) == FEEDS - 5
    assert admins.reader.read[len(broken) :] == [f"{FEEDS} notices: {FEEDS} × feed recovered"]


async def test_each_channel_of_the_admins_hears_all_of_it(admins: Admins) -> None:
    """What one channel was sent is due to the other all the same."""
    for number in range(20):
        await admins.breaks(number)
    first, second = await admins.drain(), await admins.drain(ChannelId("more"))
    admins.now += 10 * MINUTE
    waiting = await admins.store.channels_due(admins.now)
    third, fourth = await admins.drain(), await admins.drain(ChannelId("more"))

    assert (first.sent, second.sent) == (5, 5)
    assert waiting == ["more", "ops"]
    assert (third.sent, fourth.sent) == (1, 1)
    assert await admins.store.count_deliveries() == {DeliveryStatus.SENT: 40}


async def test_waiting_notices_hold_back_no_alert(admins: Admins) -> None:
    """An alert for a channel of the admins is sent at once, and the notices when their time has come."""
    for number in range(20):
        await admins.breaks(number)
    await admins.drain()
    early = await admins.store.channels_due(admins.now)
    await admins.alerts("Captives are home")

    due = await admins.store.channels_due(admins.now)
    report = await admins.drain()

    assert early == ["more"]
    assert due == ["more", "ops"]
    assert report == DrainReport(sent=1)
    assert admins.reader.read[5:] == ["Captives are home"]


async def test_a_notice_that_waits_for_its_retry_holds_back_the_later_ones(admins: Admins) -> None:
    """A service that is down is not tried once for each notice, and they are sent in their order, with all alerts."""
    for number in range(3):
        await admins.breaks(number)
    admins.reader.failures = [DeliveryFailure.UNAVAILABLE]
    failed = await admins.drain()
    again = await admins.drain()
    await admins.alerts("Captives are home")
    alerted = await admins.drain()
    admins.now += MINUTE
    await admins.drain()

    assert (failed, again) == (DrainReport(retrying=1), DrainReport())
    assert alerted == DrainReport(sent=1)
    assert admins.reader.read == ["Captives are home", *(f"Feed broken: Feed {number}" for number in range(3))]


@pytest.mark.parametrize(
    ("failure", "counted", "status"),
    [
        (DeliveryFailure.UNAVAILABLE, DrainReport(retrying=1), DeliveryStatus.RETRYING),
        (DeliveryFailure.REJECTED, DrainReport(failed=1), DeliveryStatus.DEAD),
    ],
)
async def test_what_becomes_of_one_message_becomes_of_all_its_notices(
    admins: Admins, failure: DeliveryFailure, counted: DrainReport, status: DeliveryStatus
) -> None:
    """Many notices that could not be sent as one wait together, or are dead letters each; none is forgotten."""
    for number in range(30):
        await admins.breaks(number)
    await admins.drain()
    admins.now += 10 * MINUTE
    admins.reader.failures = [failure]

    report = await admins.drain()
    known = await admins.store.count_deliveries(OPS)
    await admins.store.retry_deliveries([], admins.now)
    admins.now += MINUTE
    later = await admins.drain()

    assert report == counted
    assert known == {DeliveryStatus.SENT: 5, status: 25}
    assert later == DrainReport(sent=1)
    assert admins.reader.read[-1] == "25 notices: 25 × feed broken"


async def test_a_plan_that_is_written_twice_tells_nothing_twice(admins: Admins) -> None:
    """A notice has its id from what it is about and when."""
    await admins.breaks(1)
    await admins.breaks(1)

    assert await admins.drain() == DrainReport(sent=1)


async def test_a_quiet_day_later_notices_come_singly_again(admins: Admins) -> None:
    """The outage of yesterday holds nothing back today."""
    for number in range(50):
        await admins.breaks(number)
    admins.now += timedelta(days=1)
    await admins.drain()
    await admins.breaks(60)

    await admins.drain()

    assert admins.reader.read == ["50 notices: 50 × feed broken", "Feed broken: Feed 60"]


async def test_listed_notices_show_no_secret_of_their_feed(admins: Admins) -> None:
    """What a person lists, and posts in a bug report, has the address without password and token."""
    url = "https://me:hunter2@news.example/feed?token=abc"
    await admins.store.sync_feeds([feed("f1", url=url)], NOW)
    await admins.breaks(1)

    listed = await admins.store.list_deliveries(channel_id=OPS)

    assert [(row.title, row.url, row.feed_id) for row in listed] == [
        ("Feed broken: Feed 1", "https://news.example/feed", "f1")
    ]
