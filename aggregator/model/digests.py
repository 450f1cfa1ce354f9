"""Digests: many alerts in one message, or in as few as they fit in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class DigestReason(StrEnum):
    """Why an alert is not told at once, and then why many come as one message."""

    SCHEDULED = "scheduled"
    OVERFLOW = "overflow"
    """More was due than the channel may get."""
    QUIET_HOURS = "quiet hours"
    SILENCED = "silenced"
    RETURNED = "returned"
    """The channel could not be reached for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest on its way: `total` alerts, of which `pages_sent` messages have told `told`."""

    reason: DigestReason
    total: int
    told: int = 0
    pages_sent: int = 0

    def with_page(self, told: int) -> Digest:
        """Return it as it is after one more message, which told so many alerts."""
        return replace(self, told=self.told + told, pages_sent=self.pages_sent + 1)
