"""Rules, and the matches that they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from aggregator.model.ids import ArticleId, ChannelId, FeedId, RuleId


class Priority(IntEnum):
    """How loud an alert is; `urgent` passes quiet hours."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3

    @property
    def word(self) -> str:
        """The priority as YAML, chat and JSON write it."""
        return self.name.lower()


class OnUpdate(StrEnum):
    """What a publisher's change to an article that was alerted does."""

    IGNORE = "ignore"
    EDIT = "edit"
    ALERT = "alert"


class Field(StrEnum):
    """The parts of an article that a query can name and a span can lie in."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"
    AUTHOR = "author"
    TAG = "tag"
    FEED = "feed"
    URL = "url"
    LANGUAGE = "lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSelector:
    """Which feeds a rule reads: any of `ids`, or any feed with one of `tags`; all feeds when both are empty."""

    ids: tuple[FeedId, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """An example of what a rule must match, or must not."""

    text: str
    expect_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named query, where it applies and how loud it is.

    The query is either `query` in the query language or the lists `all_of`, `any_of`, `none_of` of its terms
    (`all:`, `any:` and `none:` in YAML). `send_to` names the channels that hear of it. `language` is the language of
    its words; None takes the forms that they have in the language of each article.
    """

    id: RuleId
    title: str
    query: str | None = None
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    language: str | None = None
    feeds: FeedSelector = field(default_factory=FeedSelector)
    priority: Priority = Priority.NORMAL
    send_to: tuple[ChannelId, ...] = ()
    once_per_story: bool = True
    on_update: OnUpdate = OnUpdate.IGNORE
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `end` (exclusive) of a field's plain text, which read `text`.

    `author` and `tag` have several values; there `start` counts in the values joined by newlines.
    """

    field: Field
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that holds for an article, and the words that did it, in reading order (title, summary, body, …)."""

    rule_id: RuleId
    article_id: ArticleId
    spans: tuple[Span, ...]
