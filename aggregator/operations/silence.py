"""Silences: what a person no longer wants to hear; added, listed, ended, and asked of articles."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from aggregator.errors import AggregatorError, NotFound, QueryError
from aggregator.matching.index import RuleIndex
from aggregator.matching.rules import compile_rule
from aggregator.model.articles import Article
from aggregator.model.ids import ChannelId, RuleId, SilenceId, StoryId, derive_id
from aggregator.model.rules import Rule
from aggregator.model.silences import Silence, SilenceScope
from aggregator.operations.configure import Configuration
from aggregator.operations.feed_changes import feeds_by_id
from aggregator.ports import Store
from aggregator.settings.validation import unknown

_MOST_QUERIES = 256
_KEYWORD = RuleId("silence")

_KNOWN_FOR = timedelta(seconds=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRequest:
    """What a person wants to hear no more, in one channel or in all (None), until when or for good (None).

    The `value` of a story may be the id of one of its articles or deliveries.
    """

    scope: SilenceScope
    value: str
    channel_id: ChannelId | None = None
    until: datetime | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceSummary:
    """A silence, and how many alerts it met."""

    silence: Silence
    alerts: int = 0


async def add_silence(
    wanted: SilenceRequest, configuration: Configuration, *, store: Store, now: datetime
) -> SilenceSummary:
    """Store a silence; from the next alert on it counts, also of what waits to be sent.

    Raises:
        NotFound: when its channel, or the rule, feed or story that it names, is not there.
        QueryError: when its query cannot be read.
        AggregatorError: when it ends in the past, or names nothing.
    """
    value = wanted.value.strip()
    if not value:
        raise AggregatorError(f"say which {wanted.scope.value} is to be silenced; its name is empty")
    if wanted.until is not None and wanted.until <= now:
        raise AggregatorError(f"a silence until {wanted.until:%Y-%m-%d %H:%M} UTC is over already; name a later time")
    _check_channel(wanted.channel_id, configuration)
    value = await _known(wanted.scope, value, configuration, store)
    silence = Silence(
        id=SilenceId(derive_id("silence", wanted.channel_id or "", wanted.scope.value, value, now.isoformat())),
        channel_id=wanted.channel_id,
        scope=wanted.scope,
        value=value,
        until=wanted.until,
        created_at=now,
        created_by=wanted.by,
        why=wanted.why.strip(),
    )
    await store.add_silence(silence)
    return SilenceSummary(silence=silence)


async def list_silences(
    configuration: Configuration,
    store: Store,
    now: datetime,
    *,
    channel_id: ChannelId | None = None,
    with_ended: bool = False,
) -> list[SilenceSummary]:
    """Return what silences something now, the oldest first; of one channel also what silences all of them.

    Raises:
        NotFound: when there is no such channel.
    """
    _check_channel(channel_id, configuration)
    silences = await store.list_silences(now, channel_id=channel_id, with_ended=with_ended)
    counts = await store.count_silenced([silence.id for silence in silences])
    return [SilenceSummary(silence=silence, alerts=counts.get(silence.id, 0)) for silence in silences]


async def remove_silence(silence_id: SilenceId, store: Store, now: datetime, *, by: str) -> SilenceSummary:
    """End a silence now: what it held is due. Of one without an end nothing comes later.

    Raises:
        NotFound: when there is no such silence, or it has ended.
    """
    ended = await store.end_silence(silence_id, now)
    if ended is None:
        raise NotFound(
            f"there is no silence {silence_id!r}, or it has ended; `aggregator silences list` shows what there is"
        )
    counts = await store.count_silenced([silence_id])
    _log.info("silence_removed", silence=silence_id, by=by)
    return SilenceSummary(silence=ended, alerts=counts.get(silence_id, 0))


def check_words(query: str) -> None:
    """Look whether words can be silenced.

    Raises:
        QueryError: when the query cannot be read.
    """
    compile_rule(_rule_for(query))


class KeywordMatcher:
    """Tells whether a query holds for an article; the last few hundred queries it knows by heart."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[str, RuleIndex] = OrderedDict()

    def __call__(self, query: str, article: Article) -> bool:
        """Whether it holds. One that can no longer be read holds for nothing: an alert too many is better than none."""
        index = self._indexes.get(query)
        if index is None:
            index = self._indexes[query] = _index_of(query)
            if len(self._indexes) > _MOST_QUERIES:
                self._indexes.popitem(last=False)
        return bool(index.matching_rules(article))


class KnownSilences:
    """What silences something now, as the store has it: asked at most once a second, for all channels."""

    def __init__(self) -> None:
        self._read_at: datetime | None = None
        self._silences: list[Silence] = []

    async def of(self, channel_id: ChannelId, store: Store, now: datetime, *, afresh: bool = False) -> list[Silence]:
        """Return the silences of a channel, and of all channels."""
        if afresh or self._read_at is None or not timedelta(0) <= now - self._read_at < _KNOWN_FOR:
            self._silences = await store.list_silences(now)
            self._read_at = now
        return [silence for silence in self._silences if silence.channel_id in (None, channel_id)]


def _index_of(query: str) -> RuleIndex:
    index = RuleIndex()
    try:
        index.add(_rule_for(query))
    except QueryError as error:
        _log.warning("silence_unreadable", query=query, reason=str(error))
    return index


def _rule_for(query: str) -> Rule:
    return Rule(id=_KEYWORD, title="", query=query)


def _check_channel(channel_id: ChannelId | None, configuration: Configuration) -> None:
    if channel_id is not None and channel_id not in configuration.channels:
        raise NotFound(unknown("channel", channel_id, configuration.channels))


async def _known(scope: SilenceScope, value: str, configuration: Configuration, store: Store) -> str:
    """Return what a silence is about, once it is sure to be there."""
    match scope:
        case SilenceScope.RULE:
            if value not in configuration.rules:
                raise NotFound(unknown("rule", value, configuration.rules))
        case SilenceScope.FEED:
            feeds = await feeds_by_id(configuration, store)
            if value not in feeds:
                raise NotFound(unknown("feed", value, feeds))
        case SilenceScope.STORY:
            return await _story(value, store)
        case SilenceScope.KEYWORD:
            check_words(value)
        case SilenceScope.TAG:
            pass  # feeds bring new ones at any time
    return value


async def _story(value: str, store: Store) -> StoryId:
    """Return the story with this id, or that of an article, an alert or a delivery with this id."""
    if await store.has_story(StoryId(value)):
        return StoryId(value)
    for traced in await store.trace_articles(ids=[value]):
        if traced.story_id is not None:
            return traced.story_id
    raise NotFound(
        f"there is no story {value!r}, and no delivery or article of one; `aggregator deliveries list` shows "
        "deliveries, and `aggregator why` says which story an article is of"
    )
