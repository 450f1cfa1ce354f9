"""The whole chain of decisions about an article, after real polls; and what is said of one that was never seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.archives import latest, page, title_of
from support.asking import FOURTH, RULES, ask, ask_one, first_delivery, only, read_fourth, use
from support.builders import HOUR, NOW, article, feed
from support.desk import MINUTE, Desk
from support.recording_server import Answer

from aggregator.model.alerts import Dead, DeliveryStatus, RetryAt, Sent
from aggregator.model.feeds import FirstPoll
from aggregator.model.ids import FeedId
from aggregator.model.polls import PollPlan
from aggregator.operations.poll import poll_feed
from aggregator.operations.why_report import Verdict
from aggregator.storage.engine import make_engine
from aggregator.stories.index import StoryIndex

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENT = (
    b"Forty captives crossed the bridge at Marburg on Sunday evening after nine months in the quarry of Holm, "
    b"where a column of lorries with blankets and doctors from Utrecht had been waiting since the ceasefire."
)


async def purge(desk: Desk, folder: Path) -> None:
    """Forget the texts of all articles, as an operator does who wants the room."""
    store = desk.polled.store
    engine = make_engine(f"sqlite:///{folder}/aggregator.db")
    with engine.begin() as connection:
        for table in ("deliveries", "alerts", "story_members", "articles"):
            connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - names of tables, above
    engine.dispose()
    assert await store.count_articles_stored(NOW - HOUR) == 0


async def test_an_article_that_was_told_of_has_its_whole_chain(desk: Desk) -> None:
    """Where it came from, what each rule makes of it, its story, and each attempt to send it."""
    await read_fourth(desk)
    delivery_id = await first_delivery(desk)
    at = desk.polled.now
    await desk.polled.store.record_attempt(delivery_id, RetryAt(at=at + MINUTE, reason="unavailable: 503"), at)
    await desk.polled.store.record_attempt(delivery_id, Sent(message_id="17"), at + MINUTE)

    report = await ask_one(desk)

    traced = report.traced
    assert (traced.title, traced.feed.id, traced.stored_at, traced.is_read) == (title_of(4), "reports", at, True)
    assert (report.is_baseline, report.is_dated, report.revisions) == (False, True, ())
    matching, failing, elsewhere = report.rules
    assert matching.match is not None
    assert matching.found is not None
    assert (matching.rule_id, matching.verdict, matching.found.found_at) == ("r1", Verdict.MATCHES, at)
    assert (matching.match.spans[0].text, matching.note) == ("Captives", None)
    assert failing.failure is not None
    assert (failing.verdict, failing.failure.clause, failing.note) == (Verdict.FAILS, "museum", None)
    assert (elsewhere.rule_id, elsewhere.verdict) == ("elsewhere", Verdict.READS_OTHER_FEEDS)
    assert (traced.story_id is not None, traced.sources) == (True, ())
    channel = only(report)
    [delivery] = channel.deliveries
    assert (channel.channel_id, channel.rule_ids, channel.is_on, channel.reason) == ("desk", ("r1",), True, None)
    assert [(one.status, one.attempted_at, one.detail) for one in delivery.attempts] == [
        (DeliveryStatus.RETRYING, at, "unavailable: 503"),
        (DeliveryStatus.SENT, at + MINUTE, "17"),
    ]
    assert (delivery.delivery.status, delivery.holds, delivery.advice) == (DeliveryStatus.SENT, (), None)


@pytest.mark.parametrize(
    "asked",
    [
        "http://www.news.example/report/4/",
        "<https://NEWS.example/report/4?utm_source=rss>",
        "news.example/report/4",
        "https://m.news.example/report/4",
        "urn:report:4",
        " https://news.example/report/4#xtor=RSS-1 ",
    ],
)
async def test_an_address_is_known_in_any_form(desk: Desk, asked: str) -> None:
    """Scheme, `www.`, a trailing slash, tracking and the page for phones make no difference; its feed's id does too."""
    await read_fourth(desk)

    assert (await ask_one(desk, asked)).traced.title == title_of(4)


async def test_an_article_is_known_by_any_id(desk: Desk) -> None:
    """Its own, that of the alert, and that of the delivery, as lists show them."""
    await read_fourth(desk)
    known = await ask_one(desk)
    alert = only(known).alert
    assert alert is not None

    for asked in (known.traced.id, alert.id, await first_delivery(desk)):
        assert (await ask_one(desk, asked)).traced == known.traced


async def test_the_same_page_in_two_feeds_is_two_articles(desk: Desk) -> None:
    """Each feed's own article has its own chain; the second joins the story of the first."""
    other = await desk.polled.add("other", f"{desk.server.url}/other.xml")
    await desk.polled.poll(other)
    mine, theirs = (latest(4, ids=ids) for ids in ("urn:report", "urn:other"))
    desk.serve(Answer(body=mine.body.replace(b"Summary 4.", EVENT)))
    desk.server.answers["/other.xml"] = [Answer(body=theirs.body.replace(b"Summary 4.", EVENT))]
    desk.polled.now += HOUR
    tools = replace(desk.polled.tools, stories=StoryIndex())
    for source in (desk.feed, other):
        await poll_feed(source, await desk.polled.state(source), desk.polled.configuration, tools)

    first, second = (await ask(desk, FOURTH)).articles

    assert [one.traced.feed.id for one in (first, second)] == ["other", "reports"]
    assert first.traced.story_id == second.traced.story_id
    assert [source.url for source in first.traced.sources if source.feed_id == "reports"] == [FOURTH]
    alert = only(first).alert
    assert alert is not None
    assert alert.article_id == second.traced.id


async def test_what_a_feed_listed_at_first_is_its_baseline(desk: Desk) -> None:
    """It is no news: the rule matches, and says why it told nobody."""
    report = await ask_one(desk, "https://news.example/report/3")

    assert report.is_baseline
    [rule] = report.rules
    assert (rule.verdict, rule.found) == (Verdict.MATCHES, None)
    assert rule.note is not None
    assert "first read" in rule.note
    assert only(report).reason == rule.note


async def test_a_first_read_that_is_to_alert_is_no_baseline(desk: Desk) -> None:
    """`first_poll: alert` makes news of it, and a page from a feed that is not read yet is none either."""
    added = await desk.polled.add("eager", f"{desk.server.url}/feed.xml", first_poll=FirstPoll.ALERT)
    await desk.polled.poll(added)

    eager, _ = (await ask(desk, "https://news.example/report/3")).articles

    assert (eager.traced.feed.id, eager.is_baseline) == ("eager", False)
    assert eager.rules[0].note is None


async def test_a_new_rule_looks_only_forward(desk: Desk) -> None:
    """It matches now and did not then; where it was sent elsewhere then, that is said."""
    await read_fourth(desk)
    use(desk, RULES.replace("query: captives, send_to: [desk]}", "query: captives, send_to: [desk, ops]}", 1))
    later = await ask_one(desk, channel="ops")
    use(desk, RULES.replace("{id: r1,", "{id: new,"))
    renamed = await ask_one(desk)

    assert only(later).reason == "when the article came, the rule did not send to this channel, or the channel was off"
    new, removed, *_ = renamed.rules
    assert new.note is not None
    assert "look only forward; `aggregator rules backtest new` looks back" in new.note
    assert (removed.rule_id, removed.verdict, removed.note) == (
        "r1",
        Verdict.UNKNOWN,
        "it is no longer in the configuration",
    )


async def test_a_rule_that_was_changed_says_that_it_matched(desk: Desk) -> None:
    """What was stored stays: the clause that held then, beside the one that fails now, or other feeds."""
    await read_fourth(desk)
    use(desk, RULES.replace("{id: r1, query: captives,", "{id: r1, query: museum,"))
    failing = (await ask_one(desk)).rules[0]
    use(desk, RULES.replace("{id: r1, query: captives,", "{id: r1, query: captives, feeds: {tags: [x]},"))
    elsewhere = (await ask_one(desk)).rules[1]

    assert failing.found is not None
    assert (failing.verdict, failing.found.match.clause) == (Verdict.FAILS, "captives")
    assert failing.note == "it matched when the article came: the rule or the article was changed since"
    assert (elsewhere.verdict, elsewhere.note) == (
        Verdict.READS_OTHER_FEEDS,
        "it read the feed when the article came",
    )


async def test_a_tag_that_a_feed_was_given_later_counts_from_then_on(desk: Desk) -> None:
    """An article keeps the tags that its feed had."""
    await read_fourth(desk)
    await desk.polled.store.add_feeds([replace(desk.feed, tags=("ukraine",))], desk.polled.now)

    report = await ask_one(desk)
    use(desk, RULES.replace("{id: r1, query: captives,", "{id: r1, query: captives, feeds: {tags: [x]},"))
    narrowed = await ask_one(desk)

    assert narrowed.rules[1].verdict is Verdict.READS_OTHER_FEEDS
    assert report.rules[-1].note == "the feed was given its tag after the article came"


async def test_a_change_that_a_rule_ignores_is_named(desk: Desk) -> None:
    """The publisher put the word in later, and the rule does not look at changes."""
    before = page([4, 3, 2])
    museum = Answer(body=before.body.replace(b"Summary 4.", b"The museum has opened its doors to all of the town."))
    await read_fourth(desk)
    desk.serve(museum)
    await desk.poll()

    report = await ask_one(desk)

    assert len(report.revisions) == 1
    note = next(rule.note for rule in report.rules if rule.rule_id == "failing")
    assert note is not None
    assert "only since its publisher changed it" in note


async def test_an_article_without_a_date_says_so(desk: Desk) -> None:
    """When it was fetched stands in for it, and is told from what a feed writes by being finer."""
    undated = page([4, 3], dated=False)
    desk.serve(undated)
    await desk.poll()
    shortly_before = desk.polled.now - timedelta(seconds=2, microseconds=345)
    fine = article("fine", feed_id=FeedId("reports"), published_at=shortly_before)
    plain = article("plain", feed_id=FeedId("reports"), published_at=desk.polled.now - timedelta(seconds=2))
    await desk.polled.store.apply(PollPlan(state=await desk.state(), new_articles=(fine, plain)))

    assert [(await ask_one(desk, one)).is_dated for one in (FOURTH, fine.id, plain.id)] == [False, False, True]


async def test_a_channel_that_is_off_or_removed_holds_what_it_was_due(desk: Desk) -> None:
    """And takes no new alerts; a question can be about one channel alone."""
    await read_fourth(desk)
    off = RULES.replace("desk: {type: console}", "desk: {type: console, enabled: false}")
    use(desk, off)
    turned_off = only(await ask_one(desk, channel="desk"))
    baseline = only(await ask_one(desk, "https://news.example/report/3"))
    use(desk, RULES.replace("send_to: [desk]", "send_to: [ops]").replace("desk: {type: console}, ", ""))
    told, untold = (await ask_one(desk)).channels[::-1]
    nothing = await ask_one(desk, channel="ops")

    assert [hold.text for hold in turned_off.deliveries[0].holds] == ["the channel is off (`enabled: false`)"]
    assert baseline.reason == "the channel is off (`enabled: false`), and takes no alerts"
    assert (told.channel_id, told.channel, told.is_on) == ("desk", None, False)
    assert [hold.text for hold in told.deliveries[0].holds] == ["the channel is no longer in the configuration"]
    assert untold.channel_id == "ops"
    assert [one.channel_id for one in nothing.channels] == ["ops"]
    assert [rule.rule_id for rule in nothing.rules] == ["r1", "failing", "elsewhere"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [("rejected: no such chat", "mend the template"), ("no way to it", "`aggregator deliveries retry ")],
)
async def test_a_dead_letter_says_what_to_do(desk: Desk, reason: str, said: str) -> None:
    """What its reason asks for, and the command that sends it again."""
    await read_fourth(desk)
    await desk.polled.store.record_attempt(await first_delivery(desk), Dead(reason=reason), desk.polled.now)

    [delivery] = only(await ask_one(desk)).deliveries

    assert delivery.advice is not None
    assert said in delivery.advice
    assert delivery.advice.endswith(f"`aggregator deliveries retry {delivery.delivery.id}` sends it again.")


async def test_a_purged_article_is_known_by_its_keys_and_its_title(desk: Desk, tmp_path: Path) -> None:
    """Its text is gone, so rules cannot be asked again; what matched then is told."""
    await read_fourth(desk)
    known = (await ask_one(desk)).traced
    await purge(desk, tmp_path)

    by_url = await ask_one(desk)
    by_id = await ask_one(desk, known.id)
    by_title = await ask(desk, "report4 from town4")

    assert (by_url.traced.title, by_url.traced.article, by_url.traced.stored_at) == (title_of(4), None, None)
    assert (by_url.traced.first_seen_at, by_url.is_baseline) == (known.stored_at, False)
    [rule] = by_url.rules
    assert (rule.rule_id, rule.verdict) == ("r1", Verdict.UNKNOWN)
    assert rule.note == "the article's text is no longer stored, so that it cannot be matched again"
    assert by_id == by_url
    [suggestion] = by_title.suggestions
    assert (suggestion.id, suggestion.url) == (known.id, None)


async def test_of_very_many_rules_the_first_are_explained(desk: Desk) -> None:
    """The others are counted: those that fail, and no one reads."""
    rules = "".join(f"  - {{id: x{number}, query: museum}}\n" for number in range(505))
    await read_fourth(desk, RULES.replace("rules:\n", f"rules:\n{rules}"))

    report = await ask_one(desk)

    assert (report.unexplained, len(report.rules)) == (6, 502)


async def test_links_that_articles_share_name_them_all(desk: Desk) -> None:
    """A link that is that of several items is no key; the articles that are stored with it are found all the same."""
    document = page([7, 6, 3])
    shared = document.body.replace(b"/report/7", b"/live").replace(b"/report/6", b"/live")
    desk.serve(Answer(body=shared))
    await desk.poll()

    report = await ask(desk, "https://www.news.example/live?utm_medium=x")

    assert {one.traced.title for one in report.articles} == {title_of(7), title_of(6)}


async def test_an_article_never_seen_is_answered_with_the_feeds_of_its_site(desk: Desk) -> None:
    """Feeds that are there, or whose articles are; how they are doing; and pages that may be meant."""
    store, now = desk.polled.store, desk.polled.now
    of_site = feed("site", url="https://feeds.news.example/rss", owner="command line")
    elsewhere = feed("elsewhere", url="https://else.example/rss", owner="command line")
    await store.add_feeds([of_site, elsewhere], now)
    desk.serve(latest(20))
    await desk.poll()

    report = await ask(desk, "https://news.example/2026/captives-3-report3-from-town3.html?x=1")
    subdomain = await ask(desk, "https://de.news.example/report/20")

    assert (report.articles, report.domain) == ((), "news.example")
    reports, site = report.feeds
    assert (reports.summary.feed.id, reports.is_of_domain, reports.from_site) == ("reports", False, 6)
    assert (reports.summary.state.gaps, reports.last_read_at) == (1, desk.polled.now)
    assert (site.summary.feed.id, site.is_of_domain, site.from_site, site.last_read_at) == ("site", True, 0, None)
    assert report.suggestions[0].title == title_of(3)
    assert [(one.title, one.url) for one in subdomain.suggestions] == [(title_of(20), "https://news.example/report/20")]


async def test_an_unknown_site_has_no_feeds(desk: Desk) -> None:
    """Nor has what is no address a site."""
    site = await ask(desk, "https://nowhere.example/a")
    words = await ask(desk, "zebra")
    broken = await ask(desk, "https://[half/a")
    version = await ask(desk, "1/2")

    assert (site.domain, site.feeds, site.suggestions) == ("nowhere.example", (), ())
    assert [(one.domain, one.feeds, one.suggestions) for one in (words, broken, version)] == [(None, (), ())] * 3
