"""What a template can say of an alert: the documented variables, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from markupsafe import Markup as Safe

from aggregator.alerts.excerpt import excerpt, marked, ranges_in
from aggregator.alerts.headline_diff import headline_diff
from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import StyledText
from aggregator.model.alerts import ArticleChange, DueDelivery, Source
from aggregator.model.messages import Markup
from aggregator.model.rules import Field

_TEXT_CHARACTERS = 20_000
"""Of any one text; no service takes more of it."""

_MOST_IN_A_LIST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """The article."""

    title: str
    url: str
    summary: str
    text: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    language: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """The feed that the article is from."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule that led to the alert."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """Another feed that reports the story."""

    feed: str
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """The story that the article tells."""

    id: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What the publisher edited."""

    before: str
    after: str
    diff: Safe
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContext:
    """Everything that a template can name. `zone` is the channel's, for the filter `time`; templates cannot name it."""

    kind: str
    priority: str
    headline: Safe
    excerpt: Safe
    words: tuple[str, ...]
    article: ArticleView
    feed: FeedView
    rules: tuple[RuleView, ...]
    story: StoryView
    change: ChangeView | None
    zone: ZoneInfo

    def variables(self) -> Iterator[tuple[str, object]]:
        """Each variable with its value."""
        for name in sorted({variable.partition(".")[0].removesuffix("[]") for variable in TEMPLATE_VARIABLES}):
            yield name, getattr(self, name)


TEMPLATE_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "kind": "`new`, or `update` for a message about one that was sent",
        "priority": "`low`, `normal`, `high` or `urgent`",
        "headline": "the article's title with the matched words in bold and underlined",
        "excerpt": "up to three places of its text around the matched words, these in bold and underlined",
        "words": "a list: the matched words, as the article writes them",
        "article.title": "the title",
        "article.url": "where it is on the web",
        "article.summary": "the feed's summary of it, empty where there is none",
        "article.text": "the fullest text there is of it: of its page, of the feed, or the summary",
        "article.authors": "a list of names",
        "article.tags": "a list: its categories, as the feed calls them",
        "article.language": "its language as a code, as `en`; empty where it is not known",
        "article.published_at": "when it was published; use the filter `time`",
        "feed.id": "the feed's id in the configuration",
        "feed.title": "the feed's title",
        "rules": "a list of the rules that led to the alert",
        "rules[].id": "a rule's id",
        "rules[].title": "a rule's title",
        "story.id": "what the articles of one story have in common",
        "story.sources": "a list of the other feeds that report it, empty in a first message",
        "story.sources[].feed": "the title of such a feed",
        "story.sources[].title": "the title of its article",
        "story.sources[].url": "where that is on the web",
        "story.sources[].published_at": "when it was published",
        "change": "what the publisher edited; none unless the message is about that: `{% if change %}`",
        "change.before": "the title as it was",
        "change.after": "the title as it is",
        "change.diff": "both as one: words taken out are struck through, words put in are underlined",
        "change.gained": "a list: titles of the rules that match it since",
        "change.lost": "a list: titles of the rules that match it no longer",
    }
)
"""Each variable and what it is. `[]` stands for each item of a list."""


def template_context(
    due: DueDelivery, timezone: str, sources: Sequence[Source] = (), change: ArticleChange | None = None
) -> TemplateContext:
    """Return what a template can say of `due`. Long texts and lists are cut."""
    article = due.article
    spans = (span for match in due.matches for span in match.spans)
    return TemplateContext(
        kind=due.delivery.kind.value,
        priority=due.alert.priority.word,
        headline=_safe(marked(article.title[:_TEXT_CHARACTERS], ranges_in(due, Field.TITLE))),
        excerpt=_safe(excerpt(due)),
        words=_few(tuple(dict.fromkeys(span.text for span in spans))),
        article=ArticleView(
            title=article.title[:_TEXT_CHARACTERS],
            url=article.url,
            summary=article.summary[:_TEXT_CHARACTERS],
            text=article.text[:_TEXT_CHARACTERS],
            authors=_few(article.authors),
            tags=_few(article.tags),
            language=article.language or "",
            published_at=article.published_at,
        ),
        feed=FeedView(id=article.feed_id, title=due.feed_title),
        rules=tuple(RuleView(id=rule.id, title=rule.title) for rule in due.alert.rules),
        story=StoryView(id=due.alert.story_id, sources=tuple(_source(source) for source in sources[:_MOST_IN_A_LIST])),
        change=_change(change),
        zone=ZoneInfo(timezone),
    )


def _source(source: Source) -> SourceView:
    return SourceView(
        feed=source.feed_title,
        title=source.title[:_TEXT_CHARACTERS],
        url=source.url,
        published_at=source.published_at,
    )


def _change(change: ArticleChange | None) -> ChangeView | None:
    if change is None:
        return None
    return ChangeView(
        before=change.before[:_TEXT_CHARACTERS],
        after=change.after[:_TEXT_CHARACTERS],
        diff=_safe(headline_diff(change.before[:_TEXT_CHARACTERS], change.after[:_TEXT_CHARACTERS])),
        gained=_few(change.gained),
        lost=_few(change.lost),
    )


def _few(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:_TEXT_CHARACTERS] for text in texts[:_MOST_IN_A_LIST])


def _safe(runs: StyledText) -> Safe:
    """Return `runs` as HTML that a template takes as it is: we wrote its tags and escaped the rest."""
    return Safe(serialize(runs, Markup.HTML))  # noqa: S704 - serialize escapes every text
