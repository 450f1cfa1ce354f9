"""What the store knows of chats that talk to the bot."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from aggregator.model.chats import AccessEntry, Chat, ChatSubscription, Invite, Watch
from aggregator.model.ids import ChannelId, RuleId


class ChatStore(Protocol):
    """What chats want to hear, and who may use the bot."""

    async def save_chat(self, chat: Chat) -> None:
        """Keep a chat, in the place of what was known of it."""

    async def chats(self) -> list[Chat]:
        """Return all chats, active or not, in the order in which they were made known."""

    async def move_chat(self, chat_id: int, new_chat_id: int) -> None:
        """Have all that is of a group be of the supergroup that it became: its topics, watches, alerts and deliveries.

        What the supergroup has of its own already stays as it is.
        """

    async def save_watch(self, watch: Watch) -> None:
        """Keep a watch, in the place of one with the same id."""

    async def remove_watch(self, channel_id: ChannelId, watch_id: RuleId) -> Watch | None:
        """Forget a watch of this chat, and return it; None when it has none with this id."""

    async def watches(self) -> list[Watch]:
        """Return the watches of all chats, the oldest first."""

    async def subscribe(self, subscription: ChatSubscription) -> None:
        """Keep that a chat follows a rule; it may do so already."""

    async def unsubscribe(self, channel_id: ChannelId, rule_id: RuleId) -> None:
        """Forget that a chat follows a rule; it may not do so."""

    async def chat_subscriptions(self) -> list[ChatSubscription]:
        """Return which chats follow which rules, the oldest first."""

    async def save_access(self, entry: AccessEntry) -> None:
        """Keep what was decided about a user or a chat, in the place of what was decided before."""

    async def access_entries(self) -> list[AccessEntry]:
        """Return what was decided about whom."""

    async def save_invite(self, invite: Invite) -> None:
        """Keep an invitation."""

    async def use_invite(self, code: str, subject_id: int, now: datetime) -> bool:
        """Let a user in by an invitation, and return whether it was good: each is good for so many users."""
