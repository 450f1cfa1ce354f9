"""What is told of an article's way: the whole chain of decisions, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.alerts import Alert, Channel, ChannelState, Delivery
from aggregator.model.articles import Revision
from aggregator.model.feeds import FeedSummary
from aggregator.model.ids import ArticleId, ChannelId, FeedId, RuleId
from aggregator.model.rules import Match, NonMatch
from aggregator.model.silences import Silence
from aggregator.model.traces import DeliveryAttempt, FoundMatch, TracedArticle


class Verdict(StrEnum):
    """What a rule of the configuration makes of an article now."""

    MATCHES = "matches"
    FAILS = "fails"
    READS_OTHER_FEEDS = "other_feeds"
    UNKNOWN = "unknown"
    """The rule is no longer in the configuration, or the article's text no longer in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """A rule and an article: `match` or `failure` is as of now, `found` is what was stored when the article came.

    `note` says why now and then differ, where they do, as far as it can be known.
    """

    rule_id: RuleId
    title: str
    verdict: Verdict
    match: Match | None = None
    failure: NonMatch | None = None
    found: FoundMatch | None = None
    note: str | None = None


class HoldKind(StrEnum):
    """What keeps a delivery from being sent at present."""

    CHANNEL_OFF = "channel_off"
    PAUSED = "channel_paused"
    QUIET_HOURS = "quiet_hours"
    SILENCED = "silenced"
    DIGEST = "digest"
    LIMIT = "limit"
    RETURNED = "channel_returned"
    RETRY = "next_try"
    BEHIND = "behind_others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One thing that keeps a delivery, in words; `since` and `until` are None where nobody can say."""

    kind: HoldKind
    text: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """A delivery, each attempt with its answer, what holds it now, and what a person can do.

    `digest` is the one that tells it, or told it; `silence` is what silenced it.
    """

    delivery: Delivery
    attempts: tuple[DeliveryAttempt, ...]
    holds: tuple[Hold, ...]
    advice: str | None
    silence: Silence | None = None
    digest: DeliveryReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReport:
    """What a channel was told. `channel` is None when it is no longer configured; `rule_ids` are the rules that count.

    Where there is no alert, `reason` says why.
    """

    channel_id: ChannelId
    channel: Channel | None
    state: ChannelState
    rule_ids: tuple[RuleId, ...]
    alert: Alert | None = None
    deliveries: tuple[DeliveryReport, ...] = ()
    reason: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether it takes alerts."""
        return self.channel is not None and self.channel.enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReport:
    """All about one article of one feed.

    `is_baseline`: its feed listed it when it was first read, so that it is no news. `is_dated` says whether its feed or
    its page gave it a time, as far as that can be told. `unexplained` counts rules that fail without saying why: of
    thousands of rules only the first are explained.
    """

    traced: TracedArticle
    is_baseline: bool
    is_dated: bool
    revisions: tuple[Revision, ...]
    rules: tuple[RuleReport, ...]
    unexplained: int
    channels: tuple[ChannelReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An article that may be meant. `url` is None when its text was purged."""

    id: ArticleId
    feed_id: FeedId
    title: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFeed:
    """A feed that an article of a site could have come from: of its domain, or with `from_site` such articles."""

    summary: FeedSummary
    is_of_domain: bool
    from_site: int
    last_read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyReport:
    """The answer: `articles` that are meant; else what may be meant, and the feeds of its site (`domain`)."""

    asked: str
    articles: tuple[ArticleReport, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    domain: str | None = None
    feeds: tuple[SiteFeed, ...] = ()
