"""Silences on the command line: added, listed and ended, as a person and a script do it."""

from __future__ import annotations

import getpass
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state
from support.feed_server import FeedServer
from support.program import Finished, Program
from support.stores import new_store

from aggregator.alerts.agenda import Agenda, Hold
from aggregator.model.digests import DigestReason
from aggregator.model.ids import ChannelId, SilenceId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope
from aggregator.storage.store import SqlStore

CONFIG = """
timezone: Europe/Kyiv
feeds: [{id: ep, url: "http://127.0.0.1:1/ep.xml"}]
rules: [{id: captives, query: captives, send_to: [desk]}]
channels:
  desk: {type: console, timezone: America/New_York}
  soc: {type: console}
"""
FAR = datetime(2096, 12, 24, tzinfo=UTC)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with one rule, one feed and two channels."""
    program = Program(tmp_path)
    program.configure(CONFIG)
    return program


@pytest.fixture
async def store(program: Program) -> AsyncIterator[SqlStore]:
    """Its database, which knows the feed."""
    store = await new_store(program.folder / "aggregator.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


async def hold(store: SqlStore, key: str, by: Silence) -> None:
    """An alert of the desk that a silence holds."""
    subject = article(key)
    about = alert(subject)
    made = delivery(about)
    await store.apply(
        PollPlan(state=state(), new_articles=(subject,), matches=(match(subject),), alerts=(about,), deliveries=(made,))
    )
    held = Hold(delivery_id=made.id, until=by.until or FAR, reason=DigestReason.SILENCED, silence_id=by.id)
    await store.arrange(ChannelId("desk"), Agenda(hold=(held,)), NOW)


async def listed(program: Program, *options: str) -> list[str]:
    """What the listed silences are about."""
    return [row["value"] for row in (await program.run("silences", "list", "--json", *options)).document]


async def test_a_silence_is_added_and_listed(program: Program) -> None:
    """It says what is silenced, where, until when on the channel's clock, and how to end it; a script gets JSON."""
    added = await program.run(
        *("silences", "add", "--rule", "captives", "--channel", "desk", "--until", "2096-12-24 18:30"),
        *("--why", "a film\x1b[31m", "--by", "Ann"),
    )
    shown = await program.run("silences", "list")
    [document] = (await program.run("silences", "list", "--json")).document

    first, then = added.stdout.splitlines()
    assert first.startswith("silenced in desk until Mon 24 Dec 2096 18:30 (America/New_York), in ")
    assert first.endswith(" d: rule captives")
    assert then == f"  one message then sums its alerts up; `aggregator silences remove {document['id']}` ends it"
    heading, row = shown.stdout.splitlines()
    assert heading.split() == ["id", "channel", "silenced", "until", "alerts", "by", "why"]
    assert re.split(r"\s{2,}", row.strip())[1:3] == ["desk", "rule captives"]
    assert row.rstrip().endswith("Ann  a film[31m")
    assert datetime.fromisoformat(document.pop("created_at")) > NOW
    assert document == {
        "id": document["id"],
        "channel": "desk",
        "scope": "rule",
        "value": "captives",
        "until": "2096-12-24T23:30:00Z",
        "created_by": "Ann",
        "why": "a film\x1b[31m",
        "ended_at": None,
        "alerts": 0,
    }


async def test_all_channels_are_silent_on_the_clock_of_the_configuration(program: Program) -> None:
    """Until its morning; who did it is the user who is logged in."""
    document = (await program.run("silences", "add", "--feed", "ep", "--until", "morning", "--json")).document

    until = datetime.fromisoformat(document["until"])
    assert until.astimezone(ZoneInfo("Europe/Kyiv")).time() == time(7)
    assert timedelta(0) < until - datetime.fromisoformat(document["created_at"]) <= timedelta(hours=25)
    assert (document["channel"], document["created_by"]) == (None, getpass.getuser())
    assert await listed(program, "--channel", "soc") == ["ep"]


async def test_a_silence_for_good_says_so(program: Program) -> None:
    """Its alerts never come, not even together."""
    added = await program.run("silences", "add", "--tag", "sport", "--until", "forever")
    shown = await program.run("silences", "list")

    assert added.stdout.startswith("silenced in all channels for good: tag sport\n  its alerts are never sent; ")
    assert "for good" in shown.stdout


async def test_a_silence_is_ended(program: Program, store: SqlStore) -> None:
    """What it held is due now; it is listed with the ended ones only, and cannot be ended again."""
    passing = Silence(id=SilenceId("a"), scope=SilenceScope.KEYWORD, value="film OR series", until=FAR, created_at=NOW)
    await store.add_silence(passing)
    for key in "xy":
        await hold(store, key, passing)

    before = (await program.run("silences", "list", "--json")).document
    ended = await program.run("silences", "remove", "a", "--by", "Ann")
    again = await program.run("silences", "remove", "a")
    after = await program.run("silences", "list")
    every = await program.run("silences", "list", "--all")

    assert [row["alerts"] for row in before] == [2]
    assert ended.stdout == (
        "heard again in all channels: keyword film OR series\n  2 alerts that it held are due now\n"
    )
    assert "silence_removed" in ended.stderr
    assert "by=Ann" in ended.stderr
    assert (again.status, "there is no silence 'a', or it has ended" in again.stderr) == (1, True)
    assert after.stdout == "Nothing is silenced.\n"
    assert re.search(r"a +all +keyword film OR series +ended \w{3} \d+ \w{3} .*\(Europe/Kyiv\) +2", every.stdout)
    assert await store.channels_due(datetime.now(UTC)) == ["desk"]


async def test_what_was_silenced_is_summed_up_when_the_silence_is_removed(program: Program) -> None:
    """From the feed to the console: held while it lasts, told in one message then; what it does not meet comes."""
    async with FeedServer() as server:
        for title in ("Captives on film", "Captives exchanged", "Museum shows a series about captives"):
            server.publish("local", title, "")
        program.configure(
            f'feeds: [{{id: local, url: "{server.url}/feed/local", first_poll: alert}}]\n'
            "rules: [{id: captives, query: captives, send_to: [wall]}]\nchannels: {wall: {type: console}}\n"
        )
        added = await program.run("silences", "add", "--keyword", "film OR series", "--until", "2h", "--json")
        first = await program.run("run", "--once")
        [waiting] = (await program.run("silences", "list", "--json")).document
        await program.run("silences", "remove", waiting["id"])
        then = await program.run("run", "--once")

    assert waiting == added.document | {"alerts": 2}
    assert "exchanged" in first.stdout
    assert "film" not in first.stdout
    assert "While silenced: 2 alerts" in then.stdout
    assert "on film" in then.stdout


async def test_a_silence_for_good_that_is_ended_brings_nothing_back(program: Program, store: SqlStore) -> None:
    """It says how many alerts came meanwhile; one that met none says nothing of them."""
    endless = Silence(
        id=SilenceId("a"), scope=SilenceScope.FEED, value="ep", channel_id=ChannelId("desk"), created_at=NOW
    )
    await store.add_silence(endless)
    await store.add_silence(Silence(id=SilenceId("b"), scope=SilenceScope.TAG, value="sport", created_at=NOW))
    await hold(store, "x", endless)

    ended = await program.run("silences", "remove", "a")
    unused = await program.run("silences", "remove", "b")

    assert ended.stdout == ("heard again in desk: feed ep\n  1 alert that came meanwhile is not sent\n")
    assert unused.stdout == "heard again in all channels: tag sport\n"


async def test_what_has_ended_by_time_is_among_all(program: Program, store: SqlStore) -> None:
    """With how long ago; the others are not among those of the channel."""
    await store.add_silence(
        Silence(id=SilenceId("a"), scope=SilenceScope.TAG, value="old", until=NOW + HOUR, created_at=NOW)
    )
    await store.add_silence(
        Silence(id=SilenceId("b"), scope=SilenceScope.TAG, value="soc", channel_id=ChannelId("soc"), created_at=NOW)
    )
    none = await program.run("silences", "list", "--channel", "desk")
    every = await program.run("silences", "list", "--channel", "desk", "--all")

    assert none.stdout == "Nothing is silenced.\n"
    assert re.search(r"tag old +Sun 1 Mar 15:00 \(Europe/Kyiv\), \d+ d ago", every.stdout)
    assert "soc" not in every.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("add", "--until", "1h"), 2, "give one of --rule, --feed, --story, --keyword and --tag"),
        (("add", "--rule", "captives", "--tag", "a", "--until", "1h"), 2, "give one of --rule"),
        (("add", "--tag", "a", "--until", "soon"), 2, "--until: 'soon' is not a time; write"),
        (("add", "--tag", "a", "--until", "2020-01-01"), 2, "is past"),
        (("add", "--rule", "captive", "--until", "1h"), 1, "unknown rule 'captive'; did you mean 'captives'?"),
        (("add", "--story", "no", "--until", "1h"), 1, "there is no story 'no'"),
        (("add", "--keyword", "(a OR", "--until", "1h"), 2, "the query cannot be read: column"),
        (("list", "--channel", "no"), 1, "unknown channel 'no'"),
    ],
)
async def test_what_is_wrong_is_said(program: Program, arguments: tuple[str, ...], status: int, words: str) -> None:
    """With what to write instead, and the exit status of wrong usage where it is that; nothing is silenced."""
    finished = await program.run("silences", *arguments)

    assert (finished.status, finished.stdout) == (status, "")
    assert words in _unboxed(finished)


def _unboxed(finished: Finished) -> str:
    """What was said, without the box around it."""
    return " ".join(finished.stderr.replace("│", " ").split())
