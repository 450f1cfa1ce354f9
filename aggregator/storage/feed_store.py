"""The store of feeds, and of the plans of polls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from aggregator.model.articles import SeenArticle
from aggregator.model.feeds import DueFeed, Feed, FeedState, FeedStatus, FeedSummary
from aggregator.model.fetches import Outline
from aggregator.model.ids import (
    ArticleKey,
    FeedId,
)
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.websub import WebSubSubscription
from aggregator.storage import (
    feed_queries,
    poll_writes,
    websub_queries,
)
from aggregator.storage.database import Database
from aggregator.storage.group_commit import GroupCommit


class SqlFeedStore:
    """Fulfils `ports.feeds.FeedStore`; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._plans = GroupCommit(self._write_plans)

    async def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """See `ports.Store`."""
        await self.database.write(feed_queries.sync_feeds, feeds, now)

    async def add_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """See `ports.Store`."""
        await self.database.write(feed_queries.add_feeds, feeds, now)

    async def remove_feeds(self, ids: Collection[FeedId]) -> list[FeedId]:
        """See `ports.Store`."""
        return await self.database.write(feed_queries.remove_feeds, ids)

    async def make_due(self, ids: Collection[FeedId], now: datetime) -> int:
        """See `ports.Store`."""
        return await self.database.write(feed_queries.make_due, ids, now)

    async def added_feeds(self, ids: Collection[FeedId] | None = None) -> list[Feed]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.added_feeds, ids)

    async def due_feeds(self, now: datetime, limit: int, after: DueFeed | None = None) -> list[DueFeed]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.due_feeds, now, limit, after)

    async def feed_states(self, ids: Collection[FeedId] | None = None) -> list[FeedState]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.active_states, ids)

    async def feed_state(self, feed_id: FeedId) -> FeedState | None:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.feed_state, feed_id)

    async def count_feeds(self) -> Mapping[FeedStatus, int]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.count_feeds)

    async def list_feeds(self) -> list[FeedSummary]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.list_feeds)

    async def seen_articles(
        self, feed_id: FeedId, keys: Collection[ArticleKey], link_keys: Collection[str]
    ) -> list[SeenArticle]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.seen, feed_id, list(keys), list(link_keys))

    async def outline(self, feed_id: FeedId) -> Outline | None:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.outline, feed_id)

    async def host_holds(self, now: datetime) -> list[HostHold]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.holds, now)

    async def websub_subscriptions(self) -> list[WebSubSubscription]:
        """See `ports.Store`."""
        return await self.database.read(websub_queries.subscriptions)

    async def save_websub(self, subscription: WebSubSubscription) -> None:
        """See `ports.Store`."""
        await self.database.write(websub_queries.save, subscription)

    async def apply(self, plan: PollPlan) -> None:
        """See `ports.Store`."""
        await self._plans.apply(plan)

    async def prune_seen(self, now: datetime) -> int:
        """See `ports.Store`."""
        return await self.database.write(feed_queries.prune_seen, now)

    async def _write_plans(self, plans: Sequence[PollPlan]) -> Sequence[None]:
        await self.database.write(poll_writes.write_plans, plans)
        return [None] * len(plans)

    async def _finish_plans(self) -> None:
        """Write what is still to be written."""
        await self._plans.close()
