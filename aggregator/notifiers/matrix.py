"""Alerts in Matrix rooms, over the client-server API. Rooms with end-to-end encryption get them unencrypted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from aiohttp import hdrs
from pydantic import Field, HttpUrl, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message, RateLimit, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.http import Answer, ServiceClient, failure_of, fingerprint

_TEXT_UNITS = 8_000
"""An event is at most 65,536 bytes (spec.matrix.org, Client-Server API, "Size limits") and holds the text twice, with
and without markup; a UTF-16 code unit is at most 3 bytes."""

_FALLBACK_CHARACTERS = 500
_RATE = (10, timedelta(seconds=50))
"""Synapse's default rc_message: 0.2 a second and 10 at once, for each user (its configuration manual)."""

_LONGEST_WAIT = timedelta(days=7)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNAUTHORIZED = frozenset(
    {
        *("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"),
        *("M_CONSENT_NOT_GIVEN", "M_GUEST_ACCESS_FORBIDDEN"),
    }
)
_REASONS: Mapping[str, DeliveryFailure] = {
    **dict.fromkeys(_UNAUTHORIZED, DeliveryFailure.UNAUTHORIZED),
    "M_FORBIDDEN": DeliveryFailure.RECIPIENT_GONE,
    "M_NOT_FOUND": DeliveryFailure.RECIPIENT_GONE,
    "M_LIMIT_EXCEEDED": DeliveryFailure.THROTTLED,
    "M_RESOURCE_LIMIT_EXCEEDED": DeliveryFailure.UNAVAILABLE,
    "M_UNRECOGNIZED": DeliveryFailure.MISCONFIGURED,
    "M_TOO_LARGE": DeliveryFailure.REJECTED,
}
_ADVICE = {
    DeliveryFailure.UNAUTHORIZED: "check token",
    DeliveryFailure.RECIPIENT_GONE: "invite the bot's user to the room, have it join, and let it write there",
    DeliveryFailure.MISCONFIGURED: "check homeserver: it is the address of the client-server API",
}


class MatrixOptions(ChannelOptions):
    """Where in Matrix, and as whom."""

    homeserver: HttpUrl = Field(description="the homeserver of the bot's user, as https://matrix.example.org")
    token: SecretStr = Field(description='the access token of the bot\'s user, as "${MATRIX_TOKEN}"')
    room: str = Field(
        pattern=r"^[!#]\S+$", description="the room's id (!…) or one of its addresses (#news:example.org)"
    )


class MatrixPlugin:
    """Opens Matrix notifiers."""

    options_model = MatrixOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> MatrixNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one room."""
        assert isinstance(options, MatrixOptions)  # noqa: S101 - the registry validated it with our model
        token = options.token.get_secret_value()
        client = ServiceClient(service="the homeserver", context=context, secrets=(token,))
        return MatrixNotifier(options=options, client=client)


PLUGIN = MatrixPlugin()


@dataclass(slots=True, kw_only=True)
class MatrixNotifier:
    """Sends to one room."""

    options: MatrixOptions
    client: ServiceClient
    _room_id: str | None = field(default=None, init=False)

    @property
    def capabilities(self) -> Capabilities:
        """A repeat has the transaction id of the first: the homeserver answers with the event that it has already."""
        token = self.options.token.get_secret_value()
        count, period = _RATE
        return Capabilities(
            markup=Markup.HTML,
            text_limit=_TEXT_UNITS,
            length_unit=LengthUnit.UTF16_UNITS,
            can_edit=True,
            can_reply=True,
            limits=(RateLimit(scope=f"matrix:{fingerprint(token)}", count=count, period=period),),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Send one message. Its id is that of the event.

        Raises:
            DeliveryFailed: RECIPIENT_MOVED when the room was replaced by another.
        """
        content = _content(message)
        if message.reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": message.reply_to}}
        return Sent(message_id=await self._put(message, content))

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of an event. Later edits name that event too, not the one that changes it.

        Raises:
            DeliveryFailed: MESSAGE_GONE when the room has no such event, or it was redacted: homeservers take changes
                to those as well, and nobody would see them.
        """
        room_id = await self._room(message)
        answer = await self._ask(hdrs.METH_GET, f"rooms/{_part(room_id)}/event/{_part(message_id)}")
        # An event with all its history can be longer than what is read of an answer: then nothing is known of it.
        is_redacted = answer.is_success and answer.document and not answer.document.get("content")
        if is_redacted or answer.document.get("errcode") == "M_NOT_FOUND":
            raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "the room has this message no more")
        if not answer.is_success:
            raise await self._refusal(room_id, answer)
        new = _content(message)
        changed = {
            "msgtype": new["msgtype"],
            "body": f"* {str(new['body'])[:_FALLBACK_CHARACTERS]}",
            "m.mentions": {},
            "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": message_id},
        }
        await self._put(message, changed)
        return Sent(message_id=message_id)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()

    async def _put(self, message: Message, content: Mapping[str, object]) -> str:
        room_id = await self._room(message)
        path = f"rooms/{_part(room_id)}/send/m.room.message/{_transaction_id(message, content)}"
        answer = await self._ask(hdrs.METH_PUT, path, content)
        event_id = answer.document.get("event_id")
        if answer.is_success and isinstance(event_id, str):
            return event_id
        if answer.is_success:
            advice = _ADVICE[DeliveryFailure.MISCONFIGURED]
            raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, f"it answered as no homeserver does; {advice}")
        self._room_id = None
        raise await self._refusal(room_id, answer)

    async def _room(self, message: Message) -> str:
        """Return the id of the room: an address is asked for once, and again after a refusal."""
        room = message.address or self.options.room
        if not room.startswith("#"):
            return room
        if self._room_id is None:
            answer = await self._ask(hdrs.METH_GET, f"directory/room/{_part(room)}")
            room_id = answer.document.get("room_id")
            if not answer.is_success or not isinstance(room_id, str):
                raise _failure(answer)
            self._room_id = room_id
        return self._room_id

    async def _refusal(self, room_id: str, answer: Answer) -> DeliveryFailed:
        """Return what a refusal means; a room that was replaced refuses everybody, and its state says by which."""
        if answer.document.get("errcode") == "M_FORBIDDEN":
            state = await self._ask(hdrs.METH_GET, f"rooms/{_part(room_id)}/state/m.room.tombstone/")
            moved_to = state.document.get("replacement_room")
            if state.is_success and isinstance(moved_to, str) and moved_to:
                detail = f"the room was replaced by {moved_to}"
                return DeliveryFailed(DeliveryFailure.RECIPIENT_MOVED, detail, moved_to=moved_to)
        return _failure(answer)

    async def _ask(self, method: str, path: str, content: Mapping[str, object] | None = None) -> Answer:
        base = str(self.options.homeserver).rstrip("/")
        token = self.options.token.get_secret_value()
        return await self.client.ask_json(f"{base}/_matrix/client/v3/{path}", content or {}, method=method, token=token)


def _content(message: Message) -> dict[str, object]:
    """Return the event's content: low priority is a notice, which makes no sound; names in a title notify nobody."""
    quiet = message.due.alert.priority is Priority.LOW
    return {
        "msgtype": "m.notice" if quiet else "m.text",
        "body": _CONTROLS.sub("", message.plain or message.subject)[:_TEXT_UNITS],
        "format": "org.matrix.custom.html",
        "formatted_body": _CONTROLS.sub("", message.text),
        "m.mentions": {},
    }


def _transaction_id(message: Message, content: Mapping[str, object]) -> str:
    """Return the same id for the same message of a delivery: every page of a digest, and every edit, has its own."""
    digest = hashlib.blake2b(repr(content).encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{message.due.delivery.id}.{digest}"


def _failure(answer: Answer) -> DeliveryFailed:
    """Map an error of the specification's list ("Standard error response"), or else the status alone."""
    errcode = answer.document.get("errcode")
    reason = _REASONS.get(errcode) if isinstance(errcode, str) else None
    if reason is None:
        return failure_of(answer, "the homeserver")
    advice = f"; {_ADVICE[reason]}" if reason in _ADVICE else ""
    detail = f"the homeserver answered {answer.status}: {answer.text}{advice}"
    return DeliveryFailed(reason, detail, retry_after=_retry_after(answer))


def _retry_after(answer: Answer) -> timedelta | None:
    """Return what the header asks for, or the older field of the body (deprecated since version 1.10)."""
    milliseconds = answer.document.get("retry_after_ms")
    if answer.retry_after is None and isinstance(milliseconds, int) and milliseconds > 0:
        return min(timedelta(milliseconds=min(milliseconds, 10**12)), _LONGEST_WAIT)
    return answer.retry_after


def _part(text: str) -> str:
    return quote(text, safe="")
