"""What the store knows of articles: their texts, matches and stories, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

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


class ArticleStore(Protocol):
    """What the store knows of articles."""

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
