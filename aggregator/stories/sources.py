"""The sources of a story: what is kept of each of its articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleId, FeedId
from aggregator.stories.terms import Terms, read_terms

_TITLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Source:
    """An article as one of the sources of its story; a title of more than 300 characters is cut."""

    article_id: ArticleId
    feed_id: FeedId
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Weights:
    """What the terms of an article are worth together: all of them, those of its title, its telling figures."""

    whole: float
    title: float
    figures: float


@dataclass(slots=True, eq=False)
class Report:
    """A source with what it is compared by. `language` is without its region: en.

    `weights` are what its terms were worth when they were last asked for, which changes with the window.
    """

    source: Source
    language: str | None
    terms: Terms
    weights: Weights | None = None


def read_report(article: Article) -> Report:
    """Return what a story keeps of the article."""
    source = Source(article.id, article.feed_id, article.title[:_TITLE_CHARACTERS], article.url, article.published_at)
    language = (article.language or "").partition("-")[0].casefold() or None
    return Report(source, language, read_terms(article))
