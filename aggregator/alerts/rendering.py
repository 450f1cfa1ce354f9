"""From a due delivery to the text of a message: never over the service's limit, never with a broken tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aggregator.alerts import phrases
from aggregator.alerts.excerpt import excerpt, marked, ranges_in
from aggregator.alerts.fitting import cut_to_fit
from aggregator.alerts.headline_diff import headline_diff
from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import Run, StyledText, harmless, one_line, web_link
from aggregator.model.alerts import ArticleChange, DeliveryKind, DueDelivery, Source
from aggregator.model.messages import Capabilities
from aggregator.model.rules import Field

_TITLE, _SOURCE, _CHANGE, _TEXT, _RULES, _ALSO, _LINK = range(7)
_GIVING_WAY = (
    (_TEXT, 0),
    (_RULES, 0),
    (_ALSO, 0),
    (_SOURCE, 0),
    (_CHANGE, 0),
    (_TITLE, 20),
    (_LINK, 10_000),
    (_TITLE, 1),
)
"""Which part is cut in turn, and the characters of it that must remain: else it goes, and the next is cut."""

_NAMED_SOURCES = 10
_LINE = Run(text="\n")
_PARAGRAPH = Run(text="\n\n")


def render(due: DueDelivery, capabilities: Capabilities, timezone: str) -> str:
    """Return the message: title with the matched words marked, source and time, excerpt, rules, link.

    It measures at most `capabilities.text_limit`: the excerpt gives way first, then the rules and the source, and
    the title last. `timezone` is the IANA name that times are shown in.
    """
    parts = parts_of(due, timezone)
    return serialize(fit(parts, capabilities.text_limit, capabilities), capabilities.markup)


def parts_of(
    due: DueDelivery, timezone: str, sources: Sequence[Source] = (), change: ArticleChange | None = None
) -> tuple[StyledText, ...]:
    """Return what the message says, part by part, in the order of reading."""
    return (
        title_of(due),
        source_of(due, timezone),
        change_of(change),
        excerpt(due),
        rules_of(due),
        also_of(due, sources, timezone),
        link_of(due),
    )


def title_of(due: DueDelivery) -> StyledText:
    """The headline in bold, its matched words underlined, behind a mark for how loud it is."""
    mark = phrases.PRIORITY_MARKS[due.alert.priority]
    title = marked(due.article.title, ranges_in(due, Field.TITLE), bold=True)
    return (Run(text=mark), *title) if mark else title


def source_of(due: DueDelivery, timezone: str) -> StyledText:
    """Which feed published it, and when."""
    published_at = due.article.published_at.astimezone(ZoneInfo(timezone))
    return (Run(text=f"{harmless(due.feed_title)} · {published_at:%Y-%m-%d %H:%M %Z}", italic=True),)


def change_of(change: ArticleChange | None) -> StyledText:
    """What was edited: the headline word by word, and the rules that hold now or no longer."""
    if change is None:
        return ()
    lines: list[StyledText] = []
    if change.before != change.after:
        lines.append((Run(text=phrases.HEADLINE_CHANGED), *headline_diff(change.before, change.after)))
    for phrase, titles in ((phrases.GAINED, change.gained), (phrases.LOST, change.lost)):
        if titles:
            lines.append((Run(text=phrase + ", ".join(map(one_line, titles))),))
    return _on_lines(lines)


def rules_of(due: DueDelivery) -> StyledText:
    """The titles of the rules that led to it; no rule leads to a notice."""
    if due.delivery.kind is DeliveryKind.NOTICE:
        return ()
    return (Run(text=phrases.RULES + ", ".join(harmless(rule.title) for rule in due.alert.rules)),)


def also_of(due: DueDelivery, sources: Sequence[Source], timezone: str) -> StyledText:
    """Which other feeds report it, each with its time and link, and how many there are with the first."""
    if not sources:
        return ()
    zone = ZoneInfo(timezone)
    day = due.article.published_at.astimezone(zone).date()
    runs = [Run(text=phrases.ALSO)]
    for number, source in enumerate(sources[:_NAMED_SOURCES]):
        time = clock(source.published_at.astimezone(zone), day)
        runs += [Run(text=", ")] if number else []
        runs += [Run(text=f"{one_line(source.feed_title)} {time}", link=web_link(source.url))]
    if len(sources) > _NAMED_SOURCES:
        runs.append(Run(text=phrases.MORE_SOURCES.format(count=len(sources) - _NAMED_SOURCES)))
    return (*runs, Run(text=phrases.SOURCES.format(count=len(sources) + 1)))


def link_of(due: DueDelivery) -> StyledText:
    """The way to the article, or to the feed that a notice is about, where it is on the web."""
    url = web_link(due.article.url)
    text = phrases.OPEN_FEED if due.delivery.kind is DeliveryKind.NOTICE else phrases.READ
    return (Run(text=text, link=url),) if url else ()


def clock(moment: datetime, day: date | None) -> str:
    """Return the time, with its date unless that is `day`."""
    return f"{moment:%H:%M}" if moment.date() == day else f"{moment:%Y-%m-%d %H:%M}"


def fit(parts: Sequence[StyledText], limit: int, capabilities: Capabilities) -> StyledText:
    """Return the parts as one text of at most `limit`, cut one after the other until it fits."""
    fitting = list(parts)
    for index, least in _GIVING_WAY:
        joined = _joined_around(fitting, index)
        cut = cut_to_fit(fitting[index], least, limit, capabilities, around=joined)
        if cut is not None:
            return joined(cut)
        if index != _TITLE:
            fitting[index] = ()
    return ()


def _joined_around(parts: Sequence[StyledText], index: int) -> Callable[[StyledText], StyledText]:
    before, after = parts[:index], parts[index + 1 :]
    return lambda part: _join([*before, part, *after])


def _join(parts: Sequence[StyledText]) -> StyledText:
    """Put the parts together: title and source on lines of their own, the rest in paragraphs."""
    title, source, *others = parts
    blocks = [_on_lines([title, source]), *others]
    joined: StyledText = ()
    for block in blocks:
        if block:
            joined = (*joined, _PARAGRAPH, *block) if joined else tuple(block)
    return joined


def _on_lines(lines: Sequence[StyledText]) -> StyledText:
    joined: StyledText = ()
    for line in lines:
        if line:
            joined = (*joined, _LINE, *line) if joined else tuple(line)
    return joined
