"""`aggregator channels`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import typer

from aggregator.app import load_configuration
from aggregator.cli.output import ago, config_path, print_json, print_table, timestamp
from aggregator.errors import NotFound
from aggregator.model.alerts import Channel, ChannelState, DeliveryStatus, Sent
from aggregator.model.ids import ChannelId
from aggregator.notifiers.registry import open_notifier
from aggregator.operations.configure import Configuration
from aggregator.operations.try_channel import try_channel
from aggregator.runtime import notifier_context, opened_store, utc_now

app = typer.Typer(help="See where alerts go, and try it.", no_args_is_help=True)

_COLUMNS = ("id", "type", "enabled", "rules", "sent", "waiting", "held", "dead")
_UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING)
_HELD = (DeliveryStatus.HELD, DeliveryStatus.FOLDED)


@app.command("list")
def list_command(
    context: typer.Context, *, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """List the channels: which rules send there, what was sent and what waits."""
    configuration = load_configuration(config_path(context))
    counts, states = asyncio.run(_known(configuration))
    documents = [
        _document(channel, configuration, counts[channel.id])
        | _state_document(states.get(channel.id, ChannelState(channel_id=channel.id)))
        for channel in configuration.channels.values()
    ]
    if as_json:
        print_json(documents)
        return
    print_table(
        (*_COLUMNS, "state"),
        (
            [
                *(_cell(document[name]) for name in _COLUMNS),
                _state(states.get(ChannelId(str(document["id"]))), utc_now()),
            ]
            for document in documents
        ),
        empty="There are no channels yet; add one under `channels:` in the configuration.",
    )


@app.command("test")
def test(context: typer.Context, channel: Annotated[str, typer.Argument(help="the channel's name")]) -> None:
    """Send a test message to a channel."""
    configuration = load_configuration(config_path(context))
    known = configuration.channels.get(ChannelId(channel))
    if known is None:
        raise NotFound(f"there is no channel {channel!r}; there are: {', '.join(configuration.channels) or 'none'}")
    receipt = asyncio.run(_test(known, configuration))
    detail = f" (message {receipt.message_id})" if receipt.message_id else ""
    typer.echo(f"The test message to {channel!r} was sent{detail}.", err=True)


async def _test(channel: Channel, configuration: Configuration) -> Sent:
    notifier = open_notifier(channel, notifier_context(configuration.settings, sys.stdout))
    try:
        template = configuration.templates.choose(channel.id, ())
        return await try_channel(channel, notifier, utc_now(), template=template)
    finally:
        await notifier.close()


async def _known(
    configuration: Configuration,
) -> tuple[dict[ChannelId, Mapping[DeliveryStatus, int]], dict[ChannelId, ChannelState]]:
    """Return how many deliveries of each status each channel has, and what was learned of channels."""
    async with opened_store(configuration.settings) as store:
        counts = {channel_id: await store.count_deliveries(channel_id) for channel_id in configuration.channels}
        return counts, {state.channel_id: state for state in await store.channel_states()}


def _document(
    channel: Channel, configuration: Configuration, counts: Mapping[DeliveryStatus, int]
) -> dict[str, object]:
    return {
        "id": channel.id,
        "type": channel.type,
        "enabled": channel.enabled,
        "rules": [rule.id for rule in configuration.rules.values() if channel.id in rule.send_to],
        "sent": counts.get(DeliveryStatus.SENT, 0),
        "waiting": sum(counts.get(status, 0) for status in _UNFINISHED),
        "held": sum(counts.get(status, 0) for status in _HELD),
        "dead": counts.get(DeliveryStatus.DEAD, 0),
    }


def _state_document(state: ChannelState) -> dict[str, object]:
    return {"paused_at": timestamp(state.paused_at), "paused_reason": state.reason, "moved_to": state.address}


def _state(state: ChannelState | None, now: datetime) -> str:
    if state is None:
        return ""
    paused = f"paused {ago(state.paused_at, now)}: {state.reason}" if state.paused_at else ""
    moved = f"moved to {state.address}" if state.address else ""
    return "; ".join(part for part in (paused, moved) if part)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
