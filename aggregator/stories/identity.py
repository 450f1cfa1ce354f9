"""Which story an article belongs to."""

from __future__ import annotations

from aggregator.model.articles import Article
from aggregator.model.ids import StoryId, derive_id


def story_of(article: Article) -> StoryId:
    """Return the article's story: until articles are clustered, each is a story of its own."""
    return StoryId(derive_id("story", article.id))
