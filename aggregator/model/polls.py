"""What one poll changes: planned purely, applied in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.alerts import Alert, Delivery
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey
from aggregator.model.notices import Notice
from aggregator.model.rules import Match
from aggregator.model.stories import StoryMember


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHold:
    """A host, or a domain, that asked to be left alone until a time (RFC 9110 §10.2.3)."""

    host: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """Everything that follows from one poll of one feed.

    `listed` are the keys that the feed lists now, whether or not they are new (empty when it was not read).
    Every alert and every notice has its deliveries in the same plan, in the order in which they are to be sent.
    `aliases` are other keys under which the feed now lists articles that were seen before. `outline` replaces the
    one that is stored; None leaves it. `hold` keeps every feed of a host waiting. `members` are the articles that
    matched, with their stories. An update among the deliveries is of an alert that may not exist: then it is nothing.
    """

    state: FeedState
    new_articles: tuple[Article, ...] = ()
    updated_articles: tuple[Article, ...] = ()
    revisions: tuple[Revision, ...] = ()
    aliases: tuple[SeenArticle, ...] = ()
    listed: tuple[ArticleKey, ...] = ()
    matches: tuple[Match, ...] = ()
    members: tuple[StoryMember, ...] = ()
    alerts: tuple[Alert, ...] = ()
    notices: tuple[Notice, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    outline: Outline | None = None
    hold: HostHold | None = None
