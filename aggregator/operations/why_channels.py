"""What channels were told of an article, and what keeps from them what is still on its way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from aggregator.alerts.advice import advice_for
from aggregator.alerts.planning import alert_id
from aggregator.model.alerts import WAITING, Channel, ChannelState, DeliveryStatus
from aggregator.model.digests import DigestReason
from aggregator.model.ids import AlertId, ChannelId, RuleId
from aggregator.model.traces import TracedAlert, TracedArticle, TracedDelivery
from aggregator.operations.configure import Configuration
from aggregator.operations.why_report import ChannelReport, DeliveryReport, Hold, HoldKind, RuleReport, Verdict

_HOLDS = {
    DigestReason.QUIET_HOURS: (HoldKind.QUIET_HOURS, "it is quiet hours in the channel, which only urgent alerts pass"),
    DigestReason.SCHEDULED: (HoldKind.DIGEST, "it comes with the channel's next digest"),
    DigestReason.OVERFLOW: (HoldKind.LIMIT, "the channel has got as many messages as its configuration allows"),
    DigestReason.RETURNED: (HoldKind.RETURNED, "it waits with what came while the channel took nothing"),
}


def alert_ids(traced: TracedArticle, configuration: Configuration) -> list[AlertId]:
    """Return the ids that alerts of its story have, which may have begun with another article."""
    story_id = traced.story_id
    return [] if story_id is None else [alert_id(channel_id, story_id) for channel_id in configuration.channels]


def channel_reports(  # noqa: PLR0913 - all that decides it, named
    article: TracedArticle,
    rules: Sequence[RuleReport],
    alerts: Sequence[TracedAlert],
    configuration: Configuration,
    states: Mapping[ChannelId, ChannelState],
    *,
    now: datetime,
    channel_id: ChannelId | None = None,
) -> tuple[ChannelReport, ...]:
    """Return a report for each alert, and one for each channel without any that a rule which matches sends to."""
    heard = _rules_by_channel(rules, configuration)
    about = [one for one in alerts if one.alert.article_id == article.id or one.alert.channel_id in heard]
    told = [one.alert.channel_id for one in about]
    order = dict.fromkeys([*configuration.channels, *told])
    reports = []
    for known_id in order:
        if channel_id not in (None, known_id):
            continue
        channel = configuration.channels.get(known_id)
        state = states.get(known_id) or ChannelState(channel_id=known_id)
        of_channel = [one for one in about if one.alert.channel_id == known_id]
        reports += [_told(one, channel, state, now) for one in of_channel]
        if known_id in heard and not of_channel:
            reports.append(_untold(heard[known_id], channel, state))
    return tuple(reports)


def _rules_by_channel(rules: Sequence[RuleReport], configuration: Configuration) -> dict[ChannelId, list[RuleReport]]:
    heard: dict[ChannelId, list[RuleReport]] = {}
    for report in rules:
        rule = configuration.rules.get(report.rule_id)
        if rule is not None and (report.verdict is Verdict.MATCHES or report.found is not None):
            for channel_id in rule.send_to:
                heard.setdefault(channel_id, []).append(report)
    return heard


def _told(traced: TracedAlert, channel: Channel | None, state: ChannelState, now: datetime) -> ChannelReport:
    return ChannelReport(
        channel_id=traced.alert.channel_id,
        channel=channel,
        state=state,
        rule_ids=tuple(rule.id for rule in traced.alert.rules),
        alert=traced.alert,
        deliveries=tuple(_delivery(one, channel, state, now) for one in traced.deliveries),
    )


def _untold(rules: Collection[RuleReport], channel: Channel | None, state: ChannelState) -> ChannelReport:
    return ChannelReport(
        channel_id=state.channel_id,
        channel=channel,
        state=state,
        rule_ids=tuple(RuleId(report.rule_id) for report in rules),
        reason=_why_untold(rules, channel),
    )


def _why_untold(rules: Collection[RuleReport], channel: Channel | None) -> str:
    if channel is None or not channel.enabled:
        return "the channel is off (`enabled: false`), and takes no alerts"
    if any(report.found is not None for report in rules):
        return "when the article came, the rule did not send to this channel, or the channel was off"
    return next(report.note for report in rules if report.note is not None)


def _delivery(traced: TracedDelivery, channel: Channel | None, state: ChannelState, now: datetime) -> DeliveryReport:
    holds = tuple(_holds(traced, channel, state, now)) if traced.delivery.status in WAITING else ()
    return DeliveryReport(
        delivery=traced.delivery,
        attempts=traced.attempts,
        holds=holds,
        advice=_advice(traced, is_held=bool(holds)),
        silence=traced.silence,
        digest=None if traced.digest is None else _delivery(traced.digest, channel, state, now),
    )


def _holds(traced: TracedDelivery, channel: Channel | None, state: ChannelState, now: datetime) -> Iterator[Hold]:
    """Yield what keeps a waiting delivery from being sent at once."""
    delivery = traced.delivery
    if channel is None:
        yield Hold(kind=HoldKind.CHANNEL_OFF, text="the channel is no longer in the configuration")
    elif not channel.enabled:
        yield Hold(kind=HoldKind.CHANNEL_OFF, text="the channel is off (`enabled: false`)")
    if state.paused_at is not None:
        text = f"the channel takes nothing: {state.reason}"
        yield Hold(kind=HoldKind.PAUSED, text=text, since=state.paused_at)
    if delivery.status is DeliveryStatus.HELD and delivery.hold is not None:
        yield _hold(traced, delivery.hold, delivery.next_attempt_at)
    elif delivery.next_attempt_at > now:
        text = delivery.reason or "it is not yet due"
        yield Hold(kind=HoldKind.RETRY, text=text, until=delivery.next_attempt_at)
    if traced.ahead and delivery.status is not DeliveryStatus.HELD:
        alerts = "1 alert" if traced.ahead == 1 else f"{traced.ahead:,} alerts"
        yield Hold(kind=HoldKind.BEHIND, text=f"{alerts} of the channel before it, as its order is kept")


def _hold(traced: TracedDelivery, reason: DigestReason, until: datetime) -> Hold:
    silence = traced.silence
    if silence is None:
        kind, text = _HOLDS.get(reason, (HoldKind.SILENCED, "it was silenced"))
        return Hold(kind=kind, text=text, until=until)
    by = f" by {silence.created_by}" if silence.created_by else ""
    why = f" ({silence.why})" if silence.why else ""
    text = f"the {silence.scope.value} {silence.value} is silenced{by}{why}: silence {silence.id}"
    return Hold(kind=HoldKind.SILENCED, text=text, since=silence.created_at, until=until)


def _advice(traced: TracedDelivery, *, is_held: bool) -> str | None:
    delivery = traced.delivery
    known = advice_for(delivery.reason or "")
    if delivery.status is DeliveryStatus.DEAD:
        again = f"`aggregator deliveries retry {delivery.id}` sends it again."
        return f"{known} {again}" if known else again
    if delivery.status is DeliveryStatus.HELD:
        return f"`aggregator deliveries retry {delivery.id}` sends it at once."
    if delivery.status not in WAITING:
        return None
    return known if is_held else "Nothing holds it: `aggregator run` sends it, where it is not already doing so."
