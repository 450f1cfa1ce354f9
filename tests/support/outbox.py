"""The outbox of two Telegram chats: a real store, python-telegram-bot over HTTP, and a Bot API."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from support.bot_api import BotApi
from support.builders import NOW, alert, article, delivery, feed, state
from support.stores import new_store

from aggregator.model.alerts import Channel, DeliveryStatus, Sent
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Rule
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import NotifierSet, open_notifiers
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.deliver import DrainReport, drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.throttle import Throttle
from aggregator.storage.store import SqlStore

DESK, ADMINS = ChannelId("desk"), ChannelId("admins")


@dataclass
class Outbox:
    """Two chats of a bot, their outbox, and a clock that the test turns on."""

    bot: BotApi
    store: SqlStore
    notifiers: NotifierSet
    desk: Channel = field(default_factory=lambda: Channel(id=DESK, type="telegram"))
    rules: dict[RuleId, Rule] = field(default_factory=dict)
    now: datetime = NOW
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def plan(self, *titles: str, **changes: object) -> None:
        """Put alerts with these titles into the outbox, made now; `changes` are the alerts' own."""
        for title in titles:
            subject = article(title, title=title)
            about = alert(subject, DESK, created_at=self.now, **changes)
            await self.store.apply(
                PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),))
            )

    async def statuses(self) -> dict[str, DeliveryStatus]:
        """Return where each delivery of the desk stands, by what it is called."""
        listed = await self.store.list_deliveries(channel_id=DESK)
        return {summary.title: summary.delivery.status for summary in listed}

    @property
    def texts(self) -> list[str]:
        """What the desk has read so far."""
        return [message.text for message in self.bot.messages if message.chat_id == "42"]

    async def drain(self, channel_id: ChannelId = DESK) -> DrainReport:
        """Drain a channel as a process does that was just started."""
        tools = DeliverTools(
            store=self.store,
            notifiers=self.notifiers.by_channel,
            channels={DESK: self.desk, ADMINS: Channel(id=ADMINS, type="telegram")},
            throttle=Throttle(await self.store.recent_sends()),
            states=ChannelStates(self.store, await self.store.channel_states(), [ADMINS, DESK]),
            clock=self._clock,
            roll=lambda: 0.0,
            stopping=self.stopping,
            rules=self.rules,
        )
        return await drain_channel(channel_id, tools)

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=2)
        return self.now


@dataclass(frozen=True, slots=True)
class Printer:
    """A service on which what was sent stays as it is."""

    sent: list[str] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        """It takes text."""
        return Capabilities(markup=Markup.PLAIN, text_limit=1_000)

    async def send(self, message: Message) -> Sent:
        """Print it."""
        self.sent.append(message.text)
        return Sent(message_id=str(len(self.sent)))

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Nobody asks for it."""
        raise AssertionError(message_id, message)

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def telegram_outbox(folder: Path, **options: object) -> AsyncIterator[Outbox]:
    """Open the outbox of two chats, of the desk (with `options`) and of the admins."""
    async with BotApi() as bot:
        context = NotifierContext(
            console=io.StringIO(), user_agent="t", telegram_token=bot.token, telegram_api_url=bot.url
        )
        channels = [
            Channel(id=DESK, type="telegram", options={"chat_id": 42} | options),
            Channel(id=ADMINS, type="telegram", options={"chat_id": -1001}),
        ]
        notifiers = open_notifiers(channels, context)
        store = await new_store(folder / "a.db")
        await store.sync_feeds([feed()], NOW)
        yield Outbox(bot=bot, store=store, notifiers=notifiers)
        await notifiers.close()
        await store.close()
