"""The admins hear of a feed that breaks, recovers or loses articles: the program as it runs, and a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.archives import latest
from support.bot_api import BotApi
from support.program import Program
from support.recording_server import Answer, RecordingServer

CONFIG = """
polling: {{host_delay: 0s, broken_after: 3}}
feeds: [{{id: reports, url: "{feeds}/feed.xml?token=s3cret"}}]
rules: [{{id: r1, query: nothing}}]
channels: {{desk: {{type: console}}}}
telegram: {{token: "1000:test-token", api_url: "{bot}", admins: [42]}}
"""


@pytest.fixture
async def feeds() -> AsyncIterator[RecordingServer]:
    """A feed server."""
    async with RecordingServer() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, feeds: RecordingServer, bot: BotApi) -> Program:
    """The program, with one feed and one admin."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(feeds=feeds.url, bot=bot.url))
    return program


async def poll(program: Program, times: int = 1) -> None:
    """Poll every feed so many times, in a process each."""
    for _ in range(times):
        finished = await program.run("run", "--once", "--force", "--json")
        assert finished.status == 0, finished.stderr


async def test_the_admin_hears_once_when_a_feed_breaks_and_once_when_it_works_again(
    program: Program, feeds: RecordingServer, bot: BotApi
) -> None:
    """Answered 500 for longer than configured, and then well, the feed is told of twice, without its secret."""
    feeds.answers["/feed.xml"] = [latest(3), *[Answer(status=500, body=b"")] * 5, latest(4)]

    await poll(program, times=5)
    broken = [message.text for message in bot.messages]
    await poll(program, times=3)

    assert [message.chat_id for message in bot.messages] == ["42", "42"]
    assert broken == [bot.messages[0].text]
    assert broken[0].startswith("Feed broken: Reports\n")
    assert "It failed 3 times in a row." in broken[0]
    assert "answered 500 Internal Server Error" in broken[0]
    assert bot.messages[1].text.startswith("Feed recovered: Reports\n")
    assert not [message for message in bot.messages if "s3cret" in f"{message.text} {message.links}"]


async def test_the_admin_hears_of_lost_articles_and_the_list_of_feeds_counts_them(
    program: Program, feeds: RecordingServer, bot: BotApi
) -> None:
    """A list that turned over between two polls is told of, counted, and logged."""
    feeds.answers["/feed.xml"] = [latest(3), latest(40)]

    await poll(program)
    lost = await program.run("run", "--once", "--force", "--json")
    listed = await program.run("feeds", "list", "--json")

    assert [message.text.partition("\n")[0] for message in bot.messages] == ["Articles probably lost: Reports"]
    assert "articles_probably_lost" in lost.stderr
    [row] = listed.document
    assert row["gaps"] == 1
    assert row["last_gap_at"] is not None
