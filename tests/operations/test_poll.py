"""One poll of one feed, with a real server, parser and database: what is stored, reported, and left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.archives import latest, page, title_of
from support.builders import HOUR, fetched
from support.desk import MINUTE, Desk
from support.recording_server import Answer
from support.stores import new_store

from aggregator.errors import StoreError
from aggregator.model.alerts import ArticleChange, DeliveryKind, Sent
from aggregator.model.feeds import FeedStatus, FirstPoll
from aggregator.model.ids import ChannelId
from aggregator.operations.configure import configure
from aggregator.operations.host_holds import HostHolds
from aggregator.operations.poll import PollOutcome, PollReport, poll_feed, take_push

pytestmark = pytest.mark.asyncio(loop_scope="module")

DESK = ChannelId("desk")
TOO_MANY = Answer(status=429, headers=(("Retry-After", "7200"),), body=b"")


def reconfigure(desk: Desk, folder: Path, text: str) -> None:
    """Give the desk other rules."""
    path = folder / "other.yaml"
    path.write_text(text)
    desk.polled.configuration = configure(path, {}, lambda _channel, _settings: [])


async def push(desk: Desk, document: Answer) -> PollReport:
    """Have a hub push a document."""
    pushed = fetched(document.body, fetched_at=desk.polled.now, url=desk.feed.url)
    return await take_push(desk.feed, await desk.state(), desk.polled.configuration, desk.polled.tools, pushed)


async def test_a_poll_reports_what_it_found(desk: Desk) -> None:
    """New articles, matches, alerts, and the channels that have something to send."""
    desk.serve(latest(5))

    with capture_logs() as logs:
        report = await desk.poll()

    assert report == PollReport(
        outcome=PollOutcome.READ, new_articles=2, matches=2, alerts=2, channel_ids=frozenset({DESK})
    )
    [line] = [log for log in logs if log["event"] == "feed_polled"]
    assert (line["articles"], line["new"], line["matches"], line["alerts"]) == (3, 2, 2, 2)
    assert "pushed" not in line


async def test_nothing_new_is_reported_as_that(desk: Desk) -> None:
    """The same document again is not read again."""
    assert await desk.poll() == PollReport(outcome=PollOutcome.NOT_MODIFIED)


async def test_a_host_that_asks_for_quiet_is_left_alone_by_all_its_feeds(desk: Desk) -> None:
    """After a 429 no feed of that host is asked for anything until its time is over, unless a person forces it."""
    desk.serve(TOO_MANY)
    other = await desk.polled.add("other", f"{desk.server.url}/other.xml")
    limited = await desk.poll()

    held = await desk.polled.poll(other)
    held_state = await desk.polled.state(other)
    asked_while_held = [asked.path for asked in desk.server.asked]
    forced = await desk.polled.poll(other, ignore_holds=True)
    restarted = HostHolds(desk.polled.politeness, await desk.polled.store.host_holds(desk.polled.now))
    desk.polled.now += 2 * HOUR
    free = await desk.polled.poll(other)

    assert (limited.outcome, held.outcome) == (PollOutcome.FAILED, PollOutcome.HELD)
    assert asked_while_held == ["/feed.xml"]
    assert held_state.next_poll_at == desk.polled.now
    assert (held_state.failures, held_state.last_polled_at) == (0, None)
    assert forced.outcome is PollOutcome.READ
    assert restarted.hold_on(other.url, desk.polled.now - HOUR) is not None
    assert free.outcome is PollOutcome.NOT_MODIFIED


async def test_a_document_that_is_no_feed_is_a_failure(desk: Desk) -> None:
    """The reason is kept, and what was seen is not forgotten."""
    desk.serve(Answer(body=b"<html><body>Login</body></html>"))
    failed = await desk.poll()
    state = await desk.state()
    desk.serve(latest(4))

    again = await desk.poll()

    assert failed == PollReport(outcome=PollOutcome.FAILED)
    assert (state.status, state.failures) == (FeedStatus.FAILING, 1)
    assert "an HTML page, not a feed" in (state.last_error or "")
    assert again.new_articles == 1


@contextmanager
def without_deliveries(folder: Path) -> Iterator[None]:
    """Take a table away, as a disk that fails would."""
    with closing(sqlite3.connect(folder / "aggregator.db", isolation_level=None)) as database:
        database.execute("ALTER TABLE deliveries RENAME TO elsewhere")
        yield
        database.execute("ALTER TABLE elsewhere RENAME TO deliveries")


async def test_a_poll_that_cannot_be_stored_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    """Its articles, its alerts and the feed's state come together or not at all; the next poll finds them again."""
    desk.serve(latest(5))
    before, stored = await desk.state(), await desk.polled.count_articles(desk.feed)
    with without_deliveries(tmp_path), pytest.raises(StoreError):
        await desk.poll()
    after, stored_then = await desk.state(), await desk.polled.count_articles(desk.feed)

    again = await desk.poll()

    assert (after, stored_then) == (before, stored)
    assert (again.new_articles, again.alerts) == (2, 2)
    assert await desk.told() == [title_of(4), title_of(5)]


async def test_a_feed_that_is_removed_while_it_is_polled_stays_removed(desk: Desk) -> None:
    """What was under way is stored, and the feed is not polled again."""
    desk.serve(latest(4))
    state = await desk.state()
    await desk.polled.store.remove_feeds([desk.feed.id])

    report = await poll_feed(desk.feed, state, desk.polled.configuration, desk.polled.tools)

    assert report.new_articles == 1
    assert await desk.polled.store.feed_state(desk.feed.id) is None
    assert await desk.polled.store.list_feeds() == []


@pytest.mark.parametrize(
    ("answer", "hub"),
    [
        (
            latest(4, links=[("hub", "https://hub.example/"), ("self", "https://news.example/topic")]),
            "https://hub.example/",
        ),
        (Answer(body=latest(4).body, headers=(("Link", '<https://hub.example/>; rel="hub"'),)), "https://hub.example/"),
        (latest(4), None),
    ],
    ids=["element", "header", "none"],
)
async def test_a_hub_is_reported_where_there_is_one(desk: Desk, answer: Answer, hub: str | None) -> None:
    """From the document or from its headers (WebSub §4)."""
    desk.serve(answer)

    report = await desk.poll()

    assert (report.hub.hub_url if report.hub else None) == hub


async def test_a_push_alerts_and_leaves_the_next_poll_where_it_was(desk: Desk) -> None:
    """What was pushed is not found again by the poll, in which it is no gap that only it is still listed."""
    due_at = (await desk.state()).next_poll_at
    desk.polled.now += MINUTE
    with capture_logs() as logs:
        pushed = await push(desk, page([9]))
    state = await desk.state()
    desk.serve(latest(11))

    polled = await desk.poll()

    assert (pushed.outcome, pushed.new_articles, pushed.alerts) == (PollOutcome.READ, 1, 1)
    assert [log["pushed"] for log in logs if log["event"] == "feed_polled"] == [True]
    assert state.next_poll_at == due_at
    assert state.cadence is not None
    assert state.cadence.articles == 1
    assert (polled.new_articles, polled.lost) == (2, False)


@pytest.mark.parametrize("waits", [timedelta(seconds=1), 10 * MINUTE])
async def test_a_push_that_nobody_can_read_has_the_feed_polled_soon(desk: Desk, waits: timedelta) -> None:
    """A hub's rubbish is no failure of the feed; as something has changed, that is polled, but not in a storm."""
    desk.polled.now += waits
    before = await desk.state()
    with capture_logs() as logs:
        report = await push(desk, Answer(body=b"rubbish"))

    after = await desk.state()
    assert report == PollReport(outcome=PollOutcome.FAILED)
    assert (after.failures, after.last_error) == (0, None)
    assert before.last_polled_at is not None
    assert after.next_poll_at == max(desk.polled.now, before.last_polled_at + 2 * MINUTE)
    assert [log["reason"] for log in logs if log["event"] == "push_not_read"] == ["not a feed"]


async def test_first_articles_are_news_where_the_feed_says_so(desk: Desk) -> None:
    """With `first_poll: alert` they alert once, and the next poll knows them."""
    other = await desk.polled.add("other", f"{desk.server.url}/feed.xml?2", first_poll=FirstPoll.ALERT)
    desk.server.answers["/feed.xml"] = [latest(2, count=2)]

    first = await desk.polled.poll(other)
    again = await desk.polled.poll(other)

    assert (first.new_articles, first.alerts) == (2, 2)
    assert again.outcome is PollOutcome.NOT_MODIFIED
    assert await desk.told() == [title_of(1), title_of(2)]


async def test_a_revised_article_that_newly_matches_alerts_once(desk: Desk, tmp_path: Path) -> None:
    """Its old text is kept as a revision; changed again, it is not sent again; what never matched is not sent."""
    rule = "{id: r1, query: volcano, on_update: alert, send_to: [desk]}"
    reconfigure(desk, tmp_path, f"rules: [{rule}]\nchannels: {{desk: {{type: console}}}}\n")
    bodies = [latest(3).body.replace(b"Summary 2.", text) for text in (b"A volcano.", b"A volcano wakes.", b"Rain.")]
    reports = []
    for body in bodies:
        desk.serve(Answer(body=body))
        reports.append(await desk.poll())

    assert [(report.updated_articles, report.alerts) for report in reports] == [(1, 1), (1, 0), (1, 0)]
    assert await desk.told() == [title_of(2)]
    due, lost = await desk.polled.store.claim_deliveries(DESK, desk.polled.now, 9)
    assert (lost.delivery.is_reply, lost.delivery.change) == (
        True,
        ArticleChange(before=title_of(2), after=title_of(2), lost=("r1",)),
    )
    revisions = await desk.polled.store.revisions(due.article.id)
    assert [revision.text for revision in revisions] == ["Summary 2.", "A volcano.", "A volcano wakes."]


async def test_a_second_rule_joins_an_alert_that_was_sent(desk: Desk, tmp_path: Path) -> None:
    """A change that makes a further rule match adds that rule to the alert; its message is changed, not sent again."""
    rules = "{id: r1, query: captives}, {id: r2, query: volcano, on_update: edit}"
    reconfigure(desk, tmp_path, f"rules: [{rules}]\nchannels: {{desk: {{type: console}}}}\n")
    desk.serve(latest(4))
    await desk.poll()
    [due] = await desk.polled.store.claim_deliveries(DESK, desk.polled.now, 9)
    await desk.polled.store.record_attempt(due.delivery.id, Sent(), desk.polled.now)
    desk.serve(Answer(body=latest(4).body.replace(b"Summary 4.", b"A volcano.")))

    await desk.poll()
    await desk.polled.store.retry_deliveries([due.delivery.id], desk.polled.now)

    assert await desk.told() == [title_of(4)]
    [update] = await desk.polled.store.claim_deliveries(DESK, desk.polled.now, 9)
    assert (update.delivery.kind, update.delivery.is_reply) == (DeliveryKind.UPDATE, False)
    assert update.delivery.change == ArticleChange(before=title_of(4), after=title_of(4), gained=("r2",))
    assert [rule.id for rule in update.alert.rules] == ["r1", "r2"]


async def test_what_the_admins_were_told_is_known_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    """A feed that was called broken, or silent, is not called so again by the next process."""
    desk.serve(Answer(status=500, body=b""))
    for _ in range(5):
        await desk.poll()
    restarted = await new_store(tmp_path / "aggregator.db")
    desk.polled.store = restarted
    for _ in range(5):
        await desk.poll()
    desk.serve(latest(3))
    await desk.poll()

    told = await desk.told(DeliveryKind.NOTICE)
    await restarted.close()

    assert told == ["Feed broken: Reports", "Feed recovered: Reports"]
