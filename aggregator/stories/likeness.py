"""How alike two articles are, in what tells an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import sqrt

from aggregator.stories.sources import Report, Weights
from aggregator.stories.terms import Terms

# Found on a part of the labelled set (tests/stories), and rounded; docs/decisions/0015-stories.md says what for.
_FEWEST_SHARED = 2
_WHOLE = 0.45
_TITLES = 0.6
_OTHER_LANGUAGE = 1.3
_FIGURES = 0.2
_NO_COMMON_FIGURE = 0.1
_A_DAY_LATER = 0.3
_SAME_FEED = 0.25
_OTHER_FIGURES = 0.2
_SAME_TEMPLATE = 0.7
_GRACE = timedelta(hours=3)
_DAY = timedelta(days=1)
_NONE = timedelta()


class Comparison:
    """Compares one article with others. `worth` is what each of its terms is worth, the square of its idf."""

    def __init__(self, report: Report, worth: Mapping[str, float], weights: Weights, window: timedelta) -> None:
        self._report = report
        self._worth = worth
        self._title = frozenset(report.terms.title)
        self._weights = weights
        self._window = window

    def likeness(self, other: Report, weights: Weights) -> float:
        """Return how likely both report one event: from 0 for nothing in common to about 1.2 for copies.

        `weights` are those of the other. Much later, or of the same feed, it can be less than 0.
        """
        gap = abs(self._report.source.published_at - other.source.published_at)
        mine, theirs = self._report.terms.identifiers, other.terms.identifiers
        if gap > self._window or (mine and theirs and set(mine).isdisjoint(theirs)):
            return 0.0
        alike = self._alikeness(other, weights)
        days_late = max(_NONE, gap - _GRACE) / _DAY
        if self._report.source.feed_id != other.source.feed_id:
            return alike - _A_DAY_LATER * days_late
        return alike - 2 * _A_DAY_LATER * days_late - _same_feed(self._report.terms, other.terms)

    def _alikeness(self, other: Report, weights: Weights) -> float:
        """Compare the wholes by cosine, each title with the other whole by its share there, and the telling figures."""
        shared = [word for word in other.terms.words if word in self._worth]
        if len(shared) < max(1, min(_FEWEST_SHARED, len(self._worth), len(other.terms.words))):
            return 0.0
        my_title = _share(self._sum(word for word in shared if word in self._title), self._weights.title)
        other_title = _share(self._sum(word for word in other.terms.title if word in self._worth), weights.title)
        alike = _WHOLE * self._sum(shared) / sqrt(self._weights.whole * weights.whole)
        alike += _TITLES * (my_title + other_title) / 2
        if self._report.language and other.language and self._report.language != other.language:
            alike *= _OTHER_LANGUAGE  # little but names and figures can be the same
        if self._weights.figures and weights.figures:
            common = self._sum(word for word in other.terms.telling_figures if word in self._worth)
            figures = common / min(self._weights.figures, weights.figures)
            alike += _FIGURES * figures if figures else -_NO_COMMON_FIGURE
        return alike

    def _sum(self, words: Iterable[str]) -> float:
        return sum(map(self._worth.__getitem__, words))


def _same_feed(mine: Terms, theirs: Terms) -> float:
    """Return how much less likely it is as both are of one feed, which seldom reports an event twice.

    Titles that are alike but for their figures are of one template: the quakes, or the prices, of another time.
    """
    my_figures, their_figures = mine.title_figures(), theirs.title_figures()
    if my_figures <= their_figures or their_figures <= my_figures:
        return _SAME_FEED
    my_words, their_words = set(mine.title) - my_figures, set(theirs.title) - their_figures
    if len(my_words & their_words) >= _SAME_TEMPLATE * sqrt(len(my_words) * len(their_words)):
        return 2.0
    return _SAME_FEED + _OTHER_FIGURES


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
