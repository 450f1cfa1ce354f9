"""`aggregator deliveries`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aggregator.app import load_configuration
from aggregator.cli.output import ago, config_path, count, print_json, print_table, timestamp
from aggregator.errors import NotFound
from aggregator.model.alerts import DeliveryStatus, DeliverySummary
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.runtime import opened_store, utc_now
from aggregator.settings import Settings

app = typer.Typer(help="See what was sent, and send again what was not.", no_args_is_help=True)


@app.command("list")
def list_command(
    context: typer.Context,
    *,
    status: Annotated[list[DeliveryStatus] | None, typer.Option(help="only these")] = None,
    channel: Annotated[str | None, typer.Option(help="only this channel")] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many, the newest first")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List deliveries, the newest first."""
    settings = load_configuration(config_path(context)).settings
    summaries = asyncio.run(_list(settings, status or [], channel, limit))
    if as_json:
        print_json([delivery_document(summary) for summary in summaries])
        return
    now = utc_now()
    print_table(
        ("id", "channel", "status", "tries", "next try", "title", "reason"),
        (
            (
                summary.delivery.id,
                summary.delivery.channel_id,
                summary.delivery.status.value,
                str(summary.delivery.attempts),
                ago(summary.delivery.next_attempt_at, now) if _is_waiting(summary) else "",
                summary.title,
                summary.delivery.reason or "",
            )
            for summary in summaries
        ),
        empty="There are no deliveries.",
    )


@app.command("retry")
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="ids of deliveries; all dead ones without")] = None,
    *,
    channel: Annotated[str | None, typer.Option(help="only those of this channel")] = None,
) -> None:
    """Make dead or waiting deliveries due at once; a running daemon sends them."""
    settings = load_configuration(config_path(context)).settings
    retried = asyncio.run(_retry(settings, ids or [], channel))
    for missing in set(ids or []) - set(retried):
        raise NotFound(f"there is no unsent delivery {missing!r}; `aggregator deliveries list` shows what there is")
    typer.echo(f"due now: {count(len(retried), 'delivery', 'deliveries')}")


def delivery_document(summary: DeliverySummary) -> dict[str, object]:
    """Return a delivery as `deliveries list --json` has it."""
    delivery = summary.delivery
    return {
        "id": delivery.id,
        "channel": delivery.channel_id,
        "kind": delivery.kind.value,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "next_attempt_at": timestamp(delivery.next_attempt_at) if _is_waiting(summary) else None,
        "reason": delivery.reason,
        "title": summary.title,
        "url": summary.url,
    }


def _is_waiting(summary: DeliverySummary) -> bool:
    return summary.delivery.status in (DeliveryStatus.PENDING, DeliveryStatus.RETRYING, DeliveryStatus.HELD)


async def _list(
    settings: Settings, statuses: list[DeliveryStatus], channel: str | None, limit: int
) -> list[DeliverySummary]:
    async with opened_store(settings) as store:
        return await store.list_deliveries(
            statuses=statuses, channel_id=None if channel is None else ChannelId(channel), limit=limit
        )


async def _retry(settings: Settings, ids: list[str], channel: str | None) -> list[DeliveryId]:
    async with opened_store(settings) as store:
        return await store.retry_deliveries(
            [DeliveryId(name) for name in ids],
            utc_now(),
            channel_id=None if channel is None else ChannelId(channel),
        )
