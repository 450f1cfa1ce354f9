"""What every notifier keeps to: each sentence of `ports.Notifier`, over all that ship."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web
from support.bot_api import BotApi
from support.builders import article, due, match

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Channel, Sent
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message
from aggregator.model.rules import Field
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import known_types, open_notifier
from aggregator.ports import Notifier

Open = Callable[[str], Awaitable[Notifier]]
UNREACHABLE = "http://127.0.0.1:1"


@pytest.fixture
async def open_working() -> AsyncIterator[Open]:
    """Opens a notifier of a type against a service that takes everything within its limits."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=202)

    application = web.Application()
    application.router.add_post("/", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with BotApi() as bot:

        async def open_type(kind: str) -> Notifier:
            return make(kind, bot.url, f"http://127.0.0.1:{runner.addresses[0][1]}/", io.StringIO())

        yield open_type
    await runner.cleanup()


def make(kind: str, bot_url: str, hook_url: str, console: io.StringIO) -> Notifier:
    """A notifier of a type."""
    options: dict[str, dict[str, object]] = {"telegram": {"chat_id": 42}, "webhook": {"url": hook_url}}
    context = NotifierContext(
        console=console,
        user_agent="test",
        telegram_token="1000:test-token",
        telegram_api_url=bot_url,
        send_timeout=timedelta(seconds=5),
    )
    return open_notifier(Channel(id=ChannelId("c"), type=kind, options=options.get(kind, {})), context)


def longest_message(notifier: Notifier) -> Message:
    """As long a message as the notifier says that it takes, with every character that needs care."""
    subject = article(title="<b>&amp; *_`[ captives 👩\u200d🚀 " * 40, summary="long & <words> 👩\u200d🚀 " * 3000)
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")))
    return Message(text=render(item, notifier.capabilities, "UTC"), due=item)


@pytest.mark.parametrize("kind", known_types())
async def test_the_longest_message_is_taken(kind: str, open_working: Open) -> None:
    """What is rendered for a notifier's capabilities is what its service takes; sending says so."""
    notifier = await open_working(kind)

    sent = await notifier.send(longest_message(notifier))
    await notifier.close()

    assert isinstance(sent, Sent)


@pytest.mark.parametrize("kind", known_types())
async def test_a_failure_is_always_the_one_error(kind: str) -> None:
    """A service that cannot be reached raises DeliveryFailed, with a reason that may pass."""
    console = io.StringIO()
    console.close()
    notifier = make(kind, UNREACHABLE, UNREACHABLE, console)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(longest_message(notifier))
    await notifier.close()

    assert caught.value.reason.is_passing


@pytest.mark.parametrize("kind", known_types())
async def test_closing_twice_is_closing_once(kind: str, open_working: Open) -> None:
    """Closing is idempotent, used or not."""
    notifier = await open_working(kind)

    await notifier.close()
    await notifier.close()

    assert notifier.capabilities.text_limit > 0
