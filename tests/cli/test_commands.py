"""The command line as a user and a script see it: real processes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.feed_server import FeedServer, rss
from support.program import REPOSITORY, Program

BASE = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s, timeout: 2s, max_body: 100KB}}
feeds:
{feeds}
rules:
  - {{id: r1, title: Captives, query: captives}}
channels:
  screen: {{type: console}}
  hook: {{type: webhook, url: "http://127.0.0.1:1/"}}
"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder."""
    return Program(tmp_path)


async def test_bad_feeds_are_named_and_hold_nothing(program: Program, server: FeedServer) -> None:
    """Every fault is one line with the feed and its reason; the good feed still alerts."""
    kinds = ["404", "410", "html", "truncated", "gigabyte", "endless", "charset", "slow", "loop", "empty", "reset"]
    feeds = "".join(f'  - {{id: "x{kind}", url: "{server.url}/bad/{kind}"}}\n' for kind in kinds)
    feeds += f'  - {{id: good, url: "{server.url}/feed/good", first_poll: alert}}\n'
    feeds += '  - {id: away, url: "http://127.0.0.1:1/"}\n  - {id: missing, url: "file:nothing.xml"}\n'
    program.configure(BASE.format(feeds=feeds))
    server.publish("good", "Captives are home")

    run = await program.run("run", "--once", "--json")
    listed = await program.run("feeds", "list", "--json")

    document = run.document
    assert document["feeds"] == {"polled": 14, "not_modified": 0, "failed": 11}
    assert document["alerts"] == 2
    assert document["deliveries"] == {"sent": 1, "retrying": 1, "failed": 0, "held": 0}
    rows = {row["id"]: row for row in listed.document}
    expected = {
        "x404": "404 Not Found",
        "x410": "410 Gone",
        "xhtml": "an HTML page, not a feed; the page names its feed: /feed.xml",
        "xgigabyte": "larger than polling.max_body",
        "xendless": "larger than polling.max_body",
        "xslow": "no full answer within 2 s",
        "xloop": "in a circle",
        "xempty": "the document is empty",
        "xreset": "the connection broke",
        "away": "cannot connect to 127.0.0.1:1",
        "missing": "No such file",
    }
    for name, words in expected.items():
        assert words in rows[name]["last_error"], name
        assert rows[name]["status"] == ("gone" if name == "x410" else "failing")
        assert any(f"feed={name}" in line and words in line for line in run.stderr.splitlines()), name
    assert rows["xtruncated"]["articles"] == 2
    assert rows["xcharset"]["status"] == "ok"
    assert rows["good"] | {"next_poll_at": "", "last_polled_at": ""} == {
        "id": "good",
        "url": f"{server.url}/feed/good",
        "title": "Local News",
        "tags": [],
        "status": "ok",
        "last_polled_at": "",
        "next_poll_at": "",
        "failures": 0,
        "last_error": None,
        "articles": 1,
        "owner": "configuration",
        "moved_to": None,
        "gaps": 0,
        "last_gap_at": None,
        "silent_since": None,
    }
    assert "**Captives** are home" in run.stderr


async def test_deliveries_are_listed_and_retried(program: Program, server: FeedServer) -> None:
    """What waits is shown with its reason; a retry makes it due; an unknown id is an error."""
    server.publish("a", "Captives are home")
    program.configure(BASE.format(feeds=f'  - {{id: a, url: "{server.url}/feed/a", first_poll: alert}}'))
    before = await program.run("feeds", "list", "--json")
    first = await program.run("run", "--once")
    rows = (await program.run("deliveries", "list", "--json")).document
    waiting = [row for row in rows if row["channel"] == "hook"]

    table = await program.run("deliveries", "list", "--status", "sent")
    retried = await program.run("deliveries", "retry", waiting[0]["id"])
    unknown = await program.run("deliveries", "retry", "nothing")
    dead = await program.run("deliveries", "retry", "--channel", "hook")
    channels = await program.run("channels", "list", "--json")
    shown = await program.run("channels", "list")
    feeds = await program.run("feeds", "list")

    assert [row["status"] for row in before.document] == ["new"]
    assert "1 feed polled" in first.stderr
    assert waiting[0] | {"id": "", "next_attempt_at": ""} == {
        "id": "",
        "channel": "hook",
        "kind": "new",
        "status": "retrying",
        "attempts": 1,
        "next_attempt_at": "",
        "reason": waiting[0]["reason"],
        "title": "Captives are home",
        "url": waiting[0]["url"],
    }
    assert "cannot connect" in waiting[0]["reason"]
    assert "Captives are home" in table.stdout
    assert retried.stdout == "due now: 1 delivery\n"
    assert (unknown.status, "there is no unsent delivery 'nothing'" in unknown.stderr) == (1, True)
    assert dead.stdout == "due now: 0 deliveries\n"
    assert channels.document[0] == {
        "id": "screen",
        "type": "console",
        "enabled": True,
        "rules": ["r1"],
        "sent": 1,
        "waiting": 0,
        "held": 0,
        "dead": 0,
        "paused_at": None,
        "paused_reason": None,
        "moved_to": None,
    }
    assert "console" in shown.stdout
    assert "Local News" in feeds.stdout


async def test_a_channel_is_tried(program: Program) -> None:
    """A test message is printed; a channel that cannot be reached or is unknown is an error with a reason."""
    program.configure(BASE.format(feeds=""))

    printed = await program.run("channels", "test", "screen")
    failed = await program.run("channels", "test", "hook")
    unknown = await program.run("channels", "test", "nobody")

    assert "Test message from aggregator" in printed.stdout
    assert (failed.status, "cannot connect" in failed.stderr) == (1, True)
    assert (unknown.status, "there are: screen, hook" in unknown.stderr) == (1, True)


async def test_texts_are_matched(program: Program, tmp_path: Path) -> None:
    """Files and stdin are matched against the rules or a query; JSON is exactly as documented."""
    program.configure(BASE.format(feeds=""))
    text = tmp_path / "a.txt"
    text.write_text("date 2024-08-08 Eng\nCaptives return\nThe captives are home.")
    feed = tmp_path / "f.xml"
    feed.write_text(rss([("Nothing", "of note")]))

    document = (await program.run("match", "--json", str(text))).document
    shown = await program.run("match", str(text), str(feed))
    queried = await program.run("match", "--query", "home", "-", stdin=b"Home\nand more")
    bad = await program.run("match", "--query", "a AND", "-")
    missing = await program.run("match", "nothing.txt")

    assert document == [
        {
            "source": str(text),
            "title": "Captives return",
            "matches": [
                {
                    "rule": "r1",
                    "spans": [
                        {"field": "title", "start": 0, "end": 8, "text": "Captives"},
                        {"field": "body", "start": 4, "end": 12, "text": "captives"},
                    ],
                }
            ],
        }
    ]
    assert "r1: Captives (title), captives (body)" in shown.stdout
    assert "no rule matches" in shown.stdout
    assert "query: Home (title)" in queried.stdout
    assert (bad.status, "column 3: AND needs a term after it" in bad.stderr) == (2, True)
    assert (missing.status, "cannot read nothing.txt: No such file" in missing.stderr) == (1, True)


async def test_the_configuration_is_checked(program: Program) -> None:
    """`check` says what there is, or every problem with exit status 2; a token that is missing is one."""
    program.configure(BASE.format(feeds="") + "retention: {articles: 30d}\n")
    good = await program.run("check")
    program.configure("channels: {desk: {type: telegram, chat_id: 1}}\nrules: [{id: r, query: '('}]")
    bad = await program.run("check")
    schema = await program.run("schema")
    version = await program.run("--version")
    upgraded = await program.run("db", "upgrade")

    assert good.stdout.endswith("is valid: 0 feeds, 1 rule, 2 channels (2 enabled)\n")
    assert "note: " in good.stderr
    assert bad.status == 2
    assert ":2:18: channels.desk: type telegram needs telegram.token" in bad.stderr
    assert ":3:25: rules[0].query: column 1: this ( is never closed" in bad.stderr
    assert json.loads(schema.stdout)["properties"]["feeds"]
    assert version.stdout.startswith("aggregator ")
    assert upgraded.status == 2


async def test_usage_and_database_errors_are_told_apart(program: Program, tmp_path: Path) -> None:
    """Wrong usage is 2, a database that cannot be used is 1, and JSON logs are JSON."""
    program.configure("")
    usage = await program.run("run", "--json")
    upgraded = await program.run("db", "upgrade")
    idle = await program.run("--log-format", "json", "--log-level", "debug", "run", "--once", "--json")
    (tmp_path / "aggregator.db").write_bytes(b"not a database " * 100)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"aggregator.db{suffix}").unlink(missing_ok=True)
    broken = await program.run("feeds", "list")

    assert (usage.status, "go with --once" in usage.stderr) == (2, True)
    assert upgraded.stdout.endswith("is up to date\n")
    assert idle.document["feeds"]["polled"] == 0
    assert (broken.status, "not a database" in broken.stderr) == (1, True)


async def test_the_shipped_configuration_alerts_without_internet(tmp_path: Path) -> None:
    """What `make run` starts shows its first alert from the bundled feed, whatever the network says."""
    program = Program(tmp_path)
    shipped = (REPOSITORY / "config" / "aggregator.yaml").read_text()
    (tmp_path / "sample-feed.xml").write_text((REPOSITORY / "config" / "sample-feed.xml").read_text())
    text = shipped.replace("sqlite:///var/aggregator.db", f"sqlite:///{tmp_path}/a.db").replace(
        "https://", "http://127.0.0.1:1/"
    )
    program.config.write_text(text)

    run = await program.run("run", "--once")

    assert "Callers press **families** of **prisoners of war** to **spy**, relief" in run.stdout
    assert "1 match, 1 alert; 1 message sent" in run.stderr
