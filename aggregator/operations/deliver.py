"""Send what a channel is due: claim, render, send, and record what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from aggregator.alerts.messages import render_message
from aggregator.alerts.notices import Bundle, bundled
from aggregator.alerts.retrying import after_failure
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import AttemptOutcome, Channel, Dead, DeliveryKind, DueDelivery, RetryAt, Sent, Skipped
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.message_templates import NO_TEMPLATES, MessageTemplates
from aggregator.operations.throttle import Throttle
from aggregator.ports import Notifier, Store

_BATCH = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverTools:
    """What delivering needs of the world. `roll` returns a number in [0, 1); `stopping` ends a drain early."""

    store: Store
    notifiers: Mapping[ChannelId, Notifier]
    channels: Mapping[ChannelId, Channel]
    throttle: Throttle
    states: ChannelStates
    clock: Callable[[], datetime]
    roll: Callable[[], float]
    stopping: asyncio.Event
    templates: MessageTemplates = NO_TEMPLATES


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainReport:
    """What one drain did, in messages."""

    sent: int = 0
    retrying: int = 0
    failed: int = 0


async def drain_channel(channel_id: ChannelId, tools: DeliverTools) -> DrainReport:
    """Send the channel's due deliveries in order until none is due, one has to wait, or the process stops.

    Before each message the notifier's limits are kept, which all channels of one bot share. A crash between a send
    and its record repeats that one message after the restart, and nothing else.

    Raises:
        StoreError: when an outcome could not be recorded.
    """
    notifier = tools.notifiers.get(channel_id)
    if notifier is None:
        return DrainReport()
    counts: Counter[type[AttemptOutcome]] = Counter()
    while not tools.stopping.is_set():
        due = await tools.store.claim_deliveries(channel_id, tools.clock(), _BATCH)
        outcome = await _send_in_order(due, notifier, tools, counts)
        if not due or isinstance(outcome, RetryAt):
            break
    return DrainReport(sent=counts[Sent], retrying=counts[RetryAt], failed=counts[Dead])


async def _send_in_order(
    due: list[DueDelivery], notifier: Notifier, tools: DeliverTools, counts: Counter[type[AttemptOutcome]]
) -> AttemptOutcome | None:
    """Send until one has to wait; return the last outcome."""
    outcome: AttemptOutcome | None = None
    for bundle in bundled(due):
        if tools.stopping.is_set():
            break
        outcome = _nothing_to_send(bundle.shown, notifier)
        if outcome is not None:
            await _record(bundle, outcome, tools)
            continue
        if not await _wait_for_turn(notifier, tools):
            break
        outcome = await _attempt(bundle, notifier, tools)
        counts[type(outcome)] += 1
        if isinstance(outcome, RetryAt):
            break
    return outcome


async def _wait_for_turn(notifier: Notifier, tools: DeliverTools) -> bool:
    """Wait until the notifier's limits let one more message through; return whether to go on."""
    while wait := tools.throttle.wait(notifier.capabilities.limits, tools.clock()):
        await _pause(wait, tools.stopping)
        if tools.stopping.is_set():
            return False
    return True


async def _attempt(bundle: Bundle, notifier: Notifier, tools: DeliverTools) -> AttemptOutcome:
    item = bundle.shown
    outcome: AttemptOutcome
    sends = tools.throttle.note(notifier.capabilities.limits, tools.clock())
    try:
        outcome = await (_edit if _is_edit(item, notifier) else _send)(item, notifier, tools)
    except DeliveryFailed as error:
        outcome = _after(error, item, notifier, tools)
    except Exception as error:  # noqa: BLE001 - a plugin with a bug must neither end the drain nor be called in a tight loop
        _log.exception("notifier_crashed", channel=item.delivery.channel_id, delivery=item.delivery.id)
        detail = f"the notifier failed: {type(error).__name__}: {error}"
        outcome = _after(DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, detail), item, notifier, tools)
    await _record(bundle, outcome, tools, sends)
    await tools.states.note_outcome(item.delivery.channel_id, outcome, tools.clock())
    return outcome


async def _record(
    bundle: Bundle, outcome: AttemptOutcome, tools: DeliverTools, sends: Mapping[str, Sequence[datetime]] | None = None
) -> None:
    for delivery_id in bundle.delivery_ids:
        await tools.store.record_attempt(delivery_id, outcome, tools.clock(), sends=sends)
    _log_outcome(bundle.shown, outcome)


async def _send(item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> Sent:
    """Send to where the recipient is; once more where the service says that it has moved, or refuses the image.

    A message that was to answer another, which is no more, is sent on its own.
    """
    channel_id = item.delivery.channel_id
    message = _message(item, notifier, tools)
    try:
        return await notifier.send(message)
    except DeliveryFailed as error:
        if error.reason is DeliveryFailure.IMAGE_REFUSED and message.image_url is not None:
            _log.warning("image_left_out", channel=channel_id, image=message.image_url, reason=error.detail)
            message = _message(item, notifier, tools, with_image=False)
        elif error.reason is DeliveryFailure.RECIPIENT_MOVED and error.moved_to not in (None, message.address):
            await tools.states.note_move(channel_id, error.moved_to, tools.clock())
            message = replace(message, address=error.moved_to)
        elif error.reason is DeliveryFailure.MESSAGE_GONE and message.reply_to is not None:
            message = replace(message, reply_to=None)
        else:
            raise
    return await notifier.send(message)


async def _edit(item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> Sent | Skipped:
    """Change the message that says the alert, unless it is no more."""
    assert item.first_message_id is not None  # noqa: S101 - else it was skipped
    try:
        return await notifier.edit(item.first_message_id, _message(item, notifier, tools))
    except DeliveryFailed as error:
        if error.reason is DeliveryFailure.MESSAGE_GONE:
            return Skipped(reason=error.detail)
        raise


def _is_edit(item: DueDelivery, notifier: Notifier) -> bool:
    delivery = item.delivery
    return delivery.kind is DeliveryKind.UPDATE and not delivery.is_reply and not notifier.capabilities.takes_updates


def _nothing_to_send(item: DueDelivery, notifier: Notifier) -> Skipped | None:
    if not _is_edit(item, notifier):
        return None
    if not notifier.capabilities.can_edit:
        return Skipped(reason="this kind of channel cannot change a message")
    return Skipped(reason="there is no message to change") if item.first_message_id is None else None


def _message(item: DueDelivery, notifier: Notifier, tools: DeliverTools, *, with_image: bool = True) -> Message:
    channel_id = item.delivery.channel_id
    timezone = tools.channels[channel_id].timezone
    message = render_message(
        item,
        notifier.capabilities,
        timezone=timezone,
        template=tools.templates.choose(channel_id, item.alert.rules),
        sources=item.sources,
        change=item.delivery.change,
        with_image=with_image,
    )
    answers = item.first_message_id if item.delivery.is_reply and notifier.capabilities.can_reply else None
    return replace(message, address=tools.states.address(channel_id), reply_to=answers)


def _after(error: DeliveryFailed, item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> AttemptOutcome:
    return after_failure(
        error,
        attempts=item.delivery.attempts,
        created_at=item.delivery.created_at,
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
    elif isinstance(outcome, RetryAt):
        log.warning("alert_delayed", reason=outcome.reason, next_attempt_at=outcome.at.isoformat(timespec="seconds"))
    elif isinstance(outcome, Skipped):
        log.info("update_skipped", reason=outcome.reason)
    else:
        log.error("alert_dead", reason=outcome.reason, advice=f"aggregator deliveries retry {item.delivery.id}")


async def _pause(interval: timedelta, stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), interval.total_seconds())
    except TimeoutError:
        return
