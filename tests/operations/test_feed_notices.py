"""What the admins are told about feeds: each event once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.builders import NOW, article, feed, fetched, seen, state

from aggregator.feeds.identity import identify
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import NotModified, Outline, ParsedFeed, PollFailed, PollFailure
from aggregator.model.notices import Notice
from aggregator.model.polls import PollPlan
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.coverage import ReadFeed
from aggregator.operations.poll_plan import PollContext, plan_failed_poll, plan_read_poll, plan_unchanged_poll

CONFIG = """
polling: {broken_after: 3, moved_after: 2}
channels: {ops: {type: console}, phone: {type: console}, off: {type: console, enabled: false}}
notices: {send_to: [ops, phone, off]}
"""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DOWN = PollFailed(reason=PollFailure.HTTP_STATUS, detail="https://news.example/ep.xml: answered 500", status=500)
GONE = replace(DOWN, status=410)
OK = NotModified()
MOVED = NotModified(permanent_url="https://user:pass@there.example/feed?token=s3cret")
NEWS = "news"
EMPTY = "nothing new"

Event = PollFailed | NotModified | str


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """Three failures make a feed broken; two channels hear of it."""
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG)
    return configure(path, {}, lambda _channel, _settings: [])


def plan(configuration: Configuration, before: FeedState, event: Event, now: datetime) -> PollPlan:
    """Plan what follows from one poll."""
    context = PollContext(
        feed=feed(), state=replace(before, last_polled_at=now), configuration=configuration, now=now, jitter=0.0
    )
    if isinstance(event, PollFailed):
        return plan_failed_poll(context, event)
    if isinstance(event, NotModified):
        return plan_unchanged_poll(context, event)
    known = article("old", published_at=NOW - DAY)
    listed = (article(f"new {now.isoformat()}", published_at=now), known) if event == NEWS else (known,)
    parsed = ParsedFeed(format="rss20", articles=listed, outline=Outline(context="", items=((None, known.key),)))
    read = ReadFeed(fetched=fetched(b""), parsed=parsed, identified=identify(listed, [seen(known)]))
    return plan_read_poll(context, read)


def told(
    configuration: Configuration, events: Sequence[Event], *, every: timedelta = HOUR, start: FeedState | None = None
) -> list[Notice]:
    """Return what the admins hear when these things happen one after the other."""
    known, now = start or state(baselined_at=NOW), NOW
    notices: list[Notice] = []
    for event in events:
        now += every
        made = plan(configuration, known, event, now)
        known = made.state
        notices += made.notices
    return notices


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ([DOWN] * 2 + [OK], []),
        ([DOWN] * 30, ["broken"]),
        ([DOWN] * 30 + [OK, OK], ["broken", "recovered"]),
        ([DOWN] * 3 + [NEWS], ["broken", "recovered"]),
        (([DOWN] * 3 + [OK]) * 2, ["broken", "recovered"] * 2),
        ([DOWN, DOWN, OK] * 9, []),
        ([GONE], ["gone"]),
        ([GONE] * 9 + [OK, OK], ["gone", "recovered"]),
        ([GONE, DOWN, GONE, DOWN, DOWN, GONE], ["gone"]),
        ([DOWN] * 5 + [GONE] * 5, ["broken", "gone"]),
        ([GONE, OK, GONE], ["gone", "recovered", "gone"]),
        ([MOVED] * 2, ["moved"]),
        ([MOVED, OK, MOVED], []),
    ],
)
def test_the_admins_hear_once_when_it_begins_and_once_when_it_ends(
    configuration: Configuration, events: list[Event], kinds: list[str]
) -> None:
    """However often it is polled meanwhile, each turn of events is one notice."""
    assert [notice.kind.value.removeprefix("feed ") for notice in told(configuration, events)] == kinds


def test_each_notice_goes_once_to_each_channel_of_the_admins(configuration: Configuration) -> None:
    """Channels that are not enabled hear nothing; the deliveries of two breaks are two."""
    first, last = (
        plan(configuration, state(failures=2), DOWN, NOW),
        plan(configuration, state(failures=2), DOWN, NOW + DAY),
    )

    assert [delivery.channel_id for delivery in first.deliveries] == ["ops", "phone"]
    assert {delivery.notice_id for delivery in first.deliveries} == {first.notices[0].id}
    assert len({delivery.id for delivery in (*first.deliveries, *last.deliveries)}) == 4


def test_a_notice_says_what_happened_and_what_comes_of_it(configuration: Configuration) -> None:
    """The reason is in it, how often and for how long; not how the feed is called by nobody."""
    broken, recovered = told(configuration, [DOWN] * 30 + [OK], start=state(title="Local\n News  " + "x" * 200))

    assert broken.title == f"Feed broken: Local News {'x' * 88}…"
    assert broken.text == (
        "It failed 3 times in a row. https://news.example/ep.xml: answered 500. "
        "It is still tried; you hear of it again when it works."
    )
    assert recovered.text == "It works again, after 28 hours."


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=3), "a minute"),
        (50 * timedelta(minutes=1), "50 minutes"),
        (HOUR * 40, "40 hours"),
        (DAY * 9, "9 days"),
    ],
)
def test_lengths_are_said_as_people_do(configuration: Configuration, length: timedelta, said: str) -> None:
    """In minutes, hours or days."""
    made = plan(configuration, state(broken_noticed_at=NOW - length, failures=9), OK, NOW)

    assert made.notices[0].text == f"It works again, after {said}."


def test_a_notice_shows_no_secrets(configuration: Configuration) -> None:
    """Neither the old address nor the new one gives away a password or a token."""
    source = feed(url="https://me:hunter2@news.example/feed?api_key=abc&page=2")
    context = PollContext(feed=source, state=state(), configuration=configuration, now=NOW, jitter=0.0)

    one = plan_unchanged_poll(context, MOVED)
    [moved] = plan_unchanged_poll(replace(context, state=one.state), MOVED).notices
    added = replace(context, state=one.state, feed=replace(source, owner="command line"))
    [moved_of_added] = plan_unchanged_poll(added, MOVED).notices

    said = f"{moved.title} {moved.text}"
    assert not [secret for secret in ("hunter2", "me:", "abc", "pass", "s3cret") if secret in said]
    assert "news.example/feed" in said
    assert "there.example/feed" in said
    assert moved.text.endswith("write the new address into the configuration.")
    assert moved_of_added.text.endswith("It is read there from now on.")


MONTHS = 120
"""Days of a feed that publishes once a day and then falls silent: far longer than its cadence knows."""


@pytest.mark.parametrize("quiet", [OK, EMPTY], ids=["304", "nothing new"])
@pytest.mark.parametrize("days_between", [1, 2])
def test_a_feed_that_falls_silent_is_told_of_once_and_once_more_when_it_is_heard(
    configuration: Configuration, quiet: Event, days_between: int
) -> None:
    """Months of articles, then months of none, in 304s or in pages with nothing new, make two notices."""
    regular = [event for _ in range(40) for event in [NEWS, *[quiet] * (days_between - 1)]]

    notices = told(configuration, [*regular, *[quiet] * MONTHS, NEWS, quiet, quiet], every=DAY)

    assert [notice.kind.value for notice in notices] == ["feed silent", "feed heard again"]
    silent_for = notices[0].created_at - (NOW + (len(regular) - days_between + 1) * DAY)
    assert 10 * days_between * DAY <= silent_for <= 20 * days_between * DAY
    assert "It answers, but had nothing new for" in notices[0].text
    assert notices[1].text.startswith("There are new articles in it again")


def test_a_weekend_or_a_holiday_is_no_silence(configuration: Configuration) -> None:
    """A feed that rests two days a week, and once for six, is never called silent."""
    week: list[Event] = [NEWS, NEWS, NEWS, NEWS, NEWS, OK, OK]

    notices = told(configuration, [*week * 6, *[OK] * 6, *week * 2], every=DAY)

    assert notices == []


def test_a_failing_feed_is_not_called_silent_too(configuration: Configuration) -> None:
    """While it fails nobody knows what it publishes; once it works again with news, nothing was silent."""
    notices = told(configuration, [*[NEWS] * 40, *[DOWN] * MONTHS, NEWS], every=DAY)

    assert [notice.kind.value for notice in notices] == ["feed broken", "feed recovered"]


def test_a_feed_that_is_heard_of_again_may_fall_silent_again(configuration: Configuration) -> None:
    """The second silence is told too, once it is far longer than the first."""
    silence: list[Event] = [OK] * 40

    notices = told(configuration, [*[NEWS] * 40, *silence, *[NEWS] * 40, *silence * 5], every=DAY)

    assert [notice.kind.value for notice in notices] == ["feed silent", "feed heard again", "feed silent"]
