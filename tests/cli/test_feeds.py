"""`aggregator feeds list`, `add`, `remove`, `discover` and `poll`, as a user and a script see them: real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.builders import feed, state
from support.feed_server import FeedServer
from support.program import Program
from support.recording_server import Answer, RecordingServer
from support.stores import new_store

from aggregator.model.cadence import Cadence
from aggregator.model.feeds import COMMAND_LINE, Feed, FeedState, FullText
from aggregator.model.fetches import Outline
from aggregator.model.polls import PollPlan

POLLING = "polling: {host_delay: 0s, timeout: 5s}\n"
TAGGED = """
polling: {{host_delay: 0s}}
feeds: [{{id: yaml, url: "{url}/feed/yaml", tags: [war]}}]
rules: [{{id: r1, query: captives, feeds: {{tags: [war]}}}}]
channels: {{screen: {{type: console}}}}
"""
CONTRACT = (
    "id", "url", "title", "tags", "status", "last_polled_at", "next_poll_at", "failures", "last_error", "articles",
)  # fmt: skip
PAGE = """<!doctype html><html><head><title>News</title>
<link rel="alternate" type="application/rss+xml" title="Main" href="/feed/main">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/feed/comments?token=t0ken">
</head><body>Hello</body></html>"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def site() -> AsyncIterator[RecordingServer]:
    """A site with a page that declares two feeds."""
    async with RecordingServer() as site:
        site.answers["/"] = [Answer(body=PAGE.encode())]
        site.answers["/broken"] = [Answer(status=500)]
        site.answers["/masked"] = [Answer(body=PAGE.replace("/feed/main", "/feed?token=***").encode())]
        yield site


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program without feeds."""
    program = Program(tmp_path)
    program.configure(POLLING)
    return program


async def stored(program: Program, *feeds: Feed) -> None:
    """Add feeds without looking at them."""
    store = await new_store(program.folder / "aggregator.db")
    await store.add_feeds(feeds, datetime.now(UTC))
    await store.close()


async def known(program: Program) -> list[Feed]:
    """The feeds that were added."""
    store = await new_store(program.folder / "aggregator.db")
    feeds = await store.added_feeds()
    await store.close()
    return feeds


async def test_every_kind_of_feed_is_listed(program: Program) -> None:
    """The table says how each is doing and what is odd about it; JSON has what scripts depend on, times in UTC."""
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    polled = {"last_polled_at": now - hour, "next_poll_at": now + 2 * hour, "title": "Local \x1b[31mNews"}
    quiet = Cadence(started_at=now - 99 * hour, updated_at=now, last_article_at=now - 50 * hour)
    states: dict[str, FeedState] = {
        "failing": state("failing", **polled, failures=3, last_error="https://a.example/: answered 500", gaps=2,
                         last_gap_at=now - 3 * hour),
        "gap": state("gap", **polled, gaps=1, last_gap_at=now - 3 * hour),
        "gone": state("gone", **polled, failures=1, gone_at=now, last_error="https://a.example/: answered 410 Gone"),
        "moved": state("moved", **polled, url="https://me:pass@moved.example/rss?token=1"),
        "silent": state("silent", **polled, cadence=quiet, silence_noticed_at=now),
        "well": state("well", **polled),
    }  # fmt: skip
    store = await new_store(program.folder / "aggregator.db")
    feeds = [feed(name, owner=COMMAND_LINE, tags=("x", "y")) for name in (*states, "new")]
    await store.add_feeds(feeds, now)
    for made in states.values():
        await store.apply(PollPlan(state=made, outline=Outline(context="", items=())))
    await store.close()

    table = await program.run("feeds", "list")
    document = (await program.run("feeds", "list", "--json")).document

    lines = {line.split()[0]: " ".join(line.split()) for line in table.stdout.splitlines()}
    assert lines["id"] == "id status polled next poll articles title or error"
    assert lines["failing"] == (
        "failing failing 1 h ago in 2 h 0 https://a.example/: answered 500 "
        "(3 times in a row; articles probably lost 2 times, last 3 h ago)"
    )
    assert lines["gap"].endswith("Local [31mNews (articles probably lost 1 time, last 3 h ago)")
    assert lines["gone"].endswith("gone 1 h ago in 2 h 0 https://a.example/: answered 410 Gone")
    assert lines["moved"].endswith("Local [31mNews (moved to https://moved.example/rss?token=***)")
    assert lines["silent"].endswith("Local [31mNews (silent: its newest article is from 2 d ago)")
    assert lines["new"] == "new new never due 0 https://news.example/new.xml"
    assert "\x1b" not in table.stdout
    rows = {row["id"]: row for row in document}
    assert [row["id"] for row in document] == sorted([*states, "new"])
    assert all(tuple(row)[: len(CONTRACT)] == CONTRACT for row in document)
    assert {name: row["status"] for name, row in rows.items()} == {
        "failing": "failing", "gap": "ok", "gone": "gone", "moved": "ok", "new": "new", "silent": "ok", "well": "ok",
    }  # fmt: skip
    assert (rows["failing"]["failures"], rows["failing"]["last_error"]) == (3, "https://a.example/: answered 500")
    assert (rows["gap"]["gaps"], rows["silent"]["silent_since"][-1], rows["well"]["silent_since"]) == (1, "Z", None)
    assert rows["moved"]["moved_to"] == "https://moved.example/rss?token=***"
    assert (rows["new"]["last_polled_at"], rows["new"]["tags"]) == (None, ["x", "y"])
    assert datetime.fromisoformat(rows["well"]["next_poll_at"]) == (now + 2 * hour).replace(microsecond=0)


async def test_a_list_without_feeds_says_how_to_get_some(program: Program) -> None:
    """An empty list is a sentence for people, and an empty list for scripts."""
    shown = await program.run("feeds", "list")
    document = await program.run("feeds", "list", "--json")

    assert shown.stdout.startswith("There are no feeds yet; add some with `aggregator feeds add`")
    assert (shown.status, document.document) == (0, [])


async def test_a_feed_is_added_with_all_its_options(program: Program, server: FeedServer) -> None:
    """What was asked for is what is stored, and the answer says what was found there."""
    server.publish("a", "Captives are home")

    added = await program.run(
        *("feeds", "add", f"{server.url}/feed/a", "--id", "mine", "--title", "My News", "--tag", "x", "--tag", "y"),
        *("--interval", "90s", "--full-text", "auto"),
    )
    plain = await program.run("feeds", "add", f"{server.url}/feed/b#top")

    assert added.stdout == f"added mine: Local News, 1 article, {server.url}/feed/a\n"
    assert plain.stdout.startswith("added 127-0-0-1-feed-b: Local News, 0 articles, http://127.0.0.1:")
    assert (added.status, plain.status) == (0, 0)
    second, first = await known(program)
    assert first == feed(
        "mine",
        url=f"{server.url}/feed/a",
        title="My News",
        tags=("x", "y"),
        interval=timedelta(seconds=90),
        full_text=FullText.AUTO,
        owner=COMMAND_LINE,
    )
    assert (second.title, second.tags, second.interval) == (None, (), None)


async def test_a_feed_in_a_file_is_added_with_its_whole_path(program: Program, tmp_path: Path) -> None:
    """The daemon may run in another folder than the command did."""
    (tmp_path / "f.xml").write_text("<rss version='2.0'><channel><title>File</title></channel></rss>")

    added = await program.run("feeds", "add", f"file:{tmp_path}/./f.xml")
    missing = await program.run("feeds", "add", "file:nothing.xml")

    assert [source.url for source in await known(program)] == [(tmp_path / "f.xml").as_uri()]
    assert (added.status, missing.status) == (0, 1)
    assert "nothing.xml: cannot be read (No such file or directory); is the path of the feed right?" in missing.stderr


async def test_a_page_gives_its_best_feed(program: Program, site: RecordingServer) -> None:
    """Of a page the first feed is added, the others are named without their secrets; `discover` adds nothing."""
    table = await program.run("feeds", "discover", f"{site.url}/")
    document = await program.run("feeds", "discover", f"{site.url}/", "--json")
    before = await known(program)
    added = await program.run("feeds", "add", f"{site.url}/", "--tag", "x")

    assert before == []
    assert "declared by the page" in table.stdout
    shared = {"title": "Local News", "format": "rss20", "articles": 1, "source": "link element"}
    assert document.document == [
        {"url": f"{site.url}/feed/main"} | shared,
        {"url": f"{site.url}/feed/comments?token=***"} | shared,
    ]
    assert added.stdout.splitlines() == [
        f"added 127-0-0-1-feed-main: Local News, 1 article, {site.url}/feed/main",
        "The page has more feeds; add one with `aggregator feeds add URL`:",
        f"  {site.url}/feed/comments?token=***  Local News",
    ]
    assert [(source.url, source.tags) for source in await known(program)] == [(f"{site.url}/feed/main", ("x",))]


async def test_a_feed_of_another_host_is_trusted_no_more_than_the_page(
    program: Program, site: RecordingServer, server: FeedServer
) -> None:
    """What a page on one host names on another is not looked at where it is not public, and is added as a stranger."""
    other = server.url.replace("127.0.0.1", "localhost")
    page = f'<html><link rel="alternate" type="application/rss+xml" href="{other}/feed/main"></html>'
    site.answers["/"] = [Answer(body=page.encode())]
    server.publish("main", "Captives are home")

    guarded = await program.run("feeds", "discover", f"{site.url}/", "--json")
    asked = server.requests["main"]
    program.configure(POLLING + "network: {allow: [localhost]}\n")
    await program.run("feeds", "add", f"{site.url}/")
    listed = await program.run("feeds", "list", "--json")

    assert all(found["url"].startswith(site.url) for found in guarded.document)
    assert asked == 0
    assert [(row["url"], row["owner"]) for row in listed.document] == [(f"{other}/feed/main", "discovered")]


async def test_a_duplicate_changes_nothing_but_tags(program: Program, server: FeedServer) -> None:
    """A feed that is there is not added twice, whoever owns it; the answer says under which name it is there."""
    url = f"{server.url}/feed/yaml"
    program.configure(TAGGED.format(url=server.url))
    await program.run("feeds", "add", f"{server.url}/feed/a", "--tag", "x")

    again = await program.run("feeds", "add", f"{server.url}/feed/a#x", "--title", "Other")
    tagged = await program.run("feeds", "add", f"{server.url}/feed/a", "--tag", "y", "--tag", "x")
    owned = await program.run("feeds", "add", url, "--tag", "z")

    assert again.stdout.endswith("is there already, as 127-0-0-1-feed-a; nothing was changed\n")
    assert tagged.stdout.endswith("is there already, as 127-0-0-1-feed-a; its tags are now x, y\n")
    assert owned.stdout.endswith("is there already in the configuration, as yaml; nothing was changed\n")
    assert [(source.id, source.title, source.tags) for source in await known(program)] == [
        ("127-0-0-1-feed-a", None, ("x", "y"))
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{feeds}/bad/html"], 1, "/bad/html: no feed there, and none was found from it; look for a link called RSS"),
        (["{url}/broken"], 1, "/broken: answered 500 Internal Server Error. Nothing was added."),
        (["feed:{url}/broken"], 1, "/broken: answered 500 Internal Server Error. Nothing was added."),
        (["127.0.0.1:1/rss"], 1, "https://127.0.0.1:1/rss: cannot connect to 127.0.0.1:1"),
        (["{url}/masked"], 2, "*** stands where a secret was left out"),
        (["http://me:s3cr3t@127.0.0.1:1/"], 1, "cannot connect to 127.0.0.1:1"),
        (["http://me:s3cr3t@[x/"], 2, "is not the address of a feed; write https://…, or file:path"),
        (["ftp://me:s3cr3t@127.0.0.1/"], 2, "'ftp://…@127.0.0.1/' is not the address of a feed"),
        (["{url}/feed?token=***"], 2, "*** stands where a secret was left out"),
        (["{url}/feed/a", "--id", "taken"], 2, "'taken' is the id of https://news.example/taken.xml; choose another"),
        (["{url}/feed/a", "--id", "My Feed"], 2, "'My Feed' is not a name"),
        (["{url}/feed/a", "--interval", "15"], 2, "'15' is not a duration; write a number with its unit, as 90s"),
        (["{url}/feed/a", "--interval", "0.1s"], 2, "shorter than 1s, the shortest interval there is"),
        (["{url}/feed/a", "--full-text", "perhaps"], 2, "'perhaps'"),
        ([], 2, "Missing argument"),
    ],
)
async def test_what_cannot_be_added_is_said(
    program: Program, site: RecordingServer, server: FeedServer, arguments: list[str], status: int, words: str
) -> None:
    """Bad usage is 2, a feed that cannot be read is 1; nothing is added, and no secret is repeated."""
    await stored(program, feed("taken", owner=COMMAND_LINE))

    refused = await program.run(
        "feeds", "add", *(argument.format(url=site.url, feeds=server.url) for argument in arguments)
    )

    shown = " ".join(refused.stderr.replace("│", " ").split())
    assert words in shown
    assert (refused.status, refused.stdout, "s3cr3t" in refused.stderr) == (status, "", False)
    assert [source.id for source in await known(program)] == ["taken"]


async def test_a_page_without_feeds_is_a_failure_for_scripts_too(program: Program, server: FeedServer) -> None:
    """`discover --json` prints an empty list and ends with 1, as the table does with a sentence."""
    document = await program.run("feeds", "discover", f"{server.url}/bad/html", "--json")
    shown = await program.run("feeds", "discover", f"{server.url}/bad/html")

    assert (document.status, document.document) == (1, [])
    assert (shown.status, shown.stdout) == (1, "")
    assert "no feed there, and none was found from it" in shown.stderr


async def test_added_feeds_are_removed_and_others_are_not(program: Program, server: FeedServer) -> None:
    """What was added goes; a feed of the configuration, an unknown one, or one of several, keeps everything there."""
    program.configure(TAGGED.format(url=server.url))
    await stored(program, *(feed(name, owner=COMMAND_LINE) for name in ("a", "b")))

    owned = await program.run("feeds", "remove", "a", "yaml")
    unknown = await program.run("feeds", "remove", "nothing")
    before = await known(program)
    removed = await program.run("feeds", "remove", "a", "b")

    assert (owned.status, unknown.status, removed.status) == (1, 1, 0)
    assert "the feed 'yaml' is in the configuration; take it out there" in owned.stderr
    assert "there is no feed 'nothing'; `aggregator feeds list` shows what there is" in unknown.stderr
    assert len(before) == 2
    assert removed.stdout == "removed: a, b\n"
    assert await known(program) == []


async def test_feeds_are_polled_now(program: Program, server: FeedServer) -> None:
    """Without a daemon, the command polls: every feed, or those that are named, due or not; a failure is 1."""
    await stored(
        program,
        *(feed(name, url=f"{server.url}/feed/{name}", owner=COMMAND_LINE) for name in ("a", "b")),
        feed("bad", url=f"{server.url}/bad/404", owner=COMMAND_LINE),
    )

    everything = await program.run("feeds", "poll")
    one = await program.run("feeds", "poll", "a")
    unknown = await program.run("feeds", "poll", "a", "nothing")

    assert everything.stdout == "3 feeds polled (0 unchanged, 1 failed), 0 new articles, 0 alerts\n"
    assert one.stdout == "1 feed polled (1 unchanged, 0 failed), 0 new articles, 0 alerts\n"
    assert (everything.status, one.status, unknown.status) == (1, 0, 1)
    assert "there is no feed 'nothing'" in unknown.stderr
    assert (server.requests["a"], server.requests["b"]) == (2, 1)


async def test_added_feeds_are_polled_and_matched_with_the_configurations(program: Program, server: FeedServer) -> None:
    """`run --once` polls them, and a rule for a tag finds it on them as well."""
    program.configure(TAGGED.format(url=server.url))
    await program.run("feeds", "add", f"{server.url}/feed/mine", "--tag", "war")
    await program.run("feeds", "add", f"{server.url}/feed/other")
    await program.run("run", "--once")
    for name in ("yaml", "mine", "other"):
        server.publish(name, "Captives are home")

    run = await program.run("run", "--once", "--force", "--json")

    assert run.document["feeds"] == {"polled": 3, "not_modified": 0, "failed": 0}
    assert (run.document["articles"]["new"], run.document["alerts"]) == (3, 2)


async def test_the_configuration_takes_over_what_it_defines(program: Program, server: FeedServer) -> None:
    """Under one id the configuration's feed is the feed, with what was seen; taken out again, it rests."""
    url = f"{server.url}/feed/yaml"
    server.publish("yaml", "Captives are home")
    await program.run("feeds", "add", url, "--id", "yaml")
    await program.run("run", "--once")
    program.configure(TAGGED.format(url=server.url).replace("/feed/yaml", "/feed/moved"))
    server.publish("moved", "Captives are home")

    taken = await program.run("run", "--once", "--json")
    [row] = (await program.run("feeds", "list", "--json")).document
    refused = await program.run("feeds", "remove", "yaml")
    program.configure(POLLING)
    await program.run("run", "--once")
    left = (await program.run("feeds", "list", "--json")).document

    assert taken.document["articles"]["new"] == 0
    assert (row["owner"], row["url"], row["articles"]) == ("configuration", f"{server.url}/feed/moved", 1)
    assert refused.status == 1
    assert left == []
