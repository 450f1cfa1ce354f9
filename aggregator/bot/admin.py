"""What the bot's admins do: let people in, keep people out, look after it."""

from __future__ import annotations

from aggregator import __version__
from aggregator.bot import phrases
from aggregator.bot.talk import Talk, fill
from aggregator.model.alerts import DeliveryStatus
from aggregator.model.chats import AccessVerdict

_MOST_USES = 1_000
_LONGEST_NUMBER = 16
_WAITING = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING, DeliveryStatus.HELD, DeliveryStatus.FOLDED)


async def allow(talk: Talk) -> None:
    """Let a user or a chat use the bot."""
    await _decide(talk, AccessVerdict.ALLOWED, phrases.ALLOWED, "/allow 123456789")


async def ban(talk: Talk) -> None:
    """Keep a user or a chat out, whatever else lets it in."""
    await _decide(talk, AccessVerdict.BANNED, phrases.BANNED, "/ban 123456789")


async def invite(talk: Talk) -> None:
    """Make a link that lets one user in, or as many as the admin says."""
    if not talk.tools.access.takes_invitations:
        await talk.answer(phrases.INVITATIONS_OFF)
        return
    wanted = talk.arguments.strip() or "1"
    if not (wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted[:_LONGEST_NUMBER]) <= _MOST_USES):
        await talk.answer(fill(phrases.WRITE_IT_SO, problem=phrases.INVITE_HOW_MANY, example="/invite 5"))
        return
    made = await talk.tools.access.invite(talk.user_id, int(wanted))
    uses = phrases.ONE_USER if made.uses_left == 1 else fill(phrases.USERS, count=made.uses_left)
    await talk.answer(fill(phrases.INVITATION, uses=uses, bot=talk.bot.username, code=made.code))


async def status(talk: Talk) -> None:
    """Tell how the bot is: what it reads, who listens, what waits."""
    tools = talk.tools
    counts = await tools.store.count_deliveries(None)
    chats = await tools.store.chats()
    audience = tools.desk.audience
    await talk.answer(
        fill(
            phrases.STATUS,
            version=__version__,
            feeds=len(tools.configuration.feeds),
            rules=len(audience.offered()),
            chats=len(chats),
            active=sum(chat.is_active for chat in chats),
            watches=sum(len(audience.watches(chat.channel_id)) for chat in chats),
            waiting=sum(counts.get(each, 0) for each in _WAITING),
            dead=counts.get(DeliveryStatus.DEAD, 0),
        )
    )


async def _decide(talk: Talk, verdict: AccessVerdict, phrase: str, example: str) -> None:
    wanted = talk.arguments.strip()
    digits = wanted.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER):
        await talk.answer(fill(phrases.WRITE_IT_SO, problem=phrases.NAME_A_NUMBER, example=example))
        return
    await talk.tools.access.decide(int(wanted), verdict, talk.user_id)
    await talk.answer(fill(phrase, number=wanted))
