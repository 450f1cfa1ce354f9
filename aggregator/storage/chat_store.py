"""The store of chats that talk to the bot."""

from __future__ import annotations

from datetime import datetime

from aggregator.model.chats import AccessEntry, Chat, ChatSubscription, Invite, Watch
from aggregator.model.ids import ChannelId, RuleId
from aggregator.storage import chat_queries
from aggregator.storage.database import Database


class SqlChatStore:
    """Fulfils `ports.chats.ChatStore`; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def save_chat(self, chat: Chat) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.save_chat, chat)

    async def chats(self) -> list[Chat]:
        """See `ports.chats.ChatStore`."""
        return await self.database.read(chat_queries.all_chats)

    async def move_chat(self, chat_id: int, new_chat_id: int) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.move_chat, chat_id, new_chat_id)

    async def save_watch(self, watch: Watch) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.save_watch, watch)

    async def remove_watch(self, channel_id: ChannelId, watch_id: RuleId) -> Watch | None:
        """See `ports.chats.ChatStore`."""
        return await self.database.write(chat_queries.remove_watch, channel_id, watch_id)

    async def watches(self) -> list[Watch]:
        """See `ports.chats.ChatStore`."""
        return await self.database.read(chat_queries.all_watches)

    async def subscribe(self, subscription: ChatSubscription) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.subscribe, subscription)

    async def unsubscribe(self, channel_id: ChannelId, rule_id: RuleId) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.unsubscribe, channel_id, rule_id)

    async def chat_subscriptions(self) -> list[ChatSubscription]:
        """See `ports.chats.ChatStore`."""
        return await self.database.read(chat_queries.all_subscriptions)

    async def save_access(self, entry: AccessEntry) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.save_access, entry)

    async def access_entries(self) -> list[AccessEntry]:
        """See `ports.chats.ChatStore`."""
        return await self.database.read(chat_queries.all_access)

    async def save_invite(self, invite: Invite) -> None:
        """See `ports.chats.ChatStore`."""
        await self.database.write(chat_queries.save_invite, invite)

    async def use_invite(self, code: str, subject_id: int, now: datetime) -> bool:
        """See `ports.chats.ChatStore`."""
        return await self.database.write(chat_queries.use_invite, code, subject_id, now)
