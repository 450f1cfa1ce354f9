"""Articles as the store keeps them: with the times that are of the store alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.articles import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article, and when it was stored.

    `came_at` is when it could first have been told of, never later than `stored_at`: when it was stored; of what a feed
    listed already when it was first read, when that was published. A publisher's date is asked for nothing else, as it
    may be years off.
    """

    article: Article
    stored_at: datetime
    came_at: datetime
