"""What is learned of channels while sending: that one takes nothing, that it works again, that it has moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from aggregator.model.alerts import AttemptOutcome, ChannelState, PageSent, RetryAt, Sent
from aggregator.model.ids import ChannelId, NoticeId, derive_id
from aggregator.model.notices import Notice, NoticeKind
from aggregator.operations.feed_notices import deliveries_of
from aggregator.ports import Store

MOST_SINGLY = 5
"""When a channel returns, so many alerts that waited for it come each by itself; more come as a digest."""

_log = structlog.get_logger(__name__)


class ChannelStates:
    """The states of channels, in memory and in the store; each change is said once to the admins' channels."""

    def __init__(
        self, store: Store, states: Iterable[ChannelState] = (), notice_channels: Sequence[ChannelId] = ()
    ) -> None:
        self._store = store
        self._states = {state.channel_id: state for state in states}
        self._notice_channels = notice_channels

    def address(self, channel_id: ChannelId) -> str | None:
        """Return where the channel's recipient is now, None for where the configuration says."""
        return self._of(channel_id).address

    async def note_outcome(self, channel_id: ChannelId, outcome: AttemptOutcome, now: datetime) -> bool:
        """Pause the channel, or find that it works again; return whether it does again."""
        state = self._of(channel_id)
        if isinstance(outcome, RetryAt) and outcome.pauses and state.paused_at is None:
            text = (
                f"Its service says: {outcome.reason}. What it is due is kept, and tried again once an hour; "
                f"`aggregator deliveries retry --channel {channel_id}` tries at once."
            )
            _log.error("channel_paused", channel=channel_id, reason=outcome.reason)
            paused = replace(state, paused_at=now, reason=outcome.reason)
            await self._save(paused, NoticeKind.CHANNEL_PAUSED, text, now)
        elif isinstance(outcome, Sent | PageSent) and state.paused_at is not None:
            _log.info("channel_resumed", channel=channel_id, paused_at=state.paused_at.isoformat(timespec="seconds"))
            resumed = replace(state, paused_at=None, reason=None)
            text = f"What was kept for it is being sent: up to {MOST_SINGLY} alerts each by itself, more as a digest."
            await self._save(resumed, NoticeKind.CHANNEL_RESUMED, text, now, most_singly=MOST_SINGLY)
            return True
        return False

    async def note_move(self, channel_id: ChannelId, address: str, now: datetime) -> None:
        """Send to another address from now on."""
        text = f"Its recipient is now {address}, and alerts go there; write that into the configuration."
        _log.warning("channel_moved", channel=channel_id, address=address)
        moved = replace(self._of(channel_id), address=address)
        await self._save(moved, NoticeKind.CHANNEL_MOVED, text, now)

    def _of(self, channel_id: ChannelId) -> ChannelState:
        return self._states.get(channel_id) or ChannelState(channel_id=channel_id)

    async def _save(
        self, state: ChannelState, kind: NoticeKind, text: str, now: datetime, *, most_singly: int | None = None
    ) -> None:
        notice = Notice(
            id=NoticeId(derive_id("notice", kind, state.channel_id, now.isoformat())),
            kind=kind,
            title=f"{kind.value.capitalize()}: {state.channel_id}",
            text=text,
            created_at=now,
        )
        others = [channel_id for channel_id in self._notice_channels if channel_id != state.channel_id]
        await self._store.save_channel_state(
            state, (notice,), deliveries_of((notice,), others), most_singly=most_singly
        )
        self._states[state.channel_id] = state
