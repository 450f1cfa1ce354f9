"""What every notifier promises, tried on one that runs: for the tests of notifiers, ours and those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.alerts.digest_text import Page, paginate
from aggregator.alerts.digests import due_digest
from aggregator.alerts.messages import render_message
from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Alert, AlertRule, Delivery, DeliveryKind, DueDelivery, Sent
from aggregator.model.articles import Article
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import AlertId, ArticleKey, ChannelId, DeliveryId, FeedId, RuleId, StoryId
from aggregator.model.messages import Message
from aggregator.model.rules import Field, Match, Priority, Span
from aggregator.ports import Notifier

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_HOSTILE_TITLE = "<b>&amp; *_`[@everyone captives 👩\u200d🚀 "
_HOSTILE_TEXT = "long & <words> ]]> {{ 👩\u200d🚀 \u202e"
_WORD = "captives"
_ALERTS_OF_A_DIGEST = 200
"""More than any message takes."""


async def broken_promises(working: Notifier, unreachable: Notifier) -> list[str]:
    """Return what a notifier does against its contract, a sentence each; both notifiers are closed.

    `working` sends to a service that takes everything within its limits, `unreachable` to where nobody is.
    """
    broken = [*await _sending(working), *await _failing(unreachable)]
    for notifier in (working, unreachable):
        await notifier.close()
        await notifier.close()
    return broken


def longest_message(notifier: Notifier, name: str = "1") -> Message:
    """Return as long a message as the notifier says that it takes, with every character that needs care.

    Messages with different names are of different alerts.
    """
    return render_message(_alert(name), notifier.capabilities, timezone="UTC")


def digest_messages(notifier: Notifier) -> tuple[Message, Message]:
    """Return the first two messages of a digest, each as long as the notifier takes, as the outbox makes them."""
    items = [_alert(f"item-{number}", repeats=1) for number in range(_ALERTS_OF_A_DIGEST)]
    digest = Digest(reason=DigestReason.OVERFLOW, total=len(items))
    first = _first_page(notifier, items, digest)
    told = {item.delivery.id for item in first.told}
    rest = [item for item in items if item.delivery.id not in told]
    second = _first_page(notifier, rest, replace(digest, told=len(told), pages_sent=1))
    return first.message, second.message


def _first_page(notifier: Notifier, items: Sequence[DueDelivery], digest: Digest) -> Page:
    delivery = Delivery(
        id=DeliveryId("digest"),
        channel_id=ChannelId("channel"),
        kind=DeliveryKind.DIGEST,
        created_at=_NOW,
        next_attempt_at=_NOW,
        digest=digest,
    )
    due = due_digest(delivery, items)
    return next(paginate(due, items, notifier.capabilities, timezone="UTC", digest=digest))


def _alert(name: str, repeats: int = 0) -> DueDelivery:
    """Return an alert of a title and a text that need care: as long as any service takes, or of some `repeats`."""
    article = Article(
        feed_id=FeedId("feed"),
        key=ArticleKey(name),
        url=f"https://news.example/{name}",
        title=_HOSTILE_TITLE * (repeats or 40),
        published_at=_NOW,
        content_hash="",
        summary=_HOSTILE_TEXT * (repeats or 3000),
    )
    start = article.title.index(_WORD)
    span = Span(field=Field.TITLE, start=start, end=start + len(_WORD), text=_WORD)
    rule = AlertRule(id=RuleId("rule"), title="Rule <&>")
    alert = Alert(
        id=AlertId(f"alert-{name}"),
        channel_id=ChannelId("channel"),
        story_id=StoryId(f"story-{name}"),
        article_id=article.id,
        rules=(rule,),
        priority=Priority.NORMAL,
        created_at=_NOW,
    )
    delivery = Delivery(
        id=DeliveryId(f"delivery-{name}"),
        alert_id=alert.id,
        channel_id=alert.channel_id,
        kind=DeliveryKind.NEW,
        created_at=_NOW,
        next_attempt_at=_NOW,
    )
    match = Match(rule_id=rule.id, article_id=article.id, spans=(span,), clause=_WORD)
    return DueDelivery(delivery=delivery, alert=alert, article=article, feed_title="Feed", matches=(match,))


async def _sending(notifier: Notifier) -> list[str]:
    capabilities = notifier.capabilities
    broken = [] if capabilities.text_limit > 0 else ["its text_limit is not above 0"]
    broken += [
        f"its limit {limit.scope!r} lets nothing through"
        for limit in capabilities.limits
        if limit.count < 1 or not limit.period
    ]
    message = longest_message(notifier)
    try:
        sent: object = await notifier.send(message)
        if not isinstance(sent, Sent):
            return [*broken, f"send returned {sent!r}, and not what the service says of a message that it took"]
        if capabilities.can_edit or capabilities.can_reply:
            broken += await _going_on(notifier, message, sent)
        broken += await _gathering(notifier)
    except DeliveryFailed as error:
        broken.append(
            f"a message or digest within its limits, or an edit or answer that it says it can make, failed: {error}"
        )
    return broken


async def _gathering(notifier: Notifier) -> list[str]:
    """Send two messages of a digest, the first of them again as after an answer that was lost."""
    first, second = digest_messages(notifier)
    await notifier.send(first)
    once = await notifier.send(first)
    other = await notifier.send(second)
    if once.message_id is not None and once.message_id == other.message_id:
        return ["two messages of one digest have the same message_id: they differ in digest.pages_sent and text alone"]
    return []


async def _going_on(notifier: Notifier, message: Message, sent: Sent) -> list[str]:
    if not sent.message_id:
        return ["it says that it can edit or answer, and names no message"]
    if notifier.capabilities.can_edit:
        changed = replace(message, text="changed", plain="changed", subject="changed")
        for _ in range(2):
            sent = await notifier.edit(sent.message_id or "", changed)
    if notifier.capabilities.can_reply:
        await notifier.send(replace(longest_message(notifier, "2"), reply_to=sent.message_id))
    return []


async def _failing(notifier: Notifier) -> list[str]:
    try:
        await notifier.send(longest_message(notifier))
    except DeliveryFailed as error:
        if error.reason.is_passing:
            return []
        return [f"a service that cannot be reached is {error.reason.value!r} to it, and not a failure that may pass"]
    except Exception as error:  # noqa: BLE001 - what it may not raise is what is looked for
        return [f"a service that cannot be reached raises {type(error).__name__}, and not DeliveryFailed"]
    return ["send returned, with nobody there to take the message"]
