"""Notifiers opened from their plugins, messages for them, and how they fail."""

from __future__ import annotations

import io
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from support.builders import NOW, article, due, match

from aggregator.alerts.digests import due_digest
from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Channel, Delivery, DeliveryKind, DueDelivery
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.model.messages import Message
from aggregator.model.rules import Field
from aggregator.notifiers.contract import NotifierContext, NotifierPlugin
from aggregator.ports import Notifier

IMAGE = "https://news.example/picture.jpg"
_PIECES = (
    "<!channel>",
    "<@U1>",
    "@channel",
    "@all",
    "@everyone",
    "<!here|x>",
    "</a>",
    "\\",
    "*_~`|",
    "](",
    " ",
    "&lt;!",
    "[x](y)",
)
HOSTILE = tuple(map("".join, product(_PIECES, repeat=2)))
"""Titles that mean to ping, or to break the marks around them."""


def context(seconds: float = 10) -> NotifierContext:
    """What a plugin may use of the process; a request takes at most `seconds`."""
    return NotifierContext(
        console=io.StringIO(),
        user_agent="aggregator-test",
        telegram_token=None,
        telegram_api_url="",
        send_timeout=timedelta(seconds=seconds),
    )


def open_plugin(plugin: NotifierPlugin, **options: object) -> Notifier:
    """Open a notifier whose options have no problem."""
    validated = plugin.options_model.model_validate(options)
    used = context()
    assert plugin.missing(validated, used) is None
    return plugin.open(Channel(id=ChannelId("desk"), type="any", options=options), validated, used)


def about(title: str = "Families of captives were called", kind: DeliveryKind = DeliveryKind.NEW) -> DueDelivery:
    """A due delivery about captives."""
    subject = article(title=title)
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")))
    return replace(item, delivery=replace(item.delivery, kind=kind))


def digest_of(*items: DueDelivery, pages_sent: int = 0) -> DueDelivery:
    """A digest of three alerts on its way, of which it has still to tell `items`."""
    delivery = Delivery(
        id=DeliveryId("digest"),
        channel_id=ChannelId("desk"),
        kind=DeliveryKind.DIGEST,
        created_at=NOW,
        next_attempt_at=NOW,
        digest=Digest(reason=DigestReason.SCHEDULED, total=3, told=3 - len(items), pages_sent=pages_sent),
    )
    return due_digest(delivery, items)


def message(text: str = "*Captives* came home", **changes: object) -> Message:
    """A message that says `text`."""
    made = Message(text=text, due=about(), subject="Captives came home")
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


async def failure_of(sending: Awaitable[object]) -> DeliveryFailed:
    """Return how it failed."""
    with pytest.raises(DeliveryFailed) as caught:
        await sending
    return caught.value
