"""One thing that somebody said to the bot, or a button that was pressed, and how the bot answers."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest

from aggregator.bot import phrases
from aggregator.bot.callbacks import CANCEL, ButtonSigner, Press
from aggregator.model.chats import Chat
from aggregator.operations.access import AccessDesk
from aggregator.operations.audience import Audience
from aggregator.operations.chats import ChatDesk
from aggregator.operations.configure import Configuration
from aggregator.ports import Store

_UNCHANGED = "message is not modified"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Button:
    """A button with its text, and what it does."""

    text: str
    press: Press


Rows = Sequence[Sequence[Button]]
CANCEL_BUTTON = Button(phrases.BUTTON_CANCEL, Press(CANCEL))


@dataclass(frozen=True, slots=True, kw_only=True)
class BotTools:
    """What handlers need of the world."""

    store: Store
    configuration: Configuration
    desk: ChatDesk
    access: AccessDesk
    signer: ButtonSigner

    @classmethod
    async def open(cls, store: Store, audience: Audience, clock: Callable[[], datetime]) -> Self:
        """Return the tools for a configuration with the chats laid over it, as its `telegram` section says."""
        telegram = audience.configuration.settings.telegram
        return cls(
            store=store,
            configuration=audience.configuration,
            desk=ChatDesk(store=store, audience=audience, clock=clock, max_watches=telegram.max_watches),
            access=AccessDesk(
                store,
                mode=telegram.access,
                admins=telegram.admins,
                known=await store.access_entries(),
                clock=clock,
            ),
            signer=ButtonSigner(telegram.token or ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was said or pressed, by whom and where.

    `arguments` is what stands after the command, or the whole text where there is none. `pressed` is the message that
    a pressed button stands on, and `quoted` the first text in it that is set as code.
    """

    bot: Bot
    tools: BotTools
    chat: Chat
    user_id: int
    arguments: str = ""
    message_id: int | None = None
    pressed: int | None = None
    quoted: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The chat's time zone."""
        return ZoneInfo(self.chat.timezone)

    def local(self, moment: datetime) -> str:
        """Return a moment as a clock of the chat shows it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    async def answer(self, text: str, buttons: Rows = ()) -> None:
        """Change the message that the button stands on; else answer the command with a message."""
        if self.pressed is not None:
            await self._change(self.pressed, text, buttons)
        else:
            await self.say(text, buttons)

    async def say(self, text: str, buttons: Rows = ()) -> None:
        """Send a message."""
        answered = self.message_id
        await self.bot.send_message(
            self.chat.chat_id,
            text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.chat.topic,
            reply_markup=self._keyboard(buttons),
            link_preview_options=_NO_PREVIEW,
            reply_parameters=None if answered is None else ReplyParameters(answered, allow_sending_without_reply=True),
        )

    async def _change(self, message_id: int, text: str, buttons: Rows) -> None:
        try:
            await self.bot.edit_message_text(
                text,
                chat_id=self.chat.chat_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(buttons),
                link_preview_options=_NO_PREVIEW,
            )
        except BadRequest as error:
            if _UNCHANGED not in error.message.lower():
                raise

    def _keyboard(self, rows: Rows) -> InlineKeyboardMarkup | None:
        if not rows:
            return None
        write = self.tools.signer.write
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(button.text, callback_data=write(self.chat.chat_id, button.press))
                    for button in row
                ]
                for row in rows
            ]
        )


def fill(phrase: str, **values: object) -> str:
    """Return a phrase with its values, which are escaped: nothing that a person wrote is markup."""
    return phrase.format(**{name: _escaped(value) for name, value in values.items()})


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def sentence(text: str) -> str:
    """Return a text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def _escaped(value: object) -> object:
    return html.escape(value) if isinstance(value, str) else value
