"""The stories of a window of time, and which of them an article belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from math import log

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleId, StoryId
from aggregator.stories.identity import new_story
from aggregator.stories.likeness import Comparison
from aggregator.stories.sources import Report, Source, Weights, read_report
from aggregator.stories.terms import SMALL, WEAK, Terms

_ALIKE = 0.4
_ROUGHLY_ALIKE = 0.25
_REPRESENTATIVES = 4
"""An article is compared with a story's first few, so that a story cannot drift from one event to the next."""
_MOST_VISITS = 600
_CANDIDATES = 6
_FAINT = 0.3
"""Stories that share less than this part of what the best one does are not compared."""

# Until the window has told how common words are: it counts as so many stories more, of which so many have the term.
_ASSUMED_STORIES = 2000
_WITH_TERM = 0.5
_WITH_SMALL_NUMBER = 20
_WITH_WEAK_WORD = 60


@dataclass(slots=True, eq=False)
class _Story:
    id: StoryId
    number: int
    reports: list[Report] = field(default_factory=list)

    def words(self) -> set[str]:
        """The terms that it is found by."""
        return {word for report in self.reports[:_REPRESENTATIVES] for word in report.terms.words}


class StoryIndex:
    """Puts articles that report one event into one story.

    What it says follows from the articles that were added and their order, and from nothing else: rebuilt from those
    that are still in the window, it says the same. It keeps `most_articles` at most; beyond, the oldest leave.
    """

    def __init__(self, window: timedelta = timedelta(hours=72), *, most_articles: int = 250_000) -> None:
        self._window = window
        self._most_articles = most_articles
        self._stories: dict[StoryId, _Story] = {}
        self._story_of: dict[ArticleId, _Story] = {}
        self._found_by: dict[str, list[_Story]] = {}
        self._by_age: list[tuple[datetime, int, Report]] = []
        self._count = 0
        self._last_read: tuple[Article, Report] | None = None

    @property
    def window(self) -> timedelta:
        """How long articles are remembered."""
        return self._window

    def __len__(self) -> int:
        """The number of articles."""
        return len(self._story_of)

    def story_of(self, article: Article) -> StoryId:
        """Return the article's story: the one that it was added to, one that it is like, or a new one. Adds nothing."""
        report = self._read(article)
        if known := self._story_of.get(report.source.article_id):
            return known.id
        worth = self._worths(report.terms)
        comparison = Comparison(report, worth, _weights(report.terms, worth), self._window)
        best, best_likeness = None, _ALIKE
        for story in self._candidates(report, worth):
            likeness = self._likeness(comparison, story)
            if likeness > best_likeness:
                best, best_likeness = story, likeness
        return best.id if best is not None else new_story(article)

    def add(self, article: Article, story_id: StoryId, joined_at: datetime | None = None) -> None:
        """Make the article a source of the story. One that was added before stays where it is.

        `joined_at` is when it came; its publication where that is None. Feeds date articles as they like.
        """
        report = self._read(article)
        if report.source.article_id in self._story_of:
            return
        self._count += 1
        story = self._stories.get(story_id)
        if story is None:
            story = self._stories[story_id] = _Story(story_id, self._count)
        known_words = story.words()
        story.reports.append(report)
        self._list(story, story.words() - known_words)
        self._story_of[report.source.article_id] = story
        heappush(self._by_age, (joined_at or article.published_at, self._count, report))
        if len(self._by_age) > self._most_articles:
            self._remove_oldest()

    def forget(self, before: datetime) -> int:
        """Remove the articles that came before that time, and return how many they were."""
        removed = 0
        while self._by_age and self._by_age[0][0] < before:
            self._remove_oldest()
            removed += 1
        return removed

    def sources(self, story_id: StoryId) -> tuple[Source, ...]:
        """Return the story's articles that are still in the window, in the order in which they were added."""
        story = self._stories.get(story_id)
        return tuple(report.source for report in story.reports) if story else ()

    def _read(self, article: Article) -> Report:
        """Read an article once where its story is sought and it is added after that."""
        if self._last_read is None or self._last_read[0] is not article:
            self._last_read = article, read_report(article)
        return self._last_read[1]

    def _likeness(self, comparison: Comparison, story: _Story) -> float:
        """Return how like the story's first reports it is: the mean of the most alike and of all of them.

        What their terms are worth now is only looked up where old weights say that they are at all alike.
        """
        reports = story.reports[:_REPRESENTATIVES]
        if all(comparison.likeness(one, one.weights or self._weigh(one)) < _ROUGHLY_ALIKE for one in reports):
            return 0.0
        likenesses = [comparison.likeness(one, self._weigh(one)) for one in reports]
        return (max(likenesses) + sum(likenesses) / len(likenesses)) / 2

    def _weigh(self, report: Report) -> Weights:
        report.weights = _weights(report.terms, self._worths(report.terms))
        return report.weights

    def _worths(self, terms: Terms) -> dict[str, float]:
        """Return the square of the idf of each term."""
        found_by, log_stories = self._found_by, log(len(self._stories) + _ASSUMED_STORIES)
        worths = {}
        for word, kind in zip(terms.words, terms.kinds, strict=True):
            assumed = _WITH_WEAK_WORD if kind & WEAK else _WITH_SMALL_NUMBER if kind & SMALL else _WITH_TERM
            worths[word] = (log_stories - log(len(found_by.get(word, ())) + assumed)) ** 2
        return worths

    def _candidates(self, report: Report, worth: Mapping[str, float]) -> Sequence[_Story]:
        """Return the stories that share the most with the article, by its rarest terms."""
        found = sorted((len(self._found_by[word]), word) for word in report.terms.words if word in self._found_by)
        shared: dict[_Story, float] = {}
        visits = 0
        for count, word in found:
            visits += count
            if visits > _MOST_VISITS:
                break
            value = worth[word]
            for story in self._found_by[word]:
                shared[story] = shared.get(story, 0.0) + value
        least = _FAINT * max(shared.values(), default=0.0)
        likely = [(-value, story.number, story) for story, value in shared.items() if value >= least]
        return [story for _, _, story in sorted(likely)[:_CANDIDATES]]

    def _remove_oldest(self) -> None:
        _, _, report = heappop(self._by_age)
        story = self._story_of.pop(report.source.article_id)
        known_words = story.words()
        story.reports.remove(report)
        left_words = story.words()
        self._list(story, left_words - known_words)
        for word in known_words - left_words:
            found = self._found_by[word]
            found.remove(story)
            if not found:
                del self._found_by[word]
        if not story.reports:
            del self._stories[story.id]

    def _list(self, story: _Story, words: set[str]) -> None:
        for word in words:
            self._found_by.setdefault(word, []).append(story)


def _weights(terms: Terms, worth: Mapping[str, float]) -> Weights:
    whole, title, figures = (
        sum(map(worth.__getitem__, words)) for words in (terms.words, terms.title, terms.telling_figures)
    )
    return Weights(whole, title, figures)
