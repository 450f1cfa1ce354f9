"""Schedules: at which times of a time zone's clocks a digest is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NewType

from cronsim import CronSim, CronSimError

from aggregator.model.local_times import DAY, EVERY_DAY, moment_of, parse_clock, split_days, wall_of

RunKey = NewType("RunKey", str)
"""Which run of a schedule: the local date and time that it is for, as `2026-10-25T03:30`. Later runs are greater."""

_FIELDS = 5
_MINUTE = timedelta(minutes=1)
_ANY_START = datetime(2000, 1, 1)  # noqa: DTZ001 - a time that clocks show, of no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Times of the clocks, as cron expressions; `text` is how they were written.

    Each time that clocks show is one run: where it comes twice in autumn the first, where it is skipped in spring the
    moment of the skip.
    """

    text: str
    crons: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Read `08:00`, `08:00,18:00`, `mon 08:00`, `mon-fri 08:00; sat 10:00` or cron's five fields, `0 8 * * 1`.

        Days of the week are cron's there: 0 and 7 are Sunday, 1 is Monday.

        Raises:
            ValueError: with what to write instead.
        """
        return cls(text=text.strip(), crons=tuple(cron for entry in text.split(";") for cron in _parse_entry(entry)))

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return when the next run after `moment` is, in UTC."""
        wall = wall_of(moment, zone)
        return min(
            next(at for run in CronSim(cron, wall) if (at := moment_of(run, zone)) > moment) for cron in self.crons
        )

    def latest_run(self, now: datetime, zone: tzinfo) -> RunKey:
        """Return the last run that was due by `now`. It is what a new schedule begins with: what is past is past."""
        local = now.astimezone(zone)
        put_back = (local.replace(fold=0).astimezone(tz=None), local.replace(fold=1).astimezone(tz=None))
        wall = wall_of(now, zone).replace(second=0, microsecond=0) + _MINUTE + max(put_back[1] - put_back[0], DAY * 0)
        latest = max(
            next(run for run in CronSim(cron, wall, reverse=True) if moment_of(run, zone) <= now)
            for cron in self.crons
        )
        return RunKey(latest.isoformat(timespec="minutes"))

    def run_due(self, last_run: RunKey, now: datetime, zone: tzinfo) -> RunKey | None:
        """Return the run to make `now`, None when the last one that was due is `last_run` or before it.

        Of many that were missed it is the latest alone, so that one digest tells all. What is returned is to be stored
        with the digest in one transaction, and is `last_run` from then on: no run is made twice, whatever clocks do.
        """
        latest = self.latest_run(now, zone)
        return latest if latest > last_run else None


def _parse_entry(entry: str) -> Iterator[str]:
    if ":" not in entry:
        yield _checked_cron(entry.strip())
        return
    days, times = split_days(entry)
    weekdays = "*" if days == EVERY_DAY else ",".join(str((day + 1) % 7) for day in sorted(days))
    for text in times.split(","):
        clock = parse_clock(text.strip())
        if clock == DAY:
            raise ValueError("24:00 is the next day's 00:00; write 00:00")
        hours, rest = divmod(clock, timedelta(hours=1))
        yield f"{rest // _MINUTE} {hours} * * {weekdays}"


def _checked_cron(cron: str) -> str:
    advice = "write times, as 08:00 or mon-fri 08:00,18:00, or cron's five fields, as 0 8 * * 1"
    if len(cron.split()) != _FIELDS:
        raise ValueError(f"{cron!r} is not a schedule; {advice}")
    try:
        next(CronSim(cron, _ANY_START))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(f"{cron!r} is not a schedule: its {field} cannot be read; {advice}") from error
    except StopIteration:
        raise ValueError(f"{cron!r} is a schedule of days that never come; {advice}") from None
    return cron
