"""What the store knows of alerts on their way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

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


class OutboxStore(Protocol):
    """The outbox, and what decides when something leaves it."""

    async def channels_due(self, now: datetime) -> list[ChannelId]:
        """Return the channels whose first unfinished alert, or first unfinished notice, may be attempted at `now`."""

    async def claim_deliveries(self, channel_id: ChannelId, now: datetime, limit: int) -> list[DueDelivery]:
        """Return the channel's first unfinished deliveries, in order, up to the first not yet due.

        Unfinished is pending or retrying. Alerts come first, at most `limit`; then notices, at most 1,000, in an
        order of their own. A delivery that waits for its retry holds back those of its own kind behind it: the
        channel's order is kept. Before them come those that were held and whose wait is over, at most 500, unless the
        first alert waits for its retry: then they wait with it. The caller sees to it that one drain a channel runs at
        a time.
        """

    async def read_deliveries(self, ids: Collection[DeliveryId]) -> list[DueDelivery]:
        """Return deliveries, wherever they stand, with all that their messages can say; in this order."""

    async def arrange(self, channel_id: ChannelId, agenda: Agenda, now: datetime) -> None:
        """Hold, fold and mute as `agenda` says: all of it or nothing, and only what is still to be sent.

        What is folded joins the channel's digest of that reason of which nothing was sent yet, or becomes a new one,
        which is last in the channel's order.
        """

    async def reconsider_held(self, now: datetime) -> None:
        """Have all that is held decided anew, unless a silence still holds it: the configuration may be another one."""

    async def record_attempt(
        self,
        delivery_id: DeliveryId,
        outcome: AttemptOutcome,
        now: datetime,
        *,
        sends: Mapping[str, Sequence[datetime]] | None = None,
    ) -> None:
        """Count an attempt and record what came of it; with it, when the last messages were sent in each scope."""

    async def recent_sends(self) -> Mapping[str, Sequence[datetime]]:
        """Return when the last messages were sent in each scope, as it was recorded last, the oldest first."""

    async def channel_states(self) -> list[ChannelState]:
        """Return what was learned of channels, in the order of their ids; of most there is nothing."""

    async def save_channel_state(
        self,
        state: ChannelState,
        notices: Sequence[Notice] = (),
        deliveries: Sequence[Delivery] = (),
        *,
        most_singly: int | None = None,
    ) -> None:
        """Remember what was learned of a channel, in the place of what was known, with what the admins are told.

        When more than `most_singly` of its alerts wait, they are marked as those of a channel that has returned.
        """

    async def add_silence(self, silence: Silence) -> None:
        """Keep a silence; one that is known already stays as it is."""

    async def list_silences(
        self, now: datetime, *, channel_id: ChannelId | None = None, with_ended: bool = False
    ) -> list[Silence]:
        """Return what silences something at `now`, the oldest first; with `with_ended` what did before, too.

        Of a channel: its own silences, and those of all channels.
        """

    async def end_silence(self, silence_id: SilenceId, now: datetime) -> Silence | None:
        """End a silence, and have what it holds decided anew at once; None when there is none that goes on."""

    async def count_silenced(self, ids: Collection[SilenceId]) -> Mapping[SilenceId, int]:
        """Return how many deliveries each silence met; those that met none are left out."""

    async def list_deliveries(
        self,
        *,
        statuses: Collection[DeliveryStatus] = (),
        kinds: Collection[DeliveryKind] = (),
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        limit: int = 100,
    ) -> list[DeliverySummary]:
        """Return the newest deliveries first; every status when `statuses` is empty, and so with `kinds`.

        `reason` is a part of why one failed, in whatever case its (Latin) letters are.
        """

    async def delivery_details(self, delivery_id: DeliveryId) -> DeliveryDetails | None:
        """Return a delivery, wherever it stands, with what its message says and its attempts; None: there is none.

        Of a digest, with all that it tells and told.
        """

    async def retry_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """Make deliveries due now with their attempts at 0, and return which they were, in order.

        `ids` names dead, waiting or discarded ones; when it is empty, all dead ones are meant, or all that are dead or
        wait for another try of `channel_id`, or with this `reason` (as in `list_deliveries`), or both. A delivery keeps
        its place in its channel's order; a digest that was discarded tells again what it would have told. What was sent
        or skipped is left alone, and what a digest tells, which is to be retried itself. Those that `ids` names are
        released: nothing holds them again. Who decided it (`by`) and when is kept beside the attempts.
        """

    async def discard_deliveries(
        self,
        ids: Collection[DeliveryId],
        now: datetime,
        *,
        channel_id: ChannelId | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> list[DeliveryId]:
        """Never send these deliveries, and return which they were, in order; they stay listed as discarded.

        `ids` names dead or waiting ones; when it is empty, all dead ones are meant, of `channel_id` and with this
        `reason` where these are given. What a digest tells is discarded with it. One that is being sent just now
        becomes sent if it arrives. Who decided it (`by`) and when is kept beside the attempts.
        """

    async def count_deliveries(self, channel_id: ChannelId | None = None) -> Mapping[DeliveryStatus, int]:
        """Return how many deliveries there are of each status; statuses with none are left out."""

    async def bury_orphans(self, known: Collection[ChannelId], reason: str) -> list[DeliveryId]:
        """Make deliveries to come of channels that are not `known` dead, with `reason`; return which they were."""
