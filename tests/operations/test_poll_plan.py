"""What a poll's result means."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, article, feed, fetched, seen, state

from aggregator.errors import SettingsError
from aggregator.feeds.identity import identify
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.feeds import FirstPoll
from aggregator.model.fetches import NotModified, Outline, ParsedFeed, PollFailed, PollFailure
from aggregator.model.ids import ArticleKey
from aggregator.model.polls import PollPlan
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.poll_plan import PollContext, ReadFeed, plan_failed_poll, plan_read_poll, plan_unchanged_poll

CONFIG = "rules: [{id: r1, query: captives}]\nchannels: {desk: {type: console}}\n"
SEEN = {article().key: seen(article())}


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
    return plan(context, *(article(key) for key in listed), seen=seen)


def plan(
    context: PollContext, *articles: Article, seen: dict[ArticleKey, SeenArticle] | None = None, **changes: object
) -> PollPlan:
    """Plan a poll of a document with these articles."""
    outline = Outline(context="", items=tuple((None, item.key) for item in articles))
    parsed = ParsedFeed(format="rss20", title="T", articles=articles, outline=outline)
    known = identify(articles, list((seen or {}).values()))
    made = ReadFeed(fetched=fetched(b"", etag="new"), parsed=parsed, identified=known)
    return plan_read_poll(context, replace(made, **changes))  # type: ignore[arg-type] # the test names fields


def test_a_new_article_that_matches_alerts(configuration: Configuration) -> None:
    """What was not seen before is stored, matched and alerted; the feed has recovered."""
    made = read(context(configuration), "a1", "a2", seen=SEEN)

    assert [item.key for item in made.new_articles] == ["a2"]
    assert [match.rule_id for match in made.matches] == ["r1"]
    assert [delivery.channel_id for delivery in made.deliveries] == ["desk"]
    assert sorted(made.listed) == ["a1", "a2"]
    assert (made.state.failures, made.state.last_error, made.state.gone_at) == (0, None, None)
    assert (made.state.etag, made.state.title, made.state.body_hash) == ("new", "T", "h")
    assert NOW < made.state.next_poll_at <= NOW + timedelta(hours=1)


def test_the_first_read_is_the_baseline(configuration: Configuration) -> None:
    """Old articles alert on nothing, unless the feed says that they are news."""
    baseline = read(context(configuration, known=False), "a1")
    news = read(context(configuration, known=False, first_poll=FirstPoll.ALERT), "a1")

    assert (len(baseline.new_articles), baseline.alerts) == (1, ())
    assert baseline.state.baselined_at == NOW
    assert len(news.alerts) == 1


def test_a_changed_article_is_an_update(configuration: Configuration) -> None:
    """Another text under a known key is stored, not alerted."""
    before = {article().key: seen(article(content_hash="0"))}

    made = read(context(configuration), "a1", seen=before)

    assert (made.new_articles, len(made.updated_articles), made.alerts) == ((), 1, ())


def test_an_article_that_matches_nothing_is_only_stored(configuration: Configuration) -> None:
    """No match, no alert."""
    made = plan(context(configuration), article(title="Weather", summary="Rain"))

    assert (len(made.new_articles), made.matches, made.alerts) == (1, (), ())


def test_nothing_new_keeps_the_validators(configuration: Configuration) -> None:
    """A 304 without validators leaves the old ones in force."""
    made = plan_unchanged_poll(context(configuration), NotModified(last_modified="today"))

    assert (made.state.etag, made.state.last_modified, made.state.failures) == ("old", "today", 0)
    assert made.new_articles == ()


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
