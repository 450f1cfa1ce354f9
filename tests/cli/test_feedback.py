"""`rules feedback`, what `rules list` makes of it, and `rules suggest --from-feedback`: real processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.feed_server import FeedServer
from support.program import Program

CONFIG = """
feeds: [{{id: local, url: "{feed}", first_poll: alert}}]
rules: [{{id: captives, query: captives, send_to: [wall]}}]
channels: {{wall: {{type: console}}}}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder."""
    return Program(tmp_path)


async def test_readers_say_what_was_worth_it(program: Program) -> None:
    """A thumb is counted for the alert's rules, shown with the rule, and turned into what it should leave out."""
    async with FeedServer() as server:
        server.publish("local", "Captives, a film about football, opens in the cinema", "A film.")
        server.publish("local", "Relatives of captives asked to spy for the enemy", "They refused.")
        program.configure(CONFIG.format(feed=f"{server.url}/feed/local"))
        await program.run("run", "--once")
    sent = {
        row["title"].partition(" ")[0]: row["id"]
        for row in (await program.run("deliveries", "list", "--json")).document
    }

    bad = await program.run("rules", "feedback", sent["Captives,"], "bad", "--by", "ann")
    good = await program.run("rules", "feedback", sent["Relatives"], "good")
    shown = await program.run("rules", "list")
    [listed] = (await program.run("rules", "list", "--json")).document
    proposed = await program.run("rules", "suggest", "--from-feedback", "captives")
    document = (await program.run("rules", "suggest", "--from-feedback", "captives", "--json")).document

    assert (bad.status, bad.stdout) == (0, "bad: counted for captives\n")
    assert good.status == 0
    assert "1 of 2 good (50%)" in shown.stdout
    assert (listed["good"], listed["bad"]) == (1, 1)
    assert "Captives, a film about football" in proposed.stdout
    assert f"    query: '{document['query']}'" in proposed.stdout
    assert document["query"].startswith("captives AND NOT ")
    assert (document["remaining"], document["good_found"]) == ([], 1)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("feedback", "nothing", "good"), 1, "deliveries list"),
        (("suggest", "--from-feedback", "captive"), 2, "captives"),
        (("suggest", "--from-feedback", "captives"), 1, "has no alert that was found bad"),
        (("suggest",), 2, "--from-feedback"),
    ],
)
async def test_mistakes_are_explained(program: Program, arguments: tuple[str, ...], status: int, words: str) -> None:
    """What is not there, and what to do."""
    program.configure(CONFIG.format(feed="https://a.example/feed"))

    finished = await program.run("rules", *arguments)

    assert finished.status == status
    assert words in finished.stderr
