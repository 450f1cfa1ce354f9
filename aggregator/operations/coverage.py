"""Whether a feed was read before its list turned over, decided purely from what it listed last and lists now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.feeds.identity import Identified
from aggregator.feeds.pacing import eased_limit, limit_after_loss
from aggregator.model.articles import Article
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import Fetched, Outline, ParsedFeed
from aggregator.model.ids import ArticleId
from aggregator.settings.model import Polling

_WELL_OVERLAPPED = 0.5
_REMEMBERED_PARTS = 1_000
"""A server that only ever sends what is new, or a hub, must not make an outline grow without end."""

_ARCHIVE_MARGIN = timedelta(days=1)
"""So much before the last read an article may be dated and be missed all the same: caches are slow, clocks wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """A document that was read, and all that was found out about it.

    `identified` are its articles (new ones perhaps with the text of their pages), with those of its archive that
    were missed; `stored` are the texts so far of the known ones that changed; `recovered` how many came from the
    archive. `is_push` says that a hub sent it, so that it may be a part of what the feed lists.
    """

    fetched: Fetched
    parsed: ParsedFeed
    identified: Identified
    last_outline: Outline | None = None
    stored: Mapping[ArticleId, Article] = field(default_factory=dict)
    recovered: int = 0
    is_push: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether it may leave out what the feed still lists."""
        return self.is_push or self.fetched.is_delta

    @property
    def has_gap(self) -> bool:
        """Whether nothing that was listed at the last poll is listed still, so that something was probably missed."""
        return self._still_listed == 0.0

    @property
    def overlaps_well(self) -> bool:
        """Whether at least half of what was listed at the last poll is listed still: no loss is near."""
        return self._still_listed is not None and self._still_listed >= _WELL_OVERLAPPED

    @property
    def _still_listed(self) -> float | None:
        """The share of what was listed at the last poll; None when that cannot be told."""
        outline = self.parsed.outline
        if self.is_partial or not (outline and outline.items and self.last_outline and self.last_outline.items):
            return None
        before = set(self.last_outline.keys)
        listed = {article.key for article, _ in self.identified.known} | set(self.parsed.unchanged)
        return len(before & listed) / len(before)


def last_read_at(state: FeedState) -> datetime | None:
    """Return when the feed was last read. A poll that failed has read nothing; the last article came before it."""
    if not state.failures:
        return state.last_polled_at
    return state.cadence.updated_at if state.cadence else state.baselined_at


def missed_since(state: FeedState, now: datetime) -> datetime:
    """Return from when on an article of the archive that was never seen counts as missed, rather than as old."""
    margin = (last_read_at(state) or now) - _ARCHIVE_MARGIN
    return max(margin, state.baselined_at or now)


def pace_limit_after(read: ReadFeed, before: FeedState, polling: Polling, now: datetime) -> timedelta | None:
    """Return the longest wait until the next poll that a loss allows, this one or an earlier one."""
    limit = before.pace_limit
    if not read.has_gap:
        return eased_limit(limit, max_interval=polling.max_interval) if read.overlaps_well else limit
    oldest = min((article.published_at for article in read.parsed.articles if article.is_dated), default=None)
    since = [moment for moment in (last_read_at(before), oldest) if moment is not None]
    return limit_after_loss(limit, [now - moment for moment in since], min_interval=polling.min_interval)


def outline_after(read: ReadFeed) -> Outline | None:
    """Return what is known to be listed now, each article under the key that it has had since it was new.

    A part joins what was listed before: the articles in it are among those of which one is to be there still.
    """
    outline, last = read.parsed.outline, read.last_outline
    if outline is None or (read.is_partial and last is None):
        return None
    pairs = zip(read.parsed.articles, read.identified.keys, strict=True)
    by_listed_key = {listed.key: key for listed, key in pairs}
    items = tuple((own, by_listed_key.get(key, key)) for own, key in outline.items)
    if not read.is_partial or last is None:
        return replace(outline, items=items)
    if outline.context != last.context:
        items = tuple((None, key) for _, key in items)
    keys = {key for _, key in items}
    joined = (*items, *((own, key) for own, key in last.items if key not in keys))
    return Outline(context=last.context, items=joined[: max(_REMEMBERED_PARTS, len(last.items))])
