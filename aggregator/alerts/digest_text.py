"""Many alerts as one message, or as few as they fit in: by rule, then by story, each with its link and source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from aggregator.alerts import phrases
from aggregator.alerts.fitting import cut_to_fit
from aggregator.alerts.markup import measure, serialize
from aggregator.alerts.rendering import clock
from aggregator.alerts.styled import Run, StyledText, one_line, plain_text, web_link
from aggregator.model.alerts import DueDelivery
from aggregator.model.messages import Capabilities, DigestReason, Markup, Message

_LEAST_OF_AN_ENTRY = 12
_MOST_STYLED = 90
"""Headings and linked lines on one page: Telegram is known to leave out what is styled after the hundredth."""

_LINE = Run(text="\n")
_PARAGRAPH = Run(text="\n\n")
_BREAKS_OF_AN_ENTRY = (Run(text="x\n\nx\nx"),)
_CHARACTERS_BESIDE_BREAKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One alert as a line, and the heading that it stands under; or a line of our own."""

    line: StyledText
    heading: str = ""
    item: DueDelivery | None = None


def paginate(  # noqa: PLR0913 - all keyword-only, of one digest
    due: DueDelivery,
    items: Sequence[DueDelivery],
    capabilities: Capabilities,
    *,
    timezone: str,
    reason: DigestReason = DigestReason.SCHEDULED,
    total: int | None = None,
) -> list[Message]:
    """Return the messages that tell all `items`, each within the limit and with the items that it tells.

    `due` is the delivery that they belong to. `total` is how many alerts there are, where `items` are only some of them
    or none: the last page says how many it does not list.
    """
    count = len(items) if total is None else total
    title = digest_title(reason, count)
    entries = _entries(items, ZoneInfo(timezone))
    if entries and count > len(items):
        entries.append(_Entry(line=(Run(text=phrases.NOT_LISTED.format(count=count - len(items)), italic=True),)))
    pages = _pages(entries, title, capabilities) or ([[]] if count else [])
    return [
        _message(due, page, _head(title, number, len(pages)), capabilities)
        for number, page in enumerate(pages, start=1)
    ]


def digest_title(reason: DigestReason, count: int) -> str:
    """Return what a digest of `count` alerts is called."""
    alerts = phrases.ONE_ALERT if count == 1 else phrases.ALERTS.format(count=count)
    return phrases.DIGEST_TITLES[reason].format(alerts=alerts, count=count)


def _entries(items: Sequence[DueDelivery], zone: ZoneInfo) -> list[_Entry]:
    """Return the lines in their order: the loudest rule first, in it the loudest story, in that the oldest article."""
    days = {item.article.published_at.astimezone(zone).date() for item in items}
    day = days.pop() if len(days) == 1 else None
    stories: dict[str, list[DueDelivery]] = {}
    for item in sorted(items, key=lambda item: item.article.published_at):
        stories.setdefault(item.alert.story_id, []).append(item)
    rules: dict[str, list[list[DueDelivery]]] = {}
    for story in sorted(stories.values(), key=_loudness):
        rules.setdefault(_heading_of(story[0]), []).append(story)
    return [
        _Entry(line=_line(item, zone, day, is_first=number == 0), heading=heading, item=item)
        for heading, group in rules.items()
        for story in group
        for number, item in enumerate(story)
    ]


def _loudness(story: Sequence[DueDelivery]) -> int:
    return -max(item.alert.priority for item in story)


def _heading_of(item: DueDelivery) -> str:
    return one_line(item.alert.rules[0].title) if item.alert.rules else phrases.NO_RULE


def _line(item: DueDelivery, zone: ZoneInfo, day: date | None, *, is_first: bool) -> StyledText:
    mark = (phrases.ENTRY if is_first else phrases.SAME_STORY) + phrases.PRIORITY_MARKS[item.alert.priority]
    time = clock(item.article.published_at.astimezone(zone), day)
    others = "".join(f" · {one_line(rule.title)}" for rule in item.alert.rules[1:])
    title = one_line(item.article.title) or one_line(item.article.url)
    return (
        Run(text=mark),
        Run(text=title, link=web_link(item.article.url)),
        Run(text=f" · {one_line(item.feed_title)}, {time}{others}"),
    )


def _pages(entries: Sequence[_Entry], title: str, capabilities: Capabilities) -> list[list[_Entry]]:
    """Return the entries page by page, each as full as it can be. What is too long for any is alone on its page."""

    def size(runs: StyledText) -> int:
        return measure(runs, capabilities.markup, capabilities.length_unit)

    breaks = size(_BREAKS_OF_AN_ENTRY) - _CHARACTERS_BESIDE_BREAKS
    room = capabilities.text_limit - size(_head(title, len(entries), len(entries) + 1))
    pages: list[list[_Entry]] = []
    used = styled = 0
    for entry in entries:
        line, heading = breaks + size(entry.line), size(_heading(entry.heading))
        is_under_last = bool(pages) and entry.heading == pages[-1][-1].heading
        needed = line if is_under_last else line + heading
        if pages and used + needed <= room and styled < _MOST_STYLED:
            pages[-1].append(entry)
            used, styled = used + needed, styled + (1 if is_under_last else 2)
        else:
            pages.append([entry])
            used, styled = line + heading, 2
    return pages


def _message(due: DueDelivery, page: Sequence[_Entry], head: StyledText, capabilities: Capabilities) -> Message:
    runs = _fitted(page, head, capabilities)
    return Message(
        text=serialize(runs, capabilities.markup),
        due=due,
        subject=plain_text(head),
        plain=serialize(runs, Markup.PLAIN),
        items=tuple(entry.item for entry in page if entry.item is not None),
    )


def _fitted(page: Sequence[_Entry], head: StyledText, capabilities: Capabilities) -> StyledText:
    """Return the page, cut where one entry is too long for any: what is around it gives way first, its link last."""
    *before, last = page or [_Entry(line=())]
    unlinked = tuple(replace(run, link=None) for run in last.line)
    for shown_head, heading, line, least in (
        (head, last.heading, last.line, _LEAST_OF_AN_ENTRY),
        (head, "", last.line, _LEAST_OF_AN_ENTRY),
        ((), "", last.line, _LEAST_OF_AN_ENTRY),
        ((), "", unlinked, 1),
    ):
        around = _composed_around(before, heading, shown_head)
        cut = cut_to_fit(line, least, capabilities.text_limit, capabilities, around=around)
        if cut is not None:
            return around(cut)
    return ()


def _composed_around(before: Sequence[_Entry], heading: str, head: StyledText) -> Callable[[StyledText], StyledText]:
    return lambda line: _composed([*before, _Entry(line=line, heading=heading)], head)


def _composed(entries: Sequence[_Entry], head: StyledText) -> StyledText:
    blocks: list[Run] = list(head)
    last = ""
    for entry in entries:
        if entry.heading != last or not blocks:
            blocks += [_PARAGRAPH] if blocks else []
            blocks += [*_heading(entry.heading), _LINE] if entry.heading else []
        elif entry.line:
            blocks.append(_LINE if entry.heading else _PARAGRAPH)
        blocks += entry.line
        last = entry.heading
    return tuple(blocks)


def _head(title: str, number: int, pages: int) -> StyledText:
    page = phrases.PAGE.format(number=number, pages=pages) if pages > 1 else ""
    return (Run(text=title, bold=True), Run(text=page))


def _heading(title: str) -> StyledText:
    return (Run(text=title, bold=True),) if title else ()
