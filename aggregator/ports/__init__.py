"""What operations need of the world: the Protocols that adapters fulfil. Each docstring is the specification."""

from __future__ import annotations

from typing import Protocol

from aggregator.ports.articles import ArticleStore
from aggregator.ports.chats import ChatStore
from aggregator.ports.feeds import FeedStore, Fetcher, Parser
from aggregator.ports.outbox import OutboxStore
from aggregator.ports.sending import Jobs, Notifier

__all__ = ["Fetcher", "Jobs", "Notifier", "Parser", "Store"]


class Store(FeedStore, ArticleStore, OutboxStore, ChatStore, Protocol):
    """Remembers everything. Every method is one transaction: all of it happens, or none.

    All methods raise `StoreUnavailable` when the database cannot be reached. Datetimes are aware, in UTC, both ways.
    """

    async def close(self) -> None:
        """Finish what is under way and let go of the database. Idempotent."""
