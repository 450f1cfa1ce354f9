"""Matrix: rooms on a homeserver that keeps to the client-server API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.builders import article, due
from support.matrix_server import MatrixServer
from support.notifying import context
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.matrix import PLUGIN, MatrixNotifier, MatrixOptions

ROOM = "!desk:example.org"
TOKEN = "syt_matrix_token"


@pytest.fixture
async def server() -> AsyncIterator[MatrixServer]:
    """A homeserver."""
    async with MatrixServer() as server:
        yield server


def notifier_for(url: str, **changes: Any) -> MatrixNotifier:
    """A notifier for the room."""
    options = MatrixOptions.model_validate({"homeserver": url, "token": TOKEN, "room": ROOM} | changes)
    PLUGIN.missing(options, context())
    return PLUGIN.open(Channel(id=ChannelId("desk"), type="matrix"), options, context(3))


def message(priority: Priority = Priority.NORMAL, **changes: Any) -> Message:
    """An alert as it is rendered for Matrix."""
    made = Message(
        text="<b>Families</b> of captives", plain="Families of captives", due=due(article(), priority=priority)
    )
    return replace(made, **changes)


async def test_a_message_arrives_once_however_often_it_is_sent(server: MatrixServer) -> None:
    """Both texts are in the event, nobody is mentioned, and a repeat is the same transaction."""
    notifier = notifier_for(server.url)

    sent = await notifier.send(message())
    again = await notifier.send(message())
    await notifier.close()
    await notifier.close()

    [event] = server.events
    assert sent.message_id == again.message_id == event.event_id
    assert event.transaction_id.startswith(message().due.delivery.id)
    assert event.content == {
        "msgtype": "m.text",
        "body": "Families of captives",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>Families</b> of captives",
        "m.mentions": {},
    }
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_pages_of_one_delivery_are_all_sent(server: MatrixServer) -> None:
    """Another text is another transaction; low priority makes no sound."""
    notifier = notifier_for(server.url)

    await notifier.send(message(Priority.LOW, text="one", plain="", subject="One"))
    await notifier.send(message(Priority.LOW, text="two\x00"))
    await notifier.close()

    first, second = server.events
    assert (first.content["msgtype"], first.content["body"]) == ("m.notice", "One")
    assert second.content["formatted_body"] == "two"


async def test_a_reply_names_what_it_answers(server: MatrixServer) -> None:
    """Readers show the first message above the answer."""
    notifier = notifier_for(server.url)

    sent = await notifier.send(message())
    await notifier.send(message(text="changed", reply_to=sent.message_id))
    await notifier.close()

    assert server.events[1].content["m.relates_to"] == {"m.in_reply_to": {"event_id": sent.message_id}}


async def test_an_edit_takes_the_place_of_the_message(server: MatrixServer) -> None:
    """Both of two edits change the first event, the same edit twice is one, and old readers see a star."""
    notifier = notifier_for(server.url)
    sent = await notifier.send(message())
    assert sent.message_id is not None

    first = await notifier.edit(sent.message_id, message(text="<i>two</i>", plain="two"))
    assert first.message_id == sent.message_id
    second = await notifier.edit(first.message_id, message(text="three", plain="three"))
    await notifier.edit(first.message_id, message(text="three", plain="three"))
    await notifier.close()

    _, two, three = server.events
    assert second.message_id == sent.message_id
    assert two.content["m.relates_to"] == {"rel_type": "m.replace", "event_id": sent.message_id}
    assert two.content["body"] == "* two"
    new = two.content["m.new_content"]
    assert isinstance(new, dict)
    assert new["formatted_body"] == "<i>two</i>"
    assert three.content["body"] == "* three"


async def test_a_message_that_is_gone_cannot_be_edited(server: MatrixServer) -> None:
    """Redacted or never there: the outbox hears of it, instead of an edit that nobody sees."""
    notifier = notifier_for(server.url)
    sent = await notifier.send(message())
    server.redacted.add(str(sent.message_id))

    for event_id in (str(sent.message_id), "$never"):
        with pytest.raises(DeliveryFailed) as caught:
            await notifier.edit(event_id, message(text="two"))
        assert caught.value.reason is DeliveryFailure.MESSAGE_GONE
    server.answers.append((429, {"errcode": "M_LIMIT_EXCEEDED"}, {}))
    with pytest.raises(DeliveryFailed, match="throttled"):
        await notifier.edit("$never", message(text="two"))
    await notifier.close()


async def test_an_address_is_looked_up_once(server: MatrixServer) -> None:
    """The room behind an address is remembered until it refuses."""
    notifier = notifier_for(server.url, room="#desk:example.org")

    await notifier.send(message())
    await notifier.send(message(text="two"))
    server.rooms = {"!new:example.org"}
    server.aliases["#desk:example.org"] = "!new:example.org"
    with pytest.raises(DeliveryFailed):
        await notifier.send(message(text="three"))
    await notifier.send(message(text="three"))
    await notifier.close()

    assert [event.room_id for event in server.events] == [ROOM, ROOM, "!new:example.org"]
    assert server.requests["GET #desk:example.org"] == 2


async def test_an_address_of_no_room_is_a_recipient_gone(server: MatrixServer) -> None:
    """Nobody has that address any more."""
    notifier = notifier_for(server.url, room="#nobody:example.org")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.RECIPIENT_GONE


async def test_a_replaced_room_is_followed(server: MatrixServer) -> None:
    """An upgraded room says by which it was replaced; the next message goes there."""
    notifier = notifier_for(server.url)
    server.replaced[ROOM] = "!v12"
    server.rooms.add("!v12")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.send(message(address=caught.value.moved_to))
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.RECIPIENT_MOVED
    assert [event.room_id for event in server.events] == ["!v12"]


@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        ((429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}, {}), DeliveryFailure.THROTTLED, 2),
        ((429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10**18}, {}), DeliveryFailure.THROTTLED, 604_800),
        (
            (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}, {"Retry-After": "3"}),
            DeliveryFailure.THROTTLED,
            3,
        ),
        ((403, {"errcode": "M_FORBIDDEN"}, {}), DeliveryFailure.RECIPIENT_GONE, None),
        ((404, {"errcode": "M_NOT_FOUND"}, {}), DeliveryFailure.RECIPIENT_GONE, None),
        ((404, {"errcode": "M_UNRECOGNIZED"}, {}), DeliveryFailure.MISCONFIGURED, None),
        ((401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, {}), DeliveryFailure.UNAUTHORIZED, None),
        ((403, {"errcode": "M_USER_SUSPENDED"}, {}), DeliveryFailure.UNAUTHORIZED, None),
        ((403, {"errcode": "M_RESOURCE_LIMIT_EXCEEDED"}, {}), DeliveryFailure.UNAVAILABLE, None),
        ((413, {"errcode": "M_TOO_LARGE"}, {}), DeliveryFailure.REJECTED, None),
        ((400, {"errcode": "M_BAD_JSON"}, {}), DeliveryFailure.REJECTED, None),
        ((502, {"errcode": 7}, {}), DeliveryFailure.UNAVAILABLE, None),
        ((200, {"hello": "world"}, {}), DeliveryFailure.MISCONFIGURED, None),
    ],
)
async def test_each_refusal_has_its_reason(
    server: MatrixServer,
    answer: tuple[int, dict[str, object], dict[str, str]],
    reason: DeliveryFailure,
    seconds: int | None,
) -> None:
    """The error code decides, and says how long to wait."""
    notifier = notifier_for(server.url)
    server.answers.append(answer)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is reason
    assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_wrong_token_is_not_shown(server: MatrixServer) -> None:
    """A refused token is a reason of its own; neither the error nor the limit's name holds it."""
    notifier = notifier_for(server.url, token="syt_wrong_token")
    server.answers.append((401, {"errcode": "M_UNKNOWN_TOKEN", "error": "unknown token syt_wrong_token"}, {}))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    [limit] = notifier.capabilities.limits
    assert caught.value.reason is DeliveryFailure.UNAUTHORIZED
    assert "check token" in caught.value.detail
    assert "syt_wrong_token" not in f"{caught.value}{limit}"


@pytest.mark.parametrize("sign", ["x", "ї", "€", "\U0001f680", '"', "\n"])
async def test_the_longest_text_fits_an_event(server: MatrixServer, sign: str) -> None:
    """Twice the longest text, in the widest letters, is within the limit of an event; as an edit too."""
    notifier = notifier_for(server.url)
    text = sign * (notifier.capabilities.text_limit // (len(sign.encode("utf-16-le")) // 2))

    sent = await notifier.send(message(text=text, plain=text))
    await notifier.edit(str(sent.message_id), message(text=text, plain=text))
    await notifier.close()

    assert len(server.events) == 2


async def test_a_silent_and_a_missing_homeserver_are_told_apart() -> None:
    """No answer in time is an unknown outcome; no server is none at all."""
    with silent_server() as url:
        silent, missing = notifier_for(url), notifier_for("http://127.0.0.1:1")

        with pytest.raises(DeliveryFailed, match="outcome unknown"):
            await silent.send(message())
        with pytest.raises(DeliveryFailed, match="unavailable"):
            await missing.send(message())
        await silent.close()
        await missing.close()


def test_a_room_has_its_sign() -> None:
    """What is neither an id nor an address of a room is refused."""
    with pytest.raises(ValueError, match="room"):
        MatrixOptions.model_validate({"homeserver": "https://m.example", "token": TOKEN, "room": "desk"})
