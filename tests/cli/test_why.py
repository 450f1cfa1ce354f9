"""`why`, as a user and a script see it: real processes, real polls, real attempts to send."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from support.builders import article, feed, match, state
from support.feed_server import FeedServer
from support.program import REPOSITORY, Program
from support.stores import new_store

from aggregator.cli.why_report import print_why
from aggregator.cli.why_times import Times
from aggregator.model.alerts import ChannelState, Dead, RetryAt, Sent, Source
from aggregator.model.articles import Revision
from aggregator.model.feeds import FeedSummary, FullText
from aggregator.model.ids import ChannelId, DeliveryId, FeedId, RuleId, StoryId
from aggregator.model.rules import Field, Span
from aggregator.model.traces import TracedArticle
from aggregator.operations.why_report import ArticleReport, RuleReport, SiteFeed, Verdict, WhyReport

CONFIG = """
timezone: Europe/Kyiv
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds:
  - {{id: good, url: "{url}/feed/good", title: Good News, first_poll: alert}}
  - {{id: away, url: "http://127.0.0.1:1/"}}
rules:
  - {{id: held, query: captives home, send_to: [screen, hook]}}
  - {{id: failed, query: captives NEAR/2 museum, send_to: [screen]}}
  - {{id: other, query: captives, feeds: {{tags: [x]}}, send_to: [screen]}}
channels:
  screen: {{type: console}}
  hook: {{type: webhook, url: "http://127.0.0.1:1/"}}
"""
TEXT = "The captives \x1b[31mcame home on Sunday, after a long way through the hills of the north."
MOMENT = r"\w{3} \d{1,2} \w{3} \d\d:\d\d:\d\d"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMES = Times(now=NOW, timezone=ZoneInfo("Europe/Kyiv"))


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """The program, which has read a feed with one article and told two channels of it, of which one takes nothing."""
    program = Program(tmp_path)
    async with FeedServer() as server:
        program.configure(CONFIG.format(url=server.url))
        server.publish("good", "Captives are home", TEXT)
        await program.run("run", "--once")
        yield program


async def deliveries(program: Program) -> dict[str, str]:
    """The id of the delivery to each channel."""
    listed = await program.run("deliveries", "list", "--json")
    return {row["channel"]: row["id"] for row in listed.document}


def shown(report: WhyReport, width: int = 160) -> str:
    """What is printed of a report."""
    console = Console(width=width, highlight=False, markup=False, no_color=True)
    with console.capture() as capture:
        print_why(report, console, TIMES)
    return capture.get()


async def test_the_whole_chain_is_told(program: Program) -> None:
    """From the feed to the attempts, with marked words; what a stranger wrote commands no terminal."""
    ids = await deliveries(program)
    why = await program.run("why", ids["screen"])

    assert (why.status, why.stderr) == (0, "")
    lines = [re.sub(rf"{MOMENT}(, \d+ \w ago)?", "THEN", line) for line in why.stdout.splitlines()]
    assert lines[0] == "Captives are home"
    assert "  fetched    THEN" in lines
    assert next(line for line in lines if line.startswith("  feed ")).startswith(
        "  feed       good (Good News), http://"
    )
    rules = lines.index("  Rules that match")
    assert lines[rules : rules + 5] == [
        "  Rules that match",
        "  held  captives AND home",
        "    title: **Captives** are **home**",
        "    summary: The **captives** [31mcame **home** on Sunday, after a long way through the hills of the north.",
        "    then: matched THEN: captives AND home",
    ]
    assert lines[rules + 6 : rules + 12] == [
        "  Rules that do not match",
        "  failed  museum is not in the title, the summary or the body",
        "    fails: captives NEAR/2 museum",
        "",
        "  Rules that do not read its feed",
        "  other",
    ]
    channels = lines.index("  Channels")
    assert lines[channels : channels + 5] == [
        "  Channels",
        "  screen (console)  by held",
        "    alert of normal priority, made THEN",
        f"    alert sent  {ids['screen']}",
        "      THEN  sent",
    ]
    assert f"    alert retrying  {ids['hook']}" in lines
    assert any(line.startswith("      THEN  retrying: unavailable: ") for line in lines)


async def test_one_channel_can_be_asked_about(program: Program) -> None:
    """The others, and the rules that do not send there, are left out; one that there is not is named."""
    ids = await deliveries(program)
    hook = await program.run("why", ids["hook"], "--channel", "hook", "--json")
    unknown = await program.run("why", ids["hook"], "--channel", "hooc")

    [found] = hook.document["articles"]
    assert [rule["rule"] for rule in found["rules"]] == ["held"]
    assert [channel["channel"] for channel in found["channels"]] == ["hook"]
    assert (unknown.status, "did you mean 'hook'?" in unknown.stderr) == (2, True)


async def test_the_document_is_as_its_page_says(program: Program) -> None:
    """Every key is in the reference of the command line."""
    ids = await deliveries(program)
    found = await program.run("why", ids["hook"], "--json")
    unseen = await program.run("why", "http://127.0.0.1:1/captives-are-home-again", "--json")

    section = (REPOSITORY / "docs/reference/command-line.md").read_text().partition("## `aggregator why")[2]
    documented = set(re.findall(r'"(\w+)"', section.partition("\n## ")[0]))
    assert (found.status, unseen.status) == (0, 1)
    assert found.document["found"] is True
    [suggestion] = unseen.document["suggestions"]
    assert suggestion["title"] == "Captives are home"
    assert {feed["id"]: feed["of_domain"] for feed in unseen.document["feeds"]} == {"away": True, "good": True}
    keys = keys_of({key: value for key, value in found.document.items() if key != "feeds"}) | set(unseen.document)
    assert keys - documented - {"field", "start", "end", "text"} == set()
    assert {"of_domain", "from_site", "listed", "last_read_at"} <= documented & set(unseen.document["feeds"][0])


def keys_of(document: object) -> set[str]:
    """All keys in a document."""
    if isinstance(document, list):
        return {key for item in document for key in keys_of(item)}
    if isinstance(document, dict):
        return {*document, *(key for value in document.values() for key in keys_of(value))}
    return set()


async def test_an_article_never_seen_is_answered_with_what_may_be_meant(program: Program) -> None:
    """Titles that are alike, the feeds of its site and how they fail; where there is no such feed, how to add one."""
    words = await program.run("why", "captives ARE")
    site = await program.run("why", "http://127.0.0.1:1/a")
    nowhere = await program.run("why", "https://nowhere.example/a")
    nothing = await program.run("why", "zebra")

    assert [one.status for one in (words, site, nowhere, nothing)] == [1, 1, 1, 1]
    assert words.stdout.startswith("No feed has listed captives ARE, as far as is remembered.\n\n  Did you mean\n")
    assert "  Captives are home\n      good, https://" in words.stdout
    assert re.search(
        rf"  away  http://127.0.0.1:1/\n    last read  never\n    failing    1 poll in a row, last {MOMENT}",
        site.stdout,
    )
    assert re.search(rf"  good  http://.*\n    last read   {MOMENT}.*\n    lists       1 article\n", site.stdout)
    assert "No feed is of nowhere.example. `aggregator feeds discover https://nowhere.example/` finds" in nowhere.stdout
    assert "Ask by its address" in nothing.stdout


async def test_what_waits_says_what_holds_it(program: Program) -> None:
    """A paused channel since when, the next try and what came before; a dead letter, and what a person decided."""
    ids = await deliveries(program)
    store = await new_store(program.folder / "aggregator.db")
    now = datetime.now(UTC)
    hook = ChannelId("hook")
    [summary] = await store.list_deliveries(channel_id=hook)
    later = now + timedelta(hours=1)
    await store.record_attempt(summary.delivery.id, RetryAt(at=later, reason="recipient gone: \x1bblocked"), now)
    await store.save_channel_state(ChannelState(channel_id=hook, paused_at=now, reason="recipient gone: blocked"))
    waiting = await program.run("why", ids["hook"], "--channel", "hook")
    await store.retry_deliveries([summary.delivery.id], now, by="ann")
    await store.record_attempt(summary.delivery.id, Dead(reason="rejected: too long"), now)
    dead = await program.run("why", ids["hook"], "--channel", "hook")
    await store.retry_deliveries([summary.delivery.id], now)
    await store.record_attempt(summary.delivery.id, Sent(message_id="17"), now)
    sent = await program.run("why", ids["hook"], "--channel", "hook")
    await store.close()

    assert re.search(rf"    paused since {MOMENT}, .* ago: recipient gone: blocked\n", waiting.stdout)
    assert re.search(rf"waits: the channel takes nothing: recipient gone: blocked \(since {MOMENT}\)", waiting.stdout)
    assert re.search(rf"waits: next try {MOMENT}, in (60 m|59 m|1 h)\n", waiting.stdout)
    assert "Let the bot in again" in waiting.stdout
    assert "  retried by ann\n" in dead.stdout
    assert "  dead: rejected: too long\n" in dead.stdout
    assert f"`aggregator deliveries retry {ids['hook']}` sends it again." in dead.stdout
    assert "  retried\n" in sent.stdout
    assert "  sent, message 17\n" in sent.stdout


async def test_a_baseline_tells_nobody(tmp_path: Path) -> None:
    """The first read of a feed is said to be why, for its page as for its alert; so is a channel that is off."""
    program = Program(tmp_path)
    async with FeedServer() as server:
        plain = CONFIG.format(url=server.url).replace(", first_poll: alert", ", full_text: always")
        program.configure(plain.replace("hook: {type: webhook", "hook: {enabled: false, type: webhook"))
        server.publish("good", "Captives are home", TEXT)
        await program.run("run", "--once")
    listed = await program.run("why", "captives", "--json")
    [suggestion] = listed.document["suggestions"]

    why = await program.run("why", suggestion["id"])

    assert "             with the first read of its feed, whose articles alert nobody\n" in why.stdout
    assert "of its feed; pages are not read for the first read of a feed\n" in why.stdout
    assert "    then: its feed listed it when it was first read" in why.stdout
    assert "    no alert: its feed listed it when it was first read" in why.stdout
    assert "    no alert: the channel is off" in why.stdout


def report_of(**changes: object) -> ArticleReport:
    """A report about an article of which nothing is odd."""
    subject = article(authors=("Ann", "Ben"), tags=("war",), has_page_text=True, url="")
    traced = TracedArticle(
        id=subject.id,
        feed=feed(),
        state=state(),
        is_read=False,
        title="",
        published_at=subject.published_at,
        article=subject,
        stored_at=NOW,
    )
    made = ArticleReport(
        traced=traced, is_baseline=False, is_dated=False, revisions=(), rules=(), unexplained=0, channels=()
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


def test_what_is_odd_about_an_article_is_said() -> None:
    """No title, no date, a removed feed, an earlier headline, no rules; and several articles, apart from each other."""
    before = Revision(
        article_id=report_of().traced.id, replaced_at=NOW, title="Before", text="", content_hash="", diff=()
    )
    purged = replace(report_of().traced, article=None, stored_at=None)

    text = shown(WhyReport(asked="a", articles=(report_of(revisions=(before,)), report_of(traced=purged))))

    assert text.startswith("(no title)\n\n  From its feed\n")
    for line in (
        "feed       ep, https://news.example/ep.xml; the feed was removed",
        "published  its feed does not say; its fetch counts",
        "language   not known",
        "authors    Ann, Ben",
        "tags       war",
        f"text       {len(article().text)} characters, of its page",
        "changed    Sun 1 Mar 14:00:00, 0 s ago; before: Before",
        "text       purged: no longer stored",
        "fetched    not known any more",
        "No rule that matches sends anywhere.",
    ):
        assert f"  {line}\n" in text
    assert text.count("(no title)") == 2


@pytest.mark.parametrize(
    ("full_text", "error", "said"),
    [
        (FullText.AUTO, None, "its page was not needed (full_text: auto)"),
        (FullText.ALWAYS, "answered 404", "its page: answered 404"),
        (FullText.NEVER, None, "pages are not read (full_text: never)"),
    ],
)
def test_why_a_page_was_not_read_is_said(full_text: FullText, error: str | None, said: str) -> None:
    """Nobody asked for it, it was not needed, or it failed; what has no words has no length."""
    traced = replace(report_of().traced, feed=feed(full_text=full_text), article=article(page_error=error, summary=""))

    text = shown(WhyReport(asked="a", articles=(report_of(traced=traced),)))

    assert f"  text       0 characters, of its feed; {said}\n" in text


async def test_what_was_due_to_a_channel_that_is_gone_says_so(program: Program) -> None:
    """It is a dead letter that was perhaps never tried; its channel is named, and may be asked about."""
    ids = await deliveries(program)
    store = await new_store(program.folder / "aggregator.db")
    await store.retry_deliveries([DeliveryId(ids["hook"])], datetime.now(UTC))
    untried = await program.run("why", ids["hook"], "--channel", "hook")
    await store.bury_orphans([ChannelId("screen")], "its channel is gone")
    await store.close()
    text = program.config.read_text().replace(", hook]", "]")
    program.config.write_text("".join(line for line in text.splitlines(keepends=True) if "hook:" not in line))

    why = await program.run("why", ids["hook"], "--channel", "hook")

    assert "Nothing holds it: `aggregator run` sends it" in untried.stdout
    assert "  hook (no longer in the configuration)  by held\n" in why.stdout
    assert "dead: its channel is gone" in why.stdout


def test_a_story_says_who_else_reports_it() -> None:
    """Five of its articles are named, the others counted."""
    source = Source(feed_id=FeedId("b"), feed_title="B", title="Home", url="https://b.example/", published_at=NOW)
    one = replace(report_of().traced, story_id=StoryId("s"))
    many = replace(one, sources=(source,) * 7)

    text = shown(WhyReport(asked="a", articles=(report_of(traced=one), report_of(traced=many))))

    assert "  id       s\n  sources  this article alone\n" in text
    assert text.count("  also  B: Home\n") == 5
    assert "        and 2 more articles\n" in text


@pytest.mark.parametrize("width", [60, 100, 140])
def test_all_of_it_fits_a_terminal(width: int) -> None:
    """No line is wider, but for addresses, which are to be opened."""
    report = WhyReport(asked="a", articles=(report_of(),), suggestions=())
    console = Console(width=width, highlight=False, markup=False, force_terminal=True, color_system=None)

    with console.capture() as capture:
        print_why(report, console, TIMES)

    assert max(len(line.rstrip()) for line in capture.get().splitlines()) <= width


def test_long_lists_of_rules_are_cut() -> None:
    """Twenty that fail and ten that read other feeds are named, the others counted; what they did then is said."""
    failing = [RuleReport(rule_id=RuleId(f"f{n}"), title="", verdict=Verdict.FAILS) for n in range(22)]
    others = [RuleReport(rule_id=RuleId(f"o{n}"), title="", verdict=Verdict.READS_OTHER_FEEDS) for n in range(12)]
    noted = replace(others[0], rule_id=RuleId("noted"), note="it read the feed when the article came")
    gone = RuleReport(rule_id=RuleId("gone"), title="", verdict=Verdict.UNKNOWN, note="it is gone")
    spans = (Span(field=Field.AUTHOR, start=0, end=3, text="Ann"),)
    by_author = replace(match(article()), rule_id=RuleId("author"), spans=spans)
    held = RuleReport(rule_id=RuleId("author"), title="", verdict=Verdict.MATCHES, match=by_author)

    rules = (held, gone, *failing, *others, noted)
    text = shown(WhyReport(asked="a", articles=(report_of(rules=rules, unexplained=3),)))
    few = shown(WhyReport(asked="a", articles=(report_of(rules=rules[:3], unexplained=3),)))

    assert "  author  captives\n    author: Ann\n  gone  it is gone\n" in text
    assert "  f19\n  and 5 more; --channel names fewer, --json more\n" in text
    assert "  and 3 more; --channel names fewer\n" in few
    assert (
        "o0, o1, o2, o3, o4, o5, o6, o7, o8, o9 and 2 more\n  noted\n    it read the feed when the article came\n"
        in text
    )


def test_the_states_of_a_sites_feeds_are_told() -> None:
    """One that was never polled, and one that is gone and had lost articles."""
    gone = state("gone", last_polled_at=NOW, gone_at=NOW, gaps=2, last_gap_at=NOW, listed=20, baselined_at=NOW)
    feeds = tuple(
        SiteFeed(
            summary=FeedSummary(feed=feed(one.feed_id), state=one, articles=3),
            is_of_domain=True,
            from_site=1,
            last_read_at=one.last_polled_at,
        )
        for one in (state("new"), gone)
    )

    text = shown(WhyReport(asked="https://news.example/x", domain="news.example", feeds=feeds))

    assert "    last read  never: it was not polled yet\n" in text
    assert "    gone         since Sun 1 Mar 14:00:00, 0 s ago, as its server says\n" in text
    assert (
        "    rolled over  2 times, last Sun 1 Mar 14:00:00, 0 s ago: articles in between were probably lost\n" in text
    )
    assert "    stored       3 articles, 1 of them of this site\n" in text


def test_an_old_moment_has_its_year() -> None:
    """A day of another year would be taken for one of this."""
    assert TIMES.told(NOW - timedelta(days=400)) == "Sat 25 Jan 2025 14:00:00, 400 d ago"
