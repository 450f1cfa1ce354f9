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


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event that an admin should know of. `text` says what it means and what to do."""

    id: NoticeId
    kind: NoticeKind
    feed_id: FeedId
    title: str
    text: str
    created_at: datetime
