"""The ids of stories."""

from __future__ import annotations

from support.builders import article

from aggregator.stories.identity import new_story, story_of


def test_an_article_on_its_own_is_its_own_story() -> None:
    """The id follows from the article's, and differs from those of other articles' stories."""
    assert story_of(article("a")) == new_story(article("a"))
    assert new_story(article("a")) != new_story(article("b"))
