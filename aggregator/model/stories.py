"""Which story an article belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleId, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """An article that joined a story, or began it, when it was read."""

    article_id: ArticleId
    story_id: StoryId
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """A stored article with its story, and when it joined that."""

    article: Article
    story_id: StoryId
    joined_at: datetime
