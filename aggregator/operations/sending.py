"""One message to one service: a new one, a change to one that was sent, or the next of a digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import structlog

from aggregator.alerts.digest_text import Page, paginate
from aggregator.alerts.messages import render_message
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import DeliveryKind, DueDelivery, PageSent, Sent, Skipped
from aggregator.model.ids import DeliveryId
from aggregator.model.messages import Message
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.ports import Notifier

_log = structlog.get_logger(__name__)


def nothing_to_send(item: DueDelivery, notifier: Notifier) -> Skipped | None:
    """Return why there is nothing to send: for an update that nobody can see, and for a digest of nothing."""
    delivery = item.delivery
    if delivery.kind is DeliveryKind.DIGEST and not item.items:
        return Skipped(reason="nothing is left to tell")
    if delivery.kind is DeliveryKind.UPDATE and item.is_told_later:
        return Skipped(reason="its alert was still to be sent, and tells it")
    if not _is_edit(item, notifier):
        return None
    if not notifier.capabilities.can_edit:
        return Skipped(reason="this kind of channel cannot change a message")
    return Skipped(reason="there is no message to change") if item.first_message_id is None else None


def superseded_edits(due: Sequence[DueDelivery], notifier: Notifier) -> dict[DeliveryId, Skipped]:
    """Return the changes to messages after which another one of the same message is due: that one says it all."""
    last = {item.alert.id: item.delivery.id for item in due if _is_edit(item, notifier)}
    return {
        item.delivery.id: Skipped(reason="another change to the same message followed at once")
        for item in due
        if _is_edit(item, notifier) and last[item.alert.id] != item.delivery.id
    }


async def send(item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> Sent | Skipped:
    """Send a message, or change the message that says the alert.

    Raises:
        DeliveryFailed: as `ports.Notifier` says.
    """
    if _is_edit(item, notifier):
        return await _edit(item, notifier, tools)
    return await _send_message(_message(item, notifier, tools), notifier, tools)


def digest_pages(item: DueDelivery, notifier: Notifier, tools: DeliverTools) -> Iterator[Page]:
    """Yield the messages of what was read of a digest, each written when it is asked for."""
    assert item.delivery.digest is not None  # noqa: S101 - it is one
    timezone = tools.channels[item.delivery.channel_id].timezone
    return paginate(item, item.items, notifier.capabilities, timezone=timezone, digest=item.delivery.digest)


async def send_page(item: DueDelivery, page: Page, notifier: Notifier, tools: DeliverTools) -> PageSent:
    """Send the next message of a digest.

    Raises:
        DeliveryFailed: as `ports.Notifier` says.
    """
    digest, channel_id = item.delivery.digest, item.delivery.channel_id
    assert digest is not None  # noqa: S101 - it is one
    message = replace(
        page.message,
        items=tuple(await tools.store.read_deliveries([listed.delivery.id for listed in page.message.items])),
        address=tools.states.address(channel_id),
    )
    sent = await _send_message(message, notifier, tools)
    told = tuple(one.delivery.id for one in page.told)
    return PageSent(message_id=sent.message_id, told=told, digest=digest.with_page(len(told)), is_last=page.is_last)


async def _send_message(message: Message, notifier: Notifier, tools: DeliverTools) -> Sent:
    """Send to where the recipient is; once more where the service says that it has moved, or refuses the image.

    A message that was to answer another, which is no more, is sent on its own.
    """
    channel_id = message.due.delivery.channel_id
    try:
        return await notifier.send(message)
    except DeliveryFailed as error:
        if error.reason is DeliveryFailure.IMAGE_REFUSED and message.image_url is not None:
            _log.warning("image_left_out", channel=channel_id, image=message.image_url, reason=error.detail)
            message = _message(message.due, notifier, tools, with_image=False)
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
