"""The daemon's talk with people: the Telegram bot, as the configuration wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aggregator.ports import Store
from aggregator.runtime import Runtime, utc_now

if TYPE_CHECKING:
    from aggregator.bot.service import TelegramBot
    from aggregator.bot.talk import BotTools


class Talking:
    """Hears people as long as the configuration has a bot's token."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bot: TelegramBot | None = None

    async def renew(self, runtime: Runtime) -> None:
        """Have the bot that there is work with this configuration."""
        if self._bot is not None:
            self._bot.follow(await self._tools(runtime))

    async def follow(self, runtime: Runtime) -> None:
        """Begin where this configuration wants another bot than there is; end where it wants none."""
        telegram = runtime.configuration.settings.telegram
        if self._bot is not None and self._bot.settings == telegram:
            return
        await self.stop()
        if telegram.token:
            from aggregator.bot.service import TelegramBot  # noqa: PLC0415 - 0.3 s, for those who have no bot

            self._bot = TelegramBot(telegram, await self._tools(runtime))
            self._bot.start()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Let what is being answered end, and nothing more begin: a change made now would miss the new settings."""
        if self._bot is None:
            yield
            return
        async with self._bot.paused():
            yield

    async def stop(self) -> None:
        """Hear nobody any longer."""
        bot, self._bot = self._bot, None
        if bot is not None:
            await bot.stop()

    async def _tools(self, runtime: Runtime) -> BotTools:
        from aggregator.bot.talk import BotTools  # noqa: PLC0415 - see above

        return await BotTools.open(self._store, runtime.audience, utc_now)
