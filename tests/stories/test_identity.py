"""The ids of stories."""

from __future__ import annotations

from support.builders import article

from aggregator.stories.identity import new_story


def test_a_story_has_its_id_from_the_article_that_begins_it() -> None:
    """It is the same whenever it is asked for, and differs from those of other articles' stories."""
    assert new_story(article("a")) == new_story(article("a"))
    assert new_story(article("a")) != new_story(article("b"))
