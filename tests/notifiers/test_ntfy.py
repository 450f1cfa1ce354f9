"""ntfy: notifications on a server with its limits and its errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.builders import article, due
from support.notifying import context, digest_of
from support.ntfy_server import NtfyServer
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.ntfy import PLUGIN, NtfyNotifier, NtfyOptions

TOPIC = "desk-4rTz_secret"


@pytest.fixture
async def server() -> AsyncIterator[NtfyServer]:
    """An ntfy server."""
    async with NtfyServer() as server:
        yield server


def notifier_for(url: str, **changes: Any) -> NtfyNotifier:
    """A notifier for the topic."""
    options = NtfyOptions.model_validate({"server": url, "topic": TOPIC} | changes)
    PLUGIN.missing(options, context())
    return PLUGIN.open(Channel(id=ChannelId("desk"), type="ntfy"), options, context(3))


def message(priority: Priority = Priority.NORMAL, **changes: Any) -> Message:
    """An alert as it is rendered for ntfy."""
    made = Message(
        text="Families of captives\n\nThey were called.",
        subject="Families of captives",
        due=due(article(), priority=priority),
    )
    return replace(made, **changes)


async def test_a_notification_arrives_as_it_was_meant(server: NtfyServer) -> None:
    """The headline is the title and not in the text again; a tap opens the article, the image is beside it."""
    notifier = notifier_for(server.url, tags=["newspaper", "desk"])

    sent = await notifier.send(message(Priority.URGENT, image_url="https://news.example/a.jpg"))
    await notifier.close()
    await notifier.close()

    assert server.messages == [
        {
            "topic": TOPIC,
            "title": "Families of captives",
            "message": "They were called.",
            "priority": 5,
            "tags": ["newspaper", "desk"],
            "click": "https://news.example/a1",
            "attach": "https://news.example/a.jpg",
            "sequence_id": sent.message_id,
        }
    ]


@pytest.mark.parametrize(
    ("priority", "number"), [(Priority.LOW, 2), (Priority.NORMAL, 3), (Priority.HIGH, 4), (Priority.URGENT, 5)]
)
async def test_priorities_are_those_of_ntfy(server: NtfyServer, priority: Priority, number: int) -> None:
    """Low makes no sound, urgent rings long."""
    notifier = notifier_for(server.url)

    await notifier.send(message(priority))
    await notifier.close()

    assert server.messages[0]["priority"] == number


async def test_a_repeat_takes_the_place_of_the_first(server: NtfyServer) -> None:
    """The same message twice is one notification, an edit changes it quietly, another page is another."""
    notifier = notifier_for(server.url, updates=True)

    sent = await notifier.send(message(Priority.HIGH))
    await notifier.send(message(Priority.HIGH))
    edited = await notifier.edit(str(sent.message_id), message(Priority.HIGH, text="Edited"))
    await notifier.send(message(Priority.HIGH, text="Second page"))
    await notifier.close()

    assert list(server.shown().values()) == ["Edited", "Second page"]
    assert [each["priority"] for each in server.messages] == [4, 4, 2, 4]
    assert edited == sent
    assert notifier.capabilities.can_edit
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_what_leads_nowhere_is_left_out(server: NtfyServer) -> None:
    """A digest, and an article without a web address, open nothing; a headline alone is the text."""
    notifier = notifier_for(server.url)
    item = due(article(url="urn:x"))

    digest_due = digest_of(due(article()))
    await notifier.send(message(text="Digest", subject="", due=digest_due, items=digest_due.items))
    await notifier.send(message(text="Only", subject="Only", due=item))
    await notifier.send(message(text="", subject="", due=item))
    await notifier.close()

    digest, only, empty = server.messages
    assert "click" not in digest
    assert ("click" in only, only["message"]) == (False, "Only")
    assert empty["message"] == item.article.title
    assert not notifier.capabilities.can_edit


@pytest.mark.parametrize("sign", ["x", "ї", "€", "\U0001f680"])
async def test_the_longest_text_stays_a_message(server: NtfyServer, sign: str) -> None:
    """The longest text, and title, in the widest letters are within the limits of the server."""
    notifier = notifier_for(server.url)
    text = sign * (notifier.capabilities.text_limit // (len(sign.encode("utf-16-le")) // 2))

    await notifier.send(message(text=text, subject=sign * 1000))
    await notifier.close()

    assert len(server.messages) == 1


async def test_a_closed_topic_needs_its_token() -> None:
    """The token opens it; a wrong one, and none, are reasons that pause the channel, and are not shown."""
    async with NtfyServer(token="tk_right") as server:
        right, wrong, none = (notifier_for(server.url, token=token) for token in ("tk_right", "tk_wrong", None))

        await right.send(message())
        for refused in (wrong, none):
            with pytest.raises(DeliveryFailed) as caught:
                await refused.send(message())
            assert caught.value.reason is DeliveryFailure.UNAUTHORIZED
            assert "tk_" not in str(caught.value)
        for notifier in (right, wrong, none):
            await notifier.close()

    assert len(server.messages) == 1


async def test_a_used_up_limit_is_throttled(server: NtfyServer) -> None:
    """How long to wait is not said; the outbox knows the limit."""
    notifier = notifier_for(server.url)
    server.requests_left = 0

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.THROTTLED
    [limit] = notifier.capabilities.limits
    assert (limit.count, limit.period) == (60, timedelta(minutes=5))


def test_the_public_server_has_a_limit_a_day() -> None:
    """Without an account it is 250 messages; scopes hold neither topic nor token."""
    public = notifier_for("https://ntfy.sh").capabilities.limits
    paid = notifier_for("https://ntfy.sh", token="tk_paid").capabilities.limits

    assert [(limit.count, limit.period.total_seconds()) for limit in public] == [(60, 300), (250, 86400)]
    assert len(paid) == 1
    assert TOPIC not in f"{public}{paid}"
    assert "tk_paid" not in f"{paid}"


async def test_an_image_that_is_refused_is_told_apart(server: NtfyServer) -> None:
    """The outbox then sends the text without it."""
    notifier = notifier_for(server.url)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message(image_url="data:image/png;base64,"))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.IMAGE_REFUSED


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, {"code": 40010, "http": 400, "error": f"topic {TOPIC} disallowed"}), DeliveryFailure.MISCONFIGURED),
        ((400, {"code": 40013, "http": 400, "error": "attachment URL"}), DeliveryFailure.REJECTED),
        ((400, {"code": 40007, "http": 400, "error": "invalid priority"}), DeliveryFailure.REJECTED),
        ((413, {"code": 41303, "http": 413, "error": "JSON body too large"}), DeliveryFailure.REJECTED),
        ((429, {"code": 42908, "http": 429, "error": "too many messages"}), DeliveryFailure.THROTTLED),
        ((500, {"code": 50001, "http": 500, "error": "internal"}), DeliveryFailure.UNAVAILABLE),
        ((200, {"hello": "world"}), DeliveryFailure.MISCONFIGURED),
    ],
)
async def test_each_refusal_has_its_reason(
    server: NtfyServer, answer: tuple[int, dict[str, Any]], reason: DeliveryFailure
) -> None:
    """The server's own codes, or else the status, decide; the topic is not shown."""
    notifier = notifier_for(server.url)
    server.answers.append((*answer, {}))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is reason
    assert TOPIC not in str(caught.value)


async def test_a_silent_and_a_missing_server_are_told_apart() -> None:
    """No answer in time is an unknown outcome; no server is none at all."""
    with silent_server() as url:
        silent, missing = notifier_for(url), notifier_for("http://127.0.0.1:1/")

        with pytest.raises(DeliveryFailed, match="outcome unknown"):
            await silent.send(message())
        with pytest.raises(DeliveryFailed, match="unavailable"):
            await missing.send(message())
        await silent.close()
        await missing.close()


@pytest.mark.parametrize("topic", ["", "a b", "a/b", "x" * 65])
def test_a_topic_has_letters_and_digits(topic: str) -> None:
    """What ntfy would refuse is refused before anything is sent, without being shown."""
    with pytest.raises(ValueError, match="not a topic"):
        NtfyOptions.model_validate({"topic": topic})
