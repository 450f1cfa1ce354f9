"""When a schedule runs, however the clock is put."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.model.schedules import Schedule

ZONES = [
    "UTC",
    "Europe/Kyiv",
    "America/New_York",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
moments = st.datetimes(datetime(2008, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
minutes = st.sampled_from(["*", "*/7", "*/30", "0", "30", "59", "0,20,40", "10-15"])
hours = st.sampled_from(["*", "*/1", "*/2", "*/5", "0", "1", "2", "3", "23", "0-3", "1,2", "8,18"])
days = st.sampled_from(["* * *", "* * Mon-Fri", "1 * *", "L * *", "* * Sun#1", "* 3,11 *", "13 * Fri"])
schedules = st.builds(lambda *fields: Schedule.parse(" ".join(fields)), minutes, hours, days)
fixed = st.builds(lambda minute, hour: (minute, hour), st.integers(0, 59), st.integers(0, 23))


def runs(text: str, zone: str, *, after: str, count: int) -> list[str]:
    """The first runs after a moment, as the clock of the zone shows them."""
    schedule, clock, moment = Schedule.parse(text), ZoneInfo(zone), datetime.fromisoformat(after)
    shown = []
    for _ in range(count):
        moment = schedule.next_after(moment, clock)
        shown.append(moment.astimezone(clock).isoformat())
    return shown


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 8 * * *", "2026-06-01T04:59:59.999999+00:00", "2026-06-01T08:00:00+03:00"),
        ("0 8 * * *", "2026-06-01T05:00:00+00:00", "2026-06-02T08:00:00+03:00"),
        ("0 8 * * *", "2026-06-01T08:00:00.5+03:00", "2026-06-02T08:00:00+03:00"),
        ("0 8,18 * * Mon-Fri", "2026-06-05T16:00:00+00:00", "2026-06-08T08:00:00+03:00"),
        ("0 8 * * sun", "2026-06-05T16:00:00+00:00", "2026-06-07T08:00:00+03:00"),
        ("0 8 * * 7", "2026-06-05T16:00:00+00:00", "2026-06-07T08:00:00+03:00"),
        ("30 9 L * *", "2026-02-05T16:00:00+00:00", "2026-02-28T09:30:00+02:00"),
        ("0 0 29 2 *", "2026-02-05T16:00:00+00:00", "2028-02-29T00:00:00+02:00"),
        ("0 0 1 jan *", "2026-02-05T16:00:00+00:00", "2027-01-01T00:00:00+02:00"),
    ],
)
def test_a_schedule_runs_at_the_times_of_the_local_clock(text: str, after: str, expected: str) -> None:
    """The first run is after the moment, never at it."""
    assert runs(text, "Europe/Kyiv", after=after, count=1) == [expected]


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00+00:00",
            ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"],
        ),
        (
            "0,30 2,3 * * *",
            "America/New_York",
            "2026-03-07T12:00+00:00",
            ["2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00", "2026-03-09T02:00:00-04:00"],
        ),
        (
            "*/20 3 * * *",
            "Europe/Kyiv",
            "2026-03-28T12:00+00:00",
            ["2026-03-29T04:00:00+03:00", "2026-03-30T03:00:00+03:00"],
        ),
        (
            "0 */12 * * *",
            "America/Santiago",
            "2026-09-05T17:00+00:00",
            ["2026-09-06T01:00:00-03:00", "2026-09-06T12:00:00-03:00", "2026-09-07T00:00:00-03:00"],
        ),
        (
            "30 0 * * *",
            "Africa/Cairo",
            "2026-04-23T12:00+00:00",
            ["2026-04-24T01:00:00+03:00", "2026-04-25T00:30:00+03:00"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T00:00+00:00",
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
        ),
        (
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T12:00+00:00",
            ["2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"],
        ),
    ],
)
def test_a_run_that_the_clock_leaves_out_comes_as_soon_as_it_can(
    text: str, zone: str, after: str, expected: list[str]
) -> None:
    """Nothing is lost in the night when the clock is put forward."""
    assert runs(text, zone, after=after, count=len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00+00:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
        ),
        ("30 1 * * *", "America/New_York", "2026-11-01T05:45+00:00", ["2026-11-02T01:30:00-05:00"]),
        ("30 1 * * *", "America/New_York", "2026-11-01T06:15+00:00", ["2026-11-02T01:30:00-05:00"]),
        ("30 3 * * *", "Europe/Kyiv", "2026-10-25T01:15+00:00", ["2026-10-26T03:30:00+02:00"]),
        (
            "*/20 1 * * *",
            "America/New_York",
            "2026-11-01T05:15+00:00",
            ["2026-11-01T01:20:00-04:00", "2026-11-01T01:40:00-04:00", "2026-11-02T01:00:00-05:00"],
        ),
        (
            "0 0 * * *",
            "America/Santiago",
            "2026-04-04T12:00+00:00",
            ["2026-04-05T00:00:00-04:00", "2026-04-06T00:00:00-04:00"],
        ),
    ],
)
def test_a_time_that_comes_twice_in_one_night_runs_once(text: str, zone: str, after: str, expected: list[str]) -> None:
    """Nothing comes twice in the night when the clock is put back."""
    assert runs(text, zone, after=after, count=len(expected)) == expected


@pytest.mark.parametrize("hour", ["*", "*/1"])
def test_what_runs_each_hour_runs_in_each_that_passes(hour: str) -> None:
    """It takes the hour that comes twice for two, and waits no longer than one over the hour that is left out."""
    autumn = runs(f"30 {hour} * * *", "America/New_York", after="2026-11-01T05:15+00:00", count=3)
    spring = runs(f"30 {hour} * * *", "America/New_York", after="2026-03-08T06:15+00:00", count=2)

    assert autumn == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"]
    assert spring == ["2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00"]


@given(schedules, moments, st.sampled_from(ZONES))
@example(Schedule("30 1 * * *"), datetime(2026, 11, 1, 6, 15, tzinfo=UTC), "America/New_York")
def test_the_runs_go_forward(schedule: Schedule, moment: datetime, zone: str) -> None:
    """A run is in UTC and after its moment, and a later moment has no earlier run."""
    first = schedule.next_after(moment, ZoneInfo(zone))
    between = moment + (first - moment) / 2

    assert first.tzinfo is UTC
    assert first > moment
    assert schedule.next_after(between, ZoneInfo(zone)) == first
    assert schedule.next_after(first, ZoneInfo(zone)) > first


@given(fixed, moments, st.sampled_from(ZONES))
def test_a_daily_run_comes_once_on_each_day(at: tuple[int, int], moment: datetime, zone: str) -> None:
    """From run to run it is the next day, as the clock of the zone shows it, or in its place the one that there is."""
    clock = ZoneInfo(zone)
    schedule = Schedule.parse(f"{at[0]} {at[1]} * * *")

    first = schedule.next_after(moment, clock)
    second = schedule.next_after(first, clock)

    assert first - moment <= timedelta(hours=26)
    assert timedelta(hours=12) <= second - first <= timedelta(hours=26)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it takes five fields, minute, hour, day of the month, month, day of the week; write"),
        ("0 8 * *", "it takes five fields"),
        ("0 0 8 * * *", "it takes five fields"),
        ("@daily", "'@daily' is not a schedule: it takes five fields"),
        ("08:00", "it takes five fields"),
        ("0 25 * * *", r"'0 25 \* \* \*' is not a schedule \(bad hour\); write \"0 8 \* \* \*\" for 08:00 each day"),
        ("60 8 * * *", "bad minute"),
        ("0 8 * * Monday", "bad day-of-week"),
        ("0 8 * * Fri-Mon", "bad day-of-week"),
        ("0 8 * 13 *", "bad month"),
        ("0 8 32 * *", "bad day-of-month"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("0 0 31 4,6 *", "bad day-of-month"),
        ("0 0 */40 * Mon#2", "there is no such day"),
        ("*/0 8 * * *", "bad minute"),
        ("-1 8 * * *", "bad minute"),
        ("0 ٨ * * *", "bad hour"),
        ("0," * 100 + "0 8 * * *", "a schedule of more than 200 characters; write"),
        ("9" * 5000 + " 8 * * *", "a schedule of more than 200 characters"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_to_write(text: str, reason: str) -> None:
    """The error says what is wrong and shows one that is right."""
    with pytest.raises(ValueError, match=reason):
        Schedule.parse(text)


@given(st.text(alphabet="0123456789*/,-#LWMonSu @\t", max_size=30) | st.text(max_size=210))
def test_the_parser_raises_only_its_own_error(text: str) -> None:
    """Whatever the text, it is a schedule that runs, or refused."""
    try:
        schedule = Schedule.parse(text)
    except ValueError as error:
        assert "write" in str(error)  # noqa: PT017 - any text may do
    else:
        assert schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("Europe/Kyiv")).tzinfo is UTC


def test_schedules_of_one_text_are_equal() -> None:
    """Spaces are no difference, and it can be shown as it was written."""
    one, same, other = Schedule.parse(" 0  8 * * Mon\n"), Schedule.parse("0 8 * * Mon"), Schedule.parse("0 9 * * Mon")

    assert one == same
    assert len({one, same, other}) == 2
    assert str(one) == one.text == "0 8 * * Mon"
