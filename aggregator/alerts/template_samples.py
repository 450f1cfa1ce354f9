"""Alerts that a template is tried on: of every kind, with everything in them and with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup as Safe

from aggregator.alerts.template_context import (
    ArticleView,
    ChangeView,
    FeedView,
    RuleView,
    SourceView,
    StoryView,
    TemplateContext,
)
from aggregator.model.alerts import DeliveryKind
from aggregator.model.rules import Priority

_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def sample_contexts() -> Iterator[TemplateContext]:
    """Each kind of alert at each priority; with little in it; about more sources; and about a changed headline."""
    sample = _sample()
    for priority in Priority:
        yield replace(sample, priority=priority.word)
    yield replace(
        sample,
        words=(),
        headline=Safe("A"),
        excerpt=Safe(),
        article=replace(sample.article, title="A", url="", summary="", text="", authors=(), tags=(), language=""),
    )
    update = replace(sample, kind=DeliveryKind.UPDATE.value)
    source = SourceView(feed="Reuters", title="Captives & <families>", url="https://news.example/2", published_at=_AT)
    yield replace(update, story=replace(sample.story, sources=(source,)))
    diff = Safe("<s>Many</s> <b><u>All</u></b> captives")
    change = ChangeView(before="Many captives", after="All captives", diff=diff, gained=(), lost=())
    yield replace(update, change=change)
    yield replace(update, change=replace(change, gained=("Prisoners",), lost=("Families",)))


def _sample() -> TemplateContext:
    return TemplateContext(
        kind=DeliveryKind.NEW.value,
        priority=Priority.NORMAL.word,
        headline=Safe("<b><u>Captives</u></b> &amp; &lt;families&gt;"),
        excerpt=Safe("Relatives of <b><u>captives</u></b> were called."),
        words=("Captives", "captives"),
        article=ArticleView(
            title="Captives & <families>",
            url="https://news.example/1?a=1&b=2",
            summary="Relatives of captives were called.",
            text="Relatives of captives were called.\nThey were asked to help.",
            authors=("Ann Author", "Bob Writer"),
            tags=("war",),
            language="en",
            published_at=_AT,
        ),
        feed=FeedView(id="ep", title="Local News"),
        rules=(RuleView(id="captives", title="Captives"), RuleView(id="families", title="Families")),
        story=StoryView(id="story", sources=()),
        change=None,
        zone=ZoneInfo("UTC"),
    )
