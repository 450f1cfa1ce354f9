"""The bot as people meet it: python-telegram-bot over HTTP against a Bot API, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from support.bot_api import BotApi, SentMessage
from support.builders import NOW, feed
from support.stores import new_store
from support.telegram.people import Person, Place

from aggregator.bot.service import TelegramBot
from aggregator.bot.talk import BotTools
from aggregator.operations.audience import Audience
from aggregator.operations.configure import configure
from aggregator.storage.store import SqlStore

ADMIN = 9
RULES = "rules:\n  - {id: drones, title: Drones, query: drone}\n  - {id: war, title: War & peace, query: war}\n"


@dataclass
class BotDesk:
    """A bot that listens, its store, and a clock that the test turns on."""

    api: BotApi
    store: SqlStore
    audience: Audience
    bot: TelegramBot
    tools: BotTools
    clock: Clock

    @property
    def answers(self) -> list[str]:
        """What the bot has written so far, as it is now."""
        return [message.text for message in self.api.messages]

    async def tell(self, person: Person, text: str, chat: Place | None = None, topic: int | None = None) -> SentMessage:
        """Write to the bot; return what it answers."""
        before = len(self.api.messages)
        await person.sends(text, chat, topic)
        await wait_until(lambda: len(self.api.messages) > before)
        return self.api.messages[-1]

    async def press(self, person: Person, message: SentMessage, button: str) -> SentMessage:
        """Press a button; return the message as it is then, or what the bot says instead."""
        edits, messages = len(self.api.edits), len(self.api.messages)
        await self.api.presses(person, message, button)
        await wait_until(lambda: len(self.api.edits) > edits or len(self.api.messages) > messages)
        return self.api.messages[self.api.edits[-1] - 1 if len(self.api.edits) > edits else -1]

    async def press_in_vain(self, person: Person, message: SentMessage, button: str) -> str:
        """Press a button; return the notice that the bot answers with."""
        query_id = await self.api.presses(person, message, button)
        return await self.notice(query_id)

    async def notice(self, query_id: str) -> str:
        """Return what the bot answered to the press of a button."""
        answered = self.api.world.answered
        await wait_until(lambda: query_id in dict(answered))
        return dict(answered)[query_id]

    async def hears_nothing(self, person: Person, text: str, chat: Place | None = None) -> None:
        """Write to the bot, and see that it says nothing for a moment after it has heard."""
        before = len(self.api.messages)
        await person.sends(text, chat)
        await self.api.world.updates.confirmed()
        await asyncio.sleep(0.3)
        assert len(self.api.messages) == before, self.answers[before:]


@dataclass
class Clock:
    """A clock that stands still until it is turned on."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


async def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what the bot does."""
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def bot_desk(
    folder: Path, telegram: str = "access: open", rules: str = RULES, quotas: str = ""
) -> AsyncIterator[BotDesk]:
    """Open a bot whose configuration has these settings; user 9 is its admin."""
    async with BotApi() as api:
        path = folder / "bot.yaml"
        path.write_text(
            f'{rules}telegram: {{token: "{api.token}", api_url: "{api.url}", admins: [{ADMIN}], {telegram}{quotas}}}\n'
        )
        configuration = configure(path, {}, lambda _channel, _settings: [])
        store, clock = await new_store(folder / "bot.db"), Clock()
        await store.sync_feeds([feed()], NOW - timedelta(days=40))
        audience = Audience(configuration, await store.chats(), await store.watches(), await store.chat_subscriptions())
        tools = await BotTools.open(store, audience, clock)
        bot = TelegramBot(configuration.settings.telegram, tools)
        bot.start()
        yield BotDesk(api=api, store=store, audience=audience, bot=bot, tools=tools, clock=clock)
        await bot.stop()
        await store.close()
