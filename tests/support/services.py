"""An emulated service for each kind of channel, and one that cannot be reached."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from support.bot_api import BotApi
from support.discord_api import DiscordApi
from support.emulated import EmulatedService
from support.mail_server import MailServer
from support.matrix_server import MatrixServer
from support.mattermost_api import MattermostApi
from support.ntfy_server import NtfyServer
from support.slack_api import SlackApi

from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifier
from aggregator.ports import Notifier

NOWHERE = "http://127.0.0.1:1"


class Endpoint(EmulatedService):
    """Takes whatever is posted."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """One address."""
        router.add_post("/", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=202)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Options by the kind of channel, and the bot's address."""

    options: dict[str, dict[str, object]]
    bot_url: str
    console: io.StringIO

    def open(self, kind: str) -> Notifier:
        """Open a notifier."""
        context = NotifierContext(
            console=self.console,
            user_agent="test",
            telegram_token="1000:test-token",
            telegram_api_url=self.bot_url,
            send_timeout=timedelta(seconds=5),
        )
        return open_notifier(Channel(id=ChannelId("c"), type=kind, options=self.options[kind]), context)


@asynccontextmanager
async def working_services(folder: Path) -> AsyncIterator[Services]:
    """Start a service of each kind that takes everything within its limits."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(BotApi())
        endpoint = await stack.enter_async_context(Endpoint())
        slack = await stack.enter_async_context(SlackApi())
        discord = await stack.enter_async_context(DiscordApi())
        mattermost = await stack.enter_async_context(MattermostApi())
        matrix = await stack.enter_async_context(MatrixServer())
        ntfy = await stack.enter_async_context(NtfyServer())
        mail = await stack.enter_async_context(MailServer())
        options: dict[str, dict[str, object]] = {
            "apprise": {"url": endpoint.url.replace("http://", "json://")},
            "atom": {"path": str(folder / "alerts.xml")},
            "console": {},
            "discord": {"webhook_url": discord.webhook_url},
            "email": _mail(mail.port),
            "matrix": {"homeserver": matrix.url, "token": matrix.token, "room": "!desk:example.org"},
            "mattermost": {"url": mattermost.url, "token": mattermost.token, "channel_id": mattermost.channel_id},
            "ntfy": {"server": ntfy.url, "topic": "desk", "updates": True},
            "slack": {"token": slack.token, "channel": "C1", "api_url": slack.api_url},
            "telegram": {"chat_id": 42},
            "webhook": {"url": endpoint.url},
        }
        yield Services(options=options, bot_url=bot.url, console=io.StringIO())


def missing_services(folder: Path) -> Services:
    """Return addresses at which nobody is."""
    (folder / "file").touch()
    console = io.StringIO()
    console.close()
    options: dict[str, dict[str, object]] = {
        "apprise": {"url": "json://127.0.0.1:1"},
        "atom": {"path": str(folder / "file" / "alerts.xml")},
        "console": {},
        "discord": {"webhook_url": f"{NOWHERE}/api/webhooks/1/t"},
        "email": _mail(1),
        "matrix": {"homeserver": NOWHERE, "token": "t", "room": "!desk:example.org"},
        "mattermost": {"url": NOWHERE, "token": "t", "channel_id": "c" * 26},
        "ntfy": {"server": NOWHERE, "topic": "desk"},
        "slack": {"token": "xoxb-1", "channel": "C1", "api_url": f"{NOWHERE}/api"},
        "telegram": {"chat_id": 42},
        "webhook": {"url": NOWHERE},
    }
    return Services(options=options, bot_url=NOWHERE, console=console)


def _mail(port: int) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "alerts@example.org",
        "to": ["desk@example.org"],
    }
