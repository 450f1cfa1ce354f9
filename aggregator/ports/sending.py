"""What sends messages, and who has it done."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from aggregator.model.alerts import (
    Sent,
)
from aggregator.model.ids import (
    ChannelId,
)
from aggregator.model.messages import Capabilities, Message


class Notifier(Protocol):
    """Sends messages to one channel of one service."""

    @property
    def capabilities(self) -> Capabilities:
        """What this service can do."""

    async def send(self, message: Message) -> Sent:
        """Send one message, within the notifier's own timeout.

        Returns only when the service has taken the message. Never tries again by itself: the outbox does.

        Raises:
            DeliveryFailed: with the one reason that decides what comes next.
        """

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that was sent. Asked only of notifiers whose `capabilities.can_edit`.

        What already reads so is a success. The returned `message_id` is the one that later edits name.

        Raises:
            DeliveryFailed: MESSAGE_GONE when the service has it no more, or no longer lets it be changed.
        """

    async def close(self) -> None:
        """Let go of connections. Idempotent."""


class Jobs(Protocol):
    """Has work done, in this process or in others."""

    def request_drain(self, channel_ids: Collection[ChannelId]) -> None:
        """Ask that these channels' due deliveries be sent soon. Call after commit.

        At most one drain a channel runs at a time; a request during a drain leads to one more after it.
        """
