"""Who hears of what: the operator's configuration, and what chats want to hear laid over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import structlog

from aggregator.errors import QueryError
from aggregator.model.alerts import Channel, Subscription
from aggregator.model.chats import Chat, ChatSubscription, Watch
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.configure import Configuration

_log = structlog.get_logger(__name__)


class Audience:
    """The channels, rules and subscriptions of a configuration and of chats, kept as chats change them.

    Its `configuration` is the one that polls and drains work with; what changes, changes in it at once. Not for
    several threads at once.
    """

    def __init__(
        self,
        configuration: Configuration,
        chats: Iterable[Chat] = (),
        watches: Iterable[Watch] = (),
        subscriptions: Iterable[ChatSubscription] = (),
    ) -> None:
        self._own = configuration
        self._rules: dict[RuleId, Rule] = dict(configuration.rules)
        self._channels: dict[ChannelId, Channel] = dict(configuration.channels)
        self._subscriptions: dict[RuleId, tuple[Subscription, ...]] = dict(configuration.subscriptions)
        self._chats: dict[ChannelId, Chat] = {}
        self._watches: dict[ChannelId, dict[RuleId, Watch]] = {}
        self._followed: dict[RuleId, dict[ChannelId, Subscription]] = {}
        self.configuration = replace(
            configuration, rules=self._rules, channels=self._channels, subscriptions=self._subscriptions
        )
        for chat in chats:
            self.put_chat(chat)
        for watch in watches:
            self._put_stored(watch)
        for one in subscriptions:
            self._follow(one)
        for rule_id in self._followed:
            self._renew(rule_id)

    def chat(self, channel_id: ChannelId) -> Chat | None:
        """Return a chat as it is now."""
        return self._chats.get(channel_id)

    def chats_of(self, chat_id: int) -> list[Chat]:
        """Return what is known of a chat: itself, and its topics."""
        return [chat for chat in self._chats.values() if chat.chat_id == chat_id]

    def watches(self, channel_id: ChannelId) -> list[Watch]:
        """Return the queries of a chat, the oldest first."""
        return list(self._watches.get(channel_id, {}).values())

    def followed(self, channel_id: ChannelId) -> list[RuleId]:
        """Return the operator's rules that a chat subscribes to."""
        return [rule_id for rule_id, chats in self._followed.items() if channel_id in chats]

    def offered(self) -> list[Rule]:
        """Return the operator's rules, in their order."""
        return list(self._own.rules.values())

    def put_chat(self, chat: Chat) -> None:
        """Add a chat, or take its settings as they are now. It gets no more alerts than the operator allows."""
        self._chats[chat.channel_id] = chat
        channel, most = chat.channel, self._own.settings.telegram.max_alerts_per_hour
        self._channels[chat.channel_id] = replace(channel, max_per_hour=min(channel.max_per_hour or most, most))

    def remove_chat(self, channel_id: ChannelId) -> None:
        """Forget a chat with all that it wants to hear."""
        for watch in self.watches(channel_id):
            self.remove_watch(watch)
        for rule_id in self.followed(channel_id):
            self.unsubscribe(channel_id, rule_id)
        self._chats.pop(channel_id, None)
        self._channels.pop(channel_id, None)

    def put_watch(self, watch: Watch) -> None:
        """Have a chat hear of what a query finds, from now on.

        Raises:
            QueryError: when it cannot be read; then nothing has changed.
        """
        rule = watch.rule
        self._own.index.add(rule)
        self._rules[rule.id] = rule
        self._subscriptions[rule.id] = (Subscription(channel_id=watch.channel_id, rule_id=rule.id),)
        self._watches.setdefault(watch.channel_id, {})[rule.id] = watch

    def remove_watch(self, watch: Watch) -> None:
        """Let a chat no longer hear of what a query finds."""
        if self._watches.get(watch.channel_id, {}).pop(watch.id, None) is not None:
            self._own.index.remove(watch.id)
            del self._rules[watch.id], self._subscriptions[watch.id]

    def subscribe(self, subscription: ChatSubscription) -> None:
        """Have a chat hear of a rule of the configuration; of one that is no longer there it hears nothing."""
        if self._follow(subscription):
            self._renew(subscription.rule_id)

    def unsubscribe(self, channel_id: ChannelId, rule_id: RuleId) -> None:
        """Let a chat no longer hear of a rule."""
        if self._followed.get(rule_id, {}).pop(channel_id, None) is not None:
            self._renew(rule_id)

    def _follow(self, subscription: ChatSubscription) -> bool:
        rule_id, channel_id = subscription.rule_id, subscription.channel_id
        if rule_id not in self._own.rules:
            return False
        self._followed.setdefault(rule_id, {})[channel_id] = Subscription(channel_id=channel_id, rule_id=rule_id)
        return True

    def _renew(self, rule_id: RuleId) -> None:
        own = self._own.subscriptions.get(rule_id, ())
        self._subscriptions[rule_id] = (*own, *self._followed[rule_id].values())

    def _put_stored(self, watch: Watch) -> None:
        try:
            self.put_watch(watch)
        except QueryError as error:
            _log.error("watch_unreadable", watch=watch.id, channel=watch.channel_id, reason=str(error))
