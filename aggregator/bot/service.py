"""The bot beside the daemon: it asks Telegram for updates until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from telegram import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat, BotCommandScopeDefault, Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import Application, TypeHandler

from aggregator.bot import phrases
from aggregator.bot.doorman import Doorman
from aggregator.bot.talk import BotTools
from aggregator.settings.model import Telegram

_AT_ONCE = 32
"""Updates of so many chats are worked on at a time; those of one chat one after the other."""
_POLL_SECONDS = 30
_GRACE_SECONDS = 3
_RETRY_AFTER = timedelta(seconds=15)
_UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]

_log = structlog.get_logger(__name__)


class TelegramBot:
    """Hears what is said to the bot. `tools` follow the configuration: `follow` replaces them."""

    def __init__(self, settings: Telegram, tools: BotTools) -> None:
        # httpx logs each request's URL at INFO, and the URL holds the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self.settings = settings
        self._application = (
            Application.builder()
            .token(settings.token or "")
            .base_url(f"{settings.api_url.rstrip('/')}/bot")
            .concurrent_updates(_AT_ONCE)
            .build()
        )
        self._doorman = Doorman(self._application.bot, tools)
        self._application.add_handler(TypeHandler(Update, self._take))
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def is_listening(self) -> bool:
        """Whether it hears, or tries to."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin to listen; while Telegram cannot be reached it is tried again."""
        self._task = asyncio.create_task(self._run(), name="telegram bot")

    def follow(self, tools: BotTools) -> None:
        """Work with another configuration."""
        self._doorman.tools = tools

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Let what is being answered end, and what comes now wait."""
        async with self._doorman.closed():
            yield

    async def stop(self) -> None:
        """Listen no more; what is being answered is answered, unless Telegram takes too long."""
        self._stopping.set()
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=_GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with self._application:
                    await self._listen()
            except InvalidToken:
                _log.error("bot_token_refused", advice="check telegram.token; no command is heard")
                await self._application.bot.shutdown()
                return
            except TelegramError as error:
                _log.warning("bot_not_reached", reason=error.message, retry_seconds=_RETRY_AFTER.seconds)
                await self._application.bot.shutdown()  # what was begun is left open otherwise
                await self._pause()

    async def _listen(self) -> None:
        application, updater = self._application, self._application.updater
        assert updater is not None  # noqa: S101 - it was built with one
        await self._name_commands()
        await updater.start_polling(
            timeout=timedelta(seconds=_POLL_SECONDS),
            allowed_updates=_UPDATES,
            error_callback=_note_poll_error,
            bootstrap_retries=0,
        )
        try:
            await application.start()
            _log.info("bot_listens", name=application.bot.username)
            await self._stopping.wait()
        finally:
            await updater.stop()
            if application.running:
                await application.stop()

    async def _take(self, update: Update, _context: object) -> None:
        await self._doorman.take(update)

    async def _name_commands(self) -> None:
        """Have Telegram show the commands where they may be used."""
        bot = self._application.bot
        for_all = _named(phrases.SUMMARIES)
        for_admins = [*for_all, *_named(phrases.ADMIN_SUMMARIES)]
        await bot.set_my_commands(for_all, scope=BotCommandScopeDefault())
        await bot.set_my_commands(for_all, scope=BotCommandScopeAllPrivateChats())
        for user_id in sorted(self.settings.admins):
            try:
                await bot.set_my_commands(for_admins, scope=BotCommandScopeChat(user_id))
            except TelegramError as error:  # an admin who has not written to the bot yet
                _log.info("bot_admin_unknown", user=user_id, reason=error.message)

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), _RETRY_AFTER.total_seconds())
        except TimeoutError:
            return


def _note_poll_error(error: TelegramError) -> None:
    advice = "another program polls with the same token" if isinstance(error, Conflict) else "it is tried again"
    _log.warning("bot_poll_failed", reason=error.message, advice=advice)


def _named(summaries: Mapping[str, str]) -> list[BotCommand]:
    return [BotCommand(name, summary) for name, summary in summaries.items()]
