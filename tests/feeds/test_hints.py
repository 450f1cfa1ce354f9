"""What feeds say of how often they may be polled, and what they write instead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.listings import parsed

from aggregator.model.cadence import FeedHints

HOUR = timedelta(hours=1)
ALL_HOURS = "".join(f"<hour>{hour}</hour>" for hour in range(24))
ALL_DAYS = "".join(
    f"<day>{day}</day>" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
)


def hints_of_channel(inside: str, items: str = "<item><title>t</title></item>") -> FeedHints | None:
    """The hints of an RSS document with these elements in its channel."""
    space = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    document = f"<rss version='2.0' {space}><channel><title>n</title>{inside}{items}</channel></rss>"
    return parsed(document.encode()).hints


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("<ttl>60</ttl>", HOUR),
        ("<ttl> 90\n</ttl>", 1.5 * HOUR),
        ("<ttl>1</ttl>", timedelta(minutes=1)),
        ("<ttl>999999999999</ttl>", timedelta(days=365)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("<sy:updatePeriod> Daily </sy:updatePeriod>", 24 * HOUR),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6 * HOUR),
        ("<sy:updateFrequency>2</sy:updateFrequency><sy:updatePeriod>weekly</sy:updatePeriod>", 84 * HOUR),
        ("<sy:updatePeriod>monthly</sy:updatePeriod>", timedelta(days=30)),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", timedelta(days=365)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>-3</sy:updateFrequency>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>often</sy:updateFrequency>", HOUR),
        ("<ttl>120</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 2 * HOUR),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
    ],
)
def test_a_feed_says_how_long_it_stays_as_it_is(written: str, interval: timedelta) -> None:
    """`ttl` in minutes, `sy:updatePeriod` in parts, the longer of both."""
    assert hints_of_channel(written) == FeedHints(least_interval=interval)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "<ttl/>",
        "<ttl>0</ttl>",
        "<ttl>-5</ttl>",
        "<ttl>1.5</ttl>",
        "<ttl>PT1H</ttl>",
        "<ttl>٦٠</ttl>",
        "<sy:updatePeriod>fortnightly</sy:updatePeriod>",
        "<sy:updateFrequency>2</sy:updateFrequency>",
        "<skipHours/>",
        "<skipHours></skipHours><skipDays></skipDays>",
        "<skipHours><hour>25</hour><hour>-1</hour><hour>noon</hour><hour>123</hour></skipHours>",
        "<skipDays><day>Freeday</day><day>1</day><day>Montag</day></skipDays>",
        f"<skipHours>{ALL_HOURS}</skipHours>",
        f"<skipDays>{ALL_DAYS}</skipDays>",
        "<!-- <skipHours><hour>3</hour></skipHours> -->",
        "<description><![CDATA[<skipDays><day>Monday</day></skipDays>]]></description>",
        "<skipHours><hour>3</hour>",
    ],
)
def test_nonsense_is_no_hint(written: str) -> None:
    """What is no number, no period and no name of a day is as if it were not there; nor is never a time."""
    assert hints_of_channel(written) is None


@pytest.mark.parametrize(
    ("written", "hours", "days"),
    [
        ("<skipHours><hour>0</hour><hour>23</hour></skipHours>", {0, 23}, set()),
        ("<skipHours><hour>24</hour></skipHours>", {0}, set()),
        ("<skiphours>\n<hour> 05 </hour>\n<hour>6</hour><hour>6</hour></skiphours>", {5, 6}, set()),
        ("<skipHours><hour>1</hour><hour>99</hour></skipHours>", {1}, set()),
        ("<skipDays><day>Saturday</day><day> sunday </day></skipDays>", set(), {5, 6}),
        ("<skipDays><day>Monday</day></skipDays><skipHours><hour>1</hour></skipHours>", {1}, {0}),
        ("<!-- not <skipHours> --><skipHours><hour>4</hour></skipHours>", {4}, set()),
    ],
)
def test_hours_and_days_are_skipped(written: str, hours: set[int], days: set[int]) -> None:
    """0 to 23, or 24 for midnight; English names; both in GMT."""
    assert hints_of_channel(written) == FeedHints(skip_hours=frozenset(hours), skip_days=frozenset(days))


@pytest.mark.parametrize(
    "item",
    [
        "<item><title>t</title><skipHours><hour>3</hour></skipHours></item>",
        "<item><title>t</title><description><![CDATA[<skipDays><day>Monday</day></skipDays>]]></description></item>",
        "<item><title>t</title><!-- </item> <skipHours><hour>3</hour></skipHours></item>",
    ],
)
def test_an_item_says_nothing_of_its_feed(item: str) -> None:
    """An article about feeds may hold all of these words."""
    assert hints_of_channel("", item) is None


def test_hints_behind_the_items_count() -> None:
    """A channel's elements may stand behind its items."""
    behind = "<item><title>t</title></item><skipHours><hour>7</hour></skipHours>"

    assert hints_of_channel("", behind) == FeedHints(skip_hours=frozenset({7}))
