"""Looks at each update: who it is from, whether the bot listens, and to which handler it goes."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import structlog
from telegram import Bot, CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram import Chat as TelegramChat
from telegram.constants import ChatID, ChatType
from telegram.error import TelegramError

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press
from aggregator.bot.commands import ACTIONS, COMMANDS, Who
from aggregator.bot.flood import FloodGate, Hearing
from aggregator.bot.talk import BotTools, Talk, fill
from aggregator.errors import AggregatorError
from aggregator.model.chats import ChatKind
from aggregator.operations.chats import Arrival

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?=\s|$)")
_ADMINS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
_GONE = (ChatMember.LEFT, ChatMember.BANNED)
_MOST_STRANGERS = 10_000
_LONGEST_SHOWN = 32

_log = structlog.get_logger(__name__)


class Doorman:
    """Lets updates in, one at a time of each chat. `tools` may be replaced as the configuration changes."""

    def __init__(self, bot: Bot, tools: BotTools) -> None:
        self.tools = tools
        self._bot = bot
        self._flood = FloodGate(tools.desk.clock)
        self._strangers: OrderedDict[int, None] = OrderedDict()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._turn = asyncio.Condition()
        self._inside = 0
        self._is_open = True

    async def take(self, update: Update) -> None:
        """Do what an update asks for. What fails is logged, and said to who asked."""
        chat = update.effective_chat
        if chat is None:
            return
        hearing = self._hearing(update)
        if hearing is Hearing.SILENT:
            return
        lock = self._locks.setdefault(chat.id, asyncio.Lock())
        async with lock, self._door():
            try:
                if update.callback_query is not None:
                    await self._press(update.callback_query, hearing)
                elif update.message is not None:
                    await self._hear(update.message, hearing)
                elif update.my_chat_member is not None:
                    await self._note_membership(update.my_chat_member)
            except TelegramError as error:
                _log.warning("bot_answer_failed", chat=chat.id, reason=error.message)

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Let nobody in; begins when nobody is inside."""
        async with self._turn:
            self._is_open = False
            await self._turn.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            async with self._turn:
                self._is_open = True
                self._turn.notify_all()

    @asynccontextmanager
    async def _door(self) -> AsyncIterator[None]:
        async with self._turn:
            await self._turn.wait_for(lambda: self._is_open)
            self._inside += 1
        try:
            yield
        finally:
            async with self._turn:
                self._inside -= 1
                self._turn.notify_all()

    def _hearing(self, update: Update) -> Hearing:
        """Count what is said to the bot; what people say to each other is not."""
        if update.callback_query is not None:
            return self._flood.hear(update.callback_query.from_user.id)
        message = update.message
        if message is None or message.from_user is None or not message.text:
            return Hearing.DONE
        is_private = message.chat.type == ChatType.PRIVATE
        if not is_private and _parsed(message.text, self._bot.username)[0] is None:
            return Hearing.SILENT
        return self._flood.hear(message.from_user.id)

    async def _hear(self, message: Message, hearing: Hearing) -> None:
        user, text = message.from_user, message.text
        if user is None or not text:
            return
        if hearing is Hearing.TOLD:
            await message.reply_text(phrases.TOO_FAST)
            return
        command, arguments = _parsed(text, self._bot.username)
        if not await self._may_speak(message, user, command, arguments):
            return
        topic = message.message_thread_id if message.is_topic_message else None
        chat = await self.tools.desk.enter(_arrival(message.chat, topic, user, self.tools))
        talk = Talk(
            bot=self._bot,
            tools=self.tools,
            chat=chat,
            user_id=user.id,
            arguments=arguments,
            message_id=message.message_id,
        )
        if command is None:
            command = "watch"  # words alone are what to watch
        known = COMMANDS.get(command)
        if known is None:
            await talk.answer(fill(phrases.UNKNOWN_COMMAND, name=command[:_LONGEST_SHOWN]))
        elif refusal := await self._refusal(known.who, message.chat, user):
            await talk.answer(refusal)
        else:
            await _carried_out(talk, command, known.run(talk))

    async def _press(self, query: CallbackQuery, hearing: Hearing) -> None:
        message, user = query.message, query.from_user
        if not isinstance(message, Message):  # too old for Telegram to show it to us
            await query.answer(phrases.BUTTON_OLD)
            return
        if hearing is Hearing.TOLD or not self.tools.access.may_use(user.id, message.chat.id):
            await query.answer(phrases.TOO_FAST if hearing is Hearing.TOLD else None)
            return
        press = self.tools.signer.read(message.chat.id, query.data or "")
        action = ACTIONS.get(press.action) if press is not None else None
        if press is None or action is None or len(press.arguments) != action.arguments:
            _log.warning("button_refused", chat=message.chat.id, user=user.id)
            await query.answer(phrases.BUTTON_OLD)
            return
        if refusal := await self._refusal(action.who, message.chat, user):
            await query.answer(refusal, show_alert=True)
            return
        await query.answer()
        await self._act(message, user, press)

    async def _act(self, message: Message, user: User, press: Press) -> None:
        action = ACTIONS[press.action]
        topic = message.message_thread_id if message.is_topic_message else None
        talk = Talk(
            bot=self._bot,
            tools=self.tools,
            chat=await self.tools.desk.enter(_arrival(message.chat, topic, user, self.tools)),
            user_id=user.id,
            pressed=message.message_id,
            quoted=next(iter(message.parse_entities(["code"]).values()), ""),
        )
        await _carried_out(talk, press.action, action.run(talk, *press.arguments))

    async def _may_speak(self, message: Message, user: User, command: str | None, arguments: str) -> bool:
        """Whether the bot listens; a stranger hears once that it does not."""
        access = self.tools.access
        if access.may_use(user.id, message.chat.id):
            return True
        if command == "start" and arguments and message.chat.type == ChatType.PRIVATE and access.takes_invitations:
            if await access.come_in(arguments.strip(), user.id):
                return True
            await message.reply_text(phrases.INVITATION_BAD)
            return False
        if message.chat.type == ChatType.PRIVATE and self._is_first_time(user.id):
            phrase = phrases.STRANGER_INVITE if access.takes_invitations else phrases.STRANGER
            await message.reply_text(fill(phrase, number=user.id))
        return False

    def _is_first_time(self, user_id: int) -> bool:
        if user_id in self._strangers:
            return False
        self._strangers[user_id] = None
        if len(self._strangers) > _MOST_STRANGERS:
            self._strangers.popitem(last=False)
        return True

    async def _refusal(self, who: Who, chat: TelegramChat, user: User) -> str | None:
        """Return why a user may not do it."""
        if who is Who.BOT_ADMIN:
            return None if self.tools.access.is_admin(user.id) else phrases.BOT_ADMINS_ONLY
        if who is Who.ANYBODY or chat.type == ChatType.PRIVATE or user.id == ChatID.ANONYMOUS_ADMIN:
            return None
        member = await self._bot.get_chat_member(chat.id, user.id)
        return None if member.status in _ADMINS else phrases.GROUP_ADMINS_ONLY

    async def _note_membership(self, change: ChatMemberUpdated) -> None:
        """Take note that the bot was put out of a chat; its settings are kept for when it comes back."""
        if change.new_chat_member.status not in _GONE:
            return
        for chat in self.tools.desk.audience.chats_of(change.chat.id):
            if chat.is_active:
                await self.tools.desk.stop(chat)


async def _carried_out(talk: Talk, name: str, work: Awaitable[object]) -> None:
    """Wait for a handler; what goes wrong in it is said."""
    try:
        await work
    except TelegramError:
        raise
    except AggregatorError as error:
        _log.warning("command_failed", command=name, chat=talk.chat.channel_id, reason=str(error))
        await talk.say(phrases.FAILED)
    except Exception:  # noqa: BLE001 - the updates' loop: one command's failure must not end the others
        _log.exception("command_crashed", command=name, chat=talk.chat.channel_id)
        await talk.say(phrases.FAILED)


def _parsed(text: str, own_name: str) -> tuple[str | None, str]:
    """Return the command and what follows it; of what is for another bot an empty command that nobody knows."""
    found = _COMMAND.match(text)
    if found is None:
        return None, text
    if found[2] is not None and found[2].lower() != own_name.lower():
        return None, ""
    return found[1].lower(), text[found.end() :].strip()


def _arrival(chat: TelegramChat, topic: int | None, user: User, tools: BotTools) -> Arrival:
    return Arrival(
        chat_id=chat.id,
        topic=topic,
        kind=ChatKind(chat.type),
        title=(chat.title or chat.full_name or str(chat.id)),
        user_id=user.id,
        language="en",
        timezone=tools.configuration.settings.timezone,
    )
