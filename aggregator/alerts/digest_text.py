"""Many alerts as one message, or as few as they fit in: by rule, then by story, each with its link and source."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from aggregator.alerts import phrases
from aggregator.alerts.fitting import cut_to_fit, is_within
from aggregator.alerts.markup import measure, serialize
from aggregator.alerts.rendering import clock
from aggregator.alerts.styled import Run, StyledText, one_line, plain_text, web_link
from aggregator.model.alerts import DueDelivery
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.messages import Capabilities, Markup, Message

_LEAST_OF_AN_ENTRY = 12
_MOST_STYLED = {Markup.TELEGRAM_HTML: 90}
"""Headings and linked lines on one page: Telegram is known to leave out what is styled after the hundredth."""

_MOST_ON_PAGE = 200
"""Where a service has no such limit: each line stands for an alert that a program gets whole."""

MOST_PAGES = 10
"""Of one digest; more alerts than fit are counted, and `aggregator deliveries list` has them all."""

_MOST_PAGES = {DigestReason.SILENCED: 1}
"""What nobody wanted to hear is summed up, no more."""

_LINE = Run(text="\n")
_PARAGRAPH = Run(text="\n\n")
_BREAKS_OF_AN_ENTRY = (Run(text="x\n\nx\nx"),)
_CHARACTERS_BESIDE_BREAKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message of a digest, and what it tells: those that it lists, and on the last page those that none lists."""

    message: Message
    told: tuple[DueDelivery, ...]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One alert as a line, and the heading that it stands under; or a line of our own.

    `items` are the alerts that the line tells: of one article there may be a first alert and an answer to it.
    """

    line: StyledText
    heading: str = ""
    items: tuple[DueDelivery, ...] = ()


def paginate(
    due: DueDelivery, items: Sequence[DueDelivery], capabilities: Capabilities, *, timezone: str, digest: Digest
) -> Iterator[Page]:
    """Yield the messages that tell all `items`, each within the limit; none when there are no items.

    `due` is the delivery that they belong to, and `digest` how far it is: `items` are what it has still to tell, or of
    very many the first. Of a digest that is not for overflow only the first pages list alerts; the last one says how
    many it does not list. Each is written when it is asked for.
    """
    if not items:
        return
    title = digest_title(digest.reason, digest.total)
    entries = _entries(items, ZoneInfo(timezone))
    pages = _pages(entries, title, capabilities)
    most = _most_pages(digest, capabilities)
    unlisted: tuple[DueDelivery, ...] = ()
    if most is not None and digest.pages_sent + len(pages) > most:
        kept = max(most - digest.pages_sent, 1)
        pages, unlisted = _shortened(pages[:kept], items, title, capabilities)
    numbers = range(digest.pages_sent + 1, digest.pages_sent + len(pages) + 1)
    still_unread = max(digest.total - digest.told - len(items), 0)
    count = numbers[-1] + math.ceil(still_unread * len(pages) / len(items))
    for number, page in zip(numbers, pages, strict=True):
        is_last = number == count
        message = _message(due, page, _head(title, number, count), capabilities)
        yield Page(message=message, told=(*message.items, *(unlisted if is_last else ())), is_last=is_last)


def _most_pages(digest: Digest, capabilities: Capabilities) -> int | None:
    """Return how many pages a digest has at most; None: as many as it takes. A program is told each alert."""
    if digest.reason is DigestReason.OVERFLOW or capabilities.takes_updates:
        return None
    return _MOST_PAGES.get(digest.reason, MOST_PAGES)


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
        _Entry(line=_line(same[0], zone, day, is_first=number == 0), heading=heading, items=tuple(same))
        for heading, group in rules.items()
        for story in group
        for number, same in enumerate(_by_article(story))
    ]


def _by_article(story: Sequence[DueDelivery]) -> list[list[DueDelivery]]:
    """Return the alerts of a story, those of one article together."""
    articles: dict[str, list[DueDelivery]] = {}
    for item in story:
        articles.setdefault(item.article.id, []).append(item)
    return list(articles.values())


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
    most = _MOST_STYLED.get(capabilities.markup, _MOST_ON_PAGE)
    pages: list[list[_Entry]] = []
    used = styled = 0
    for entry in entries:
        line, heading = breaks + size(entry.line), size(_heading(entry.heading))
        is_under_last = bool(pages) and entry.heading == pages[-1][-1].heading
        needed = line if is_under_last else line + heading
        if pages and used + needed <= room and styled < most:
            pages[-1].append(entry)
            used, styled = used + needed, styled + (1 if is_under_last else 2)
        else:
            pages.append([entry])
            used, styled = line + heading, 2
    return pages


def _shortened(
    pages: list[list[_Entry]], items: Sequence[DueDelivery], title: str, capabilities: Capabilities
) -> tuple[list[list[_Entry]], tuple[DueDelivery, ...]]:
    """Return pages of which the last ends with how many alerts are not listed, and these alerts."""
    *before, last = pages
    listed = {item.delivery.id for page in pages for entry in page for item in entry.items}
    while True:
        unlisted = tuple(item for item in items if item.delivery.id not in listed)
        note = _Entry(line=(Run(text=phrases.NOT_LISTED.format(count=len(unlisted)), italic=True),))
        if len(_pages([*last, note], title, capabilities)) == 1:
            return [*before, [*last, note]], unlisted
        if len(last) == 1:  # too long for any page
            return [*before, last], unlisted
        listed -= {item.delivery.id for item in last[-1].items}
        last = last[:-1]


def _message(due: DueDelivery, page: Sequence[_Entry], head: StyledText, capabilities: Capabilities) -> Message:
    runs = _fitted(page, head, capabilities)
    return Message(
        text=serialize(runs, capabilities.markup),
        due=due,
        subject=plain_text(head),
        plain=serialize(runs, Markup.PLAIN),
        items=tuple(item for entry in page for item in entry.items),
    )


def _fitted(page: Sequence[_Entry], head: StyledText, capabilities: Capabilities) -> StyledText:
    """Return the page, cut where one entry is too long for any: what is around it gives way first, its link last."""
    whole = _composed(page, head)
    if is_within(whole, capabilities.text_limit, capabilities):
        return whole
    *before, last = page
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
        else:
            blocks.append(_LINE if entry.heading else _PARAGRAPH)
        blocks += entry.line
        last = entry.heading
    return tuple(blocks)


def _head(title: str, number: int, pages: int) -> StyledText:
    page = phrases.PAGE.format(number=number, pages=pages) if pages > 1 else ""
    return (Run(text=title, bold=True), Run(text=page))


def _heading(title: str) -> StyledText:
    return (Run(text=title, bold=True),) if title else ()
