"""Moments as `why` tells them: in the time zone of the configuration, and how long ago that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.cli.bar_chart import day_words
from aggregator.cli.output import ago

_YEAR = timedelta(days=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When it is now, and where."""

    now: datetime
    timezone: ZoneInfo

    def told(self, moment: datetime | None) -> str:
        """Return a moment as `Sun 1 Mar 13:03:20, 2 h ago`."""
        if moment is None:
            return "not known any more"
        return f"{self.clock(moment)}, {ago(moment, self.now)}"

    def clock(self, moment: datetime) -> str:
        """Return a moment as `Sun 1 Mar 13:03:20`, with the year where it is not clear."""
        local = moment.astimezone(self.timezone)
        has_year = abs(self.now - moment) > _YEAR
        return f"{day_words(local.date(), has_year=has_year)} {local:%H:%M:%S}"
