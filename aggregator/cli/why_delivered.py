"""What channels were told of an article, and what waits, for a person."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from aggregator.alerts.digest_text import digest_title
from aggregator.cli.layout import INDENT, print_indented
from aggregator.cli.output import printable
from aggregator.cli.why_times import Times
from aggregator.model.alerts import DeliveryKind, DeliveryStatus
from aggregator.model.traces import DeliveryAttempt
from aggregator.operations.why_report import ArticleReport, ChannelReport, DeliveryReport, Hold, HoldKind

_STYLES = {
    DeliveryStatus.SENT: "green",
    DeliveryStatus.DEAD: "red",
    DeliveryStatus.PENDING: "yellow",
    DeliveryStatus.RETRYING: "yellow",
    DeliveryStatus.HELD: "yellow",
    DeliveryStatus.FOLDED: "yellow",
}
_STATUSES = {DeliveryStatus.FOLDED: "in a digest"}
_KINDS = {DeliveryKind.NEW: "alert", DeliveryKind.UPDATE: "update", DeliveryKind.DIGEST: "digest"}
_PERSON = {DeliveryStatus.PENDING: "retried", DeliveryStatus.DISCARDED: "discarded"}
"""What a person decided stands among the attempts."""


def print_channels(report: ArticleReport, console: Console, times: Times) -> None:
    """Print a part for each channel: its alert, the deliveries, the attempts, and what holds what waits."""
    console.print()
    heading = Text("Channels", style="bold")
    console.print(Padding(heading, (0, 0, 0, INDENT)) if console.is_terminal else Text("  Channels"))
    if not report.channels:
        print_indented(Text("No rule that matches sends anywhere.", style="dim"), console)
    for channel in report.channels:
        _print_channel(channel, report, console, times)


def _print_channel(report: ChannelReport, about: ArticleReport, console: Console, times: Times) -> None:
    kind = f" ({report.channel.type})" if report.channel else " (no longer in the configuration)"
    rules = f"  by {', '.join(report.rule_ids)}"
    print_indented(Text().append(report.channel_id, style="bold").append(kind).append(rules, style="dim"), console)
    if report.state.paused_at is not None:
        text = f"paused since {times.told(report.state.paused_at)}: {report.state.reason}"
        print_indented(Text(printable(text), style="yellow"), console, 2)
    if report.alert is None:
        print_indented(Text(printable(f"no alert: {report.reason}")), console, 2)
        return
    other = "" if report.alert.article_id == about.traced.id else ", for another article of its story"
    made = f"alert of {report.alert.priority.word} priority, made {times.told(report.alert.created_at)}{other}"
    print_indented(Text(made), console, 2)
    for delivery in report.deliveries:
        _print_delivery(delivery, console, times)


def _print_delivery(report: DeliveryReport, console: Console, times: Times, level: int = 2) -> None:
    delivery = report.delivery
    status = Text(_STATUSES.get(delivery.status, delivery.status.value), style=_STYLES.get(delivery.status, ""))
    line = Text(f"{_KINDS.get(delivery.kind, delivery.kind.value)} ").append_text(status)
    if delivery.digest is not None:
        line.append(f" ({digest_title(delivery.digest.reason, delivery.digest.total)})")
    print_indented(line.append(f"  {delivery.id}", style="dim"), console, level)
    level += 1
    if report.digest is not None:
        _print_delivery(report.digest, console, times, level)
        return
    for attempt in report.attempts:
        print_indented(Text(printable(f"{times.clock(attempt.attempted_at)}  {_answer(attempt)}")), console, level)
    if not report.attempts and delivery.status is not DeliveryStatus.SKIPPED:
        print_indented(Text("not tried yet", style="dim"), console, level)
    if not report.attempts and delivery.status is DeliveryStatus.SKIPPED and delivery.reason:
        print_indented(Text(printable(delivery.reason)), console, level)
    for hold in report.holds:
        print_indented(Text(printable(f"waits: {_held(hold, times)}"), style="yellow"), console, level)
    answers = [attempt.detail for attempt in report.attempts[-1:]]
    if delivery.status is DeliveryStatus.DEAD and delivery.reason not in answers:  # no service said so: we did
        print_indented(Text(printable(f"dead: {delivery.reason}")), console, level)
    if report.advice is not None:
        print_indented(Text(printable(report.advice)), console, level)


def _answer(attempt: DeliveryAttempt) -> str:
    detail = attempt.detail
    if attempt.status in _PERSON:
        return f"{_PERSON[attempt.status]} by {detail}" if detail else _PERSON[attempt.status]
    if attempt.status is DeliveryStatus.SENT:
        return f"sent, message {detail}" if detail else "sent"
    return f"{attempt.status.value}: {detail}" if detail else attempt.status.value


def _held(hold: Hold, times: Times) -> str:
    if hold.kind is HoldKind.RETRY and hold.until is not None:
        return f"next try {times.told(hold.until)}"
    since = f" (since {times.clock(hold.since)})" if hold.since else ""
    until = f" (until {times.clock(hold.until)})" if hold.until else ""
    return f"{hold.text}{since}{until}"
