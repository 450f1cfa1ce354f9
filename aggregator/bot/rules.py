"""The operator's rules: a chat subscribes to some of them."""

from __future__ import annotations

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press, fingerprint
from aggregator.bot.talk import Button, Talk, fill, shortened
from aggregator.bot.watches import page_buttons
from aggregator.model.rules import Rule

TOGGLE, PAGE = "rt", "rp"
_A_PAGE = 8
_TITLE_CHARACTERS = 60


async def rules(talk: Talk, page: str = "0") -> None:
    """List the operator's rules; each is a button that turns it on or off for the chat."""
    offered = talk.tools.desk.audience.offered()
    if not offered:
        await talk.answer(fill(phrases.RULES_NONE, example=phrases.EXAMPLE_QUERY))
        return
    pages = -(-len(offered) // _A_PAGE)
    number = max(0, min(int(page), pages - 1))
    followed = set(talk.tools.desk.audience.followed(talk.chat.channel_id))
    rows = [
        [
            Button(
                _button_text(phrases.RULE_ON if rule.id in followed else phrases.RULE_OFF, rule),
                Press(TOGGLE, (_name_of(rule), str(number))),
            )
        ]
        for rule in offered[number * _A_PAGE : (number + 1) * _A_PAGE]
    ]
    text = phrases.RULES if pages == 1 else f"{phrases.RULES}\n{fill(phrases.PAGE, page=number + 1, pages=pages)}"
    await talk.answer(text, [*rows, *page_buttons(PAGE, number, pages)])


async def toggle(talk: Talk, name: str, page: str) -> None:
    """Subscribe the chat to a rule, or no longer, and list the rules."""
    desk = talk.tools.desk
    for rule in desk.audience.offered():
        if _name_of(rule) == name:
            if rule.id in desk.audience.followed(talk.chat.channel_id):
                await desk.unfollow(talk.chat, rule.id)
            else:
                await desk.follow(talk.chat, rule.id)
    await rules(talk, page)


async def subscribe(talk: Talk) -> None:
    """Subscribe the chat to a rule by its id or title; without one the rules are listed."""
    rule = await _asked_for(talk, "subscribe")
    if rule is not None:
        await talk.tools.desk.follow(talk.chat, rule.id)
        await talk.answer(fill(phrases.SUBSCRIBED, title=rule.title))


async def unsubscribe(talk: Talk) -> None:
    """Let the chat no longer hear of a rule."""
    rule = await _asked_for(talk, "unsubscribe")
    if rule is not None:
        await talk.tools.desk.unfollow(talk.chat, rule.id)
        await talk.answer(fill(phrases.UNSUBSCRIBED, title=rule.title))


def _button_text(phrase: str, rule: Rule) -> str:
    """Return the text of a rule's button, which is no HTML."""
    return phrase.format(title=shortened(rule.title, _TITLE_CHARACTERS))


async def _asked_for(talk: Talk, command: str) -> Rule | None:
    """Return the rule that is meant; where there is none it says so, or lists what there is."""
    wanted = talk.arguments.strip()
    if not wanted:
        await rules(talk)
        return None
    offered = talk.tools.desk.audience.offered()
    for rule in offered:
        if wanted.casefold() in (rule.id.casefold(), rule.title.casefold()):
            return rule
    example = f"/{command} {offered[0].id}" if offered else "/rules"
    problem = phrases.NO_RULE.format(name=shortened(wanted, _TITLE_CHARACTERS))
    await talk.answer(fill(phrases.WRITE_IT_SO, problem=problem, example=example))
    return None


def _name_of(rule: Rule) -> str:
    """Return what a button calls a rule: its id may be longer than a button's data."""
    return fingerprint(rule.id)
