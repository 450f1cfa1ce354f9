"""Silences: what a channel does not want to hear, until when, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.ids import ChannelId, SilenceId


class SilenceScope(StrEnum):
    """What the value of a silence names."""

    RULE = "rule"
    FEED = "feed"
    STORY = "story"
    KEYWORD = "keyword"
    """A query in the query language."""
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What one channel (`channel_id` None: none of them) does not want to hear, `until` when, by whom and why.

    Without `until` it is for good. What it silenced meanwhile is summed up when it ends, by time or by a person
    (`ended_at`); what one for good silenced is not.
    """

    id: SilenceId
    channel_id: ChannelId | None = None
    scope: SilenceScope
    value: str
    until: datetime | None = None
    created_at: datetime
    created_by: str = ""
    why: str = ""
    ended_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether it still silences."""
        return self.ended_at is None and (self.until is None or now < self.until)
