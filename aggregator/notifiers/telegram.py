"""Alerts in Telegram chats, over python-telegram-bot. Telegram's limits are here and nowhere else."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field
from telegram import Bot, LinkPreviewOptions
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
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

# core.telegram.org/bots/faq: about one message a second to one chat, 20 a minute to one group.
_CHAT_INTERVAL = timedelta(seconds=1)
_GROUP_INTERVAL = timedelta(seconds=3)
_CHAT_GONE = ("chat not found", "chat_id is empty", "group chat was deactivated", "peer_id_invalid", "user not found")


class TelegramOptions(ChannelOptions):
    """Where in Telegram, and how."""

    chat_id: int | str = Field(
        description="the chat's number (groups and channels: negative, as -1001234567890) or a public channel's @name",
        union_mode="left_to_right",
    )
    topic: int | None = Field(default=None, description="the topic of a forum group: its message_thread_id")
    silent: bool = Field(default=False, description="true sends without a sound; low priority always does")
    link_preview: bool = Field(default=False, description="true shows Telegram's preview of the article")


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
        # httpx logs each request's URL at INFO, and the URL holds the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # RetryAfter.retry_after is a timedelta with this, and deprecated without it.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        return TelegramNotifier(options=options, bot=_make_bot(context))


PLUGIN = TelegramPlugin()


def _make_bot(context: NotifierContext) -> Bot:
    seconds = context.send_timeout.total_seconds()
    api_url = context.telegram_api_url.rstrip("/")
    request = HTTPXRequest(
        connection_pool_size=1,
        read_timeout=seconds,
        write_timeout=seconds,
        connect_timeout=seconds,
        pool_timeout=seconds,
    )
    return Bot(context.telegram_token or "", base_url=f"{api_url}/bot", request=request)


@dataclass(slots=True, kw_only=True)
class TelegramNotifier:
    """Sends to one chat, or one topic of it. Telegram's flood limits come back as failures; the outbox waits."""

    options: TelegramOptions
    bot: Bot

    @property
    def capabilities(self) -> Capabilities:
        """4,096 UTF-16 code units after entities parsing (core.telegram.org/bots/api#sendmessage)."""
        is_group = not (isinstance(self.options.chat_id, int) and self.options.chat_id > 0)
        return Capabilities(
            markup=Markup.TELEGRAM_HTML,
            text_limit=MessageLimit.MAX_TEXT_LENGTH,
            length_unit=LengthUnit.VISIBLE_UTF16_UNITS,
            min_interval=_GROUP_INTERVAL if is_group else _CHAT_INTERVAL,
        )

    async def send(self, message: Message) -> Sent:
        """Send one message.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time: Telegram may have taken it.
        """
        try:
            sent = await self.bot.send_message(
                chat_id=self.options.chat_id,
                text=message.text,
                parse_mode=ParseMode.HTML,
                message_thread_id=self.options.topic,
                disable_notification=self.options.silent or message.due.alert.priority is Priority.LOW,
                link_preview_options=LinkPreviewOptions(is_disabled=not self.options.link_preview),
            )
        except TelegramError as error:
            raise _translated(error) from error
        return Sent(message_id=str(sent.message_id))

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.bot.request.shutdown()


def _translated(error: TelegramError) -> DeliveryFailed:
    """Map python-telegram-bot's errors to ours, the most special first. Its own texts can hold the token."""
    retry_after: timedelta | None = None
    if isinstance(error, RetryAfter):
        given = error.retry_after
        retry_after = given if isinstance(given, timedelta) else timedelta(seconds=given)
        reason, detail = DeliveryFailure.THROTTLED, f"Telegram asks to wait {retry_after}"
    elif isinstance(error, ChatMigrated):
        reason = DeliveryFailure.RECIPIENT_GONE
        detail = f"the group became a supergroup; set chat_id: {error.new_chat_id}, then retry"
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
    return DeliveryFailed(reason, detail, retry_after=retry_after)


def _bad_request(text: str) -> tuple[DeliveryFailure, str]:
    if any(words in text.lower() for words in _CHAT_GONE):
        return DeliveryFailure.RECIPIENT_GONE, f"{text}; check chat_id, and that the bot is in that chat"
    return DeliveryFailure.REJECTED, text
