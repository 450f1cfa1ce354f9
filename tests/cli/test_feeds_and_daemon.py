"""Feeds that change while a daemon runs: it follows without a restart."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.feed_server import FeedServer
from support.program import Program, kill, wait_for_line

CONFIG = """
polling: {{host_delay: 0s, interval: 12h, pacing: fixed}}
feeds: [{{id: yaml, url: "{url}/feed/yaml"}}]
rules: [{{id: r1, query: captives}}]
channels: {{screen: {{type: console}}}}
"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, server: FeedServer) -> Program:
    """The program with one feed, which is polled once in half a day."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(url=server.url))
    return program


async def test_a_daemon_follows_what_the_command_line_changes(program: Program, server: FeedServer) -> None:
    """Added and imported feeds are read at once, `feeds poll` is obeyed, and what is removed is left alone."""
    process = await program.start("run")
    try:
        await wait_for_line(process.stderr, "feed=yaml")
        added = await program.run("feeds", "add", f"{server.url}/feed/mine", "--id", "mine")
        await wait_for_line(process.stderr, "feed=mine")
        body = f'<opml><outline xmlUrl="{server.url}/feed/listed" text="L"/></opml>'
        imported = await program.run("feeds", "import", "-", stdin=body.encode())
        await wait_for_line(process.stderr, "feed=127-0-0-1-feed-listed")

        server.publish("mine", "Captives are home")
        polled = await program.run("feeds", "poll", "mine")
        await wait_for_line(process.stderr, "alerts=1")
        removed = await program.run("feeds", "remove", "127-0-0-1-feed-listed")
        everything = await program.run("feeds", "poll")
        unknown = await program.run("feeds", "poll", "127-0-0-1-feed-listed")
        await wait_for_line(process.stderr, "alert_sent")
        server.publish("yaml", "Film festival opens with a drama about captives", "It runs until Sunday.")
        await program.run("feeds", "poll", "yaml")
        await wait_for_line(process.stderr, "alert_sent")

        process.send_signal(signal.SIGTERM)
        await process.communicate()
    finally:
        if process.returncode is None:
            await kill(process)

    assert (added.status, imported.status, removed.status, process.returncode) == (0, 0, 0, 0)
    said = "another aggregator runs on this database and polls {} now; its log and `aggregator feeds list` tell more\n"
    assert polled.stdout == said.format("1 feed")
    assert everything.stdout == said.format("2 feeds")
    assert (unknown.status, "there is no feed" in unknown.stderr) == (1, True)
    listed_requests = server.requests["listed"]
    assert listed_requests == 1
