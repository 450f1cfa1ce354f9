"""Chats that talk to the bot: what they want to hear, and who may use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Priority, Rule
from aggregator.model.schedules import Schedule


class ChatKind(StrEnum):
    """What Telegram calls a chat (Bot API, Chat.type)."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat, or one topic of a forum group, with settings of its own. One that is not active gets no new alerts.

    `created_by` is the Telegram user who made it known.
    """

    channel_id: ChannelId
    chat_id: int
    topic: int | None = None
    kind: ChatKind
    title: str
    language: str = "en"
    timezone: str
    quiet_hours: tuple[str, ...] = ()
    digest: str | None = None
    max_per_hour: int | None = None
    link_preview: bool = False
    images: bool = False
    is_active: bool = True
    created_at: datetime
    created_by: int

    @property
    def channel(self) -> Channel:
        """The chat as a channel of the type `telegram`."""
        options = {
            "chat_id": self.chat_id,
            "topic": self.topic,
            "link_preview": self.link_preview,
            "images": self.images,
        }
        return Channel(
            id=self.channel_id,
            type="telegram",
            timezone=self.timezone,
            language=self.language,
            enabled=self.is_active,
            quiet_hours=QuietHours.parse(self.quiet_hours) if self.quiet_hours else None,
            digest=None if self.digest is None else Schedule.parse(self.digest),
            max_per_hour=self.max_per_hour,
            options=MappingProxyType(options),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A query of a chat's own. `created_by` is the Telegram user who wrote it."""

    id: RuleId
    channel_id: ChannelId
    query: str
    title: str
    priority: Priority = Priority.NORMAL
    created_at: datetime
    created_by: int

    @property
    def rule(self) -> Rule:
        """The watch as a rule that only its chat hears of."""
        return Rule(id=self.id, title=self.title, query=self.query, priority=self.priority, send_to=(self.channel_id,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSubscription:
    """A chat that hears of a rule of the operator's configuration."""

    channel_id: ChannelId
    rule_id: RuleId
    created_at: datetime


class AccessMode(StrEnum):
    """Who may use the bot: everybody, whom an admin allowed, or who has an invitation, too."""

    OPEN = "open"
    ALLOWLIST = "allowlist"
    INVITE = "invite"


class AccessVerdict(StrEnum):
    """What an admin decided about a user or a chat."""

    ALLOWED = "allowed"
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """Whether a user or a chat (`subject_id`) may use the bot, and who decided it; None: an invitation did."""

    subject_id: int
    verdict: AccessVerdict
    by: int | None
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A code that lets so many more people in."""

    code: str
    created_by: int
    created_at: datetime
    uses_left: int


def chat_channel_id(chat_id: int, topic: int | None = None) -> ChannelId:
    """Return the id that a chat, or a topic of one, has as a channel."""
    return ChannelId(f"telegram:{chat_id}" if topic is None else f"telegram:{chat_id}/{topic}")
