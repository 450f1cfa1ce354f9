"""Notices: what the admins are told of the program's own work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.ids import FeedId, NoticeId


class NoticeKind(StrEnum):
    """What happened."""

    FEED_BROKEN = "feed broken"
    FEED_RECOVERED = "feed recovered"
    FEED_GONE = "feed gone"
    FEED_MOVED = "feed moved"
    FEED_SILENT = "feed silent"
    FEED_HEARD = "feed heard again"
    ARTICLES_LOST = "articles probably lost"
    CHANNEL_PAUSED = "channel paused"
    CHANNEL_RESUMED = "channel works again"
    CHANNEL_MOVED = "channel moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event that an admin should know of. `text` says what it means and what to do. `feed_id`: of a feed, which."""

    id: NoticeId
    kind: NoticeKind
    feed_id: FeedId | None = None
    title: str
    text: str
    created_at: datetime
