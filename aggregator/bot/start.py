"""The beginning and the end of a talk: /start, /help, /stop."""

from __future__ import annotations

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press
from aggregator.bot.talk import Button, Talk, fill
from aggregator.model.chats import ChatKind

STOP, RULES = "st", "rp"
_FOR_ADMINS = ("allow", "ban", "invite", "status")


async def start(talk: Talk) -> None:
    """Say what the bot does, and how to begin: with words, or a rule of the operator."""
    await talk.tools.desk.resume(talk.chat)
    phrase = phrases.WELCOME if talk.chat.kind is ChatKind.PRIVATE else phrases.WELCOME_GROUP
    feeds = len(talk.tools.configuration.feeds)
    offered = talk.tools.desk.audience.offered()
    buttons = [[Button(phrases.PICK_A_RULE, Press(RULES, ("0",)))]] if offered else []
    await talk.answer(fill(phrase, feeds=feeds, example=phrases.EXAMPLE_QUERY), buttons)


async def help_(talk: Talk) -> None:
    """List the commands; an admin of the bot sees those for admins, too."""
    own = [name for name in phrases.SUMMARIES if name not in _FOR_ADMINS]
    lines = [phrases.HELP_TITLE, "", *map(_line, own), "", phrases.HELP_WRITE]
    if talk.tools.access.is_admin(talk.user_id):
        lines += ["", phrases.HELP_ADMINS, *map(_line, _FOR_ADMINS)]
    await talk.answer("\n".join(lines))


async def stop(talk: Talk) -> None:
    """Ask whether to stop."""
    await talk.answer(
        phrases.STOP_SURE, [[Button(phrases.BUTTON_STOP, Press(STOP)), Button(phrases.BUTTON_CANCEL, Press("x"))]]
    )


async def stop_now(talk: Talk) -> None:
    """Send this chat nothing more until it comes back."""
    await talk.tools.desk.stop(talk.chat)
    await talk.answer(phrases.STOPPED)


def _line(name: str) -> str:
    return fill(phrases.HELP_LINE, name=name, summary=phrases.SUMMARIES[name])
