"""Rules, and the matches that they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from aggregator.model.ids import ArticleId, ChannelId, FeedId, RuleId
from aggregator.model.schedules import Schedule

DEFAULT_THRESHOLD = 0.4
"""How like its examples an article must read: about one in a thousand unrelated ones does (docs/decisions/0014)."""


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

    def reads(self, feed_id: FeedId, feed_tags: tuple[str, ...]) -> bool:
        """Whether the feed is one of these."""
        if not self.ids and not self.tags:
            return True
        return feed_id in self.ids or not set(self.tags).isdisjoint(feed_tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """An article that a rule must match, or must not.

    `feed_id` is the feed that it counts as from; None is one that the rule reads. `language` is its language as a code;
    None is the one that its text tells.
    """

    expect_match: bool
    title: str = ""
    summary: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    url: str = ""
    feed_id: FeedId | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text like those that a rule looks for. `name` is what the rule calls it, `text` what follows its title."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named query, where it applies and how loud it is.

    The query is either `query` in the query language or the lists `all_of`, `any_of`, `none_of` of its terms
    (`all:`, `any:` and `none:` in YAML). `send_to` names the channels that hear of it. `language` is the language of
    its words; None takes the forms that they have in the language of each article. `like` are examples that an article
    must read like: it may be all of a rule, and beside a query both must hold. `threshold` is how like, as a cosine;
    `language_model` the folder of the model that judges it, None for the one that comes with the program. Its alerts
    come together on the schedule `digest`, or as its channels have it; or each at once in any case (`is_at_once`).
    Urgent ones wait for no schedule.
    """

    id: RuleId
    title: str
    query: str | None = None
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    language: str | None = None
    like: tuple[Example, ...] = ()
    threshold: float = DEFAULT_THRESHOLD
    language_model: str | None = None
    feeds: FeedSelector = field(default_factory=FeedSelector)
    priority: Priority = Priority.NORMAL
    send_to: tuple[ChannelId, ...] = ()
    once_per_story: bool = True
    on_update: OnUpdate = OnUpdate.IGNORE
    digest: Schedule | None = None
    is_at_once: bool = False
    tests: tuple[RuleTest, ...] = ()

    @property
    def has_query(self) -> bool:
        """Whether it says anything in the query language: not when it is examples alone."""
        return self.query is not None or bool(self.all_of or self.any_of or self.none_of)


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
    """A rule that holds for an article, and the words that did it, in reading order (title, summary, body, …).

    `clause` is the part of its query that held, as the query language writes it: of alternatives the first one.
    """

    rule_id: RuleId
    article_id: ArticleId
    spans: tuple[Span, ...]
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonMatch:
    """Why a rule does not hold for an article: the first part of its query that failed, and the reason in words."""

    rule_id: RuleId
    article_id: ArticleId
    clause: str
    reason: str
