"""Watches: a query is tried on the last month before it is saved, listed, and removed."""

from __future__ import annotations

import math
from datetime import timedelta

from aggregator.bot import phrases
from aggregator.bot.callbacks import Press, fingerprint
from aggregator.bot.talk import CANCEL_BUTTON, Button, Talk, fill, sentence, shortened
from aggregator.errors import NotFound, QueryError, QuotaReached
from aggregator.model.chats import Watch
from aggregator.model.ids import RuleId
from aggregator.operations.backtest_report import BacktestReport
from aggregator.operations.chats import PREVIEW_DAYS

MOST_CHARACTERS = 1_000
"""Of a query: a message that shows it has room for the rest."""

_EXAMPLES = 3
_TITLE_CHARACTERS = 150
_SHOWN_CHARACTERS = 300
_A_PAGE = 6

SAVE, EDIT, REMOVE, PAGE = "ws", "we", "wr", "wp"


async def watch(talk: Talk) -> None:
    """Show what a query would have raised, then Save, Edit, Cancel."""
    query = " ".join(talk.arguments.split())
    if not query:
        await talk.answer(_write_so(phrases.WATCH_WHAT))
        return
    if len(query) > MOST_CHARACTERS:
        await talk.answer(fill(phrases.WATCH_TOO_LONG, most=MOST_CHARACTERS, count=len(query)))
        return
    try:
        report = await talk.tools.desk.preview(talk.chat, query)
    except QueryError as error:
        await talk.answer(fill(phrases.WATCH_UNREADABLE, problem=str(error)))
        return
    name = fingerprint(query)
    await talk.answer(
        _preview(talk, query, report),
        [
            [
                Button(phrases.BUTTON_SAVE, Press(SAVE, (name,))),
                Button(phrases.BUTTON_EDIT, Press(EDIT, (name,))),
                CANCEL_BUTTON,
            ]
        ],
    )


async def save(talk: Talk, name: str) -> None:
    """Save the query of a preview, which is read from the preview itself."""
    if fingerprint(talk.quoted) != name:
        await talk.answer(phrases.BUTTON_OLD)
        return
    known = {one.query for one in talk.tools.desk.audience.watches(talk.chat.channel_id)}
    try:
        saved = await talk.tools.desk.watch(talk.chat, talk.quoted, talk.user_id)
    except QueryError as error:
        await talk.answer(fill(phrases.WATCH_UNREADABLE, problem=str(error)))
    except QuotaReached as error:
        await talk.say(fill(phrases.QUOTA, problem=sentence(str(error))))
    else:
        phrase = phrases.WATCHED_ALREADY if saved.query in known else phrases.WATCHED
        await talk.answer(fill(phrase, query=saved.query))


async def edit(talk: Talk, name: str) -> None:
    """Give the query back, to be changed and sent again."""
    if fingerprint(talk.quoted) != name:
        await talk.answer(phrases.BUTTON_OLD)
        return
    await talk.answer(fill(phrases.EDIT_IT, query=talk.quoted))


async def watches(talk: Talk, page: str = "0") -> None:
    """List the chat's watches, each with a button that removes it."""
    await _list(talk, int(page))


async def remove(talk: Talk, watch_id: str, page: str) -> None:
    """Remove a watch, and list the others."""
    try:
        removed = await talk.tools.desk.unwatch(talk.chat, RuleId(watch_id))
        notice = fill(phrases.REMOVED, query=_shown(removed))
    except NotFound:
        notice = phrases.GONE_ALREADY
    await _list(talk, int(page), notice)


async def cancel(talk: Talk) -> None:
    """Leave everything as it was."""
    await talk.answer(phrases.CANCELLED)


async def _list(talk: Talk, page: int, notice: str = "") -> None:
    known = talk.tools.desk.audience.watches(talk.chat.channel_id)
    if not known:
        text = fill(phrases.WATCHES_NONE, example=phrases.EXAMPLE_QUERY)
        await talk.answer(f"{notice}\n\n{text}" if notice else text)
        return
    pages = -(-len(known) // _A_PAGE)
    page = max(0, min(page, pages - 1))
    shown = list(enumerate(known, start=1))[page * _A_PAGE : (page + 1) * _A_PAGE]
    lines = [fill(phrases.WATCHES, count=len(known)), ""]
    lines += [fill(phrases.WATCH_LINE, number=number, query=_shown(one)) for number, one in shown]
    if pages > 1:
        lines += ["", fill(phrases.PAGE, page=page + 1, pages=pages)]
    removes = [
        Button(fill(phrases.BUTTON_REMOVE, number=number), Press(REMOVE, (one.id, str(page)))) for number, one in shown
    ]
    rows = [removes[start : start + 3] for start in range(0, len(removes), 3)]
    await talk.answer("\n".join([notice, "", *lines] if notice else lines), [*rows, *page_buttons(PAGE, page, pages)])


def page_buttons(action: str, page: int, pages: int) -> list[list[Button]]:
    """Return the row that turns the pages of a list; none where there is one page."""
    row = []
    if page > 0:
        row.append(Button(phrases.BUTTON_BEFORE, Press(action, (str(page - 1),))))
    if page < pages - 1:
        row.append(Button(phrases.BUTTON_NEXT, Press(action, (str(page + 1),))))
    return [row] if row else []


def _preview(talk: Talk, query: str, report: BacktestReport) -> str:
    alerts = phrases.PREVIEW_NONE if report.worst_hour is None else _alerts(report.alerts)
    days = math.ceil((report.until - report.since) / timedelta(days=1))
    text = fill(phrases.PREVIEW, query=query, days=min(days, PREVIEW_DAYS), alerts=alerts)
    if report.worst_hour is not None:
        hour = talk.local(report.worst_hour.starts_at)
        text += fill(phrases.PREVIEW_WORST, alerts=report.worst_hour.alerts, hour=hour)
    text += fill(phrases.PREVIEW_OF, articles=report.articles)
    examples = [
        fill(
            phrases.PREVIEW_EXAMPLE,
            url=one.article.url,
            title=shortened(one.article.title or one.article.url, _TITLE_CHARACTERS),
        )
        for one in report.examples[:_EXAMPLES]
    ]
    return "\n".join([text, "", *examples]) if examples else text


def _alerts(count: int) -> str:
    return phrases.ONE_ALERT if count == 1 else fill(phrases.ALERTS, count=count)


def _write_so(problem: str) -> str:
    return fill(phrases.WRITE_IT_SO, problem=problem, example=f"/watch {phrases.EXAMPLE_QUERY}")


def _shown(one: Watch) -> str:
    return shortened(one.query, _SHOWN_CHARACTERS)
