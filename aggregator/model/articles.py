"""Articles: an RSS item, an Atom entry or a JSON Feed item, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.ids import ArticleId, ArticleKey, FeedId, derive_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of one feed. All text is plain text: no markup, entities resolved, paragraphs on lines of their own.

    `key` is what makes it the same article at the next poll; `content_hash` changes when its title or text does.
    `published_at` is what the feed says, or when it was first fetched where the feed says nothing.
    `tags` are the article's own categories, `feed_tags` those that the operator gave its feed.
    """

    feed_id: FeedId
    key: ArticleKey
    url: str
    title: str
    published_at: datetime
    content_hash: str
    authors: tuple[str, ...] = ()
    summary: str = ""
    body: str = ""
    tags: tuple[str, ...] = ()
    feed_tags: tuple[str, ...] = ()
    language: str | None = None
    image_url: str | None = None

    @property
    def id(self) -> ArticleId:
        """The id that follows from the feed and the key."""
        return ArticleId(derive_id("article", self.feed_id, self.key))

    @property
    def text(self) -> str:
        """The fullest plain text there is of it: the body, or else the summary."""
        return self.body or self.summary


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """What the store remembers of an article for as long as its feed lists it, and 30 days more."""

    key: ArticleKey
    content_hash: str
