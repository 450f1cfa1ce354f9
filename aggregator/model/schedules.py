"""Schedules: the times of the clock at which something is to happen, as cron writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_ANY_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 - any time without a zone
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_LONGEST_TEXT = 200
_HOW = 'write "0 8 * * *" for 08:00 each day, or "0 8,18 * * Mon-Fri"'


@dataclass(frozen=True, slots=True)
class Schedule:
    """Runs at times of a local clock: each at most once a day, however the clock is put forward or back."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cron expression of five fields, as `0 8,18 * * Mon-Fri`.

        Raises:
            ValueError: says that it is none, and how to write one.
        """
        fields = text.split()
        if len(text) > _LONGEST_TEXT:
            raise ValueError(f"a schedule of more than {_LONGEST_TEXT} characters; {_HOW}")
        if len(fields) != len(_FIELDS):
            raise ValueError(f"{text!r} is not a schedule: it takes five fields, {', '.join(_FIELDS)}; {_HOW}")
        try:
            runs = CronSim(" ".join(fields), _ANY_TIME)
        except CronSimError as error:
            raise ValueError(f"{text!r} is not a schedule ({str(error).lower()}); {_HOW}") from error
        if next(runs, None) is None:
            raise ValueError(f"{text!r} is not a schedule: there is no such day; {_HOW}")
        return cls(" ".join(fields))

    def __str__(self) -> str:
        """Return it as it is written."""
        return self.text

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the first run after `moment`, in UTC.

        A time that the clock has twice in one night runs the first time; one that it leaves out, as soon as it can.
        What runs in each hour of the day runs in each that passes.
        """
        after = moment.astimezone(UTC)
        runs = (run.astimezone(UTC) for run in CronSim(self._by_the_clock(), moment.astimezone(zone)))
        # The second time that the clock shows an hour, cronsim still names the first.
        return next(run for run in runs if run > after)

    def _by_the_clock(self) -> str:
        """Return the text with the hours and minutes of a star in figures, unless it is for each hour.

        As Debian's cron does, cronsim takes a star to mean time that passes, and leaves out what falls into a gap.
        """
        minute, hour, *days = self.text.split()
        if hour in ("*", "*/1"):
            return self.text
        return " ".join([_in_figures(minute, "0-59"), _in_figures(hour, "0-23"), *days])


def _in_figures(text: str, every: str) -> str:
    return every + text.removeprefix("*") if text.startswith("*") else text
