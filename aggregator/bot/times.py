"""When a chat is told: quiet hours, digests, its time zone; and how it is set."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import available_timezones

from aggregator.bot import phrases
from aggregator.bot.talk import Talk, fill, sentence, shortened
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.schedules import Schedule

_OFF = frozenset({"off", "none", "no", "never"})
_QUIET_EXAMPLE = "/quiet 23:00-07:00, Sat-Sun 22:00-10:00"
_DIGEST_EXAMPLE = "/digest 08:00"
_ZONE_EXAMPLE = "/timezone Europe/Kyiv"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_SHOWN_CHARACTERS = 60


async def quiet(talk: Talk) -> None:
    """Show, set or end the quiet hours."""
    wanted = talk.arguments.strip()
    if not wanted:
        shown = ", ".join(talk.chat.quiet_hours) or phrases.NONE
        text = fill(phrases.QUIET_NOW, hours=shown, timezone=talk.chat.timezone)
        await talk.answer(_with_example(text, _QUIET_EXAMPLE))
        return
    if wanted.lower() in _OFF:
        await talk.tools.desk.change(replace(talk.chat, quiet_hours=()))
        await talk.answer(phrases.QUIET_OFF)
        return
    try:
        hours = QuietHours.parse([part for part in wanted.split(",") if part.strip()])
    except ValueError as error:
        await talk.answer(_with_example(str(error), _QUIET_EXAMPLE))
        return
    if hours.is_always:
        await talk.answer(phrases.ALWAYS_QUIET)
        return
    await talk.tools.desk.change(replace(talk.chat, quiet_hours=hours.texts))
    await talk.answer(fill(phrases.QUIET_SET, hours=str(hours), timezone=talk.chat.timezone))


async def digest(talk: Talk) -> None:
    """Show, set or end the schedule on which alerts come together."""
    wanted = " ".join(talk.arguments.split())
    if not wanted:
        shown = talk.chat.digest or phrases.AT_ONCE
        text = fill(phrases.DIGEST_NOW, schedule=shown, timezone=talk.chat.timezone)
        await talk.answer(_with_example(text, _DIGEST_EXAMPLE))
        return
    if wanted.lower() in _OFF:
        await talk.tools.desk.change(replace(talk.chat, digest=None))
        await talk.answer(phrases.DIGEST_OFF)
        return
    clock = _CLOCK.fullmatch(wanted)
    try:
        schedule = Schedule.parse(f"{int(clock[2])} {int(clock[1])} * * *" if clock else wanted)
    except ValueError as error:
        await talk.answer(_with_example(str(error), _DIGEST_EXAMPLE))
        return
    await talk.tools.desk.change(replace(talk.chat, digest=str(schedule)))
    following = schedule.next_after(talk.tools.desk.clock(), talk.zone)
    text = fill(phrases.DIGEST_SET, schedule=str(schedule), timezone=talk.chat.timezone, next=talk.local(following))
    await talk.answer(text)


async def timezone(talk: Talk) -> None:
    """Show or set the time zone, by its name or by the end of it."""
    wanted = "_".join(talk.arguments.split())
    if not wanted:
        now = talk.local(talk.tools.desk.clock())
        text = fill(phrases.TIMEZONE_NOW, timezone=talk.chat.timezone, now=now)
        await talk.answer(_with_example(text, _ZONE_EXAMPLE))
        return
    name = _zone_named(wanted)
    if name is None:
        await talk.answer(
            _with_example(phrases.TIMEZONE_BAD.format(name=shortened(wanted, _SHOWN_CHARACTERS)), _ZONE_EXAMPLE)
        )
        return
    moved = replace(talk, chat=await talk.tools.desk.change(replace(talk.chat, timezone=name)))
    now = moved.local(talk.tools.desk.clock())
    await talk.answer(fill(phrases.TIMEZONE_SET, timezone=name, now=now))


async def settings(talk: Talk) -> None:
    """Show how the chat is set."""
    desk, chat = talk.tools.desk, talk.chat
    titles = {rule.id: rule.title for rule in desk.audience.offered()}
    followed = [titles[rule_id] for rule_id in desk.audience.followed(chat.channel_id)]
    channel = desk.audience.configuration.channels[chat.channel_id]
    await talk.answer(
        fill(
            phrases.SETTINGS,
            timezone=chat.timezone,
            quiet=", ".join(chat.quiet_hours) or phrases.NONE,
            digest=chat.digest or phrases.AT_ONCE,
            most=channel.max_per_hour,
            watches=len(desk.audience.watches(chat.channel_id)),
            most_watches=desk.max_watches,
            rules=", ".join(followed[:20]) or phrases.NONE,
        )
    )


def _zone_named(wanted: str) -> str | None:
    """Return the time zone of a name, or the only one that ends in it, as `kyiv`."""
    lower = wanted.lower()
    zones = available_timezones()
    whole = [name for name in zones if name.lower() == lower]
    ends = [name for name in zones if name.lower().endswith(f"/{lower}")]
    return whole[0] if whole else min(ends, default=None)


def _with_example(problem: str, example: str) -> str:
    return fill(phrases.WRITE_IT_SO, problem=sentence(problem), example=example)
