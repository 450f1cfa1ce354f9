"""Which commands and buttons there are, who may use them, and what carries them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aggregator.bot import admin, rules, silences, start, times, watches
from aggregator.bot.callbacks import CANCEL
from aggregator.bot.talk import Talk


class Who(Enum):
    """Who may do it."""

    ANYBODY = "anybody"
    CHAT_ADMIN = "chat admin"
    """In a private chat whoever it is with."""
    BOT_ADMIN = "bot admin"


@dataclass(frozen=True, slots=True)
class Command:
    """What carries a command out, and who may use it."""

    run: Callable[[Talk], Awaitable[None]]
    who: Who = Who.CHAT_ADMIN


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does with its arguments, of which it has so many, and who may press it."""

    run: Callable[..., Awaitable[Any]]
    arguments: int = 0
    who: Who = Who.CHAT_ADMIN


COMMANDS: dict[str, Command] = {
    "start": Command(start.start),
    "help": Command(start.help_, Who.ANYBODY),
    "watch": Command(watches.watch),
    "watches": Command(watches.watches, Who.ANYBODY),
    "rules": Command(rules.rules, Who.ANYBODY),
    "subscribe": Command(rules.subscribe),
    "unsubscribe": Command(rules.unsubscribe),
    "quiet": Command(times.quiet),
    "digest": Command(times.digest),
    "timezone": Command(times.timezone),
    "silence": Command(silences.silence),
    "silences": Command(silences.silences, Who.ANYBODY),
    "settings": Command(times.settings, Who.ANYBODY),
    "stop": Command(start.stop),
    "allow": Command(admin.allow, Who.BOT_ADMIN),
    "ban": Command(admin.ban, Who.BOT_ADMIN),
    "invite": Command(admin.invite, Who.BOT_ADMIN),
    "status": Command(admin.status, Who.BOT_ADMIN),
}
"""By the word after the stroke; `phrases` has what each is, those for the bot's admins apart."""

ACTIONS: dict[str, Action] = {
    watches.SAVE: Action(watches.save, 1),
    watches.EDIT: Action(watches.edit, 1),
    watches.REMOVE: Action(watches.remove, 2),
    watches.PAGE: Action(watches.watches, 1, Who.ANYBODY),
    CANCEL: Action(watches.cancel),
    rules.TOGGLE: Action(rules.toggle, 2),
    rules.PAGE: Action(rules.rules, 1, Who.ANYBODY),
    silences.FOR: Action(silences.silence_for, 2),
    silences.END: Action(silences.end, 1),
    start.STOP: Action(start.stop_now),
}
"""By what a button carries (`callbacks.Press.action`)."""
