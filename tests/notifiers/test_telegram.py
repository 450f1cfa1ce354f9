"""Telegram: python-telegram-bot over HTTP against a server that checks like Telegram's."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from support.bot_api import BotApi, failure, too_many_requests
from support.builders import article, due, match
from support.silent_server import silent_server

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message
from aggregator.model.rules import Field, Priority
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifier
from aggregator.ports import Notifier


@pytest.fixture
async def bot() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    async with BotApi() as server:
        yield server


def notifier_for(bot: BotApi, token: str = "1000:test-token", **options: Any) -> Notifier:
    """A notifier for chat 42, or as the options say."""
    context = NotifierContext(
        console=io.StringIO(),
        user_agent="test",
        telegram_token=token,
        telegram_api_url=bot.url + "/",
        send_timeout=timedelta(seconds=2),
    )
    channel = Channel(id=ChannelId("desk"), type="telegram", options={"chat_id": 42} | options)
    return open_notifier(channel, context)


def message(notifier: Notifier, priority: Priority = Priority.NORMAL) -> Message:
    """An alert, rendered for the notifier."""
    subject = article(title="Families & <captives>", summary="long " * 2000)
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), priority=priority)
    return Message(text=render(item, notifier.capabilities, "UTC"), due=item)


async def test_an_alert_arrives_as_it_was_meant(bot: BotApi) -> None:
    """Chat, topic, sound and marked words are as asked for; the longest text is within Telegram's limit."""
    notifier = notifier_for(bot, topic=12)

    sent = await notifier.send(message(notifier, Priority.LOW))
    await notifier.close()
    await notifier.close()

    [arrived] = bot.messages
    assert sent.message_id == "1"
    assert (arrived.chat_id, arrived.thread_id, arrived.is_silent) == ("42", "12", True)
    assert arrived.underlined == ("captives",)
    assert arrived.text.startswith("Families & <captives>")


@pytest.mark.parametrize(("chat_id", "seconds"), [(42, 1), (-1001, 3), ("@channel", 3), ("-1001", 3)])
def test_a_group_gets_messages_further_apart(chat_id: int | str, seconds: int) -> None:
    """One message a second to a person, twenty a minute to a group."""
    notifier = notifier_for(BotApi(url="http://127.0.0.1:1"), chat_id=chat_id)

    assert notifier.capabilities.min_interval == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (failure(403, "Forbidden: bot was blocked by the user"), DeliveryFailure.RECIPIENT_GONE, "add the bot"),
        (failure(400, "Bad Request: chat not found"), DeliveryFailure.RECIPIENT_GONE, "check chat_id"),
        (failure(400, "Bad Request: can't parse entities"), DeliveryFailure.REJECTED, "t parse entities"),
        (
            failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1007),
            DeliveryFailure.RECIPIENT_GONE,
            "set chat_id: -1007",
        ),
        (failure(500, "Internal Server Error"), DeliveryFailure.UNAVAILABLE, "cannot be reached"),
        (failure(404, "Not Found"), DeliveryFailure.UNAUTHORIZED, "check telegram.token"),
    ],
)
async def test_each_refusal_has_its_reason(
    bot: BotApi, answer: tuple[int, dict[str, object]], reason: DeliveryFailure, words: str
) -> None:
    """What Telegram says decides what comes next, and the advice says what to do."""
    notifier = notifier_for(bot)
    bot.answers.append(answer)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(notifier))
    await notifier.close()

    assert caught.value.reason is reason
    assert words in caught.value.detail


async def test_a_flood_limit_says_how_long_to_wait(bot: BotApi) -> None:
    """`retry_after` comes through to the outbox."""
    notifier = notifier_for(bot)
    bot.answers.append(too_many_requests(17))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(notifier))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.THROTTLED
    assert caught.value.retry_after == timedelta(seconds=17)


async def test_a_wrong_token_is_not_shown(bot: BotApi) -> None:
    """An unknown token is a reason of its own, and never in the message."""
    notifier = notifier_for(bot, token="1000:wrong-token")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(notifier))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.UNAUTHORIZED
    assert "wrong-token" not in str(caught.value)


async def test_a_server_that_is_not_there_may_come_back() -> None:
    """A refused connection is tried again."""
    notifier = notifier_for(BotApi(url="http://127.0.0.1:1"))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(notifier))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.UNAVAILABLE


async def test_no_answer_in_time_is_an_unknown_outcome() -> None:
    """A server that takes the message and says nothing may have sent it."""
    with silent_server() as url:
        notifier = notifier_for(BotApi(url=url))

        with pytest.raises(DeliveryFailed) as caught:
            await notifier.send(message(notifier))
        await notifier.close()

    assert caught.value.reason is DeliveryFailure.OUTCOME_UNKNOWN
