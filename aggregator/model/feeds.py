"""Feeds: what is configured, and what was learned of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.cadence import Cadence, FeedHints
from aggregator.model.ids import FeedId

CONFIGURATION = "configuration"
COMMAND_LINE = "command line"
DISCOVERED = "discovered"
"""The owner of a feed that the command line added from a page on another host: nobody vouches for where it is."""


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
    """A feed as its owner configured it. `title` is the owner's own; the feed's is in `FeedState`.

    A feed with an `interval` is polled at just that interval, one without as its cadence teaches. `ignores_hints`
    is for an operator who knows better than the feed how often it may be asked. `folder` is where a list of feeds had
    it, the outermost first; it, `site_url` and `description` are kept for the next list. `owner` is who added it: the
    configuration's files, the command line, or a chat, the web or the API.
    """

    id: FeedId
    url: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    interval: timedelta | None = None
    first_poll: FirstPoll = FirstPoll.BASELINE
    language: str | None = None
    full_text: FullText = FullText.NEVER
    ignores_hints: bool = False
    folder: tuple[str, ...] = ()
    site_url: str | None = None
    description: str | None = None
    access: FeedAccess = OPEN_ACCESS
    owner: str = CONFIGURATION

    @property
    def is_public_only(self) -> bool:
        """Whether only public addresses may be reached for it: the operator's own feeds may be anywhere."""
        return self.owner not in (CONFIGURATION, COMMAND_LINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What polling has learned of a feed.

    `etag` and `last_modified` are the validators of RFC 9110 §8.8, verbatim. `baselined_at` is when the feed was
    first read with success: before that, every article in it is old. `failures` counts failed polls in a row;
    `gone_at` is when its server said that it is gone, and holds until it is read again.

    `moved_url` is where the feed was permanently redirected to in the last `moved_polls` polls in a row; once
    `url` is set, it is polled there. `gaps` counts the polls before which articles were probably lost, and
    `pace_limit` is the longest wait that the last such loss allows. `listed` is how many articles the feed listed.
    The `…_noticed_at` times are when the admins were told, None while there is nothing to tell.
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
    url: str | None = None
    moved_url: str | None = None
    moved_polls: int = 0
    listed: int = 0
    gaps: int = 0
    last_gap_at: datetime | None = None
    pace_limit: timedelta | None = None
    broken_noticed_at: datetime | None = None
    silence_noticed_at: datetime | None = None
    cadence: Cadence | None = None
    hints: FeedHints | None = None

    @property
    def status(self) -> FeedStatus:
        """The one word that sums this state up."""
        if self.gone_at is not None:
            return FeedStatus.GONE
        if self.failures:
            return FeedStatus.FAILING
        return FeedStatus.NEW if self.last_polled_at is None else FeedStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed that may be polled since `next_poll_at`, at `url`."""

    feed_id: FeedId
    url: str
    next_poll_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSummary:
    """A feed with its state and how many of its articles are stored."""

    feed: Feed
    state: FeedState
    articles: int
