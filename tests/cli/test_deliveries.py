"""Dead letters on the command line: listed, shown, retried and discarded, as a person and a script do it."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, alert, article, delivery, feed, state
from support.program import REPOSITORY, Program, read_terminal
from support.stores import new_store

from aggregator.model.alerts import AttemptOutcome, ChannelState, Dead, RetryAt, Sent
from aggregator.model.ids import ChannelId
from aggregator.model.polls import PollPlan
from aggregator.storage.store import SqlStore

CONFIG = """
feeds: [{id: ep, url: "http://127.0.0.1:1/ep.xml"}]
rules: [{id: r1, query: captives, send_to: [hook]}]
channels:
  hook: {type: webhook, url: "http://127.0.0.1:1/", template: "TOLD {{ article.title }}"}
  screen: {type: console}
"""
REJECTED = "rejected: the endpoint answered 400"
BLOCKED = "recipient gone: the bot was blocked"


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """The program with two dead letters of one channel, one of another, and one that was sent."""
    program = Program(tmp_path)
    program.configure(CONFIG)
    store = await new_store(tmp_path / "aggregator.db")
    await store.sync_feeds([feed()], NOW)
    await plan(store, "a", Dead(reason=REJECTED))
    await plan(store, "b", Dead(reason=BLOCKED))
    await plan(store, "c", Dead(reason=REJECTED), channel="screen")
    await plan(store, "d", RetryAt(at=NOW + timedelta(days=36_500), reason="throttled: 429"))
    await plan(store, "e", Sent(message_id="77"))
    yield program
    await store.close()


async def plan(store: SqlStore, key: str, outcome: AttemptOutcome, channel: str = "hook") -> None:
    """An alert, of which one attempt came to `outcome`."""
    subject = article(key, title=f"Title {key}\x1b[31m")
    about = alert(subject, channel)
    made = delivery(about)
    await store.apply(PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(made,)))
    await store.record_attempt(made.id, outcome, NOW)


async def listed(program: Program, *options: str) -> list[str]:
    """The last letter of the titles that are listed."""
    run = await program.run("deliveries", "list", "--json", *options)
    return [row["title"].removesuffix("\x1b[31m")[-1] for row in run.document]


async def ids_of(program: Program, letters: str) -> list[str]:
    """The ids of the deliveries about articles."""
    run = await program.run("deliveries", "list", "--json")
    by_letter = {row["title"].removesuffix("\x1b[31m")[-1]: row["id"] for row in run.document}
    return [by_letter[letter] for letter in letters]


async def test_deliveries_are_listed_by_what_is_asked(program: Program) -> None:
    """By status, channel, kind and a part of the reason, together too."""
    assert await listed(program, "--status", "dead") == ["c", "b", "a"]
    assert await listed(program, "--reason", "ANSWERED 400", "--channel", "hook") == ["a"]
    assert await listed(program, "--kind", "new", "--limit", "2") == ["e", "d"]
    assert await listed(program, "--kind", "notice") == []
    assert (await program.run("deliveries", "list", "--kind", "digest")).stdout == "There are no such deliveries.\n"


async def test_one_is_shown_whole(program: Program) -> None:
    """What it says in the template's words, the alert, the reason with what to do, and each attempt with its answer."""
    dead, waiting, sent = await ids_of(program, "ade")

    shown = await program.run("deliveries", "show", dead)
    waits = await program.run("deliveries", "show", waiting)
    document = (await program.run("deliveries", "show", sent, "--json")).document
    unknown = await program.run("deliveries", "show", "nothing")

    for words in (
        f"delivery  {dead} (new)",
        "channel   hook",
        "status    dead\n",
        f"reason    {REJECTED}",
        "to do     The service will never take this message as it is.",
        "normal priority",
        "rules     r1 (Rule r1)",
        "feed      ep (news.example)",
        "article   Title a[31m, https://news.example/a",
        "It says:\n  TOLD Title a",
        f"What happened:\n  2026-03-01T12:00:00Z  dead: {REJECTED}\n",
    ):
        assert words in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "status    retrying, next try in " in waits.stdout
    assert document["text"].startswith("TOLD Title e")
    assert (document["message_id"], document["advice"], document["next_attempt_at"]) == ("77", None, None)
    assert document["alert"]["rules"] == [{"id": "r1", "title": "Rule r1"}]
    assert document["history"] == [{"at": "2026-03-01T12:00:00Z", "outcome": "sent", "detail": "77"}]
    assert (unknown.status, "there is no delivery 'nothing'" in unknown.stderr) == (1, True)


async def test_dead_letters_are_retried_by_reason(program: Program) -> None:
    """And the history says who did it."""
    retried = await program.run("deliveries", "retry", "--reason", "answered 400")
    shown = await program.run("deliveries", "show", *await ids_of(program, "a"))

    assert retried.stdout == "due now: 2 deliveries\n"
    assert await listed(program, "--status", "pending") == ["c", "a"]
    assert "  retried by " in shown.stdout


async def test_a_script_says_that_it_means_it(program: Program) -> None:
    """Without --yes and a terminal nothing is discarded, and that is wrong usage; so it is to name nothing."""
    refused = await program.run("deliveries", "discard", "--all")
    nothing = await program.run("deliveries", "discard", "--yes")
    untouched = await listed(program, "--status", "dead")
    by_channel = await program.run("deliveries", "discard", "--channel", "hook", "--reason", "blocked", "--yes")
    every = await program.run("deliveries", "discard", "--all", "--yes")
    again = await program.run("deliveries", "retry")
    shown = await program.run("deliveries", "show", *await ids_of(program, "b"))

    assert (refused.status, "add --yes" in refused.stderr) == (2, True)
    assert (nothing.status, "name deliveries" in nothing.stderr) == (2, True)
    assert untouched == ["c", "b", "a"]
    assert (by_channel.stdout, every.stdout) == ("discarded: 1 delivery\n", "discarded: 2 deliveries\n")
    assert again.stdout == "due now: 0 deliveries\n"
    assert await listed(program, "--status", "discarded") == ["c", "b", "a"]
    assert "  discarded by " in shown.stdout


async def test_one_is_discarded_by_its_id(program: Program) -> None:
    """One that waits, too; what was sent is none that can be."""
    waiting, sent = await ids_of(program, "de")

    done = await program.run("deliveries", "discard", waiting, "--yes")
    failed = await program.run("deliveries", "discard", sent, "--yes")

    assert done.stdout == "discarded: 1 delivery\n"
    assert (failed.status, f"there is no unsent delivery '{sent}'" in failed.stderr) == (1, True)


@pytest.mark.parametrize(
    ("answer", "left", "said"),
    [(b"n\n", ["c", "b", "a"], "nothing was discarded"), (b"y\n", ["c"], "discarded: 2 deliveries")],
)
async def test_a_person_is_asked(program: Program, answer: bytes, left: list[str], said: str) -> None:
    """How many it is about; a no changes nothing."""
    terminal, inner = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "-c", str(program.config), "deliveries", "discard", "--channel", "hook"),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=os.environ | {"NO_COLOR": "1", "TERM": "dumb"},
        cwd=REPOSITORY,
    )
    os.close(inner)
    os.write(terminal, answer)

    async with asyncio.timeout(60):
        shown = await asyncio.to_thread(read_terminal, terminal)
        await process.wait()

    assert "Discard 2 deliveries, never to be sent?" in shown
    assert said in shown
    assert await listed(program, "--status", "dead") == left


async def test_a_channel_that_takes_nothing_says_since_when_and_why(program: Program, tmp_path: Path) -> None:
    """And where its recipient is now; the table has it in words."""
    store = await new_store(tmp_path / "aggregator.db")
    await store.save_channel_state(
        ChannelState(channel_id=ChannelId("hook"), paused_at=NOW, reason=BLOCKED, address="-100123")
    )
    await store.close()

    hook, screen = (await program.run("channels", "list", "--json")).document
    table = (await program.run("channels", "list")).stdout

    assert (hook["paused_at"], hook["paused_reason"], hook["moved_to"]) == ("2026-03-01T12:00:00Z", BLOCKED, "-100123")
    assert (screen["paused_at"], screen["paused_reason"], screen["moved_to"]) == (None, None, None)
    assert f" ago: {BLOCKED}; moved to -100123" in " ".join(table.split())
