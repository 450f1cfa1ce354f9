"""The beginning and the end of a talk: /start, /help, /stop."""

from __future__ import annotations

from collections.abc import Mapping

from aggregator.bot import phrases, rules
from aggregator.bot.callbacks import Press
from aggregator.bot.talk import CANCEL_BUTTON, Button, Talk, fill
from aggregator.model.chats import ChatKind

STOP = "st"


async def start(talk: Talk) -> None:
    """Say what the bot does, and how to begin: with words, or a rule of the operator."""
    await talk.tools.desk.resume(talk.chat)
    phrase = phrases.WELCOME if talk.chat.kind is ChatKind.PRIVATE else phrases.WELCOME_GROUP
    feeds = len(talk.tools.configuration.feeds)
    offered = talk.tools.desk.audience.offered()
    buttons = [[Button(phrases.PICK_A_RULE, Press(rules.PAGE, ("0",)))]] if offered else []
    await talk.answer(fill(phrase, feeds=feeds, example=phrases.EXAMPLE_QUERY), buttons)


async def help_(talk: Talk) -> None:
    """List the commands; an admin of the bot sees those for admins, too."""
    lines = [phrases.HELP_TITLE, "", *_lines(phrases.SUMMARIES), "", phrases.HELP_WRITE]
    if talk.tools.access.is_admin(talk.user_id):
        lines += ["", phrases.HELP_ADMINS, *_lines(phrases.ADMIN_SUMMARIES)]
    await talk.answer("\n".join(lines))


async def stop(talk: Talk) -> None:
    """Ask whether to stop."""
    await talk.answer(phrases.STOP_SURE, [[Button(phrases.BUTTON_STOP, Press(STOP)), CANCEL_BUTTON]])


async def stop_now(talk: Talk) -> None:
    """Send this chat nothing more until it comes back."""
    await talk.tools.desk.stop(talk.chat)
    await talk.answer(phrases.STOPPED)


def _lines(summaries: Mapping[str, str]) -> list[str]:
    return [fill(phrases.HELP_LINE, name=name, summary=summary) for name, summary in summaries.items()]
