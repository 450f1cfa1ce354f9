"""When it is quiet, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.quiet_hours import QuietHours

KYIV = ZoneInfo("Europe/Kyiv")
NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")
KOLKATA = ZoneInfo("Asia/Kolkata")
ZONES = [KYIV, NEW_YORK, SANTIAGO, KOLKATA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

moments = st.datetimes(datetime(2008, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
day_texts = (
    st.just("") | st.sampled_from(DAYS) | st.builds("{}-{}".format, st.sampled_from(DAYS), st.sampled_from(DAYS))
)
span_texts = (
    st.tuples(day_texts, times, times | st.just("24:00"))
    .filter(lambda parts: parts[1] != parts[2])
    .map(lambda parts: f"{parts[0]} {parts[1]}-{parts[2]}".strip())
)
many_hours = st.lists(span_texts, max_size=4).map(QuietHours.parse)


def at(text: str, zone: ZoneInfo = KYIV, *, fold: int = 0) -> datetime:
    """A moment, in UTC, from what the clock of a zone shows."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("texts", "now", "until"),
    [
        (["23:00-07:00"], "2026-06-03T22:59", None),
        (["23:00-07:00"], "2026-06-03T23:00", "2026-06-04T07:00"),
        (["23:00-07:00"], "2026-06-04T06:59", "2026-06-04T07:00"),
        (["23:00-07:00"], "2026-06-04T07:00", None),
        (["12:00-13:00"], "2026-06-04T12:30", "2026-06-04T13:00"),
        (["20:00-24:00"], "2026-06-04T23:59", "2026-06-05T00:00"),
        (["20:00-24:00"], "2026-06-05T00:00", None),
        (["Sat-Sun 22:00-10:00"], "2026-06-05T23:00", None),  # a Friday
        (["Sat-Sun 22:00-10:00"], "2026-06-06T23:00", "2026-06-07T10:00"),
        (["Sat-Sun 22:00-10:00"], "2026-06-08T09:00", "2026-06-08T10:00"),  # of Sunday's
        (["Sat-Sun 22:00-10:00"], "2026-06-06T09:00", None),
        (["fri-MON 08:00 - 09:00"], "2026-06-08T08:30", "2026-06-08T09:00"),
        (["Fri-Mon 08:00-09:00"], "2026-06-09T08:30", None),
        (["Sun 00:00-24:00"], "2026-06-07T00:00", "2026-06-08T00:00"),
        (["Mon-Fri 23:00-07:00", "Sat-Sun 22:00-10:00"], "2026-06-06T06:00", "2026-06-06T07:00"),
        (["Fri 18:00-24:00", "Sat-Sun 00:00-24:00", "Mon 00:00-08:00"], "2026-06-05T19:00", "2026-06-08T08:00"),
        (["22:00-02:00", "01:00-03:00", "01:30-02:30"], "2026-06-05T23:00", "2026-06-06T03:00"),
        (["20:00-22:00", "21:00-23:00"], "2026-06-05T21:30", "2026-06-05T23:00"),
        ([], "2026-06-05T21:30", None),
    ],
)
def test_it_is_quiet_from_the_start_of_a_span_to_its_end(texts: list[str], now: str, until: str | None) -> None:
    """The end is no longer quiet; spans that adjoin or overlap are one."""
    hours = QuietHours.parse(texts)

    assert hours.is_quiet(at(now), KYIV) == (until is not None)
    assert hours.ends_at(at(now), KYIV) == at(until or now)


def test_the_hours_are_those_of_the_zone() -> None:
    """The same moment is quiet in one place and not in another."""
    hours = QuietHours.parse(["23:00-07:00"])
    now = datetime(2026, 6, 3, 18, 0, tzinfo=UTC)

    assert hours.is_quiet(now, KOLKATA)
    assert hours.ends_at(now, KOLKATA) == datetime(2026, 6, 4, 1, 30, tzinfo=UTC)
    assert not hours.is_quiet(now, KYIV)


@pytest.mark.parametrize(
    ("text", "zone", "now", "until"),
    [
        # The clock is put forward: a night of seven hours; for a time that is left out stands the next.
        ("23:00-07:00", KYIV, "2026-03-28T23:30", "2026-03-29T07:00"),
        ("23:00-03:30", KYIV, "2026-03-29T02:59", "2026-03-29T04:00"),
        ("03:30-04:30", KYIV, "2026-03-29T04:00", "2026-03-29T04:30"),
        ("02:15-02:45", NEW_YORK, "2026-03-08T03:00", None),
        ("00:00-06:00", SANTIAGO, "2026-09-06T01:00", "2026-09-06T06:00"),
        ("20:00-24:00", SANTIAGO, "2026-09-05T23:59", "2026-09-06T01:00"),
        # The clock is put back: a night of nine hours; a time that comes twice is the first.
        ("23:00-07:00", KYIV, "2026-10-24T23:30", "2026-10-25T07:00"),
        ("23:00-03:30", KYIV, "2026-10-25T03:15", "2026-10-25T03:30"),
        ("03:30-07:00", KYIV, "2026-10-25T03:45", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_keep_to_the_clock_when_it_is_put(text: str, zone: ZoneInfo, now: str, until: str | None) -> None:
    """They begin and end at what the clock shows, however long that is."""
    hours = QuietHours.parse([text])

    assert hours.is_quiet(at(now, zone), zone) == (until is not None)
    assert hours.ends_at(at(now, zone), zone) == at(until or now, zone)


def test_an_end_that_comes_twice_is_the_first() -> None:
    """What ended is not quiet anew when the clock shows the hour again; what has begun goes on."""
    second = at("2026-10-25T03:15", fold=1)

    assert not QuietHours.parse(["23:00-03:30"]).is_quiet(second, KYIV)
    assert QuietHours.parse(["03:30-07:00"]).is_quiet(second, KYIV)


@pytest.mark.parametrize(
    "texts", [["00:00-24:00"], ["07:00-23:00", "23:00-07:00"], ["Mon-Fri 00:00-24:00", "Sat-Sun 00:00-24:00"]]
)
@pytest.mark.parametrize("zone", ZONES)
def test_where_it_is_always_quiet_the_end_is_eight_days_on(texts: list[str], zone: ZoneInfo) -> None:
    """There is an end to wait for, and no endless search for it."""
    now = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)

    assert QuietHours.parse(texts).ends_at(now, zone) == now + timedelta(days=8)


def test_hours_that_leave_a_minute_are_not_always() -> None:
    """Whatever their spans are called."""
    assert QuietHours.parse(["Mon 12:00-11:59", "Tue-Sun 00:00-24:00", "Mon 00:00-12:00"]).is_always
    assert not QuietHours.parse(["Tue-Sun 00:00-24:00", "Mon 00:00-23:59"]).is_always
    assert not QuietHours.parse([]).is_always


@given(many_hours, moments, st.sampled_from(ZONES))
def test_the_end_is_the_first_moment_that_is_not_quiet(hours: QuietHours, now: datetime, zone: ZoneInfo) -> None:
    """It is quiet up to the end, and not at it; it is not in the past, nor far ahead."""
    end = hours.ends_at(now, zone)

    assert now <= end <= now + timedelta(days=8)
    assert (end > now) == hours.is_quiet(now, zone)
    if end > now:
        assert hours.is_quiet(now + (end - now) / 2, zone)
    assert not hours.is_quiet(end, zone) or end == now + timedelta(days=8)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "",
            'is not a span of hours; write it as "23:00-07:00" or "Sat-Sun 22:00-10:00"; a whole day is "00:00-24:00"',
        ),
        ("night", "'night' is not a span of hours"),
        ("23-7", "is not a span of hours"),
        ("7:00-9:00", "is not a span of hours"),
        ("23:00", "is not a span of hours"),
        ("Sat-Sun", "is not a span of hours"),
        ("Saturday 22:00-10:00", "is not a span of hours"),
        ("Sat22:00-10:00", "is not a span of hours"),
        ("٢٣:00-07:00", "is not a span of hours"),
        ("\u017fat 22:00-10:00", "is not a span of hours"),
        ("25:00-07:00", "'25:00' is not a time of day; write one from 00:00 to 23:59, or 24:00 for the end of a day"),
        ("23:60-07:00", "'23:60' is not a time of day"),
        ("23:00-24:01", "'24:01' is not a time of day"),
        ("24:00-07:00", "'24:00' is not a time of day"),
        ("23:00-23:00", 'begins and ends at the same time; write "00:00-24:00" for a whole day'),
        ("9" * 100_000, "'9{60}…' is not a span of hours"),
    ],
)
def test_what_is_no_span_is_refused_with_what_to_write(text: str, reason: str) -> None:
    """The error names the one that is wrong and shows one that is right."""
    with pytest.raises(ValueError, match=reason):
        QuietHours.parse(["23:00-07:00", text])


@given(st.text(max_size=30))
def test_the_parser_raises_only_its_own_error(text: str) -> None:
    """Whatever the text, it is a span, or refused."""
    try:
        hours = QuietHours.parse([text])
    except ValueError as error:
        assert "write" in str(error)  # noqa: PT017 - any text may do
    else:
        assert len(hours.spans) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("23:00-07:00", "23:00-07:00"),
        (" mon-SUN  23:00 - 07:00 ", "23:00-07:00"),
        ("sat 00:00-24:00", "Sat 00:00-24:00"),
        ("Sat-Sat 22:00-00:00", "Sat 22:00-24:00"),
        ("Fri-Mon 08:00-09:00", "Fri-Mon 08:00-09:00"),
        ("Tue-Mon 08:00-09:00", "08:00-09:00"),
    ],
)
def test_a_span_is_shown_as_it_may_be_written(text: str, shown: str) -> None:
    """However it was written, it is shown in one way, which reads the same."""
    hours = QuietHours.parse([text, "12:00-13:00"])

    assert hours.texts == (shown, "12:00-13:00")
    assert str(hours) == f"{shown}, 12:00-13:00"


@given(many_hours)
def test_what_is_shown_reads_the_same(hours: QuietHours) -> None:
    """Quiet hours of the same spans are equal, and stand for one another in a set."""
    read = QuietHours.parse(hours.texts)

    assert read == hours
    assert len({read, hours, QuietHours.parse(["23:58-23:59", *hours.texts])}) == 2
