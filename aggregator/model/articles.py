"""Articles: an RSS item, an Atom entry or a JSON Feed item, in one shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.ids import ArticleId, ArticleKey, FeedId, derive_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of one feed. All text is plain text: no markup, entities resolved, paragraphs on lines of their own.

    `key` is what makes it the same article at the next poll; `content_hash` changes when its title or text does.
    `published_at` is what the feed says, or when it was first fetched where the feed says nothing.
    `tags` are the article's own categories, `feed_tags` those that the operator gave its feed. `link_key` is its link
    in the form in which links are compared, None where other items share it, or where it is the site's. `has_page_text`
    says that `body` is from the article's page; `page_error` why its page could not be read, where it should have been.

    What is of the document that listed it alone is not stored: `is_dated` says whether that gave it a date,
    `shared_key` is the id that it had in common with others there.
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
    link_key: str | None = None
    has_page_text: bool = False
    page_error: str | None = None
    is_dated: bool = field(default=True, compare=False)
    shared_key: ArticleKey | None = field(default=None, compare=False)

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
    """What the store remembers of an article for as long as its feed lists it, and 30 days more.

    `key` is what the feed called it when it was seen so, `article_key` what the article has been called since it was
    new: they differ when a feed gives an article another id.
    """

    key: ArticleKey
    article_key: ArticleKey
    content_hash: str
    title: str
    published_at: datetime
    link_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An earlier text of an article that its publisher changed.

    `diff` is the change in words: pieces that begin with `=` were kept, with `-` taken out, with `+` put in.
    """

    article_id: ArticleId
    replaced_at: datetime
    title: str
    text: str
    content_hash: str
    diff: tuple[str, ...]
