"""How well stories are found on the labelled articles: the thresholds of docs/decisions/0015-stories.md."""

from __future__ import annotations

import pytest
from support.labelled_stories import DEVELOPED, HELD_OUT, labelled, quality_of, stories_of

from aggregator.stories.index import StoryIndex


@pytest.mark.parametrize("files", [(DEVELOPED,), (HELD_OUT,), (DEVELOPED, HELD_OUT)])
def test_articles_of_one_event_are_one_story(files: tuple[str, ...]) -> None:
    """Of the pairs in one story at least 98 in 100 are of one event, of the pairs of one event 85 are in one story."""
    items = labelled(*files)

    quality = quality_of(items, stories_of((item.article for item in items), StoryIndex()))

    assert quality.precision >= 0.98
    assert quality.recall >= 0.85


def test_the_labelled_set_is_large_enough() -> None:
    """It has at least 150 articles of 40 events, in five languages, a quarter of them held out."""
    items, held_out = labelled(DEVELOPED, HELD_OUT), labelled(HELD_OUT)

    assert len(items) >= 150
    assert len({item.event for item in items}) >= 40
    assert {item.article.language for item in items} == {"de", "en", "es", "ru", "uk"}
    assert len(held_out) >= len(items) / 4
