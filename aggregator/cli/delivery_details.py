"""All that is known of one delivery, as `deliveries show` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import typer

from aggregator.alerts.advice import advice_for
from aggregator.cli.output import ago, printable, timestamp
from aggregator.model.alerts import WAITING, DeliveryKind, DeliveryStatus
from aggregator.model.dead_letters import DeliveryDetails

_LABEL = 10
_UNSENT = (*WAITING, DeliveryStatus.DEAD)


def details_document(details: DeliveryDetails, text: str) -> dict[str, object]:
    """Return them as `deliveries show --json` has them; `text` is what the message says."""
    due = details.due
    delivery, alert, article = due.delivery, due.alert, due.article
    return {
        "id": delivery.id,
        "channel": delivery.channel_id,
        "kind": delivery.kind.value,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "created_at": timestamp(delivery.created_at),
        "next_attempt_at": timestamp(delivery.next_attempt_at) if delivery.status in WAITING else None,
        "reason": delivery.reason,
        "advice": _advice(details),
        "title": article.title,
        "url": article.url,
        "text": text,
        "message_id": delivery.receipt,
        "hold": delivery.hold,
        "silence": delivery.silence_id,
        "digest": delivery.digest_id,
        "feed": {"id": article.feed_id, "title": due.feed_title},
        "alert": {
            "id": alert.id,
            "priority": alert.priority.word,
            "story": alert.story_id,
            "rules": [{"id": rule.id, "title": rule.title} for rule in alert.rules],
            "created_at": timestamp(alert.created_at),
        },
        "history": [
            {"at": timestamp(attempt.attempted_at), "outcome": attempt.status.value, "detail": attempt.detail}
            for attempt in details.attempts
        ],
    }


def print_details(details: DeliveryDetails, text: str, now: datetime) -> None:
    """Print them for a person."""
    for label, value in _facts(details, now):
        typer.echo(f"{label:<{_LABEL}}{printable(value)}")
    typer.echo("\nIt says:")
    for line in text.splitlines():
        typer.echo(f"  {printable(line)}".rstrip())
    typer.echo("\nWhat happened:" if details.attempts else "\nIt was not tried yet.")
    for attempt in details.attempts:
        at = timestamp(attempt.attempted_at)
        typer.echo(f"  {at}  {printable(_happened(attempt.status, attempt.detail))}")


def _facts(details: DeliveryDetails, now: datetime) -> Iterator[tuple[str, str]]:
    due = details.due
    delivery, alert = due.delivery, due.alert
    yield "delivery", f"{delivery.id} ({delivery.kind.value})"
    yield "channel", delivery.channel_id
    waits = f", next try {ago(delivery.next_attempt_at, now)}" if delivery.status in WAITING else ""
    yield "status", f"{delivery.status.value}{waits}"
    if delivery.hold and delivery.status is DeliveryStatus.HELD:
        yield "held for", f"{delivery.hold.value}; `aggregator deliveries retry {delivery.id}` sends it at once"
    if delivery.digest_id:
        yield "digest", f"{delivery.digest_id}, which tells it"
    if delivery.reason:
        yield "reason", delivery.reason
    if advice := _advice(details):
        yield "to do", advice
    if delivery.receipt:
        yield "message", delivery.receipt
    if delivery.kind not in (DeliveryKind.NOTICE, DeliveryKind.DIGEST):
        yield "alert", f"{alert.id}, {alert.priority.word} priority, made {ago(alert.created_at, now)}"
        yield "rules", ", ".join(f"{rule.id} ({rule.title})" for rule in alert.rules)
        yield "feed", f"{due.article.feed_id} ({due.feed_title})"
        yield "article", f"{due.article.title}, {due.article.url}"
        yield "story", alert.story_id


def _advice(details: DeliveryDetails) -> str | None:
    delivery = details.due.delivery
    return advice_for(delivery.reason or "") if delivery.status in _UNSENT else None


def _happened(status: DeliveryStatus, detail: str | None) -> str:
    if status in (DeliveryStatus.PENDING, DeliveryStatus.DISCARDED):
        word = "retried" if status is DeliveryStatus.PENDING else "discarded"
        return f"{word} by {detail}" if detail else word
    if status is DeliveryStatus.SENT:
        return f"sent (message {detail})" if detail else "sent"
    return f"{status.value}: {detail}" if detail else status.value
