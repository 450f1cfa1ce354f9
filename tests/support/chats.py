"""Chats, their queries and what they follow, as tests make them."""

from __future__ import annotations

from dataclasses import replace

from support.builders import NOW

from aggregator.model.chats import Chat, ChatKind, ChatSubscription, Watch, chat_channel_id
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Priority

ONE, TWO = chat_channel_id(1), chat_channel_id(-100, 7)


def chat(channel_id: ChannelId = ONE, **changes: object) -> Chat:
    """A chat with Ann, or a topic of a group."""
    made = Chat(
        channel_id=channel_id,
        chat_id=1 if channel_id == ONE else -100,
        topic=None if channel_id == ONE else 7,
        kind=ChatKind.PRIVATE if channel_id == ONE else ChatKind.SUPERGROUP,
        title="Ann",
        timezone="Europe/Kyiv",
        created_at=NOW,
        created_by=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def watch(name: str, channel_id: ChannelId = ONE, query: str = "captives") -> Watch:
    """A query of a chat's own."""
    return Watch(
        id=RuleId(name),
        channel_id=channel_id,
        query=query,
        title=query,
        priority=Priority.HIGH,
        created_at=NOW,
        created_by=1,
    )


def follows(rule_id: str, channel_id: ChannelId = ONE) -> ChatSubscription:
    """A chat that hears of a rule."""
    return ChatSubscription(channel_id=channel_id, rule_id=RuleId(rule_id), created_at=NOW)
