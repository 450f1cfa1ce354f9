"""Silences: what a channel does not want to hear for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from aggregator.model.ids import ChannelId

SilenceId = NewType("SilenceId", str)


class SilenceKind(StrEnum):
    """What the value of a silence names."""

    RULE = "rule"
    FEED = "feed"
    STORY = "story"
    KEYWORD = "keyword"
    """A query in the query language."""
    TAG = "tag"
    """A tag of the article or of its feed, in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What `channel_id` (None: every channel) is not told `until` then (None: until a person removes it).

    `by` is who asked for it and `why` the reason given, both for people to read.
    """

    id: SilenceId
    channel_id: ChannelId | None
    kind: SilenceKind
    value: str
    until: datetime | None
    by: str
    why: str
    created_at: datetime

    def is_active(self, now: datetime) -> bool:
        """Whether it still holds; at `until` it no longer does."""
        return self.until is None or now < self.until
