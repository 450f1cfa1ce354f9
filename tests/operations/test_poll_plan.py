"""What a poll's result means."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, article, feed, fetched, seen, state

from aggregator.errors import SettingsError
from aggregator.feeds.identity import identify
from aggregator.model.alerts import DeliveryKind
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.feeds import FeedState, FirstPoll
from aggregator.model.fetches import Fetched, NotModified, Outline, ParsedFeed, PollFailed, PollFailure
from aggregator.model.ids import ArticleKey
from aggregator.model.polls import HostHold, PollPlan
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.coverage import ReadFeed
from aggregator.operations.poll_plan import (
    PollContext,
    pace_of,
    plan_failed_poll,
    plan_held_poll,
    plan_read_poll,
    plan_unchanged_poll,
)

CONFIG = "polling: {moved_after: 2}\nrules: [{id: r1, query: captives}]\nchannels: {desk: {type: console}}\n"
SEEN = {article().key: seen(article())}
DAY = timedelta(days=1)


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """One rule and one channel."""
    return configured(tmp_path, CONFIG)


def configured(folder: Path, text: str) -> Configuration:
    """Read a configuration."""
    path = folder / "c.yaml"
    path.write_text(text)
    return configure(path, {}, lambda _channel, _settings: [])


def context(
    configuration: Configuration, *, known: bool = True, first_poll: FirstPoll = FirstPoll.BASELINE, **changes: object
) -> PollContext:
    """A poll of a feed that was read before, or was not."""
    before = state(baselined_at=NOW if known else None, failures=2, last_error="down", etag="old", gone_at=NOW)
    before = replace(before, **changes)  # type: ignore[arg-type] # the test names fields
    return PollContext(feed=feed(first_poll=first_poll), state=before, configuration=configuration, now=NOW, jitter=0.0)


def read(context: PollContext, *listed: str, seen: dict[ArticleKey, SeenArticle] | None = None) -> PollPlan:
    """Plan a poll that lists articles."""
    return plan(context, *(article(key) for key in listed), seen=seen)


def plan(
    context: PollContext, *articles: Article, seen: dict[ArticleKey, SeenArticle] | None = None, **changes: object
) -> PollPlan:
    """Plan a poll of a document with these articles."""
    outline = Outline(context="c", items=tuple((f"print {item.key}", item.key) for item in articles))
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
    assert (made.state.last_polled_at, made.state.listed) == (NOW, 2)
    assert NOW < made.state.next_poll_at <= NOW + timedelta(hours=1)


def test_alerts_come_in_the_order_of_publication(configuration: Configuration) -> None:
    """However a feed orders its list, the older article is told of first."""
    newest_first = [article(f"a{number}", published_at=NOW - number * HOUR) for number in (1, 2, 3)]

    made = plan(context(configuration), *newest_first)

    assert [alert.article_id for alert in made.alerts] == [item.id for item in reversed(newest_first)]


def test_the_first_read_is_the_baseline(configuration: Configuration) -> None:
    """Old articles alert on nothing, unless the feed says that they are news."""
    baseline = read(context(configuration, known=False), "a1")
    news = read(context(configuration, known=False, first_poll=FirstPoll.ALERT), "a1")

    assert (len(baseline.new_articles), baseline.alerts) == (1, ())
    assert baseline.state.baselined_at == NOW
    assert len(news.alerts) == 1


def test_an_article_that_matches_nothing_is_only_stored(configuration: Configuration) -> None:
    """No match, no alert."""
    made = plan(context(configuration), article(title="Weather", summary="Rain"))

    assert (len(made.new_articles), made.matches, made.alerts) == (1, (), ())


UPDATES = """
rules:
  - {id: ignores, query: captives, on_update: ignore}
  - {id: edits, query: captives, on_update: edit}
  - {id: alerts, query: captives AND relatives, on_update: alert}
channels: {desk: {type: console}}
"""


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        ("Rain", "Captives are home", ["edits"]),
        ("Rain", "Captives are with relatives", ["edits", "alerts"]),
        ("Captives are home", "Captives are home with relatives", ["alerts"]),
        ("Captives are home", "Captives came home", []),
        ("Captives are home", "Rain", []),
        ("Captives are home", "Captives  are home ", []),
        ("Rain", "Rain again", []),
    ],
)
def test_a_change_alerts_where_it_makes_an_article_match(
    tmp_path: Path, before: str, after: str, rules: list[str]
) -> None:
    """Only rules that want to hear of changes do, and only when the old text did not match already."""
    old = article(title="News", summary=before)
    new = article(title="News", summary=after, content_hash="2")
    known = {old.key: seen(old)}

    made = plan(context(configured(tmp_path, UPDATES)), new, seen=known, stored={old.id: old})

    assert sorted(match.rule_id for match in made.matches) == sorted(rules)
    assert [[rule.id for rule in alert.rules] for alert in made.alerts] == ([sorted(rules)] if rules else [])
    assert (len(made.new_articles), len(made.updated_articles)) == (0, 1)
    assert len(made.revisions) == (0 if " ".join(before.split()) == " ".join(after.split()) else 1)


def test_a_change_has_the_alert_that_its_article_had(tmp_path: Path) -> None:
    """An alert that was sent for another rule has the same id, so that it is not sent again."""
    configuration = configured(tmp_path, UPDATES)
    old = article(summary="Captives are home", title="News")
    new = replace(old, summary="Captives are home with relatives", content_hash="2")

    first = plan(context(configuration), old)
    second = plan(context(configuration), new, seen={old.key: seen(old)}, stored={old.id: old})

    assert [alert.id for alert in second.alerts] == [alert.id for alert in first.alerts]
    kinds = {delivery.id: delivery.kind for delivery in second.deliveries}
    assert [kinds[delivery.id] for delivery in first.deliveries] == [DeliveryKind.NEW]
    assert set(kinds.values()) == {DeliveryKind.NEW, DeliveryKind.UPDATE}


def test_a_change_to_what_is_no_longer_stored_is_remembered_alone(tmp_path: Path) -> None:
    """A purged article never alerts again, whatever its publisher does to it."""
    known = {article().key: seen(article(content_hash="0"))}

    made = plan(context(configured(tmp_path, UPDATES)), article(), seen=known)

    assert (len(made.updated_articles), made.revisions, made.matches, made.alerts) == (1, (), (), ())


def test_an_article_is_remembered_under_the_key_that_it_had_first(configuration: Configuration) -> None:
    """The outline says what is listed in the names that the store knows."""
    old = article("old", link_key="news.example/1")
    renamed = article("new", link_key="news.example/1")

    made = plan(context(configuration), renamed, article("other"), seen={old.key: seen(old)})

    assert made.outline is not None
    assert made.outline.items == (("print new", "old"), ("print other", "other"))
    assert [alias.key for alias in made.aliases] == ["new"]
    assert made.listed == ("other", "old")


def test_nothing_new_keeps_the_validators(configuration: Configuration) -> None:
    """A 304 without validators leaves the old ones in force; what it sends replaces them."""
    made = plan_unchanged_poll(context(configuration), NotModified(last_modified="today"))
    renewed = plan_unchanged_poll(context(configuration), NotModified(etag="newer"))

    assert (made.state.etag, made.state.last_modified, made.state.failures) == ("old", "today", 0)
    assert (renewed.state.etag, renewed.state.last_modified) == ("newer", None)
    assert (made.new_articles, made.outline) == ((), None)


def test_a_failure_is_counted_and_backs_off(configuration: Configuration) -> None:
    """The reason is kept, the state otherwise too."""
    unreachable = PollFailed(reason=PollFailure.UNREACHABLE, detail="no such host")

    made = plan_failed_poll(context(configuration, gone_at=None), unreachable)

    assert (made.state.failures, made.state.last_error, made.state.etag) == (3, "no such host", "old")
    assert made.state.next_poll_at == NOW + timedelta(hours=1)
    assert made.state.gone_at is None


def test_gone_is_gone_until_it_is_read_again(configuration: Configuration) -> None:
    """410 marks a feed gone since the first time; a server that then fails in other ways has not brought it back."""
    gone = PollFailed(reason=PollFailure.HTTP_STATUS, detail="gone", status=410)
    down = PollFailed(reason=PollFailure.UNREACHABLE, detail="down")

    first = plan_failed_poll(context(configuration, gone_at=None), gone)
    again = plan_failed_poll(context(configuration, gone_at=NOW - DAY), gone)
    otherwise = plan_failed_poll(context(configuration, gone_at=NOW - DAY), down)
    back = plan_unchanged_poll(context(configuration, gone_at=NOW - DAY), NotModified())

    assert first.state.next_poll_at == NOW + timedelta(hours=12)
    assert [made.state.gone_at for made in (first, again, otherwise, back)] == [NOW, NOW - DAY, NOW - DAY, None]


@pytest.mark.parametrize(
    ("status", "retry_after", "hold_key", "held"),
    [
        (429, HOUR, "news.example", HOUR),
        (503, HOUR, "news.example", HOUR),
        (429, 30 * DAY, "news.example", DAY),
        (500, HOUR, "news.example", None),
        (429, None, "news.example", None),
        (429, HOUR, None, None),
    ],
)
def test_a_host_that_asks_to_be_left_alone_is(
    configuration: Configuration, status: int, retry_after: timedelta | None, hold_key: str | None, held: timedelta
) -> None:
    """429 and 503 with Retry-After hold the host, for a day at most."""
    failure = PollFailed(reason=PollFailure.HTTP_STATUS, detail="", status=status, retry_after=retry_after)

    made = plan_failed_poll(context(configuration), failure, hold_key=hold_key)

    assert made.hold == (HostHold(host="news.example", until=NOW + held) if held else None)


def test_a_held_feed_waits_and_is_else_as_it_was(configuration: Configuration) -> None:
    """Nothing was asked, so nothing failed."""
    before = context(configuration)

    made = plan_held_poll(before, HostHold(host="news.example", until=NOW + HOUR))

    assert made == PollPlan(state=replace(before.state, next_poll_at=NOW + HOUR))


def test_a_feed_moves_after_as_many_redirects_as_configured(configuration: Configuration) -> None:
    """The same permanent redirect in a row counts, by reads and 304s alike; another, a failure or none starts anew."""
    there, elsewhere = "https://there.example/", "https://elsewhere.example/"

    def step(before: FeedState, result: Fetched | NotModified | PollFailed) -> FeedState:
        known = replace(context(configuration), state=before)
        if isinstance(result, PollFailed):
            return plan_failed_poll(known, result).state
        if isinstance(result, NotModified):
            return plan_unchanged_poll(known, result).state
        return plan(known, fetched=result).state

    one = step(state(), NotModified(permanent_url=there))
    moved = step(one, fetched(b"", permanent_url=there))
    other = step(one, NotModified(permanent_url=elsewhere))
    failed = step(one, PollFailed(reason=PollFailure.TIMEOUT, detail=""))
    direct = step(one, NotModified())

    assert (one.moved_url, one.moved_polls, one.url) == (there, 1, None)
    assert (moved.moved_url, moved.moved_polls, moved.url) == (None, 0, there)
    assert (other.moved_url, other.moved_polls, other.url) == (elsewhere, 1, None)
    assert (failed.moved_polls, direct.moved_polls) == (0, 0)


def test_a_push_says_nothing_of_the_feeds_own_address(configuration: Configuration) -> None:
    """What a hub sends is read, but the feed is as failing as it was, as due, and its validators are its own."""
    before = context(configuration, broken_noticed_at=NOW - DAY, next_poll_at=NOW + HOUR, body_hash="old", listed=9)

    made = plan(before, article("a2"), is_push=True)

    after = made.state
    assert len(made.alerts) == 1
    assert (after.failures, after.last_error, after.broken_noticed_at) == (2, "down", NOW - DAY)
    assert (after.next_poll_at, after.etag, after.body_hash, after.listed) == (NOW + HOUR, "old", "old", 9)
    assert after.last_polled_at == NOW
    assert made.notices == ()


def test_a_push_is_no_baseline(configuration: Configuration) -> None:
    """It holds a part of the feed: the rest of the list, once it is read, is old all the same."""
    pushed = plan(context(configuration, known=False), article(), is_push=True)

    assert (len(pushed.new_articles), pushed.alerts, pushed.state.baselined_at) == (1, (), None)


def test_a_part_joins_what_is_known_to_be_listed(configuration: Configuration) -> None:
    """After a push the next whole list may begin with what was pushed; what was read alike need not be read again."""
    last = Outline(context="c", items=(("print a1", ArticleKey("a1")), ("print a2", ArticleKey("a2"))))
    elsewhere = replace(last, context="another document")

    alike = plan(context(configuration), article("a3"), article("a1"), is_push=True, last_outline=last)
    unlike = plan(context(configuration), article("a3"), fetched=fetched(b"", is_delta=True), last_outline=elsewhere)
    first = plan(context(configuration), article("a3"), is_push=True)

    assert alike.outline is not None
    assert unlike.outline is not None
    assert alike.outline.items == (("print a3", "a3"), ("print a1", "a1"), ("print a2", "a2"))
    assert unlike.outline.items == ((None, "a3"), ("print a1", "a1"), ("print a2", "a2"))
    assert (alike.outline.context, unlike.outline.context) == ("c", "another document")
    assert first.outline is None


def test_parts_do_not_pile_up_without_end(configuration: Configuration) -> None:
    """A server that only ever sends what is new is remembered for its latest thousand articles."""
    last = Outline(context="c", items=tuple((None, ArticleKey(f"old{number}")) for number in range(1000)))

    made = plan(context(configuration), article("a3"), is_push=True, last_outline=last)

    assert made.outline is not None
    assert len(made.outline.items) == 1000
    assert made.outline.keys[0] == "a3"


def test_a_document_without_an_outline_leaves_what_is_known(configuration: Configuration) -> None:
    """Without it nothing can be said of what is listed."""
    parsed = ParsedFeed(format="rss20", articles=(), outline=None)

    made = plan(context(configuration, listed=7), parsed=parsed)

    assert (made.outline, made.state.listed, made.state.gaps) == (None, 7, 0)


def test_pushed_feeds_are_polled_at_a_quarter_of_the_pace_unless_they_have_one(configuration: Configuration) -> None:
    """The hub is trusted, and checked; an interval of a feed's own is kept."""
    pushed = replace(context(configuration), is_pushed=True)
    own = replace(pushed, feed=feed(interval=timedelta(minutes=7)))

    assert pace_of(pushed).interval == HOUR
    assert (pace_of(own).interval, pace_of(own).is_fixed) == (timedelta(minutes=7), True)


def test_reading_without_anything_new_teaches_no_more_than_a_304(configuration: Configuration) -> None:
    """A page that changes at every poll but lists nothing new keeps the cadence that was learned from articles."""
    learned = read(context(configuration), "a1", "a2").state
    known = {article("a1").key: seen(article("a1"))}

    later = plan(replace(context(configuration), state=learned, now=NOW + DAY), article("a1"), seen=known)

    assert learned.cadence is not None
    assert later.state.cadence == learned.cadence


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
    assert lines[0].startswith("2:24: rules[0].query: column 3: AND needs a term after it")
    assert lines[1].startswith("3:27: rules[1].any[1]: column 1: this ( is never closed")
    assert lines[2] == "6:16: channels.desk.type: not today"
    assert len(lines) == 3
