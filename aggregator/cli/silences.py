"""`aggregator silences`: what nobody wants to hear, until when, by whom and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.alerts.silence_times import parse_until
from aggregator.app import load_configuration
from aggregator.cli.acting import in_store, login_name
from aggregator.cli.bar_chart import day_words
from aggregator.cli.output import ago, config_path, count, print_json, print_table, printable, timestamp
from aggregator.model.ids import ChannelId, SilenceId
from aggregator.model.silences import Silence, SilenceScope
from aggregator.operations.configure import Configuration
from aggregator.operations.silence import SilenceRequest, SilenceSummary, add_silence, list_silences, remove_silence
from aggregator.runtime import utc_now

app = typer.Typer(help="See what is silenced, silence more, or hear it again.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
By = Annotated[str | None, typer.Option("--by", help="who wants it; by default the user who is logged in")]


@app.command("list")
def list_command(
    context: typer.Context,
    *,
    channel: Annotated[str | None, typer.Option("--channel", help="only what this channel does not hear")] = None,
    every: Annotated[bool, typer.Option("--all", help="those that have ended, too")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is silenced: where, until when, by whom and why, and how many alerts that met."""
    configuration = load_configuration(config_path(context))
    now = utc_now()
    summaries = in_store(
        configuration.settings,
        lambda store: list_silences(configuration, store, now, channel_id=_channel_id(channel), with_ended=every),
    )
    if as_json:
        print_json([silence_document(summary) for summary in summaries])
        return
    print_table(
        ("id", "channel", "silenced", "until", "alerts", "by", "why"),
        (_row(summary, configuration, now) for summary in summaries),
        empty="There are no silences." if every else "Nothing is silenced.",
    )


@app.command("add")
def add(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    *,
    rule: Annotated[str | None, typer.Option(help="the id of a rule")] = None,
    feed: Annotated[str | None, typer.Option(help="the id of a feed")] = None,
    story: Annotated[str | None, typer.Option(help="the id of a story, or of a delivery or an article of it")] = None,
    keyword: Annotated[str | None, typer.Option(help="a query: what it matches is silenced")] = None,
    tag: Annotated[str | None, typer.Option(help="a tag of articles or feeds")] = None,
    until: Annotated[str, typer.Option(help="morning, 2h, 18:30, 2026-12-24, 2026-12-24 18:30 or forever")],
    channel: Annotated[str | None, typer.Option(help="in this channel only; in all without")] = None,
    why: Annotated[str, typer.Option(help="the reason, for those who wonder")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Silence a rule, a feed, a story, a tag, or what a query matches; one message sums it up when that ends."""
    named = {
        SilenceScope.RULE: rule,
        SilenceScope.FEED: feed,
        SilenceScope.STORY: story,
        SilenceScope.KEYWORD: keyword,
        SilenceScope.TAG: tag,
    }
    given = [(scope, value) for scope, value in named.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter("give one of --rule, --feed, --story, --keyword and --tag")
    [(scope, value)] = given
    configuration = load_configuration(config_path(context))
    now = utc_now()
    channel_id = _channel_id(channel)
    wanted = SilenceRequest(
        scope=scope,
        value=value,
        channel_id=channel_id,
        until=_moment(until, now, _zone(channel_id, configuration)),
        by=by or login_name(),
        why=why,
    )
    summary = in_store(configuration.settings, lambda store: add_silence(wanted, configuration, store=store, now=now))
    if as_json:
        print_json(silence_document(summary))
    else:
        typer.echo(_added_words(summary.silence, configuration, now))


@app.command("remove")
def remove(
    context: typer.Context, silence: Annotated[str, typer.Argument(help="the id of a silence")], *, by: By = None
) -> None:
    """End a silence now: what it held is told at once, in one message."""
    settings = load_configuration(config_path(context)).settings
    summary = in_store(
        settings, lambda store: remove_silence(SilenceId(silence), store, utc_now(), by=by or login_name())
    )
    ended = summary.silence
    typer.echo(f"heard again{_where(ended)}: {_what(ended)}")
    if summary.alerts:
        verb = "is" if summary.alerts == 1 else "are"
        what = f"that it held {verb} due now" if ended.until else f"that came meanwhile {verb} not sent"
        typer.echo(f"  {count(summary.alerts, 'alert')} {what}")


def silence_document(summary: SilenceSummary) -> dict[str, object]:
    """Return a silence as `silences list --json` has it."""
    silence = summary.silence
    return {
        "id": silence.id,
        "channel": silence.channel_id,
        "scope": silence.scope.value,
        "value": silence.value,
        "until": timestamp(silence.until),
        "created_at": timestamp(silence.created_at),
        "created_by": silence.created_by,
        "why": silence.why,
        "ended_at": timestamp(silence.ended_at),
        "alerts": summary.alerts,
    }


def _row(summary: SilenceSummary, configuration: Configuration, now: datetime) -> tuple[str, ...]:
    silence = summary.silence
    return (
        silence.id,
        silence.channel_id or "all",
        _what(silence),
        _end_words(silence, configuration, now),
        f"{summary.alerts:,}",
        silence.created_by,
        silence.why,
    )


def _added_words(silence: Silence, configuration: Configuration, now: datetime) -> str:
    if silence.until is None:
        end, then = "for good", "its alerts are never sent"
    else:
        end = f"until {_clock(silence.until, silence, configuration)}, {ago(silence.until, now)}"
        then = "one message then sums its alerts up"
    return (
        f"silenced{_where(silence)} {end}: {_what(silence)}\n"
        f"  {then}; `aggregator silences remove {silence.id}` ends it"
    )


def _end_words(silence: Silence, configuration: Configuration, now: datetime) -> str:
    if silence.ended_at is not None:
        return f"ended {_clock(silence.ended_at, silence, configuration)}"
    if silence.until is None:
        return "for good"
    shown = _clock(silence.until, silence, configuration)
    return f"{shown}, {ago(silence.until, now)}"


def _what(silence: Silence) -> str:
    return printable(f"{silence.scope.value} {silence.value}")


def _where(silence: Silence) -> str:
    return f" in {silence.channel_id}" if silence.channel_id else " in all channels"


def _clock(moment: datetime, silence: Silence, configuration: Configuration) -> str:
    """Return a moment as the clock of the silence's channel shows it: `Sun 1 Mar 07:00 (Europe/Kyiv)`."""
    zone = _zone(silence.channel_id, configuration)
    local = moment.astimezone(zone)
    has_year = local.year != silence.created_at.astimezone(zone).year
    return f"{day_words(local.date(), has_year=has_year)} {local:%H:%M} ({zone.key})"


def _moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        return parse_until(text, now, zone)
    except ValueError as error:
        raise typer.BadParameter(f"--until: {error}") from error


def _zone(channel_id: ChannelId | None, configuration: Configuration) -> ZoneInfo:
    """Return the time zone of a channel; that of the configuration for all of them."""
    channel = None if channel_id is None else configuration.channels.get(channel_id)
    return ZoneInfo(configuration.settings.timezone if channel is None else channel.timezone)


def _channel_id(name: str | None) -> ChannelId | None:
    return None if name is None else ChannelId(name)
