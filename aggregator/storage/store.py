"""The store over SQLAlchemy: the one implementation of `ports.Store`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from aggregator.alerts.agenda import Agenda
from aggregator.model.alerts import (
    AttemptOutcome,
    ChannelState,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    DeliverySummary,
    DueDelivery,
)
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.dead_letters import DeliveryDetails
from aggregator.model.feedback import Feedback, JudgedArticle, Precision
from aggregator.model.feeds import DueFeed, Feed, FeedState, FeedStatus, FeedSummary
from aggregator.model.fetches import Outline
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
from aggregator.model.notices import Notice
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.silences import Silence
from aggregator.model.stored import StoredArticle
from aggregator.model.stories import StoryArticle
from aggregator.model.traces import ArticleAddress, ArticleTitle, FoundMatch, TracedAlert, TracedArticle
from aggregator.model.websub import WebSubSubscription
from aggregator.storage import (
    agenda_queries,
    article_queries,
    channel_queries,
    dead_letters,
    delivery_queries,
    due_queries,
    feed_queries,
    feedback_queries,
    poll_writes,
    silence_queries,
    story_queries,
    websub_queries,
    why_queries,
)
from aggregator.storage.dead_letters import Selection
from aggregator.storage.delivery_queries import Attempt
from aggregator.storage.engine import make_engine, translated_errors
from aggregator.storage.group_commit import GroupCommit
from aggregator.storage.migrate import upgrade

P = ParamSpec("P")
T = TypeVar("T")


async def open_store(url: str) -> SqlStore:
    """Open the database at `url` (`sqlite:///path`), made or brought up to date as needed.

    Raises:
        StoreUnavailable: when it cannot be opened.
        StoreError: when it was made by a newer version.
    """
    store = SqlStore(make_engine(url), url)
    try:
        await store.upgrade()
    except BaseException:
        await store.close()
        raise
    return store


class SqlStore:
    """Fulfils `ports.Store`; every method is one transaction."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self._engine = engine
        self._reading = engine.execution_options(is_writer=False)
        self._url = url
        self._plans = GroupCommit(self._write_plans)
        self._attempts = GroupCommit(self._write_attempts)

    async def upgrade(self) -> None:
        """Run the migrations that are missing."""
        await self._write(upgrade)

    async def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """See `ports.Store`."""
        await self._write(feed_queries.sync_feeds, feeds, now)

    async def due_feeds(self, now: datetime, limit: int, after: DueFeed | None = None) -> list[DueFeed]:
        """See `ports.Store`."""
        return await self._read(feed_queries.due_feeds, now, limit, after)

    async def feed_states(self, ids: Collection[FeedId] | None = None) -> list[FeedState]:
        """See `ports.Store`."""
        return await self._read(feed_queries.active_states, ids)

    async def feed_state(self, feed_id: FeedId) -> FeedState | None:
        """See `ports.Store`."""
        return await self._read(feed_queries.feed_state, feed_id)

    async def count_feeds(self) -> Mapping[FeedStatus, int]:
        """See `ports.Store`."""
        return await self._read(feed_queries.count_feeds)

    async def list_feeds(self) -> list[FeedSummary]:
        """See `ports.Store`."""
        return await self._read(feed_queries.list_feeds)

    async def add_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """See `ports.Store`."""
        await self._write(feed_queries.add_feeds, feeds, now)

    async def remove_feeds(self, ids: Collection[FeedId]) -> list[FeedId]:
        """See `ports.Store`."""
        return await self._write(feed_queries.remove_feeds, ids)

    async def make_due(self, ids: Collection[FeedId], now: datetime) -> int:
        """See `ports.Store`."""
        return await self._write(feed_queries.make_due, ids, now)

    async def added_feeds(self, ids: Collection[FeedId] | None = None) -> list[Feed]:
        """See `ports.Store`."""
        return await self._read(feed_queries.added_feeds, ids)

    async def seen_articles(
        self, feed_id: FeedId, keys: Collection[ArticleKey], link_keys: Collection[str]
    ) -> list[SeenArticle]:
        """See `ports.Store`."""
        return await self._read(feed_queries.seen, feed_id, list(keys), list(link_keys))

    async def stored_articles(self, ids: Collection[ArticleId]) -> Mapping[ArticleId, Article]:
        """See `ports.Store`."""
        return await self._read(feed_queries.stored_articles, list(ids))

    async def articles_stored(
        self, since: datetime, limit: int, before: StoredArticle | None = None
    ) -> list[StoredArticle]:
        """See `ports.Store`."""
        return await self._read(article_queries.articles_page, since, limit, before)

    async def count_articles_stored(self, since: datetime) -> int:
        """See `ports.Store`."""
        return await self._read(article_queries.count_articles, since)

    async def trace_articles(
        self, *, ids: Collection[str] = (), keys: Collection[str] = (), link_keys: Collection[str] = ()
    ) -> list[TracedArticle]:
        """See `ports.Store`."""
        return await self._read(why_queries.trace_articles, ids, keys, link_keys)

    async def article_titles(self, limit: int) -> list[ArticleTitle]:
        """See `ports.Store`."""
        return await self._read(why_queries.titles, limit)

    async def article_addresses(self, host: str, limit: int) -> list[ArticleAddress]:
        """See `ports.Store`."""
        return await self._read(why_queries.addresses, host, limit)

    async def article_matches(self, article_id: ArticleId) -> list[FoundMatch]:
        """See `ports.Store`."""
        return await self._read(why_queries.matches_of, article_id)

    async def trace_alerts(self, article_id: ArticleId, alert_ids: Collection[AlertId] = ()) -> list[TracedAlert]:
        """See `ports.Store`."""
        return await self._read(why_queries.trace_alerts, article_id, alert_ids)

    async def revisions(self, article_id: ArticleId) -> list[Revision]:
        """See `ports.Store`."""
        return await self._read(feed_queries.revisions_of, article_id)

    async def outline(self, feed_id: FeedId) -> Outline | None:
        """See `ports.Store`."""
        return await self._read(feed_queries.outline, feed_id)

    async def host_holds(self, now: datetime) -> list[HostHold]:
        """See `ports.Store`."""
        return await self._read(feed_queries.holds, now)

    async def websub_subscriptions(self) -> list[WebSubSubscription]:
        """See `ports.Store`."""
        return await self._read(websub_queries.subscriptions)

    async def save_websub(self, subscription: WebSubSubscription) -> None:
        """See `ports.Store`."""
        await self._write(websub_queries.save, subscription)

    async def prune_seen(self, now: datetime) -> int:
        """See `ports.Store`."""
        return await self._write(feed_queries.prune_seen, now)

    async def apply(self, plan: PollPlan) -> None:
        """See `ports.Store`."""
        await self._plans.apply(plan)

    async def story_articles(self, since: datetime) -> list[StoryArticle]:
        """See `ports.Store`."""
        return await self._read(story_queries.story_articles, since)

    async def has_story(self, story_id: StoryId) -> bool:
        """See `ports.Store`."""
        return await self._read(story_queries.has_story, story_id)

    async def alert_of(self, delivery_id: DeliveryId) -> AlertId | None:
        """See `ports.Store`."""
        return await self._read(feedback_queries.alert_of, delivery_id)

    async def save_feedback(self, given: Feedback) -> list[RuleId]:
        """See `ports.Store`."""
        return await self._write(feedback_queries.save, given)

    async def precisions(self) -> list[Precision]:
        """See `ports.Store`."""
        return await self._read(feedback_queries.precisions)

    async def judged_articles(self, rule_id: RuleId, limit: int) -> list[JudgedArticle]:
        """See `ports.Store`."""
        return await self._read(feedback_queries.judged_articles, rule_id, limit)

    async def channels_due(self, now: datetime) -> list[ChannelId]:
        """See `ports.Store`."""
        return await self._read(due_queries.channels_due, now)

    async def claim_deliveries(self, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
        """See `ports.Store`."""
        return await self._read(due_queries.claim, channel_id, now, limit)

    async def read_deliveries(self, ids: Collection[DeliveryId]) -> list[DueDelivery]:
        """See `ports.Store`."""
        return await self._read(due_queries.read_deliveries, ids)

    async def arrange(self, channel_id: ChannelId, agenda: Agenda, now: datetime) -> None:
        """See `ports.Store`."""
        await self._write(agenda_queries.arrange, channel_id, agenda, now)

    async def reconsider_held(self, now: datetime) -> None:
        """See `ports.Store`."""
        await self._write(agenda_queries.reconsider_held, now)

    async def record_attempt(
        self,
        delivery_id: DeliveryId,
        outcome: AttemptOutcome,
        now: datetime,
        *,
        sends: Mapping[str, Sequence[datetime]] | None = None,
    ) -> None:
        """See `ports.Store`."""
        await self._attempts.apply(Attempt(delivery_id, outcome, now, sends or {}))

    async def recent_sends(self) -> Mapping[str, Sequence[datetime]]:
        """See `ports.Store`."""
        return await self._read(channel_queries.recent_sends)

    async def channel_states(self) -> list[ChannelState]:
        """See `ports.Store`."""
        return await self._read(channel_queries.states)

    async def save_channel_state(
        self,
        state: ChannelState,
        notices: Sequence[Notice] = (),
        deliveries: Sequence[Delivery] = (),
        *,
        most_singly: int | None = None,
    ) -> None:
        """See `ports.Store`."""
        await self._write(channel_queries.save_state, state, notices, deliveries, most_singly)

    async def add_silence(self, silence: Silence) -> None:
        """See `ports.Store`."""
        await self._write(silence_queries.add, silence)

    async def list_silences(
        self, now: datetime, *, channel_id: ChannelId | None = None, with_ended: bool = False
    ) -> list[Silence]:
        """See `ports.Store`."""
        return await self._read(silence_queries.list_silences, now, channel_id, with_ended=with_ended)

    async def end_silence(self, silence_id: SilenceId, now: datetime) -> Silence | None:
        """See `ports.Store`."""
        return await self._write(silence_queries.end, silence_id, now)

    async def count_silenced(self, ids: Collection[SilenceId]) -> Mapping[SilenceId, int]:
        """See `ports.Store`."""
        return await self._read(silence_queries.count_silenced, ids)

    async def list_deliveries(
        self,
        *,
        statuses: Collection[DeliveryStatus] = (),
        kinds: Collection[DeliveryKind] = (),
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        limit: int = 100,
    ) -> list[DeliverySummary]:
        """See `ports.Store`."""
        selection = Selection(channel_id=channel_id, reason=reason)
        return await self._read(dead_letters.list_deliveries, statuses, kinds, selection, limit)

    async def delivery_details(self, delivery_id: DeliveryId) -> DeliveryDetails | None:
        """See `ports.Store`."""
        return await self._read(dead_letters.details, delivery_id)

    async def retry_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """See `ports.Store`."""
        selection = Selection(ids=ids, channel_id=channel_id, reason=reason)
        return await self._write(dead_letters.retry, selection, now, by)

    async def discard_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """See `ports.Store`."""
        selection = Selection(ids=ids, channel_id=channel_id, reason=reason)
        return await self._write(dead_letters.discard, selection, now, by)

    async def bury_orphans(self, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
        """See `ports.Store`."""
        return await self._write(delivery_queries.bury_orphans, known, reason)

    async def count_deliveries(self, channel_id: ChannelId | None = None) -> Mapping[DeliveryStatus, int]:
        """See `ports.Store`."""
        return await self._read(delivery_queries.count_deliveries, channel_id)

    async def close(self) -> None:
        """See `ports.Store`."""
        await self._plans.close()
        await self._attempts.close()
        await self._engine.dispose()

    async def _write_plans(self, plans: Sequence[PollPlan]) -> None:
        await self._write(poll_writes.write_plans, plans)

    async def _write_attempts(self, attempts: Sequence[Attempt]) -> None:
        await self._write(delivery_queries.record_attempts, attempts)

    async def _read(self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with translated_errors(self._url):
            async with self._reading.connect() as connection:
                return await connection.run_sync(query, *args, **kwargs)

    async def _write(self, change: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with translated_errors(self._url):
            async with self._engine.begin() as connection:
                return await connection.run_sync(change, *args, **kwargs)
