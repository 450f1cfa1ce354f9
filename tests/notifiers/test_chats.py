"""The notifiers of chats: over one pool of connections, made when something is to be sent."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from support.bot_api import BotApi
from support.builders import article, due

from aggregator.alerts.messages import render_message
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.notifiers.chats import ChannelNotifiers
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifier

SCREEN, CHAT = ChannelId("screen"), ChannelId("telegram:42")


async def test_chats_are_sent_to_as_their_settings_are() -> None:
    """One that is off, or that there is not, has no notifier; the configuration's own stay as they are."""
    async with BotApi() as bot:
        context = NotifierContext(
            console=io.StringIO(), user_agent="t", telegram_token=bot.token, telegram_api_url=bot.url
        )
        channels = {
            SCREEN: Channel(id=SCREEN, type="console"),
            CHAT: Channel(id=CHAT, type="telegram", options={"chat_id": 42}),
        }
        screen = open_notifier(channels[SCREEN], context)
        notifiers = ChannelNotifiers({SCREEN: screen}, channels, context)

        await notifiers.close()
        first = notifiers[CHAT]
        again = notifiers[CHAT]
        channels[CHAT] = replace(channels[CHAT], options={"chat_id": 42, "topic": 7})
        await notifiers[CHAT].send(render_message(due(article()), notifiers[CHAT].capabilities, timezone="UTC"))
        both = (list(notifiers), len(notifiers))
        tokenless = ChannelNotifiers({SCREEN: screen}, channels, replace(context, telegram_token=None)).get(CHAT)
        channels[CHAT] = replace(channels[CHAT], enabled=False)

        assert tokenless is None
        assert (notifiers[SCREEN], first) == (screen, again)
        assert [(message.chat_id, message.thread_id) for message in bot.messages] == [("42", "7")]
        assert both == ([SCREEN, CHAT], 2)
        assert (list(notifiers), notifiers.get(ChannelId("none"))) == ([SCREEN], None)
        with pytest.raises(KeyError):
            notifiers[CHAT]
        await notifiers.close()
        await notifiers.close()
