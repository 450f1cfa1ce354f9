"""The notifiers of all channels, those of chats made when something is to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.ports import Notifier


class ChannelNotifiers(Mapping[ChannelId, Notifier]):
    """The notifiers of the configuration, and of the other `channels`, which change, those that `open_chat` makes.

    A chat whose settings changed gets another notifier; one that is off has none.
    """

    def __init__(
        self,
        configured: Mapping[ChannelId, Notifier],
        channels: Mapping[ChannelId, Channel],
        open_chat: Callable[[Channel], Notifier],
    ) -> None:
        self._configured = configured
        self._channels = channels
        self._open_chat = open_chat
        self._opened: dict[ChannelId, tuple[Channel, Notifier]] = {}

    def __getitem__(self, channel_id: ChannelId) -> Notifier:
        if channel_id in self._configured:
            return self._configured[channel_id]
        channel = self._channels[channel_id]
        if not channel.enabled:
            raise KeyError(channel_id)
        known = self._opened.get(channel_id)
        if known is None or known[0] is not channel:
            known = self._opened[channel_id] = (channel, self._open_chat(channel))
        return known[1]

    def __iter__(self) -> Iterator[ChannelId]:
        return (channel.id for channel in self._channels.values() if channel.enabled)

    def __len__(self) -> int:
        return sum(1 for _ in self)
