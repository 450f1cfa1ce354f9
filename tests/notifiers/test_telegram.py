"""Telegram: python-telegram-bot over HTTP against a server that checks like Telegram's."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
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
from aggregator.model.messages import Message, RateLimit
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
        send_timeout=timedelta(seconds=4),
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


@pytest.mark.parametrize(
    ("chat_id", "count", "seconds"), [(42, 1, 1), (-1001, 20, 60), ("@channel", 20, 60), ("-1001", 20, 60)]
)
def test_a_chat_and_the_bot_have_limits(chat_id: int | str, count: int, seconds: int) -> None:
    """One message a second to a person, twenty a minute to a group, thirty a second of one bot; no token is named."""
    notifier = notifier_for(BotApi(url="http://127.0.0.1:1"), chat_id=chat_id)

    assert notifier.capabilities.limits == (
        RateLimit(scope=f"telegram:1000:{chat_id}", count=count, period=timedelta(seconds=seconds)),
        RateLimit(scope="telegram:1000", count=30, period=timedelta(seconds=1)),
    )


async def test_a_message_is_changed_in_place(bot: BotApi) -> None:
    """An edit changes the message that was sent; what reads so already is a success."""
    notifier = notifier_for(bot)
    sent = await notifier.send(message(notifier))
    assert sent.message_id is not None
    changed = replace(message(notifier), text="<b>other</b>")

    again = [await notifier.edit(sent.message_id, changed), await notifier.edit(sent.message_id, changed)]
    await notifier.close()

    assert again == [sent, sent]
    assert [arrived.text for arrived in bot.messages] == ["other"]


async def test_a_message_that_was_deleted_cannot_be_changed(bot: BotApi) -> None:
    """The reason is one of its own: the outbox need not try again."""
    notifier = notifier_for(bot)
    await notifier.send(message(notifier))
    bot.deleted.add(1)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.edit("1", message(notifier))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.MESSAGE_GONE


async def test_an_image_has_the_alert_for_its_caption(bot: BotApi) -> None:
    """A photo is sent, within the limit of captions, and its caption can be changed."""
    notifier = notifier_for(bot, images=True)
    photo = replace(message(notifier), text="a caption", image_url="https://example.org/photo.jpg")

    sent = await notifier.send(photo)
    assert sent.message_id is not None
    await notifier.edit(sent.message_id, replace(photo, text="another caption"))
    await notifier.close()

    [arrived] = bot.messages
    assert notifier.capabilities.caption_limit == 1024
    assert (arrived.photo, arrived.text) == ("https://example.org/photo.jpg", "another caption")


async def test_an_image_that_telegram_cannot_get_is_told_apart(bot: BotApi) -> None:
    """The outbox sends the text without it then."""
    notifier = notifier_for(bot, images=True)
    bot.bad_images.add("https://example.org/gone.jpg")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(replace(message(notifier), text="a caption", image_url="https://example.org/gone.jpg"))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.IMAGE_REFUSED


async def test_a_reply_names_what_it_answers(bot: BotApi) -> None:
    """A change to an article is a reply to the first message of it, a photo's as well."""
    notifier = notifier_for(bot)
    await notifier.send(message(notifier))

    await notifier.send(replace(message(notifier), reply_to="photo:1"))
    await notifier.close()

    assert [arrived.reply_to for arrived in bot.messages] == [None, 1]


async def test_a_chat_that_moved_is_followed(bot: BotApi) -> None:
    """The failure says where to, and a message goes to the address that it carries."""
    notifier = notifier_for(bot)
    bot.answers.append(failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(notifier))
    await notifier.send(replace(message(notifier), address=caught.value.moved_to))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.RECIPIENT_MOVED
    assert [arrived.chat_id for arrived in bot.messages] == ["-1001"]


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (failure(403, "Forbidden: bot was blocked by the user"), DeliveryFailure.RECIPIENT_GONE, "add the bot"),
        (failure(400, "Bad Request: chat not found"), DeliveryFailure.RECIPIENT_GONE, "check chat_id"),
        (failure(400, "Bad Request: can't parse entities"), DeliveryFailure.REJECTED, "t parse entities"),
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
