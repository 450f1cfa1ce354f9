"""Which id a story has."""

from __future__ import annotations

from aggregator.model.articles import Article
from aggregator.model.ids import StoryId, derive_id


def new_story(article: Article) -> StoryId:
    """Return the id of the story that begins with the article."""
    return StoryId(derive_id("story", article.id))


def story_of(article: Article) -> StoryId:
    """Return the story of an article that is on its own, with no others to compare it with."""
    return new_story(article)
