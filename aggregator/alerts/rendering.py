"""From a due delivery to the text of a message: never over the service's limit, never with a broken tag."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from aggregator.alerts import phrases
from aggregator.alerts.excerpt import excerpt, marked, ranges_in
from aggregator.alerts.styled import Run, StyledText, harmless, measure, serialize, truncate, web_link
from aggregator.model.alerts import DeliveryKind, DueDelivery
from aggregator.model.messages import Capabilities
from aggregator.model.rules import Field

_TITLE, _SOURCE, _TEXT, _RULES, _LINK = range(5)
_GIVING_WAY = ((_TEXT, 0), (_RULES, 0), (_SOURCE, 0), (_TITLE, 20), (_LINK, 10_000), (_TITLE, 1))
"""Which part is cut in turn, and the characters of it that must remain: else it goes, and the next is cut."""

_LINE = Run(text="\n")
_PARAGRAPH = Run(text="\n\n")


def render(due: DueDelivery, capabilities: Capabilities, timezone: str) -> str:
    """Return the message: title with the matched words marked, source and time, excerpt, rules, link.

    It measures at most `capabilities.text_limit`: the excerpt gives way first, then the rules and the source, and
    the title last. `timezone` is the IANA name that times are shown in.
    """
    parts = (title_of(due), source_of(due, timezone), excerpt(due), rules_of(due), link_of(due))
    return serialize(_fit(parts, capabilities), capabilities.markup)


def title_of(due: DueDelivery) -> StyledText:
    """The headline in bold, its matched words underlined, behind a mark for how loud it is."""
    mark = phrases.PRIORITY_MARKS[due.alert.priority]
    title = marked(due.article.title, ranges_in(due, Field.TITLE), bold=True)
    return (Run(text=mark), *title) if mark else title


def source_of(due: DueDelivery, timezone: str) -> StyledText:
    """Which feed published it, and when."""
    published_at = due.article.published_at.astimezone(ZoneInfo(timezone))
    return (Run(text=f"{harmless(due.feed_title)} · {published_at:%Y-%m-%d %H:%M %Z}", italic=True),)


def rules_of(due: DueDelivery) -> StyledText:
    """The titles of the rules that led to it; no rule leads to a notice."""
    if due.delivery.kind is DeliveryKind.NOTICE:
        return ()
    return (Run(text=phrases.RULES + ", ".join(harmless(rule.title) for rule in due.alert.rules)),)


def link_of(due: DueDelivery) -> StyledText:
    """The way to the article, or to the feed that a notice is about, where it is on the web."""
    url = web_link(due.article.url)
    text = phrases.OPEN_FEED if due.delivery.kind is DeliveryKind.NOTICE else phrases.READ
    return (Run(text=text, link=url),) if url else ()


def _fit(parts: Sequence[StyledText], capabilities: Capabilities) -> StyledText:
    """Cut one part after the other until the whole fits."""
    fitting = list(parts)
    for index, least in _GIVING_WAY:
        size = _largest_fitting(fitting, index, least, capabilities)
        if size is not None:
            return _join([*fitting[:index], truncate(fitting[index], size), *fitting[index + 1 :]])
        if index != _TITLE:
            fitting[index] = ()
    return ()


def _largest_fitting(parts: Sequence[StyledText], index: int, least: int, capabilities: Capabilities) -> int | None:
    """Return the most characters of one part with which the whole fits; None when not even `least` do."""

    def fits(size: int) -> bool:
        runs = _join([*parts[:index], truncate(parts[index], size), *parts[index + 1 :]])
        return measure(runs, capabilities.markup, capabilities.length_unit) <= capabilities.text_limit

    most = sum(len(run.text) for run in parts[index])
    low = min(least, most)
    if not fits(low):
        return None
    while low < most:
        middle = (low + most + 1) // 2
        if fits(middle):
            low = middle
        else:
            most = middle - 1
    return low


def _join(parts: Sequence[StyledText]) -> StyledText:
    """Put the parts together: title and source on lines of their own, the rest in paragraphs."""
    title, source, text, rules, link = parts
    head = (*title, _LINE, *source) if title and source else (*title, *source)
    joined: StyledText = ()
    for block in (head, text, rules, link):
        if block:
            joined = (*joined, _PARAGRAPH, *block) if joined else tuple(block)
    return joined
