"""The notifiers of all channels, those of chats made when something is to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.notifiers.contract import NotifierContext
from aggregator.ports import Notifier

if TYPE_CHECKING:
    from aggregator.notifiers.telegram import TelegramChats


class ChannelNotifiers(Mapping[ChannelId, Notifier]):
    """The notifiers of the configuration, and of the chats among `channels`, which change.

    A chat whose settings changed gets another notifier; one that is off has none, and while the
    configuration has no token no chat has one: what they are due waits.
    """

    def __init__(
        self,
        configured: Mapping[ChannelId, Notifier],
        channels: Mapping[ChannelId, Channel],
        context: NotifierContext,
    ) -> None:
        self._configured = configured
        self._channels = channels
        self._context = context
        self._chats: TelegramChats | None = None
        self._opened: dict[ChannelId, tuple[Channel, Notifier]] = {}

    async def close(self) -> None:
        """Close the connections to chats. Idempotent."""
        if self._chats is not None:
            await self._chats.close()

    def __getitem__(self, channel_id: ChannelId) -> Notifier:
        if channel_id in self._configured:
            return self._configured[channel_id]
        channel = self._channels[channel_id]
        if not channel.enabled or not self._context.telegram_token:
            raise KeyError(channel_id)
        known = self._opened.get(channel_id)
        if known is None or known[0] is not channel:
            known = self._opened[channel_id] = (channel, self._open_chat(channel))
        return known[1]

    def __iter__(self) -> Iterator[ChannelId]:
        return (channel.id for channel in self._channels.values() if channel.enabled)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _open_chat(self, channel: Channel) -> Notifier:
        if self._chats is None:
            from aggregator.notifiers.telegram import TelegramChats  # noqa: PLC0415 - 0.2 s, for those who have no chats

            self._chats = TelegramChats(self._context)
        return self._chats.open(channel)
