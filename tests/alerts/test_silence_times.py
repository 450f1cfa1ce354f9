"""Until when to be silent, on clocks that are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.silence_times import parse_until

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 12, 1, 20, 15, tzinfo=UTC)
"""22:15 in Kyiv."""


def until(text: str, now: datetime = NOW, zone: ZoneInfo = KYIV) -> str:
    """What is read, on the clock of the zone."""
    read = parse_until(text, now, zone)
    assert read is not None
    assert read.tzinfo is UTC
    return read.astimezone(zone).strftime("%m-%d %H:%M%z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("morning", "12-02 07:00+0200"),
        ("until Morning", "12-02 07:00+0200"),
        ("1h", "12-01 23:15+0200"),
        ("90m", "12-01 23:45+0200"),
        ("1h30m", "12-01 23:45+0200"),
        ("2d", "12-03 22:15+0200"),
        (" 2 D ", "12-03 22:15+0200"),
        ("22:16", "12-01 22:16+0200"),
        ("22:15", "12-02 22:15+0200"),
        ("18:30", "12-02 18:30+0200"),
        ("until 7:30", "12-02 07:30+0200"),
        ("2026-12-24", "12-24 00:00+0200"),
        ("2026-12-24 18:30", "12-24 18:30+0200"),
        ("2026-12-24T18:30:00", "12-24 18:30+0200"),
        ("2026-12-24T18:30Z", "12-24 20:30+0200"),
        ("2026-12-24 18:30+01:00", "12-24 19:30+0200"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: str) -> None:
    """On the clock of the zone."""
    assert until(text) == expected


@pytest.mark.parametrize("text", ["forever", "for good", "Until For  Good"])
def test_for_good_has_no_end(text: str) -> None:
    """In any case and spacing."""
    assert parse_until(text, NOW, KYIV) is None


def test_the_morning_may_be_another_time() -> None:
    """A desk that starts at six."""
    assert parse_until("morning", NOW, KYIV, morning=time(6)) == datetime(2026, 12, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "until", "5", "18:60", "24:00", "18.30", "2h later", "2 weeks", "-1h", "2026-13-01", "20261224"),
        *("2026-12-24 25:00", "2026-12-24 noon", "0001-01-01", "9999-12-31T23:59-12:00", "99999999999999d", "morning!"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"is not a time; write morning, 2h, 18:30, 2026-12-24, .* or forever$"):
        parse_until(text, NOW, KYIV)


@pytest.mark.parametrize("text", ["0s", "2026-12-01", "2026-12-01 22:15", "2026-12-01T20:15Z", "2025-12-24"])
def test_what_is_past_is_refused(text: str) -> None:
    """It says what time it is there."""
    with pytest.raises(ValueError, match=r"is past: it is 2026-12-01 22:15 in Europe/Kyiv; write morning"):
        parse_until(text, NOW, KYIV)


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        # On 29 March 2026 the clock goes from 03:00 to 04:00.
        ("2026-03-28T20:00Z", "morning", "03-29 07:00+0300"),
        ("2026-03-28T20:00Z", "03:30", "03-29 04:30+0300"),
        ("2026-03-28T20:00Z", "2026-03-29 03:30", "03-29 04:30+0300"),
        ("2026-03-28T20:00Z", "12h", "03-29 11:00+0300"),
        # On 25 October 2026 it goes from 04:00 back to 03:00: 03:30 is at 00:30 and at 01:30 UTC.
        ("2026-10-24T20:00Z", "morning", "10-25 07:00+0200"),
        ("2026-10-24T20:00Z", "03:30", "10-25 03:30+0300"),
        ("2026-10-25T00:45Z", "03:30", "10-25 03:30+0200"),
        ("2026-10-25T00:45Z", "2026-10-25 03:30", "10-25 03:30+0200"),
        ("2026-10-25T01:45Z", "03:30", "10-26 03:30+0200"),
    ],
)
def test_clocks_that_are_put_forward_and_back(now: str, text: str, expected: str) -> None:
    """A time that is left out comes as soon as it can; of one that comes twice, the next is meant."""
    assert until(text, datetime.fromisoformat(now)) == expected


def test_a_day_begins_where_its_clock_does() -> None:
    """In Beirut the clock leaves the first hour of a day in March out."""
    assert until("2026-03-29", zone=ZoneInfo("Asia/Beirut"), now=datetime(2026, 3, 1, tzinfo=UTC)) == "03-29 01:00+0300"


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - its bounds are without one
    st.times(),
    st.sampled_from(["Europe/Kyiv", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_next_time_of_a_clock_is_to_come_within_a_day(now: datetime, at: time, name: str) -> None:
    """But for an hour by which a clock may be changed."""
    read = parse_until(f"{at:%H:%M}", now, ZoneInfo(name))

    assert read is not None
    assert timedelta(0) < read - now <= timedelta(hours=25)
