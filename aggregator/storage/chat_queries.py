"""What the store does with chats that talk to the bot."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.model.chats import (
    AccessEntry,
    AccessVerdict,
    Chat,
    ChatKind,
    ChatSubscription,
    Invite,
    Watch,
    chat_channel_id,
)
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Priority
from aggregator.storage.engine import insert_or_ignore, upsert
from aggregator.storage.tables import (
    access_entries,
    alerts,
    channel_states,
    chat_subscriptions,
    chats,
    deliveries,
    invites,
    silences,
    watches,
)

_NAMING_CHANNELS = (watches, alerts, deliveries, silences, chat_subscriptions, channel_states, chats)
"""The tables that say whose a row is by a channel's id, that of chats last."""


def save_chat(connection: sa.Connection, chat: Chat) -> None:
    """See `ports.chats.ChatStore`."""
    values = asdict(chat) | {"kind": chat.kind.value, "quiet_hours": list(chat.quiet_hours)}
    connection.execute(upsert(chats, "channel_id"), [values])


def all_chats(connection: sa.Connection) -> list[Chat]:
    """See `ports.chats.ChatStore`."""
    rows = connection.execute(sa.select(chats).order_by(chats.c.created_at, chats.c.channel_id)).mappings()
    return [Chat(**{**row, "kind": ChatKind(row["kind"]), "quiet_hours": tuple(row["quiet_hours"])}) for row in rows]


def move_chat(connection: sa.Connection, chat_id: int, new_chat_id: int) -> None:
    """See `ports.chats.ChatStore`."""
    of_group = connection.execute(sa.select(chats.c.channel_id, chats.c.topic).where(chats.c.chat_id == chat_id))
    moves = {row.channel_id: chat_channel_id(new_chat_id, row.topic) for row in of_group.all()}
    for old, new in moves.items():
        for table in _NAMING_CHANNELS:
            rename = table.update().where(table.c.channel_id == old).values(channel_id=new)
            if table in (chats, channel_states, chat_subscriptions):
                rename = rename.prefix_with("OR IGNORE", dialect="sqlite")
            connection.execute(rename)
        connection.execute(chats.update().where(chats.c.channel_id == new).values(chat_id=new_chat_id))
        for table in (chats, channel_states, chat_subscriptions):
            connection.execute(table.delete().where(table.c.channel_id == old))


def save_watch(connection: sa.Connection, watch: Watch) -> None:
    """See `ports.chats.ChatStore`."""
    connection.execute(upsert(watches, "id"), [asdict(watch) | {"priority": int(watch.priority)}])


def remove_watch(connection: sa.Connection, channel_id: ChannelId, watch_id: RuleId) -> Watch | None:
    """See `ports.chats.ChatStore`."""
    is_meant = sa.and_(watches.c.id == watch_id, watches.c.channel_id == channel_id)
    row = connection.execute(sa.select(watches).where(is_meant)).mappings().first()
    connection.execute(watches.delete().where(is_meant))
    return None if row is None else _watch_from(row)


def all_watches(connection: sa.Connection) -> list[Watch]:
    """See `ports.chats.ChatStore`."""
    rows = connection.execute(sa.select(watches).order_by(watches.c.created_at, watches.c.id)).mappings()
    return [_watch_from(row) for row in rows]


def subscribe(connection: sa.Connection, subscription: ChatSubscription) -> None:
    """See `ports.chats.ChatStore`."""
    connection.execute(insert_or_ignore(chat_subscriptions), [asdict(subscription)])


def unsubscribe(connection: sa.Connection, channel_id: ChannelId, rule_id: RuleId) -> None:
    """See `ports.chats.ChatStore`."""
    table = chat_subscriptions
    connection.execute(table.delete().where(table.c.channel_id == channel_id, table.c.rule_id == rule_id))


def all_subscriptions(connection: sa.Connection) -> list[ChatSubscription]:
    """See `ports.chats.ChatStore`."""
    table = chat_subscriptions
    query = sa.select(table).order_by(table.c.created_at, table.c.channel_id, table.c.rule_id)
    return [ChatSubscription(**row) for row in connection.execute(query).mappings()]


def save_access(connection: sa.Connection, entry: AccessEntry) -> None:
    """See `ports.chats.ChatStore`."""
    connection.execute(upsert(access_entries, "subject_id"), [asdict(entry) | {"verdict": entry.verdict.value}])


def all_access(connection: sa.Connection) -> list[AccessEntry]:
    """See `ports.chats.ChatStore`."""
    rows = connection.execute(sa.select(access_entries).order_by(access_entries.c.subject_id)).mappings()
    return [AccessEntry(**{**row, "verdict": AccessVerdict(row["verdict"])}) for row in rows]


def save_invite(connection: sa.Connection, invite: Invite) -> None:
    """See `ports.chats.ChatStore`."""
    connection.execute(upsert(invites, "code"), [asdict(invite)])


def use_invite(connection: sa.Connection, code: str, subject_id: int, now: datetime) -> bool:
    """See `ports.chats.ChatStore`."""
    is_good = sa.and_(invites.c.code == code, invites.c.uses_left > 0)
    used = connection.execute(invites.update().where(is_good).values(uses_left=invites.c.uses_left - 1))
    if not used.rowcount:
        return False
    entry = AccessEntry(subject_id=subject_id, verdict=AccessVerdict.ALLOWED, by=None, at=now, note=f"invite {code}")
    save_access(connection, entry)
    return True


def _watch_from(row: Any) -> Watch:
    return Watch(**{**row, "priority": Priority(row["priority"])})
