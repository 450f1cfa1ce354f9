"""What a fetch and a parse can come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.articles import Article
from aggregator.model.cadence import FeedHints
from aggregator.model.ids import ArticleKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a document listed when it was last read: each item's fingerprint and the key of its article.

    An item with an equal fingerprint, in a document with an equal `context`, is the same as then. Fingerprints are
    None where items cannot be read apart from each other.
    """

    context: str
    items: tuple[tuple[str | None, ArticleKey], ...]

    @property
    def keys(self) -> tuple[ArticleKey, ...]:
        """The keys of the articles that were listed."""
        return tuple(key for _, key in self.items)


class PollFailure(StrEnum):
    """Why a poll came to nothing. Closed: every adapter maps its errors to one of these."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    HTTP_STATUS = "http status"
    HOST_HELD = "host held"
    REDIRECTS = "redirects"
    TOO_LARGE = "too large"
    BAD_URL = "bad url"
    UNREADABLE_FILE = "unreadable file"
    BAD_COMPRESSION = "bad compression"
    NOT_A_FEED = "not a feed"
    NO_ARTICLE = "no article"
    MISSING_EXTRA = "missing extra"
    REFUSED_ADDRESS = "refused address"
    PARSER_TIMEOUT = "parser timeout"
    PARSER_MEMORY = "parser memory"
    PARSER_CRASHED = "parser crashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A feed document as it came over the wire.

    `body` is still compressed as `content_encoding` says; `body_hash` is of these bytes. `url` is where it came
    from in the end, after redirects; `permanent_url` is the same when every redirect on the way was permanent (301
    or 308), None when there was none or another kind. `fresh_for` is how long its server calls it fresh (RFC 9111
    §4.2). `is_delta` says that it has only what is new (226 IM Used, RFC 3229 §10.4.1).
    """

    url: str
    status: int
    body: bytes
    body_hash: str
    fetched_at: datetime
    content_type: str | None = None
    content_encoding: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None
    permanent_url: str | None = None
    link_headers: tuple[str, ...] = ()
    is_delta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The feed is as it was at the last poll (RFC 9110 §15.4.5, or the same bytes again)."""

    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None
    permanent_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFailed:
    """The feed could not be read. `detail` is one line for a person: what happened and what to do.

    `retry_after` is what the server asked for (RFC 9110 §10.2.3), `host` the one that asked for it. Where a `HOST_HELD`
    asked for it earlier, nothing was sent at all.
    """

    reason: PollFailure
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    host: str | None = None


FetchResult = Fetched | NotModified | PollFailed
DocumentResult = Fetched | PollFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document, read. `format` is feedparser's version word (`rss20`, `atom10`, …) or `json11`.

    `articles` are in the document's order, without those that the given outline shows to be as they were: of
    these, `unchanged` has the keys. `outline` is what to give to the next reading. `hub_url` and `self_url` are of
    WebSub §4, `archive_urls` of RFC 5005 §3 and §4: where older articles are, the best first.
    """

    format: str
    articles: tuple[Article, ...]
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    unchanged: tuple[ArticleKey, ...] = ()
    outline: Outline | None = None
    hints: FeedHints | None = None
    hub_url: str | None = None
    self_url: str | None = None
    archive_urls: tuple[str, ...] = ()


ParseResult = ParsedFeed | PollFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The article that a web page is about, as plain text."""

    text: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    language: str | None = None


PageResult = Page | PollFailed
