"""The store of articles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from aggregator.model.articles import Article, Revision
from aggregator.model.feedback import Feedback, JudgedArticle, Precision
from aggregator.model.ids import (
    AlertId,
    ArticleId,
    DeliveryId,
    RuleId,
    StoryId,
)
from aggregator.model.stored import StoredArticle
from aggregator.model.stories import StoryArticle
from aggregator.model.traces import ArticleAddress, ArticleTitle, FoundMatch, TracedAlert, TracedArticle
from aggregator.storage import (
    article_queries,
    feed_queries,
    feedback_queries,
    story_queries,
    why_queries,
)
from aggregator.storage.database import Database


class SqlArticleStore:
    """Fulfils `ports.articles.ArticleStore`; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def stored_articles(self, ids: Collection[ArticleId]) -> Mapping[ArticleId, Article]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.stored_articles, list(ids))

    async def articles_stored(
        self, since: datetime, limit: int, before: StoredArticle | None = None
    ) -> list[StoredArticle]:
        """See `ports.Store`."""
        return await self.database.read(article_queries.articles_page, since, limit, before)

    async def count_articles_stored(self, since: datetime) -> int:
        """See `ports.Store`."""
        return await self.database.read(article_queries.count_articles, since)

    async def trace_articles(
        self, *, ids: Collection[str] = (), keys: Collection[str] = (), link_keys: Collection[str] = ()
    ) -> list[TracedArticle]:
        """See `ports.Store`."""
        return await self.database.read(why_queries.trace_articles, ids, keys, link_keys)

    async def article_titles(self, limit: int) -> list[ArticleTitle]:
        """See `ports.Store`."""
        return await self.database.read(why_queries.titles, limit)

    async def article_addresses(self, host: str, limit: int) -> list[ArticleAddress]:
        """See `ports.Store`."""
        return await self.database.read(why_queries.addresses, host, limit)

    async def article_matches(self, article_id: ArticleId) -> list[FoundMatch]:
        """See `ports.Store`."""
        return await self.database.read(why_queries.matches_of, article_id)

    async def trace_alerts(self, article_id: ArticleId, alert_ids: Collection[AlertId] = ()) -> list[TracedAlert]:
        """See `ports.Store`."""
        return await self.database.read(why_queries.trace_alerts, article_id, alert_ids)

    async def revisions(self, article_id: ArticleId) -> list[Revision]:
        """See `ports.Store`."""
        return await self.database.read(feed_queries.revisions_of, article_id)

    async def story_articles(self, since: datetime) -> list[StoryArticle]:
        """See `ports.Store`."""
        return await self.database.read(story_queries.story_articles, since)

    async def has_story(self, story_id: StoryId) -> bool:
        """See `ports.Store`."""
        return await self.database.read(story_queries.has_story, story_id)

    async def alert_of(self, delivery_id: DeliveryId) -> AlertId | None:
        """See `ports.Store`."""
        return await self.database.read(feedback_queries.alert_of, delivery_id)

    async def save_feedback(self, given: Feedback) -> list[RuleId]:
        """See `ports.Store`."""
        return await self.database.write(feedback_queries.save, given)

    async def precisions(self) -> list[Precision]:
        """See `ports.Store`."""
        return await self.database.read(feedback_queries.precisions)

    async def judged_articles(self, rule_id: RuleId, limit: int) -> list[JudgedArticle]:
        """See `ports.Store`."""
        return await self.database.read(feedback_queries.judged_articles, rule_id, limit)
