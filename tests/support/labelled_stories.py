"""Labelled articles: which of them report one event, and how well an index of stories finds that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId, StoryId
from aggregator.stories.index import StoryIndex

DEVELOPED = "developed.txt"
"""What the weights and the threshold were found on."""
HELD_OUT = "held_out.txt"
"""What was looked at only after that."""

_FIXTURES = Path(__file__).parents[1] / "stories" / "fixtures"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and the name of the event that it reports."""

    event: str
    article: Article


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairs of articles: `found` are of one event and one story, `wrong` of one story only, `missed` of one event."""

    found: int
    wrong: tuple[tuple[Labelled, Labelled], ...]
    missed: tuple[tuple[Labelled, Labelled], ...]

    @property
    def precision(self) -> float:
        """Of the pairs in one story, the share that is of one event."""
        return self.found / (self.found + len(self.wrong))

    @property
    def recall(self) -> float:
        """Of the pairs of one event, the share that is in one story."""
        return self.found / (self.found + len(self.missed))


def labelled(*names: str) -> list[Labelled]:
    """Return the articles of files of the fixtures, by time of publication.

    A file has an event's name after `==`, and its articles as blocks of lines: language, feed and time; title; text.
    """
    read: list[Labelled] = []
    for name in names:
        event = ""
        for block in (_FIXTURES / name).read_text(encoding="utf-8").split("\n\n"):
            lines = block.strip().splitlines()
            if lines[0].startswith("== "):
                event = lines.pop(0).removeprefix("== ")
            read.append(Labelled(event, _article(f"{event}-{len(read)}", lines)))
    return sorted(read, key=lambda one: one.article.published_at)


def stories_of(articles: Iterable[Article], index: StoryIndex) -> list[StoryId]:
    """Put each article into its story, in the order given, and return the stories."""
    stories = []
    for article in articles:
        story_id = index.story_of(article)
        index.add(article, story_id)
        stories.append(story_id)
    return stories


def quality_of(items: Sequence[Labelled], stories: Sequence[StoryId]) -> Quality:
    """Return how well the stories of the articles agree with their events, over all pairs of articles."""
    found = 0
    wrong, missed = [], []
    for (one, its_story), (other, other_story) in combinations(zip(items, stories, strict=True), 2):
        if one.event == other.event and its_story == other_story:
            found += 1
        elif one.event == other.event:
            missed.append((one, other))
        elif its_story == other_story:
            wrong.append((one, other))
    return Quality(found, tuple(wrong), tuple(missed))


def _article(key: str, lines: Sequence[str]) -> Article:
    language, feed_id, day, hour = lines[0].split()
    return Article(
        feed_id=FeedId(feed_id),
        key=ArticleKey(key),
        url=f"https://{feed_id}.example/{key}",
        title=lines[1],
        published_at=datetime.fromisoformat(f"{day}T{hour}+00:00"),
        content_hash="1",
        summary=lines[2] if len(lines) > 2 else "",
        language=language,
    )
