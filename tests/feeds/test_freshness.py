"""How long an answer is fresh: tables of what servers say, their clocks and their mistakes (RFC 9111)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from support.builders import NOW, feed, state
from support.fetching import loopback_fetcher
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.freshness import fresh_for
from aggregator.model.fetches import Fetched, NotModified
from aggregator.model.retry_after import parse_retry_after

YEAR = 365 * 24 * 3600


def at(seconds: float, since: datetime = NOW) -> str:
    """An HTTP date so many seconds from now."""
    return format_datetime(since + timedelta(seconds=seconds), usegmt=True)


def seconds_fresh(*headers: tuple[str, str]) -> float | None:
    """How many seconds an answer that came now is fresh."""
    found = fresh_for(CIMultiDict(headers), NOW)
    return None if found is None else found.total_seconds()


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("max-age=600", 600),
        ("Max-Age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("public,max-age=600", 600),
        ("max-age = 600", 600),
        ('max-age="600"', 600),
        ("max-age=0", 0),
        ("max-age=600, max-age=5", 600),
        ("s-maxage=600", None),
        ("x-max-age=600", None),
        ('ext="a, max-age=600"', None),
        (r'ext="a\", max-age=600"', None),
        ("max-age=600, no-cache", 0),
        ("no-store", 0),
        ("NO-CACHE", 0),
        ('no-cache="Set-Cookie", max-age=600', 600),
        ('private="no-cache", max-age=600', 600),
        ("private", None),
        ("max-age", None),
        ("max-age=", None),
        ("max-age=-1", None),
        ("max-age=6.5", None),
        ("max-age=soon", None),
        ("max-age=٦٠", None),
        ("max-age=99999999999999999999999999", YEAR),
        ("max-age=" + "9" * 5000, YEAR),
        ('"', None),
        ("", None),
    ],
)
def test_cache_control_says_how_long(cache_control: str, seconds: float | None) -> None:
    """`max-age` counts, what is no number says nothing, and no answer is fresh for more than a year."""
    assert seconds_fresh(("Cache-Control", cache_control)) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([("Expires", at(600)), ("Date", at(0))], 600),
        ([("expires", at(600)), ("date", at(0))], 600),
        ([("Expires", at(600))], 600),
        ([("Expires", at(600)), ("Date", "yesterday")], 600),
        ([("Expires", at(-600)), ("Date", at(0))], 0),
        ([("Expires", "0"), ("Date", at(0))], 0),
        ([("Expires", "-1")], 0),
        ([("Expires", "soon"), ("Date", at(0))], 0),
        ([("Expires", "")], 0),
        ([("Expires", "Sunday, 01-Mar-26 12:10:00 GMT"), ("Date", at(0))], 600),
        ([("Expires", "Sun Mar  1 12:10:00 2026"), ("Date", at(0))], 600),
        ([("Expires", "Sun, 01 Mar 2026 14:10:00 +0200"), ("Date", at(0))], 600),
        ([("Expires", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Date", at(0))], YEAR),
        ([("Expires", "Fri, 31 Dec 2026 23:59:59 +99999999999999999999")], 0),
        ([("Cache-Control", "max-age=60"), ("Expires", at(600)), ("Date", at(0))], 60),
        ([("Cache-Control", "max-age=soon"), ("Expires", at(600)), ("Date", at(0))], 600),
        ([("Cache-Control", "public"), ("Cache-Control", "max-age=60")], 60),
        ([("Cache-Control", "max-age=60"), ("Cache-Control", "no-store")], 0),
    ],
)
def test_expires_counts_from_the_servers_own_date(headers: list[tuple[str, str]], seconds: float | None) -> None:
    """Without a `max-age`, `Expires` less `Date` is the time; every field of a name counts."""
    assert seconds_fresh(*headers) == seconds


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(hours=-5), timedelta(hours=5), timedelta(days=-3650)])
def test_a_clock_that_is_wrong_does_not_matter(skew: timedelta) -> None:
    """A server that lives in another time means the same ten minutes."""
    assert seconds_fresh(("Expires", at(600, NOW + skew)), ("Date", at(0, NOW + skew))) == 600


@pytest.mark.parametrize(
    ("age", "seconds"), [("0", 600), ("200", 400), (" 200 ", 400), ("600", 0), ("9999", 0), ("-5", 600), ("old", 600)]
)
def test_the_time_in_caches_is_over(age: str, seconds: float) -> None:
    """What `Age` says has passed; what is no number of seconds is nothing."""
    assert seconds_fresh(("Cache-Control", "max-age=600"), ("Age", age)) == seconds
    assert seconds_fresh(("Expires", at(600)), ("Date", at(0)), ("Age", age)) == seconds


@given(st.text(), st.text(), st.text(), st.text())
def test_no_header_breaks_it(cache_control: str, expires: str, date: str, age: str) -> None:
    """Whatever a server says, the answer is nothing or a time between now and a year."""
    found = seconds_fresh(("Cache-Control", cache_control), ("Expires", expires), ("Date", date), ("Age", age))

    assert found is None or 0 <= found <= YEAR


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        (at(90), 90),
        ("Sunday, 01-Mar-26 12:01:30 GMT", 90),
        ("Sun Mar  1 12:01:30 2026", 90),
        ("Sun, 01 Mar 2026 14:01:30 +0200", 90),
        ("Sun, 01 Mar 2026 12:01:30 -0000", 90),
        (at(-90), 0),
        (at(30 * 24 * 3600), 7 * 24 * 3600),
        ("9" * 5000, 7 * 24 * 3600),
        ("Fri, 31 Dec 2026 23:59:59 +99999999999999999999", None),
        ("-120", None),
        ("1.5", None),
        ("١٢", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    """Both forms of RFC 9110 §10.2.3 and the old dates of §5.6.7, a week at most; anything else says nothing."""
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert parse_retry_after(value, NOW) == expected


@given(st.text())
def test_no_retry_after_breaks_it(value: str) -> None:
    """Whatever a server says, the wait is nothing or between none and a week."""
    found = parse_retry_after(value, datetime(2026, 3, 1, tzinfo=UTC))

    assert found is None or timedelta(0) <= found <= timedelta(days=7)


async def test_both_answers_of_a_server_say_how_long() -> None:
    """A document and a 304 carry their freshness, of all their fields (RFC 9111 §4.3.4)."""
    fields = (("Cache-Control", "public"), ("Cache-Control", "max-age=600"), ("Age", "60"))
    async with RecordingServer() as server, loopback_fetcher() as fetcher:
        server.answers["/feed"] = [Answer(headers=fields), Answer(status=304, headers=fields, body=b"")]

        read = await fetcher.fetch(feed(url=f"{server.url}/feed"), state())
        unchanged = await fetcher.fetch(feed(url=f"{server.url}/feed"), state(etag='"1"'))

    assert isinstance(read, Fetched)
    assert isinstance(unchanged, NotModified)
    assert read.fresh_for == unchanged.fresh_for == timedelta(minutes=9)
