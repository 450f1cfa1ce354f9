"""What is found as a rule is tried on stored articles, and the report of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.matching.index import RuleIndex
from aggregator.matching.term_use import TermUse
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleId, FeedId, StoryId
from aggregator.model.rules import FeedSelector, Field, Match, Rule
from aggregator.model.stored import StoredArticle
from aggregator.stories.index import StoryIndex

MOST_EXAMPLES = 10
_HOUR = timedelta(hours=1)

_Rank = tuple[int, bool, datetime]
_Subject = StoryId | ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many alerts a day would have had."""

    day: date
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstHour:
    """The 60 minutes with the most alerts: the first of them came at `starts_at`."""

    starts_at: datetime
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestExample:
    """An article that matched, with its words. `terms` is how many terms of the query let it through."""

    article: Article
    match: Match
    came_at: datetime
    terms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedShare:
    """How many of the alerts would have been of one feed; `share` of all, 0 to 1."""

    feed_id: FeedId
    alerts: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """What a rule would have come to.

    `stored` articles came from `since` to `until`; `articles` of them in feeds that the rule reads; `matched` of those
    matched, and led to `alerts`. `by_day` has every day of the time zone in question, in order. `worst_hour` is None
    without alerts. `examples` are the ten best, one a story: with the most terms; of those with as many, with a word
    in the title; then the newest. `feeds` come by how much they bring, `terms` in the order of the query.
    """

    since: datetime
    until: datetime
    stored: int
    articles: int
    matched: int
    alerts: int
    by_day: tuple[DayCount, ...]
    worst_hour: WorstHour | None
    examples: tuple[BacktestExample, ...]
    feeds: tuple[FeedShare, ...]
    terms: tuple[TermUse, ...]


_MOST_COMPARED = 20_000
"""Articles of a rule that matches far too much: further ones are compared with the last of them."""


class Findings:
    """Gathers what matches; keeps the texts of the ten best only."""

    def __init__(self, rule: Rule) -> None:
        self._once_per_story = rule.once_per_story
        self._stories = StoryIndex(most_articles=_MOST_COMPARED)
        self._index = RuleIndex()
        self._index.add(replace(rule, feeds=FeedSelector()))
        self._stored = self._articles = self._matched = 0
        self._first: dict[_Subject, tuple[datetime, FeedId]] = {}
        self._best: dict[_Subject, tuple[_Rank, BacktestExample]] = {}

    def count(self, *, is_read: bool) -> None:
        """Count an article that came in time; `is_read` by the rule."""
        self._stored += 1
        self._articles += is_read

    def add(self, stored: StoredArticle, terms: int) -> None:
        """Add an article that matched, by so many terms."""
        article = stored.article
        self._matched += 1
        subject: _Subject = self._story_of(article) if self._once_per_story else article.id
        news = (stored.came_at, article.feed_id)
        self._first[subject] = min(self._first.get(subject, news), news)
        self._offer(subject, stored, terms)

    def _story_of(self, article: Article) -> StoryId:
        """Return the story of an article: of those that came later, as they are read the newest first."""
        story_id = self._stories.story_of(article)
        self._stories.add(article, story_id)
        return story_id

    def report(
        self, terms: tuple[TermUse, ...], *, since: datetime, until: datetime, timezone: ZoneInfo
    ) -> BacktestReport:
        """Return what was found."""
        alerts = sorted(self._first.values())
        moments = [moment for moment, _ in alerts]
        ranked = sorted(self._best.values(), key=lambda one: one[0], reverse=True)
        return BacktestReport(
            since=since,
            until=until,
            stored=self._stored,
            articles=self._articles,
            matched=self._matched,
            alerts=len(alerts),
            by_day=_by_day(moments, since, until, timezone),
            worst_hour=_worst_hour(moments),
            examples=tuple(example for _, example in ranked),
            feeds=_shares([feed_id for _, feed_id in alerts]),
            terms=terms,
        )

    def _offer(self, subject: _Subject, stored: StoredArticle, terms: int) -> None:
        """Keep an article where it is one of the best; its words are looked for only where it can be."""
        worst = min((rank for rank, _ in self._best.values()), default=None)
        if worst is not None and len(self._best) == MOST_EXAMPLES and (terms, True, stored.came_at) <= worst:
            return
        match = self._index.match(stored.article)[0]
        rank = (terms, any(span.field is Field.TITLE for span in match.spans), stored.came_at)
        if subject in self._best and self._best[subject][0] >= rank:
            return
        self._best[subject] = (
            rank,
            BacktestExample(article=stored.article, match=match, came_at=stored.came_at, terms=terms),
        )
        if len(self._best) > MOST_EXAMPLES:
            del self._best[min(self._best, key=lambda one: self._best[one][0])]


def _by_day(moments: list[datetime], since: datetime, until: datetime, timezone: ZoneInfo) -> tuple[DayCount, ...]:
    counts = Counter(moment.astimezone(timezone).date() for moment in moments)
    first = since.astimezone(timezone).date()
    days = (until.astimezone(timezone).date() - first).days
    every = (first + timedelta(days=number) for number in range(days + 1))
    return tuple(DayCount(day=day, alerts=counts[day]) for day in every)


def _worst_hour(moments: list[datetime]) -> WorstHour | None:
    """Return the fullest 60 minutes of moments in order; of several as full, the first."""
    worst: WorstHour | None = None
    start = 0
    for end, moment in enumerate(moments, start=1):
        while moments[start] <= moment - _HOUR:
            start += 1
        if worst is None or end - start > worst.alerts:
            worst = WorstHour(starts_at=moments[start], alerts=end - start)
    return worst


def _shares(feed_ids: list[FeedId]) -> tuple[FeedShare, ...]:
    counts = sorted(Counter(feed_ids).items(), key=lambda item: (-item[1], item[0]))
    return tuple(FeedShare(feed_id=feed_id, alerts=alerts, share=alerts / len(feed_ids)) for feed_id, alerts in counts)
