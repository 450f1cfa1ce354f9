"""What a poll's result means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, article, feed, fetched, state

from aggregator.errors import SettingsError
from aggregator.model.articles import SeenArticle
from aggregator.model.feeds import FirstPoll, NotModified, ParsedFeed, PollFailed, PollFailure
from aggregator.model.ids import ArticleKey
from aggregator.model.polls import PollPlan
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.poll_plan import PollContext, plan_failed_poll, plan_read_poll, plan_unchanged_poll

CONFIG = "rules: [{id: r1, query: captives}]\nchannels: {desk: {type: console}}\n"
SEEN = {article().key: SeenArticle(key=article().key, content_hash="1")}


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """One rule and one channel."""
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG)
    return configure(path, {}, lambda _channel, _settings: [])


def context(
    configuration: Configuration, *, known: bool = True, first_poll: FirstPoll = FirstPoll.BASELINE
) -> PollContext:
    """A poll of a feed that was read before, or was not."""
    before = state(baselined_at=NOW if known else None, failures=2, last_error="down", etag="old", gone_at=NOW)
    return PollContext(feed=feed(first_poll=first_poll), state=before, configuration=configuration, now=NOW, jitter=0.0)


def read(context: PollContext, *listed: str, seen: dict[ArticleKey, SeenArticle] | None = None) -> PollPlan:
    """Plan a poll that lists articles."""
    parsed = ParsedFeed(format="rss20", title="T", articles=tuple(article(key) for key in listed))
    return plan_read_poll(context, (fetched(b"", etag="new"), parsed), seen or {})


def test_a_new_article_that_matches_alerts(configuration: Configuration) -> None:
    """What was not seen before is stored, matched and alerted; the feed has recovered."""
    plan = read(context(configuration), "a1", "a2", seen=SEEN)

    assert [item.key for item in plan.new_articles] == ["a2"]
    assert [match.rule_id for match in plan.matches] == ["r1"]
    assert [delivery.channel_id for delivery in plan.deliveries] == ["desk"]
    assert plan.listed == ("a1", "a2")
    assert (plan.state.failures, plan.state.last_error, plan.state.gone_at) == (0, None, None)
    assert (plan.state.etag, plan.state.title, plan.state.body_hash) == ("new", "T", "h")
    assert plan.state.next_poll_at == NOW + timedelta(minutes=15)


def test_the_first_read_is_the_baseline(configuration: Configuration) -> None:
    """Old articles alert on nothing, unless the feed says that they are news."""
    baseline = read(context(configuration, known=False), "a1")
    news = read(context(configuration, known=False, first_poll=FirstPoll.ALERT), "a1")

    assert (len(baseline.new_articles), baseline.alerts) == (1, ())
    assert baseline.state.baselined_at == NOW
    assert len(news.alerts) == 1


def test_a_changed_article_is_an_update(configuration: Configuration) -> None:
    """Another text under a known key is stored, not alerted."""
    seen = {article().key: SeenArticle(key=article().key, content_hash="0")}

    plan = read(context(configuration), "a1", seen=seen)

    assert (plan.new_articles, len(plan.updated_articles), plan.alerts) == ((), 1, ())


def test_an_article_that_matches_nothing_is_only_stored(configuration: Configuration) -> None:
    """No match, no alert."""
    parsed = ParsedFeed(format="rss20", articles=(article(title="Weather", summary="Rain"),))

    plan = plan_read_poll(context(configuration), (fetched(b""), parsed), {})

    assert (len(plan.new_articles), plan.matches, plan.alerts) == (1, (), ())


def test_nothing_new_keeps_the_validators(configuration: Configuration) -> None:
    """A 304 without validators leaves the old ones in force."""
    plan = plan_unchanged_poll(context(configuration), NotModified(last_modified="today"))

    assert (plan.state.etag, plan.state.last_modified, plan.state.failures) == ("old", "today", 0)
    assert plan.new_articles == ()


def test_a_failure_is_counted_and_backs_off(configuration: Configuration) -> None:
    """The reason is kept, the state otherwise too; 410 marks the feed gone since the first time."""
    unreachable = PollFailed(reason=PollFailure.UNREACHABLE, detail="no such host")
    gone = PollFailed(reason=PollFailure.HTTP_STATUS, detail="gone", status=410)

    down = plan_failed_poll(context(configuration), unreachable)
    ended = plan_failed_poll(context(configuration), gone)

    assert (down.state.failures, down.state.last_error, down.state.etag) == (3, "no such host", "old")
    assert down.state.next_poll_at == NOW + timedelta(hours=1)
    assert down.state.gone_at is None
    assert ended.state.gone_at == NOW
    assert ended.state.next_poll_at == NOW + timedelta(hours=12)


def test_problems_of_rules_and_channels_come_together(tmp_path: Path) -> None:
    """A bad query, a bad list item and a bad channel are named at their lines, all at once."""
    path = tmp_path / "c.yaml"
    path.write_text(
        "rules:\n  - {id: r1, query: 'a AND'}\n  - {id: r2, any: [fine, '(']}\n  - {id: r3, query: a}\n"
        "channels:\n  desk: {type: console}\n  off: {type: nothing, enabled: false}\n"
    )

    with pytest.raises(SettingsError) as caught:
        configure(path, {}, lambda _channel, _settings: [(("type",), "not today")])

    lines = [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]
    assert lines[0].startswith("2:21: rules[0].query: column 3: AND needs a term after it")
    assert lines[1].startswith("3:26: rules[1].any[1]: column 1: this ( is never closed")
    assert lines[2] == "6:16: channels.desk.type: not today"
    assert len(lines) == 3
