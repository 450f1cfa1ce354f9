"""The store of alerts on their way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from aggregator.alerts.agenda import Agenda
from aggregator.model.alerts import (
    AttemptOutcome,
    ChannelState,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    DeliverySummary,
    DueDelivery,
)
from aggregator.model.dead_letters import DeliveryDetails
from aggregator.model.ids import (
    ChannelId,
    DeliveryId,
    SilenceId,
)
from aggregator.model.notices import Notice
from aggregator.model.silences import Silence
from aggregator.storage import (
    agenda_queries,
    channel_queries,
    dead_letters,
    delivery_queries,
    due_queries,
    silence_queries,
)
from aggregator.storage.database import Database
from aggregator.storage.dead_letters import Selection
from aggregator.storage.delivery_queries import Attempt
from aggregator.storage.group_commit import GroupCommit


class SqlOutboxStore:
    """Fulfils `ports.outbox.OutboxStore`; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._attempts = GroupCommit(self._write_attempts)

    async def channels_due(self, now: datetime) -> list[ChannelId]:
        """See `ports.Store`."""
        return await self.database.read(due_queries.channels_due, now)

    async def claim_deliveries(self, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
        """See `ports.Store`."""
        return await self.database.read(due_queries.claim, channel_id, now, limit)

    async def read_deliveries(self, ids: Collection[DeliveryId]) -> list[DueDelivery]:
        """See `ports.Store`."""
        return await self.database.read(due_queries.read_deliveries, ids)

    async def arrange(self, channel_id: ChannelId, agenda: Agenda, now: datetime) -> None:
        """See `ports.Store`."""
        await self.database.write(agenda_queries.arrange, channel_id, agenda, now)

    async def reconsider_held(self, now: datetime) -> None:
        """See `ports.Store`."""
        await self.database.write(agenda_queries.reconsider_held, now)

    async def record_attempt(
        self,
        delivery_id: DeliveryId,
        outcome: AttemptOutcome,
        now: datetime,
        *,
        sends: Mapping[str, Sequence[datetime]] | None = None,
    ) -> None:
        """See `ports.Store`."""
        await self._attempts.apply(Attempt(delivery_id, outcome, now, sends or {}))

    async def recent_sends(self) -> Mapping[str, Sequence[datetime]]:
        """See `ports.Store`."""
        return await self.database.read(channel_queries.recent_sends)

    async def channel_states(self) -> list[ChannelState]:
        """See `ports.Store`."""
        return await self.database.read(channel_queries.states)

    async def save_channel_state(
        self,
        state: ChannelState,
        notices: Sequence[Notice] = (),
        deliveries: Sequence[Delivery] = (),
        *,
        most_singly: int | None = None,
    ) -> None:
        """See `ports.Store`."""
        await self.database.write(channel_queries.save_state, state, notices, deliveries, most_singly)

    async def add_silence(self, silence: Silence) -> None:
        """See `ports.Store`."""
        await self.database.write(silence_queries.add, silence)

    async def list_silences(
        self, now: datetime, *, channel_id: ChannelId | None = None, with_ended: bool = False
    ) -> list[Silence]:
        """See `ports.Store`."""
        return await self.database.read(silence_queries.list_silences, now, channel_id, with_ended=with_ended)

    async def end_silence(self, silence_id: SilenceId, now: datetime) -> Silence | None:
        """See `ports.Store`."""
        return await self.database.write(silence_queries.end, silence_id, now)

    async def count_silenced(self, ids: Collection[SilenceId]) -> Mapping[SilenceId, int]:
        """See `ports.Store`."""
        return await self.database.read(silence_queries.count_silenced, ids)

    async def list_deliveries(
        self,
        *,
        statuses: Collection[DeliveryStatus] = (),
        kinds: Collection[DeliveryKind] = (),
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        limit: int = 100,
    ) -> list[DeliverySummary]:
        """See `ports.Store`."""
        selection = Selection(channel_id=channel_id, reason=reason)
        return await self.database.read(dead_letters.list_deliveries, statuses, kinds, selection, limit)

    async def delivery_details(self, delivery_id: DeliveryId) -> DeliveryDetails | None:
        """See `ports.Store`."""
        return await self.database.read(dead_letters.details, delivery_id)

    async def retry_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """See `ports.Store`."""
        selection = Selection(ids=ids, channel_id=channel_id, reason=reason)
        return await self.database.write(dead_letters.retry, selection, now, by)

    async def discard_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """See `ports.Store`."""
        selection = Selection(ids=ids, channel_id=channel_id, reason=reason)
        return await self.database.write(dead_letters.discard, selection, now, by)

    async def count_deliveries(self, channel_id: ChannelId | None = None) -> Mapping[DeliveryStatus, int]:
        """See `ports.Store`."""
        return await self.database.read(delivery_queries.count_deliveries, channel_id)

    async def bury_orphans(self, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
        """See `ports.Store`."""
        return await self.database.write(delivery_queries.bury_orphans, known, reason)

    async def _write_attempts(self, attempts: Sequence[Attempt]) -> Sequence[None]:
        await self.database.write(delivery_queries.record_attempts, attempts)
        return [None] * len(attempts)

    async def _finish_attempts(self) -> None:
        """Write what is still to be written."""
        await self._attempts.close()
