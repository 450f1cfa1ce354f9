"""What a chat does with the bot: it enters, watches, follows, changes its settings, and stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from aggregator.errors import NotFound, QuotaReached
from aggregator.matching.rules import compile_rule
from aggregator.model.chats import Chat, ChatKind, ChatSubscription, Watch, chat_channel_id
from aggregator.model.ids import ChannelId, RuleId, derive_id
from aggregator.model.rules import Priority
from aggregator.operations.audience import Audience
from aggregator.operations.backtest import backtest, first_moment
from aggregator.operations.backtest_report import BacktestReport
from aggregator.ports import Store

PREVIEW_DAYS = 30
MOST_PREVIEWED = 20_000
"""Articles that a preview looks at, two seconds' work: anybody may ask for one."""
_TITLE_CHARACTERS = 60

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where something was said to the bot, and by whom."""

    chat_id: int
    topic: int | None = None
    kind: ChatKind
    title: str
    user_id: int
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDesk:
    """What chats want, in the store and in the audience. `max_watches` is what one chat may have."""

    store: Store
    audience: Audience
    clock: Callable[[], datetime]
    max_watches: int

    async def enter(self, arrival: Arrival) -> Chat:
        """Return the chat, made known if it is new; one that had stopped stays so."""
        channel_id = chat_channel_id(arrival.chat_id, arrival.topic)
        known = self.audience.chat(channel_id)
        if known is not None and known.title == arrival.title:
            return known
        if known is not None:
            return await self.change(replace(known, title=arrival.title))
        made = Chat(
            channel_id=channel_id,
            chat_id=arrival.chat_id,
            topic=arrival.topic,
            kind=arrival.kind,
            title=arrival.title,
            language=arrival.language,
            timezone=arrival.timezone,
            created_at=self.clock(),
            created_by=arrival.user_id,
        )
        _log.info("chat_entered", channel=channel_id, kind=arrival.kind.value)
        return await self.change(made)

    async def change(self, chat: Chat) -> Chat:
        """Keep a chat with its settings as they are now."""
        await self.store.save_chat(chat)
        self.audience.put_chat(chat)
        return chat

    async def resume(self, chat: Chat) -> Chat:
        """Let a chat that had stopped hear of its watches again."""
        if chat.is_active:
            return chat
        _log.info("chat_resumed", channel=chat.channel_id)
        return await self.change(replace(chat, is_active=True))

    async def stop(self, chat: Chat) -> Chat:
        """Send a chat nothing more until it comes back; its watches and settings are kept."""
        _log.info("chat_stopped", channel=chat.channel_id)
        return await self.change(replace(chat, is_active=False))

    async def preview(self, chat: Chat, query: str) -> BacktestReport:
        """Return what a query would have raised in the last 30 days, or since the first of the last 20,000 articles.

        Raises:
            QueryError: when it cannot be read.
        """
        now, zone = self.clock(), ZoneInfo(chat.timezone)
        rule = self._watch(chat, query, chat.created_by).rule
        since = first_moment(now, PREVIEW_DAYS, zone)
        return await backtest(
            self.store,
            rule,
            since=since,
            until=now + timedelta(seconds=1),
            timezone=zone,
            on_progress=_nobody_hears,
            most=MOST_PREVIEWED,
        )

    async def watch(self, chat: Chat, query: str, user_id: int, priority: Priority = Priority.NORMAL) -> Watch:
        """Have a chat hear of what a query finds, from now on; one that it has already stays as it is.

        Raises:
            QueryError: when it cannot be read.
            QuotaReached: when the chat has as many as it may have.
        """
        watches = self.audience.watches(chat.channel_id)
        for known in watches:
            if known.query == query:
                return known
        if len(watches) >= self.max_watches:
            raise QuotaReached(f"this chat has {len(watches)} watches, and may have {self.max_watches}")
        made = replace(self._watch(chat, query, user_id), priority=priority)
        compile_rule(made.rule)  # before it is stored
        await self.store.save_watch(made)
        self.audience.put_watch(made)
        _log.info("watch_added", channel=chat.channel_id, watch=made.id)
        return made

    async def unwatch(self, chat: Chat, watch_id: RuleId) -> Watch:
        """Let a chat no longer hear of what one of its queries finds.

        Raises:
            NotFound: when it has none with this id.
        """
        removed = await self.store.remove_watch(chat.channel_id, watch_id)
        if removed is None:
            raise NotFound(f"this chat has no watch {watch_id!r}")
        self.audience.remove_watch(removed)
        _log.info("watch_removed", channel=chat.channel_id, watch=watch_id)
        return removed

    async def follow(self, chat: Chat, rule_id: RuleId) -> None:
        """Have a chat hear of a rule of the operator.

        Raises:
            NotFound: when there is none with this id.
        """
        if all(rule.id != rule_id for rule in self.audience.offered()):
            raise NotFound(f"there is no rule {rule_id!r}")
        made = ChatSubscription(channel_id=chat.channel_id, rule_id=rule_id, created_at=self.clock())
        await self.store.subscribe(made)
        self.audience.subscribe(made)

    async def unfollow(self, chat: Chat, rule_id: RuleId) -> None:
        """Let a chat no longer hear of a rule."""
        await self.store.unsubscribe(chat.channel_id, rule_id)
        self.audience.unsubscribe(chat.channel_id, rule_id)

    def _watch(self, chat: Chat, query: str, user_id: int) -> Watch:
        now = self.clock()
        return Watch(
            id=_watch_id(chat.channel_id, query, now),
            channel_id=chat.channel_id,
            query=query,
            title=query if len(query) <= _TITLE_CHARACTERS else f"{query[: _TITLE_CHARACTERS - 1]}…",
            created_at=now,
            created_by=user_id,
        )


def _watch_id(channel_id: ChannelId, query: str, now: datetime) -> RuleId:
    return RuleId(derive_id("watch", channel_id, query, now.isoformat()))


def _nobody_hears(_done: int, _total: int) -> None:
    """A preview is over before anybody asks how far it is."""
