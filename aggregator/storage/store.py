"""The store over SQLAlchemy: the one implementation of `ports.Store`, made of its parts."""

from __future__ import annotations

import sqlalchemy as sa

from aggregator.storage.article_store import SqlArticleStore
from aggregator.storage.chat_store import SqlChatStore
from aggregator.storage.database import Database
from aggregator.storage.engine import make_engine
from aggregator.storage.feed_store import SqlFeedStore
from aggregator.storage.migrate import upgrade
from aggregator.storage.outbox_store import SqlOutboxStore


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


class SqlStore(SqlFeedStore, SqlArticleStore, SqlOutboxStore, SqlChatStore):
    """Fulfils `ports.Store`; every method is one transaction."""

    def __init__(self, engine: sa.Engine, url: str) -> None:
        database = Database(engine, url)
        SqlFeedStore.__init__(self, database)
        SqlArticleStore.__init__(self, database)
        SqlOutboxStore.__init__(self, database)
        SqlChatStore.__init__(self, database)

    async def upgrade(self) -> None:
        """Run the migrations that are missing."""
        await self.database.write(upgrade)

    async def close(self) -> None:
        """See `ports.Store`."""
        await self._finish_plans()
        await self._finish_attempts()
        await self.database.close()
