"""Silences of a chat: what it wants to hear nothing of for a while."""

from __future__ import annotations

from datetime import datetime

from aggregator.alerts.silence_times import parse_until
from aggregator.bot import phrases
from aggregator.bot.callbacks import Press, fingerprint
from aggregator.bot.talk import CANCEL_BUTTON, Button, Talk, fill
from aggregator.errors import AggregatorError, NotFound, QueryError
from aggregator.model.ids import SilenceId
from aggregator.model.silences import Silence, SilenceScope
from aggregator.operations.silence import (
    SilenceRequest,
    SilenceSummary,
    add_silence,
    check_words,
    list_silences,
    remove_silence,
)

MOST = 30
"""Of one chat: each alert is held against all of them."""

FOR, END = "sf", "se"
_CHOICES = (("1h", phrases.BUTTON_ONE_HOUR), ("morning", phrases.BUTTON_MORNING), ("forever", phrases.BUTTON_FOR_GOOD))
_EXAMPLE = "/silence 2h volcano"
_MOST_LISTED = 15
_MOST_CHARACTERS = 300


async def silence(talk: Talk) -> None:
    """Hear nothing of some words: `2h volcano`, or the words alone, and buttons ask for how long."""
    words = " ".join(talk.arguments.split())
    if not words or len(words) > _MOST_CHARACTERS:
        await talk.answer(fill(phrases.WRITE_IT_SO, problem=phrases.SILENCE_HOW, example=_EXAMPLE))
        return
    first, _, rest = words.partition(" ")
    if rest:
        try:
            until = parse_until(first, talk.tools.desk.clock(), talk.zone)
        except ValueError:
            pass
        else:
            await _add(talk, rest, until)
            return
    try:
        check_words(words)
    except QueryError as error:
        await talk.answer(fill(phrases.WATCH_UNREADABLE, problem=str(error)))
        return
    name = fingerprint(words)
    buttons = [Button(text, Press(FOR, (name, until))) for until, text in _CHOICES]
    await talk.answer(fill(phrases.SILENCE_ASK, words=words), [buttons, [CANCEL_BUTTON]])


async def silence_for(talk: Talk, name: str, until: str) -> None:
    """Silence the words of the message for as long as was chosen."""
    if fingerprint(talk.quoted) != name:
        await talk.answer(phrases.BUTTON_OLD)
        return
    await _add(talk, talk.quoted, parse_until(until, talk.tools.desk.clock(), talk.zone))


async def silences(talk: Talk, notice: str = "") -> None:
    """List the chat's silences, each with a button that ends it."""
    own = await _own(talk)
    if not own:
        await talk.answer("\n\n".join(filter(None, [notice, phrases.SILENCES_NONE])))
        return
    shown = list(enumerate(own[:_MOST_LISTED], start=1))
    lines = [_line(talk, number, one) for number, one in shown]
    buttons = [Button(fill(phrases.BUTTON_END, number=number), Press(END, (one.silence.id,))) for number, one in shown]
    text = "\n".join([*filter(None, [notice]), phrases.SILENCES, *lines])
    await talk.answer(text, [buttons[start : start + 3] for start in range(0, len(buttons), 3)])


async def end(talk: Talk, silence_id: str) -> None:
    """End a silence of this chat, and list the others."""
    notice = phrases.GONE_ALREADY
    if any(one.silence.id == silence_id for one in await _own(talk)):
        try:
            by = f"telegram user {talk.user_id}"
            await remove_silence(SilenceId(silence_id), talk.tools.store, talk.tools.desk.clock(), by=by)
            notice = phrases.SILENCE_ENDED
        except NotFound:
            pass
    await silences(talk, notice)


async def _add(talk: Talk, words: str, until: datetime | None) -> None:
    tools = talk.tools
    if len(await _own(talk)) >= MOST:
        await talk.answer(fill(phrases.TOO_MANY_SILENCES, most=MOST))
        return
    wanted = SilenceRequest(
        scope=SilenceScope.KEYWORD,
        value=words,
        channel_id=talk.chat.channel_id,
        until=until,
        by=f"telegram user {talk.user_id}",
    )
    try:
        added = await add_silence(wanted, tools.configuration, store=tools.store, now=tools.desk.clock())
    except QueryError as error:
        await talk.answer(fill(phrases.WATCH_UNREADABLE, problem=str(error)))
    except AggregatorError as error:
        await talk.answer(fill(phrases.WRITE_IT_SO, problem=str(error), example=_EXAMPLE))
    else:
        what = _what(added.silence)
        if until is None:
            await talk.answer(fill(phrases.SILENCED_FOR_GOOD, what=what))
        else:
            await talk.answer(fill(phrases.SILENCED, what=what, until=talk.local(until)))


async def _own(talk: Talk) -> list[SilenceSummary]:
    """Return the silences of this chat alone: those of the operator for all chats are not its own."""
    tools, channel_id = talk.tools, talk.chat.channel_id
    found = await list_silences(tools.configuration, tools.store, tools.desk.clock(), channel_id=channel_id)
    return [one for one in found if one.silence.channel_id == channel_id]


def _line(talk: Talk, number: int, one: SilenceSummary) -> str:
    until, what = one.silence.until, _what(one.silence)
    if until is None:
        return fill(phrases.SILENCE_LINE_FOR_GOOD, number=number, what=what, alerts=one.alerts)
    return fill(phrases.SILENCE_LINE, number=number, what=what, until=talk.local(until), alerts=one.alerts)


def _what(one: Silence) -> str:
    return phrases.SILENCE_WHAT[one.scope.value].format(value=one.value)
