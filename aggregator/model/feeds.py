"""Feeds: what is configured, what was learned, and what a fetch or a parse can come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.articles import Article
from aggregator.model.ids import FeedId


class FirstPoll(StrEnum):
    """What the articles of a feed's first successful read are: its baseline, or news."""

    BASELINE = "baseline"
    ALERT = "alert"


class FeedStatus(StrEnum):
    """How a feed is doing, as `feeds list` shows it."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    GONE = "gone"


class FullText(StrEnum):
    """When to fetch an article's page for its full text."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as its owner configured it. `title` is the owner's own; the feed's is in `FeedState`."""

    id: FeedId
    url: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    interval: timedelta | None = None
    first_poll: FirstPoll = FirstPoll.BASELINE
    language: str | None = None
    full_text: FullText = FullText.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What polling has learned of a feed.

    `etag` and `last_modified` are the validators of RFC 9110 §8.8, verbatim. `baselined_at` is when the feed was
    first read with success: before that, every article in it is old. `failures` counts failed polls in a row.
    """

    feed_id: FeedId
    next_poll_at: datetime
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    baselined_at: datetime | None = None
    last_polled_at: datetime | None = None
    gone_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None

    @property
    def status(self) -> FeedStatus:
        """The one word that sums this state up."""
        if self.gone_at is not None:
            return FeedStatus.GONE
        if self.failures:
            return FeedStatus.FAILING
        return FeedStatus.NEW if self.last_polled_at is None else FeedStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSummary:
    """A feed with its state and how many of its articles are stored."""

    feed: Feed
    state: FeedState
    articles: int


class PollFailure(StrEnum):
    """Why a poll came to nothing. Closed: every adapter maps its errors to one of these."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    HTTP_STATUS = "http status"
    REDIRECTS = "redirects"
    TOO_LARGE = "too large"
    BAD_URL = "bad url"
    UNREADABLE_FILE = "unreadable file"
    BAD_COMPRESSION = "bad compression"
    NOT_A_FEED = "not a feed"
    PARSER_TIMEOUT = "parser timeout"
    PARSER_MEMORY = "parser memory"
    PARSER_CRASHED = "parser crashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A feed document as it came over the wire.

    `body` is still compressed as `content_encoding` says; `body_hash` is of these bytes. `url` is where it came
    from in the end, after redirects.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The feed is as it was at the last poll (RFC 9110 §15.4.5, or the same bytes again)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFailed:
    """The feed could not be read. `detail` is one line for a person: what happened and what to do."""

    reason: PollFailure
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None


FetchResult = Fetched | NotModified | PollFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document, read. `format` is feedparser's version word (`rss20`, `atom10`, …) or `json11`."""

    format: str
    articles: tuple[Article, ...]
    title: str | None = None
    site_url: str | None = None
    language: str | None = None


ParseResult = ParsedFeed | PollFailed
