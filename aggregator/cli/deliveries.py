"""`aggregator deliveries`: what was sent, what was not, and what is to become of that."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from aggregator.app import load_configuration
from aggregator.cli.acting import in_store, login_name
from aggregator.cli.delivery_details import details_document, print_details
from aggregator.cli.output import ago, config_path, count, print_json, print_table, timestamp
from aggregator.errors import NotFound
from aggregator.model.alerts import WAITING, Delivery, DeliveryKind, DeliveryStatus, DeliverySummary
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.operations.dead_letters import text_of
from aggregator.runtime import utc_now
from aggregator.settings import Settings

app = typer.Typer(help="See what was sent, and decide what becomes of what was not.", no_args_is_help=True)

_COUNTED_UP_TO = 10_000

Ids = Annotated[list[str] | None, typer.Argument(help="ids of deliveries")]
OfChannel = Annotated[str | None, typer.Option("--channel", help="only those of this channel")]
WithReason = Annotated[str | None, typer.Option("--reason", help="only those whose reason has these words in it")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which deliveries the command line means."""

    ids: list[DeliveryId]
    channel_id: ChannelId | None
    reason: str | None

    def all_among(self, found: list[DeliveryId]) -> None:
        """See that each id that was named is among those `found`."""
        for missing in self.ids:
            if missing not in found:
                raise NotFound(
                    f"there is no unsent delivery {missing!r}, or a digest tells it; "
                    "`aggregator deliveries list` shows what there is"
                )


@app.command("list")
def list_command(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    *,
    status: Annotated[list[DeliveryStatus] | None, typer.Option(help="only these")] = None,
    kind: Annotated[list[DeliveryKind] | None, typer.Option(help="only these")] = None,
    channel: OfChannel = None,
    reason: WithReason = None,
    limit: Annotated[int, typer.Option(min=1, help="how many, the newest first")] = 100,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the newest first."""
    chosen = _chosen([], channel, reason)
    summaries = in_store(
        load_configuration(config_path(context)).settings,
        lambda store: store.list_deliveries(
            statuses=status or [], kinds=kind or [], channel_id=chosen.channel_id, reason=chosen.reason, limit=limit
        ),
    )
    if as_json:
        print_json([delivery_document(summary) for summary in summaries])
        return
    print_table(
        ("id", "channel", "kind", "status", "tries", "next try", "title", "reason"),
        (_row(summary, utc_now()) for summary in summaries),
        empty="There are no such deliveries." if status or kind or channel or reason else "There are no deliveries.",
    )


@app.command("show")
def show(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="the id of a delivery")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one delivery: what it says, why, each attempt to send it, and what can be done."""
    configuration = load_configuration(config_path(context))
    details = in_store(configuration.settings, lambda store: store.delivery_details(DeliveryId(delivery)))
    if details is None:
        raise NotFound(f"there is no delivery {delivery!r}; `aggregator deliveries list` shows what there is")
    text = text_of(details.due, configuration)
    if as_json:
        print_json(details_document(details, text))
    else:
        print_details(details, text, utc_now())


@app.command("retry")
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="ids of deliveries; all dead ones without")] = None,
    *,
    channel: OfChannel = None,
    reason: WithReason = None,
) -> None:
    """Make dead or waiting deliveries due at once; a running daemon sends them."""
    chosen = _chosen(ids, channel, reason)
    retried = in_store(
        load_configuration(config_path(context)).settings,
        lambda store: store.retry_deliveries(
            chosen.ids, utc_now(), channel_id=chosen.channel_id, reason=chosen.reason, by=login_name()
        ),
    )
    chosen.all_among(retried)
    typer.echo(f"due now: {count(len(retried), 'delivery', 'deliveries')}")


@app.command("discard")
def discard(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    ids: Ids = None,
    *,
    channel: OfChannel = None,
    reason: WithReason = None,
    every: Annotated[bool, typer.Option("--all", help="all dead ones")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Give dead deliveries up: they are never sent, and stay in the list with who decided it."""
    chosen = _chosen(ids, channel, reason)
    if not (ids or channel or reason or every):
        raise typer.BadParameter("name deliveries, or give --channel, --reason or --all")
    settings = load_configuration(config_path(context)).settings
    if not yes and not _is_confirmed(settings, chosen):
        typer.echo("nothing was discarded", err=True)
        return
    discarded = in_store(
        settings,
        lambda store: store.discard_deliveries(
            chosen.ids, utc_now(), channel_id=chosen.channel_id, reason=chosen.reason, by=login_name()
        ),
    )
    chosen.all_among(discarded)
    typer.echo(f"discarded: {count(len(discarded), 'delivery', 'deliveries')}")


def delivery_document(summary: DeliverySummary) -> dict[str, object]:
    """Return a delivery as `deliveries list --json` has it."""
    delivery = summary.delivery
    return {
        "id": delivery.id,
        "channel": delivery.channel_id,
        "kind": delivery.kind.value,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "next_attempt_at": timestamp(delivery.next_attempt_at) if _is_waiting(delivery) else None,
        "reason": delivery.reason,
        "title": summary.title,
        "url": summary.url,
    }


def _row(summary: DeliverySummary, now: datetime) -> tuple[str, ...]:
    delivery = summary.delivery
    return (
        delivery.id,
        delivery.channel_id,
        delivery.kind.value,
        delivery.status.value,
        str(delivery.attempts),
        ago(delivery.next_attempt_at, now) if _is_waiting(delivery) else "",
        summary.title,
        delivery.reason or (delivery.hold if delivery.status is DeliveryStatus.HELD else None) or "",
    )


def _is_waiting(delivery: Delivery) -> bool:
    return delivery.status in WAITING


def _is_confirmed(settings: Settings, chosen: _Chosen) -> bool:
    """Ask whether to discard these."""
    if not sys.stdin.isatty():
        raise typer.BadParameter("discarding asks first, and there is no terminal to ask; add --yes")
    number = len(chosen.ids) or len(
        in_store(
            settings,
            lambda store: store.list_deliveries(
                statuses=[DeliveryStatus.DEAD],
                channel_id=chosen.channel_id,
                reason=chosen.reason,
                limit=_COUNTED_UP_TO + 1,
            ),
        )
    )
    several = "more than " * (number > _COUNTED_UP_TO)
    shown = count(min(number, _COUNTED_UP_TO), "delivery", "deliveries")
    return typer.confirm(f"Discard {several}{shown}, never to be sent?", err=True)


def _chosen(ids: list[str] | None, channel: str | None, reason: str | None) -> _Chosen:
    return _Chosen([DeliveryId(name) for name in ids or []], None if channel is None else ChannelId(channel), reason)
