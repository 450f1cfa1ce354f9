"""Alerts in Discord channels and threads, by a webhook. Discord's limits are here and nowhere else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

from aiohttp import hdrs
from pydantic import AfterValidator, Field, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message, RateLimit, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.http import Answer, SecretUrl, ServiceClient, failure_of

_SERVICE = "Discord"
_EMBED_CHARACTERS = 4_096
"""The description of an embed, which the text goes into; all embeds of a message together may have 6,000, and its
`content` only 2,000 (docs.discord.com/developers/resources/message#embed-object-embed-limits)."""
_PER_WEBHOOK: Final = (5, timedelta(seconds=2))
_PER_CHANNEL: Final = (30, timedelta(minutes=1))
"""What X-RateLimit-Limit and X-RateLimit-Reset-After say of webhooks, and what a channel takes of them; Discord may
change both, and its headers have the last word (docs.discord.com/developers/topics/rate-limits)."""
_LONGEST_WAIT_SECONDS = 7 * 24 * 3600
_PATH = re.compile(r"/api(?:/v\d+)?/webhooks/(\d{1,20})/([\w-]+)/?")
_API = "/api/v10"
"""Named, for without a version Discord speaks its oldest, which counts `retry_after` in milliseconds."""
_COLORS = {Priority.LOW: 0x99AAB5, Priority.NORMAL: 0x5865F2, Priority.HIGH: 0xE67E22, Priority.URGENT: 0xED4245}

_REASONS: Mapping[int, DeliveryFailure] = {
    10003: DeliveryFailure.RECIPIENT_GONE,  # Unknown channel: the thread, too
    10004: DeliveryFailure.RECIPIENT_GONE,  # Unknown guild
    10008: DeliveryFailure.MESSAGE_GONE,  # Unknown message
    10015: DeliveryFailure.RECIPIENT_GONE,  # Unknown webhook
    30046: DeliveryFailure.MESSAGE_GONE,  # Maximum number of edits to messages older than 1 hour reached
    40001: DeliveryFailure.UNAUTHORIZED,  # Unauthorized
    50001: DeliveryFailure.UNAUTHORIZED,  # Missing access
    50005: DeliveryFailure.MESSAGE_GONE,  # Cannot edit a message authored by another user
    50013: DeliveryFailure.UNAUTHORIZED,  # You lack permissions to perform that action
    50027: DeliveryFailure.UNAUTHORIZED,  # Invalid webhook token
    50083: DeliveryFailure.RECIPIENT_GONE,  # This action cannot be done on an archived thread
    130000: DeliveryFailure.UNAVAILABLE,  # API resource is currently overloaded
    160005: DeliveryFailure.RECIPIENT_GONE,  # This thread is locked
    220001: DeliveryFailure.MISCONFIGURED,  # Webhooks posted to forum channels must have a thread
    220003: DeliveryFailure.MISCONFIGURED,  # Webhooks can only create threads in forum channels
}
"""What Discord's JSON error codes mean to a delivery; others go by their status
(docs.discord.com/developers/topics/opcodes-and-status-codes#json)."""
_INVALID_FORM_BODY = 50035
_ADVICE = {
    DeliveryFailure.RECIPIENT_GONE: "; check webhook_url and thread_id, or make a new webhook",
    DeliveryFailure.UNAUTHORIZED: "; check webhook_url, or make a new webhook",
    DeliveryFailure.MISCONFIGURED: "; set thread_id to the post of the forum that alerts go to",
}


def _webhook_address(value: SecretStr) -> SecretStr:
    """Return the webhook's address with the version of the API that we speak."""
    parts = urlsplit(value.get_secret_value())
    found = _PATH.fullmatch(parts.path)
    if found is None or parts.query:
        raise ValueError("not a webhook of Discord")
    return SecretStr(f"{parts.scheme}://{parts.netloc}{_API}/webhooks/{found[1]}/{found[2]}")


class DiscordOptions(ChannelOptions):
    """Which webhook, and which thread of its channel."""

    webhook_url: Annotated[SecretUrl, AfterValidator(_webhook_address)] = Field(
        description="the webhook, as https://discord.com/api/webhooks/…/…, without anything behind it"
    )
    thread_id: int | None = Field(
        default=None, gt=0, description="the thread, or the post of a forum, that it posts to"
    )
    images: bool = Field(default=True, description="false leaves out the article's image")


class DiscordPlugin:
    """Opens Discord notifiers."""

    options_model = DiscordOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> DiscordNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one webhook."""
        assert isinstance(options, DiscordOptions)  # noqa: S101 - the registry validated it with our model
        secret = options.webhook_url.get_secret_value().rpartition("/")[2]
        return DiscordNotifier(
            options=options, client=ServiceClient(service=_SERVICE, context=context, secrets=(secret,))
        )


PLUGIN = DiscordPlugin()


@dataclass(slots=True, kw_only=True)
class DiscordNotifier:
    """Posts embeds. When Discord's headers say that a limit is used up, it is not asked before that is over."""

    options: DiscordOptions
    client: ServiceClient
    _open_at: dict[str, float] = field(default_factory=dict, init=False)
    """When each method may be used again, by the event loop's clock."""

    @property
    def capabilities(self) -> Capabilities:
        """4,096 characters, with an image or without; five messages in two seconds, thirty a minute.

        Discord does not say what it counts as a character: UTF-16 code units are never fewer. A webhook cannot reply.
        `nonce` with `enforce_nonce` is for bots alone: what may have arrived is sent again, as a second copy is better
        than none.
        """
        scope = f"discord:{self._webhook_id}"
        return Capabilities(
            markup=Markup.DISCORD_MARKDOWN,
            text_limit=_EMBED_CHARACTERS,
            length_unit=LengthUnit.UTF16_UNITS,
            caption_limit=_EMBED_CHARACTERS if self.options.images else None,
            can_edit=True,
            limits=(
                RateLimit(scope=scope, count=_PER_WEBHOOK[0], period=_PER_WEBHOOK[1]),
                RateLimit(scope=f"{scope}:channel", count=_PER_CHANNEL[0], period=_PER_CHANNEL[1]),
            ),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Post one message.

        Raises:
            DeliveryFailed: THROTTLED also when the last answer said that nothing may be asked yet; OUTCOME_UNKNOWN when
                no answer came in time: Discord may have taken it.
        """
        return await self._ask(hdrs.METH_POST, "", {"wait": "true"}, message)

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that the webhook sent.

        Raises:
            DeliveryFailed: MESSAGE_GONE when it was deleted.
        """
        return await self._ask(hdrs.METH_PATCH, f"/messages/{message_id}", {}, message)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()

    @property
    def _webhook_id(self) -> str:
        """The webhook's number, which is no secret."""
        return self.options.webhook_url.get_secret_value().split("/")[-2]

    async def _ask(self, method: str, path: str, query: Mapping[str, str], message: Message) -> Sent:
        self._check_open(method)
        if self.options.thread_id is not None:
            query = {**query, "thread_id": str(self.options.thread_id)}
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        url = f"{self.options.webhook_url.get_secret_value()}{path}" + (f"?{asked}" if asked else "")
        answer = await self.client.ask_json(url, _document(message), method=method)
        self._note_limits(method, answer)
        if not answer.is_success:
            raise _refused(answer, message)
        message_id = answer.document.get("id")
        return Sent(message_id=str(message_id) if message_id else None)

    def _check_open(self, method: str) -> None:
        wait = self._open_at.get(method, 0.0) - asyncio.get_running_loop().time()
        if wait > 0:
            detail = "Discord's limit is used up for now"
            raise DeliveryFailed(DeliveryFailure.THROTTLED, detail, retry_after=timedelta(seconds=wait))

    def _note_limits(self, method: str, answer: Answer) -> None:
        """Remember how long nothing may be asked: by this method, or by any when the limit is a global one."""
        now = asyncio.get_running_loop().time()
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _asked_wait(answer)
            is_global = answer.document.get("global") is True
            for closed in (hdrs.METH_POST, hdrs.METH_PATCH) if is_global else (method,):
                self._open_at[closed] = now + (wait.total_seconds() if wait else 0.0)
        elif answer.headers.get("X-RateLimit-Remaining") == "0":
            wait = _seconds(answer.headers.get("X-RateLimit-Reset-After"))
            self._open_at[method] = now + (wait.total_seconds() if wait else 0.0)


def _document(message: Message) -> dict[str, object]:
    """Return the message as one embed. Nobody is pinged by it, whatever it says (…/message#allowed-mentions-object)."""
    embed: dict[str, object] = {"description": message.text, "color": _COLORS[message.due.alert.priority]}
    if message.image_url is not None:
        embed["image"] = {"url": message.image_url}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _refused(answer: Answer, message: Message) -> DeliveryFailed:
    code = answer.document.get("code")
    told = f"Discord answered {answer.status}: {answer.text}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        limit = "Discord's global limit" if answer.document.get("global") is True else "Discord's limit"
        return DeliveryFailed(DeliveryFailure.THROTTLED, f"{limit} is used up for now", retry_after=_asked_wait(answer))
    if code == _INVALID_FORM_BODY and message.image_url is not None:
        return DeliveryFailed(DeliveryFailure.IMAGE_REFUSED, told)
    reason = _REASONS.get(code) if isinstance(code, int) else None
    if reason is None:
        return failure_of(answer, _SERVICE)
    retry_after = answer.retry_after if reason.is_passing else None
    return DeliveryFailed(reason, f"{told}{_ADVICE.get(reason, '')}", retry_after=retry_after)


def _asked_wait(answer: Answer) -> timedelta | None:
    """Return what a 429 asks for: the body says it to the millisecond, the header where Cloudflare answered."""
    return _seconds(answer.document.get("retry_after")) or answer.retry_after


def _seconds(value: object) -> timedelta | None:
    """Return a number of seconds as Discord writes it, None for anything else."""
    if not isinstance(value, (str, int, float)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return timedelta(seconds=seconds) if 0 < seconds <= _LONGEST_WAIT_SECONDS else None
