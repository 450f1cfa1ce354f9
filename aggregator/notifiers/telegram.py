"""Alerts in Telegram chats, over python-telegram-bot. Telegram's limits are here and nowhere else."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field
from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram import Message as SentMessage
from telegram.constants import MessageLimit, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message, RateLimit, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

# core.telegram.org/bots/faq: about one message a second to one chat, 20 a minute to one group.
_CHAT_LIMIT = (1, timedelta(seconds=1))
_GROUP_LIMIT = (20, timedelta(minutes=1))
_BOT_LIMIT = (30, timedelta(seconds=1))
_SHARED_CONNECTIONS = 64
"""More than a bot may send in a second: one that Telegram is slow to answer holds up no other."""

_CHAT_GONE = ("chat not found", "chat_id is empty", "group chat was deactivated", "peer_id_invalid", "user not found")
_MESSAGE_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_IMAGE_REFUSED = (
    "failed to get http url content",
    "wrong file identifier",
    "wrong type of the web page content",
    "photo_invalid_dimensions",
    "image_process_failed",
    "webpage_",
)
_UNCHANGED = "message is not modified"
_PHOTO = "photo:"


class TelegramOptions(ChannelOptions):
    """Where in Telegram, and how."""

    chat_id: int | str = Field(
        description="the chat's number (groups and channels: negative, as -1001234567890) or a public channel's @name",
        union_mode="left_to_right",
    )
    topic: int | None = Field(default=None, description="the topic of a forum group: its message_thread_id")
    silent: bool = Field(default=False, description="true sends without a sound; low priority always does")
    link_preview: bool = Field(default=False, description="true shows Telegram's preview of the article")
    images: bool = Field(default=False, description="true sends the article's image, with the alert as its caption")


class TelegramPlugin:
    """Opens Telegram notifiers."""

    options_model = TelegramOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:  # noqa: ARG002 - the contract's signature
        """A Telegram channel needs the bot's token."""
        if context.telegram_token:
            return None
        return (
            "type telegram needs telegram.token: get one from @BotFather, set TELEGRAM_TOKEN, and write "
            'telegram: {token: "${TELEGRAM_TOKEN}"}'
        )

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> TelegramNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one chat, with connections of its own: a slow chat holds no other."""
        assert isinstance(options, TelegramOptions)  # noqa: S101 - the registry validated it with our model
        return TelegramNotifier(options=options, bot=_make_bot(context), bot_scope=_scope(context.telegram_token or ""))


PLUGIN = TelegramPlugin()


class TelegramChats:
    """Notifiers for the chats that talk to the bot: thousands of them over the connections of one pool."""

    def __init__(self, context: NotifierContext) -> None:
        self._bot = _make_bot(context, connections=_SHARED_CONNECTIONS)
        self._scope = _scope(context.telegram_token or "")

    def open(self, channel: Channel) -> TelegramNotifier:
        """Return a notifier for one chat. It holds nothing that would have to be closed."""
        options = TelegramOptions.model_validate(dict(channel.options))
        return TelegramNotifier(options=options, bot=self._bot, bot_scope=self._scope)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._bot.request.shutdown()


def _scope(token: str) -> str:
    """Return a name for the bot: its id, which is the part of the token that is no secret."""
    return f"telegram:{token.partition(':')[0]}"


def _make_bot(context: NotifierContext, connections: int = 1) -> Bot:
    # httpx logs each request's URL at INFO, and the URL holds the token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # RetryAfter.retry_after is a timedelta with this, and deprecated without it.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    seconds = context.send_timeout.total_seconds()
    api_url = context.telegram_api_url.rstrip("/")
    request = HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=seconds,
        write_timeout=seconds,
        connect_timeout=seconds,
        pool_timeout=seconds,
    )
    return Bot(context.telegram_token or "", base_url=f"{api_url}/bot", request=request)


@dataclass(slots=True, kw_only=True)
class TelegramNotifier:
    """Sends to one chat, or one topic of it. `bot_scope` names the bot where its limits count, without its token."""

    options: TelegramOptions
    bot: Bot
    bot_scope: str

    @property
    def capabilities(self) -> Capabilities:
        """4,096 UTF-16 code units after entities parsing, 1,024 beside a photo (core.telegram.org/bots/api).

        Telegram knows no way to drop a message that it has already: what may have arrived is sent again, as a second
        copy is better than none.
        """
        chat_id = self.options.chat_id
        is_group = not (isinstance(chat_id, int) and chat_id > 0)
        count, period = _GROUP_LIMIT if is_group else _CHAT_LIMIT
        bot_count, bot_period = _BOT_LIMIT
        return Capabilities(
            markup=Markup.TELEGRAM_HTML,
            text_limit=MessageLimit.MAX_TEXT_LENGTH,
            length_unit=LengthUnit.VISIBLE_UTF16_UNITS,
            caption_limit=MessageLimit.CAPTION_LENGTH if self.options.images else None,
            can_edit=True,
            can_reply=True,
            limits=(
                RateLimit(scope=f"{self.bot_scope}:{chat_id}", count=count, period=period),
                RateLimit(scope=self.bot_scope, count=bot_count, period=bot_period),
            ),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Send one message: a photo with its caption where there is an image.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time: Telegram may have taken it.
        """
        try:
            sent = await (self._send_text(message) if message.image_url is None else self._send_photo(message))
        except TelegramError as error:
            raise _translated(error) from error
        return Sent(message_id=_receipt(sent.message_id, has_photo=message.image_url is not None))

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Change the text of a message, or the caption of a photo.

        Raises:
            DeliveryFailed: MESSAGE_GONE when it was deleted, or is one that the bot may not change.
        """
        number = message_id.removeprefix(_PHOTO)
        try:
            if number != message_id:
                await self.bot.edit_message_caption(
                    chat_id=message.address or self.options.chat_id,
                    message_id=int(number),
                    caption=message.text,
                    parse_mode=ParseMode.HTML,
                )
            else:
                await self.bot.edit_message_text(
                    chat_id=message.address or self.options.chat_id,
                    message_id=int(number),
                    text=message.text,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=self._preview,
                )
        except TelegramError as error:
            if _UNCHANGED not in error.message.lower():
                raise _translated(error) from error
        return Sent(message_id=message_id)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.bot.request.shutdown()

    @property
    def _preview(self) -> LinkPreviewOptions:
        return LinkPreviewOptions(is_disabled=not self.options.link_preview)

    async def _send_text(self, message: Message) -> SentMessage:
        return await self.bot.send_message(
            chat_id=message.address or self.options.chat_id,
            text=message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.options.topic,
            disable_notification=self._is_silent(message),
            link_preview_options=self._preview,
            reply_parameters=_reply(message),
        )

    async def _send_photo(self, message: Message) -> SentMessage:
        return await self.bot.send_photo(
            chat_id=message.address or self.options.chat_id,
            photo=message.image_url or "",
            caption=message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.options.topic,
            disable_notification=self._is_silent(message),
            reply_parameters=_reply(message),
        )

    def _is_silent(self, message: Message) -> bool:
        return self.options.silent or message.due.alert.priority is Priority.LOW


def _receipt(message_id: int, *, has_photo: bool) -> str:
    """Return the id by which the message is edited: of a photo the caption, which is another method."""
    return f"{_PHOTO}{message_id}" if has_photo else str(message_id)


def _reply(message: Message) -> ReplyParameters | None:
    if message.reply_to is None:
        return None
    return ReplyParameters(int(message.reply_to.removeprefix(_PHOTO)), allow_sending_without_reply=True)


def _translated(error: TelegramError) -> DeliveryFailed:
    """Map python-telegram-bot's errors to ours, the most special first. Its own texts can hold the token."""
    retry_after: timedelta | None = None
    moved_to: str | None = None
    if isinstance(error, RetryAfter):
        given = error.retry_after
        retry_after = given if isinstance(given, timedelta) else timedelta(seconds=given)
        reason, detail = DeliveryFailure.THROTTLED, f"Telegram asks to wait {retry_after}"
    elif isinstance(error, ChatMigrated):
        moved_to = str(error.new_chat_id)
        reason, detail = DeliveryFailure.RECIPIENT_MOVED, f"the group became a supergroup, with the chat_id {moved_to}"
    elif isinstance(error, InvalidToken):
        reason, detail = DeliveryFailure.UNAUTHORIZED, "Telegram does not know this token; check telegram.token"
    elif isinstance(error, Forbidden):
        reason = DeliveryFailure.RECIPIENT_GONE
        detail = f"{error.message}; add the bot to the chat again, then retry"
    elif isinstance(error, BadRequest):
        reason, detail = _bad_request(error.message)
    elif isinstance(error, TimedOut):
        reason, detail = DeliveryFailure.OUTCOME_UNKNOWN, "Telegram did not answer in time"
    else:
        is_network = isinstance(error, NetworkError)
        reason = DeliveryFailure.UNAVAILABLE
        detail = f"Telegram cannot be reached: {error.message}" if is_network else error.message
    return DeliveryFailed(reason, detail, retry_after=retry_after, moved_to=moved_to)


def _bad_request(text: str) -> tuple[DeliveryFailure, str]:
    lower = text.lower()
    if any(words in lower for words in _MESSAGE_GONE):
        return DeliveryFailure.MESSAGE_GONE, text
    if any(words in lower for words in _IMAGE_REFUSED):
        return DeliveryFailure.IMAGE_REFUSED, f"Telegram could not take the image: {text}"
    if any(words in lower for words in _CHAT_GONE):
        return DeliveryFailure.RECIPIENT_GONE, f"{text}; check chat_id, and that the bot is in that chat"
    return DeliveryFailure.REJECTED, text
