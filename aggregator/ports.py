"""What operations need of the world: the Protocols that adapters fulfil. Each docstring is the specification."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.alerts.agenda import Agenda
from aggregator.model.alerts import (
    AttemptOutcome,
    ChannelState,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    DeliverySummary,
    DueDelivery,
    Sent,
)
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.candidates import Candidate
from aggregator.model.dead_letters import DeliveryDetails
from aggregator.model.feedback import Feedback, JudgedArticle, Precision
from aggregator.model.feeds import DueFeed, Feed, FeedState, FeedStatus, FeedSummary
from aggregator.model.fetches import DocumentResult, Fetched, FetchResult, Outline, PageResult, ParseResult
from aggregator.model.ids import (
    AlertId,
    ArticleId,
    ArticleKey,
    ChannelId,
    DeliveryId,
    FeedId,
    RuleId,
    SilenceId,
    StoryId,
)
from aggregator.model.messages import Capabilities, Message
from aggregator.model.notices import Notice
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.silences import Silence
from aggregator.model.stored import StoredArticle
from aggregator.model.stories import StoryArticle
from aggregator.model.traces import ArticleAddress, ArticleTitle, FoundMatch, TracedAlert, TracedArticle
from aggregator.model.websub import WebSubSubscription


class Fetcher(Protocol):
    """Gets documents, politely and safely."""

    async def fetch(self, feed: Feed, state: FeedState) -> FetchResult:
        """Get the document that `state.url` or else `feed.url` names now, conditionally on the validators in `state`.

        Whatever the server, the network or the file does comes back as a value within the configured timeout, and
        no more than the configured number of body bytes is read. The same bytes as at the last poll are
        `NotModified` too. Redirects are followed as far as they are safe. Raises nothing but `CancelledError`.
        """

    async def fetch_page(self, url: str, feed: Feed | None = None) -> DocumentResult:
        """Get a web page or a document from a public address, with the limits of `fetch`.

        `feed` is the one on whose behalf it happens: what it shows its own host, the page on the same host is shown
        too. Raises nothing but `CancelledError`.
        """


class Parser(Protocol):
    """Reads documents, off the event loop, within a wall and a memory limit. Raises nothing but `CancelledError`."""

    async def parse(self, feed: Feed, fetched: Fetched, outline: Outline | None = None) -> ParseResult:
        """Decompress and read `fetched`; what `outline` shows to be unchanged need not be read again.

        Articles come in the document's order, each key once, with `feed_tags` from `feed`. A document that is
        damaged but holds articles is a `ParsedFeed`; one that is no feed at all is a `PollFailed`. An empty feed
        is a `ParsedFeed` without articles.
        """

    async def extract(self, page: Fetched) -> PageResult:
        """Decompress a web page and find its article in it."""

    async def candidates(self, page: Fetched) -> tuple[Candidate, ...]:
        """Decompress a web page and find the addresses in it that may be feeds, the likeliest first."""


class Store(Protocol):
    """Remembers everything. Every method is one transaction: all of it happens, or none.

    All methods raise `StoreUnavailable` when the database cannot be reached. Datetimes are aware, in UTC, both ways.
    """

    async def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Make the feeds that the configuration owns exactly `feeds`; feeds that others added stay as they are.

        A feed not known before is due at `now`. A feed whose URL changed is due at `now`, without validators,
        failures or `gone_at`, and keeps its articles, its baseline and its seen-state. A feed that is no longer
        named is not polled or listed any more; named again, it goes on where it was. Idempotent.
        """

    async def add_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Add feeds that the configuration does not own, each under its `owner`; a known id gets the new values.

        One that the configuration owns is left alone. A removed feed that is added again goes on where it was;
        another address under its id begins anew.
        """

    async def remove_feeds(self, ids: Collection[FeedId]) -> list[FeedId]:
        """Take feeds out that the configuration does not own; return which of `ids` they were. Articles stay."""

    async def make_due(self, ids: Collection[FeedId], now: datetime) -> int:
        """Have these feeds polled at `now`; return how many of them are active."""

    async def added_feeds(self, ids: Collection[FeedId] | None = None) -> list[Feed]:
        """Return those of `ids` (None: all) that were added and not removed, in the order of their ids."""

    async def due_feeds(self, now: datetime, limit: int, after: DueFeed | None = None) -> list[DueFeed]:
        """Return at most `limit` active feeds with `next_poll_at <= now`, the longest due first, behind `after`."""

    async def feed_states(self, ids: Collection[FeedId] | None = None) -> list[FeedState]:
        """Return the states of those of `ids` (None: all) that are active, in the order of their ids."""

    async def feed_state(self, feed_id: FeedId) -> FeedState | None:
        """Return the state of one active feed, None when there is none."""

    async def count_feeds(self) -> Mapping[FeedStatus, int]:
        """Return how many active feeds there are of each status; those with none are left out."""

    async def list_feeds(self) -> list[FeedSummary]:
        """Return every configured feed with its state and its number of stored articles, in the order of their ids."""

    async def seen_articles(
        self, feed_id: FeedId, keys: Collection[ArticleKey], link_keys: Collection[str]
    ) -> list[SeenArticle]:
        """Return what is remembered of this feed's articles with one of `keys` or one of `link_keys`."""

    async def stored_articles(self, ids: Collection[ArticleId]) -> Mapping[ArticleId, Article]:
        """Return those of the articles that are stored."""

    async def articles_stored(
        self, since: datetime, limit: int, before: StoredArticle | None = None
    ) -> list[StoredArticle]:
        """Return at most `limit` articles that were stored at `since` or later, the last stored first.

        Those of one time come in falling order of their ids. With `before`, the last one of a page, the next page
        follows: pages overlap nowhere and leave nothing out, whatever is stored between them. Articles of feeds that
        were removed are among them.
        """

    async def count_articles_stored(self, since: datetime) -> int:
        """Return how many articles were stored at `since` or later, without reading them."""

    async def trace_articles(
        self, *, ids: Collection[str] = (), keys: Collection[str] = (), link_keys: Collection[str] = ()
    ) -> list[TracedArticle]:
        """Return the articles of any feed, also of removed ones, that one of these names, each once.

        `ids` are of articles, or of alerts about them and deliveries of these; `keys` and `link_keys` are as feeds
        gave them, at any time. Purged articles are found by their keys alone. Ordered by feed and key.
        """

    async def article_titles(self, limit: int) -> list[ArticleTitle]:
        """Return at most `limit` articles that feeds listed, stored or not, the last seen first."""

    async def article_addresses(self, host: str, limit: int) -> list[ArticleAddress]:
        """Return at most `limit` stored articles whose address has `host` in it, in any case, the last stored first."""

    async def article_matches(self, article_id: ArticleId) -> list[FoundMatch]:
        """Return the matches that were stored of an article, the first found first; also of one that was purged."""

    async def trace_alerts(self, article_id: ArticleId, alert_ids: Collection[AlertId] = ()) -> list[TracedAlert]:
        """Return the alerts about an article and those that `alert_ids` names, the first made first."""

    async def revisions(self, article_id: ArticleId) -> list[Revision]:
        """Return an article's earlier texts, the oldest first."""

    async def outline(self, feed_id: FeedId) -> Outline | None:
        """Return what the feed listed when it was last read, None before that."""

    async def host_holds(self, now: datetime) -> list[HostHold]:
        """Return the hosts that are to be left alone after `now`."""

    async def websub_subscriptions(self) -> list[WebSubSubscription]:
        """Return the push subscriptions of all active feeds, in the order of the feeds' ids."""

    async def save_websub(self, subscription: WebSubSubscription) -> None:
        """Store a push subscription in the place of the one that its feed had."""

    async def apply(self, plan: PollPlan) -> None:
        """Store all of `plan`, durably, before returning: articles, matches, alerts, notices, deliveries, feed state.

        Idempotent: what is already stored under the same id stays as it is, so a plan applied twice sends nothing
        twice. An alert that exists already (same id) gains the rules that it lacks, and no second delivery of a
        kind it has. An update is stored only for an alert that was there before. Deliveries get their place in the
        channel's order from their order in the plan. Of many notices
        in a short time most become due up to ten minutes later (see `alerts.notices`). Concurrent
        calls may share a transaction; one that fails does not fail the others.
        """

    async def story_articles(self, since: datetime) -> list[StoryArticle]:
        """Return the stored articles that joined a story at `since` or later, in the order in which they did."""

    async def has_story(self, story_id: StoryId) -> bool:
        """Whether any stored article is of this story."""

    async def alert_of(self, delivery_id: DeliveryId) -> AlertId | None:
        """Return the alert that a delivery is of; None where there is none."""

    async def save_feedback(self, given: Feedback) -> list[RuleId]:
        """Store what a reader thinks of an alert, in the place of what they thought; return the alert's rules."""

    async def precisions(self) -> list[Precision]:
        """Return what readers think of the alerts of each rule, in the order of the rules' ids; of most, nothing."""

    async def judged_articles(self, rule_id: RuleId, limit: int) -> list[JudgedArticle]:
        """Return at most `limit` articles of the rule's alerts that readers judged, the last judged first."""

    async def channels_due(self, now: datetime) -> list[ChannelId]:
        """Return the channels whose first unfinished alert, or first unfinished notice, may be attempted at `now`."""

    async def claim_deliveries(self, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
        """Return the channel's first unfinished deliveries, in order, up to the first not yet due.

        Unfinished is pending or retrying. Alerts come first, at most `limit`; then notices, at most 1,000, in an
        order of their own. A delivery that waits for its retry holds back those of its own kind behind it: the
        channel's order is kept. Before them come those that were held and whose wait is over, at most 500. The caller
        sees to it that one drain a channel runs at a time.
        """

    async def read_deliveries(self, ids: Collection[DeliveryId]) -> list[DueDelivery]:
        """Return deliveries, wherever they stand, with all that their messages can say; in this order."""

    async def arrange(self, channel_id: ChannelId, agenda: Agenda, now: datetime) -> None:
        """Hold, fold and mute as `agenda` says: all of it or nothing, and only what is still to be sent.

        What is folded joins the channel's digest of that reason of which nothing was sent yet, or becomes a new one,
        which is last in the channel's order.
        """

    async def reconsider_held(self, now: datetime) -> None:
        """Have all that is held, but not by a silence, decided anew: quiet hours, schedules and limits may differ."""

    async def record_attempt(
        self,
        delivery_id: DeliveryId,
        outcome: AttemptOutcome,
        now: datetime,
        *,
        sends: Mapping[str, Sequence[datetime]] | None = None,
    ) -> None:
        """Count an attempt and record what came of it; with it, when the last messages were sent in each scope."""

    async def recent_sends(self) -> Mapping[str, Sequence[datetime]]:
        """Return when the last messages were sent in each scope, as it was recorded last, the oldest first."""

    async def channel_states(self) -> list[ChannelState]:
        """Return what was learned of channels, in the order of their ids; of most there is nothing."""

    async def save_channel_state(
        self,
        state: ChannelState,
        notices: Sequence[Notice] = (),
        deliveries: Sequence[Delivery] = (),
        *,
        most_singly: int | None = None,
    ) -> None:
        """Remember what was learned of a channel, in the place of what was known, with what the admins are told.

        When more than `most_singly` of its alerts wait, they are marked as those of a channel that has returned.
        """

    async def add_silence(self, silence: Silence) -> None:
        """Keep a silence; one that is known already stays as it is."""

    async def list_silences(
        self, now: datetime, *, channel_id: ChannelId | None = None, with_ended: bool = False
    ) -> list[Silence]:
        """Return what silences something at `now`, the oldest first; with `with_ended` what did before, too.

        Of a channel: its own silences, and those of all channels.
        """

    async def end_silence(self, silence_id: SilenceId, now: datetime) -> Silence | None:
        """End a silence, and have what it holds decided anew at once; None when there is none that goes on."""

    async def count_silenced(self, ids: Collection[SilenceId]) -> Mapping[SilenceId, int]:
        """Return how many deliveries each silence met; those that met none are left out."""

    async def list_deliveries(
        self,
        *,
        statuses: Collection[DeliveryStatus] = (),
        kinds: Collection[DeliveryKind] = (),
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        limit: int = 100,
    ) -> list[DeliverySummary]:
        """Return the newest deliveries first; every status when `statuses` is empty, and so with `kinds`.

        `reason` is a part of why one failed, in whatever case its (Latin) letters are.
        """

    async def delivery_details(self, delivery_id: DeliveryId) -> DeliveryDetails | None:
        """Return a delivery, wherever it stands, with what its message says and its attempts; None: there is none.

        Of a digest, with all that it tells and told.
        """

    async def retry_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """Make deliveries due now with their attempts at 0, and return which they were, in order.

        `ids` names dead, waiting or discarded ones; when it is empty, all dead ones are meant, or all that are dead or
        wait for another try of `channel_id`, or with this `reason` (as in `list_deliveries`), or both. A delivery keeps
        its place in its channel's order. What was sent or skipped is left alone, and what a digest tells, which is to
        be retried itself. Those that `ids` names are released: nothing holds them again. Who decided it (`by`) and when
        is kept beside the attempts.
        """

    async def discard_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """Never send these deliveries, and return which they were, in order; they stay listed as discarded.

        `ids` names dead or waiting ones; when it is empty, all dead ones are meant, of `channel_id` and with this
        `reason` where these are given. One that is being sent just now becomes sent if it arrives. Who decided it
        (`by`) and when is kept beside the attempts.
        """

    async def count_deliveries(self, channel_id: ChannelId | None = None) -> Mapping[DeliveryStatus, int]:
        """Return how many deliveries there are of each status; statuses with none are left out."""

    async def bury_orphans(self, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
        """Make deliveries to come of channels that are not `known` dead, with `reason`; return which they were."""

    async def prune_seen(self, now: datetime) -> int:
        """Forget what no feed listed for 30 days and is no longer stored; return how much that was."""

    async def close(self) -> None:
        """Finish what is under way and let go of the database. Idempotent."""


class Notifier(Protocol):
    """Sends messages to one channel of one service."""

    @property
    def capabilities(self) -> Capabilities:
        """What this service can do."""

    async def send(self, message: Message) -> Sent:
        """Send one message, within the notifier's own timeout.

        Returns only when the service has taken the message. Never tries again by itself: the outbox does.

        Raises:
            DeliveryFailed: with the one reason that decides what comes next.
        """

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that was sent. Asked only of notifiers whose `capabilities.can_edit`.

        What already reads so is a success. The returned `message_id` is the one that later edits name.

        Raises:
            DeliveryFailed: MESSAGE_GONE when the service has it no more, or no longer lets it be changed.
        """

    async def close(self) -> None:
        """Let go of connections. Idempotent."""


class Jobs(Protocol):
    """Has work done, in this process or in others."""

    def request_drain(self, channel_ids: Collection[ChannelId]) -> None:
        """Ask that these channels' due deliveries be sent soon. Call after commit.

        At most one drain a channel runs at a time; a request during a drain leads to one more after it.
        """
