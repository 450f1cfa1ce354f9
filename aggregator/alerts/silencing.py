"""Which silence meets an alert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from aggregator.model.alerts import DeliveryKind, DueDelivery
from aggregator.model.articles import Article
from aggregator.model.silences import Silence, SilenceScope

_NEVER = datetime.max.replace(tzinfo=UTC)


def silenced_by(
    due: DueDelivery, silences: Sequence[Silence], now: datetime, *, holds: Callable[[str, Article], bool]
) -> Silence | None:
    """Return the silence that meets a due alert and lasts longest; None where it is to be heard.

    An alert that several rules led to is silenced by rule only when all of them are. `holds` tells whether a query
    holds for an article. Notices and digests meet no silence.
    """
    if due.delivery.kind in (DeliveryKind.NOTICE, DeliveryKind.DIGEST):
        return None
    active = [
        silence
        for silence in silences
        if silence.is_active(now) and silence.channel_id in (None, due.delivery.channel_id)
    ]
    found = [silence for silence in active if silence.scope is not SilenceScope.RULE and _meets(silence, due, holds)]
    by_rule = [
        [one for one in active if one.scope is SilenceScope.RULE and one.value == rule.id] for rule in due.alert.rules
    ]
    if by_rule and all(by_rule):
        # It is silenced as long as each of its rules is.
        found.append(min((max(of_rule, key=_end) for of_rule in by_rule), key=_end))
    return max(found, key=_end, default=None)


def _meets(silence: Silence, due: DueDelivery, holds: Callable[[str, Article], bool]) -> bool:
    article = due.article
    if silence.scope is SilenceScope.FEED:
        return silence.value == article.feed_id
    if silence.scope is SilenceScope.STORY:
        return silence.value == due.alert.story_id
    if silence.scope is SilenceScope.TAG:
        return silence.value.casefold() in {tag.casefold() for tag in (*article.tags, *article.feed_tags)}
    return holds(silence.value, article)


def _end(silence: Silence) -> datetime:
    return silence.until or _NEVER
