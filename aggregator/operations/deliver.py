"""Send what a channel is due: decide, render, send, and record what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from aggregator.alerts.digest_text import Page
from aggregator.alerts.notices import Bundle, bundled
from aggregator.alerts.retrying import after_failure
from aggregator.alerts.throttling import channel_limits
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import (
    AttemptOutcome,
    Dead,
    DeliveryKind,
    DeliveryStatus,
    DueDelivery,
    PageSent,
    RetryAt,
    Sent,
    Skipped,
)
from aggregator.model.ids import ChannelId
from aggregator.operations.agenda import DueNow, due_now
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.send_window import SendPlace
from aggregator.operations.sending import digest_pages, nothing_to_send, send, send_page, superseded_edits
from aggregator.ports import Notifier

_FRESH_FOR = timedelta(seconds=5)
"""What was read so long ago is read again before it is sent: a person may have discarded or silenced it meanwhile."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainReport:
    """What one drain did, in messages."""

    sent: int = 0
    retrying: int = 0
    failed: int = 0


async def drain_channel(channel_id: ChannelId, tools: DeliverTools) -> DrainReport:
    """Send the channel's due deliveries in order until none is due, one has to wait, or the process stops.

    What is to wait, or to come as a digest, is set aside first (`operations.agenda`). Before each message the
    notifier's limits are kept, which all channels of one bot share. A crash between a send and its record repeats that
    one message after the restart, and nothing else.

    Raises:
        StoreError: when an outcome could not be recorded.
    """
    notifier = tools.notifiers.get(channel_id)
    return DrainReport() if notifier is None else await _Drain(channel_id, notifier, tools).run()


class _Drain:
    """One drain of a channel. `turn` is what the throttle gave it and no message has used yet."""

    def __init__(self, channel_id: ChannelId, notifier: Notifier, tools: DeliverTools) -> None:
        self._channel_id = channel_id
        self._notifier = notifier
        self._tools = tools
        self._counts: Counter[type[AttemptOutcome]] = Counter()
        self._turn: Mapping[str, Sequence[datetime]] | None = None

    async def run(self) -> DrainReport:
        """Send until nothing is due, one has to wait, or the process stops."""
        goes_on = True
        while goes_on and not self._tools.stopping.is_set():
            async with self._tools.window.looking():
                due = await due_now(self._channel_id, self._tools)
            goes_on = await self._send_in_order(due)
        counts = self._counts
        return DrainReport(sent=counts[Sent] + counts[PageSent], retrying=counts[RetryAt], failed=counts[Dead])

    async def _send_in_order(self, due: DueNow) -> bool:
        """Send until one has to wait for its next try; return whether there may be more to send now.

        What was read is left, to be decided anew, when it is old, and when the channel is found to work again.
        """
        superseded = superseded_edits(due.send, self._notifier)
        for bundle in bundled(due.send):
            if self._tools.stopping.is_set():
                return False
            skipped = superseded.get(bundle.shown.delivery.id) or nothing_to_send(bundle.shown, self._notifier)
            if skipped is not None:
                await _record(bundle, skipped, self._tools)
                continue
            is_digest = bundle.shown.delivery.digest is not None
            goes_on = await (self._send_pages(bundle) if is_digest else self._send_one(bundle))
            if goes_on is not None:
                return goes_on
        return not due.is_all

    async def _send_pages(self, bundle: Bundle) -> bool | None:
        """Send the messages of a digest: of what was read as many as come while it is fresh, one where few may come.

        Returns what `_send_one` does.
        """
        item, read_at = bundle.shown, self._tools.clock()
        has_limits = bool(channel_limits(self._tools.channels[self._channel_id]))
        pages = digest_pages(item, self._notifier, self._tools)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            goes_on = await self._send_one(replace(bundle, shown=item), page)
            if goes_on is not None or page.is_last:
                return goes_on
            is_old = self._tools.clock() - read_at >= _FRESH_FOR
            if is_old or has_limits or self._tools.stopping.is_set():
                return True
            item = _after_page(item, page)
        return True

    async def _send_one(self, bundle: Bundle, page: Page | None = None) -> bool | None:
        """Send one message when its turn has come.

        Returns None when what was read with it is to be sent next, else whether there may be more to send now.
        """
        if not await self._has_turn():
            return True
        async with self._tools.window.sending() as place:
            outcome, is_back = await self._attempt(bundle, page, place)
        self._counts[type(outcome)] += 1
        if isinstance(outcome, RetryAt):
            return False
        return True if is_back else None

    async def _has_turn(self) -> bool:
        """Wait until the notifier's limits let one more message through; return whether to go on with what was read.

        After a long wait it is read anew, and the turn kept for what is due then.
        """
        if self._turn is not None:
            return True
        began_at = self._tools.clock()
        self._turn = await self._tools.throttle.turn(
            self._notifier.capabilities.limits, self._tools.clock, self._tools.stopping
        )
        return self._turn is not None and self._tools.clock() - began_at < _FRESH_FOR

    async def _attempt(self, bundle: Bundle, page: Page | None, place: SendPlace) -> tuple[AttemptOutcome, bool]:
        """Send one message; return what came of it, and whether the channel is back with it."""
        item, notifier, tools = bundle.shown, self._notifier, self._tools
        outcome: AttemptOutcome
        sends, self._turn = self._turn or {}, None
        try:
            outcome = await (send_page(item, page, notifier, tools) if page else send(item, notifier, tools))
        except DeliveryFailed as error:
            outcome = _after(error, item, notifier, tools)
        except Exception as error:  # noqa: BLE001 - a plugin with a bug must neither end the drain nor be called in a tight loop
            _log.exception("notifier_crashed", channel=item.delivery.channel_id, delivery=item.delivery.id)
            detail = f"the notifier failed: {type(error).__name__}: {error}"
            outcome = _after(DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, detail), item, notifier, tools)
        place.answered()
        if isinstance(outcome, Sent | PageSent) and _is_message(item):
            limits = channel_limits(tools.channels[item.delivery.channel_id])
            sends = {**sends, **tools.throttle.note(limits, tools.clock())}
        await _record(bundle, outcome, tools, sends)
        return outcome, await tools.states.note_outcome(item.delivery.channel_id, outcome, tools.clock())


def _is_message(item: DueDelivery) -> bool:
    """Whether it is one of those that the configuration counts: an alert by itself, an answer to one, or a digest."""
    return item.delivery.kind in (DeliveryKind.NEW, DeliveryKind.DIGEST) or item.delivery.is_reply


def _after_page(item: DueDelivery, page: Page) -> DueDelivery:
    """Return a digest as it stands when the service has taken one of its messages."""
    digest = item.delivery.digest
    assert digest is not None  # noqa: S101 - it is one
    delivery = replace(item.delivery, attempts=item.delivery.attempts + 1, digest=digest.with_page(len(page.told)))
    return replace(item, delivery=delivery)


async def _record(
    bundle: Bundle, outcome: AttemptOutcome, tools: DeliverTools, sends: Mapping[str, Sequence[datetime]] | None = None
) -> None:
    for delivery_id in bundle.delivery_ids:
        await tools.store.record_attempt(delivery_id, outcome, tools.clock(), sends=sends)
    _log_outcome(bundle.shown, outcome)


def _after(error: DeliveryFailed, item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> AttemptOutcome:
    was_held = item.delivery.status is DeliveryStatus.HELD  # by our own rules, for however long
    return after_failure(
        error,
        attempts=item.delivery.attempts - (item.delivery.digest.pages_sent if item.delivery.digest else 0),
        created_at=tools.clock() if was_held else item.delivery.created_at,
        now=tools.clock(),
        jitter=tools.roll(),
        when_unknown=notifier.capabilities.when_unknown,
    )


def _log_outcome(item: DueDelivery, outcome: AttemptOutcome) -> None:
    log = _log.bind(
        delivery=item.delivery.id,
        channel=item.delivery.channel_id,
        article=item.article.url,
        rules=[rule.id for rule in item.alert.rules],
        attempt=item.delivery.attempts + 1,
    )
    if isinstance(outcome, Sent):
        log.info("alert_sent", message_id=outcome.message_id)
    elif isinstance(outcome, PageSent):
        log.info("digest_sent", message_id=outcome.message_id, told=len(outcome.told), is_last=outcome.is_last)
    elif isinstance(outcome, RetryAt):
        log.warning("alert_delayed", reason=outcome.reason, next_attempt_at=outcome.at.isoformat(timespec="seconds"))
    elif isinstance(outcome, Skipped):
        log.info("update_skipped", reason=outcome.reason)
    else:
        log.error("alert_dead", reason=outcome.reason, advice=f"aggregator deliveries retry {item.delivery.id}")
