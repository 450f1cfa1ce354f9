"""Which id a story has."""

from __future__ import annotations

from aggregator.model.articles import Article
from aggregator.model.ids import StoryId, derive_id


def new_story(article: Article) -> StoryId:
    """Return the id of the story that begins with the article."""
    return StoryId(derive_id("story", article.id))
