"""A feed becomes an alert in a chat: real processes, real sockets, a real database."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_api import BotApi, too_many_requests
from support.feed_server import FeedServer
from support.program import Program, kill, wait_for_line

CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds:
  - {{id: local, url: "{feeds}/feed/local", tags: [test]}}
rules:
  - {{id: coercion, title: "Pressure on families", query: '"prisoners of war" AND families', priority: high}}
channels:
  desk: {{type: telegram, chat_id: 42}}
telegram: {{token: "1000:test-token", api_url: "{bot}"}}
"""
TITLE = "Callers press families of prisoners of war"
TEXT = "The families <were> told to gather intelligence & to keep quiet."


@pytest.fixture
async def feeds() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def bot() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    async with BotApi() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, feeds: FeedServer, bot: BotApi) -> Program:
    """The program, configured for one feed and one chat."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(feeds=feeds.url, bot=bot.url))
    return program


async def test_a_new_article_alerts_the_chat_once(program: Program, feeds: FeedServer, bot: BotApi) -> None:
    """A new article sends exactly one message with the right words marked; nothing new sends nothing."""
    feeds.publish("local", "Old news about prisoners of war and families")
    baseline = await program.run("run", "--once", "--json")
    feeds.publish("local", TITLE, TEXT)

    first = await program.run("run", "--once", "--force", "--json")
    second = await program.run("run", "--once", "--force", "--json")

    assert baseline.document["articles"] == {"new": 1, "updated": 0}
    assert baseline.document["alerts"] == 0
    assert first.document["articles"] == {"new": 1, "updated": 0}
    assert first.document["deliveries"] == {"sent": 1, "retrying": 0, "failed": 0, "held": 0}
    assert second.document["feeds"] == {"polled": 1, "not_modified": 1, "failed": 0}
    assert second.document["deliveries"]["sent"] == 0
    [message] = bot.messages
    assert message.chat_id == "42"
    assert message.underlined == ("families", "prisoners of war", "families")
    assert "told to gather intelligence & to keep quiet" in message.text
    assert "Pressure on families" in message.text
    assert message.links[0].startswith("https://news.example/")


async def test_the_daemon_alerts_and_stops_in_order(program: Program, feeds: FeedServer, bot: BotApi) -> None:
    """The daemon sees a new article by itself, refuses a second instance, and ends on SIGTERM."""
    feeds.publish("local", "Old news")
    process = await program.start("run")
    await wait_for_line(process.stderr, "feed_polled")

    feeds.publish("local", TITLE, TEXT)
    await bot.wait_for_messages(1)
    second = await program.run("run", "--once")
    process.send_signal(signal.SIGTERM)
    _, stderr = await process.communicate()

    assert second.status == 1
    assert f"another aggregator (pid {process.pid}) already runs on" in second.stderr
    assert process.returncode == 0
    assert "daemon_stopped" in stderr.decode()
    assert len(bot.messages) == 1


async def test_a_kill_between_commit_and_send_loses_nothing(program: Program, feeds: FeedServer, bot: BotApi) -> None:
    """Killed while Telegram throttles, the alert is in the outbox; after the restart it arrives, once."""
    feeds.publish("local", "Old news")
    await program.run("run", "--once")
    feeds.publish("local", TITLE, TEXT)
    bot.answers.append(too_many_requests(2))
    process = await program.start("run")
    await wait_for_line(process.stderr, "alert_delayed")

    await kill(process)
    pending = await program.run("deliveries", "list", "--json")
    restarted = await program.start("run")
    await bot.wait_for_messages(1)
    await wait_for_line(restarted.stderr, "alert_sent")
    restarted.send_signal(signal.SIGINT)
    await restarted.communicate()

    assert [row["status"] for row in pending.document] == ["retrying"]
    assert restarted.returncode == 0
    assert [message.text.startswith("❗ Callers press") for message in bot.messages] == [True]


async def test_a_saved_change_is_followed_and_a_bad_one_refused(
    program: Program, feeds: FeedServer, bot: BotApi
) -> None:
    """A bad change keeps the old configuration running and says where; a good one takes effect without a restart."""
    feeds.publish("local", "Old news")
    process = await program.start("run")
    await wait_for_line(process.stderr, "feed_polled")
    good = program.config.read_text()

    program.config.write_text(good.replace("priority: high", "priority: hihg"))
    refused = await wait_for_line(process.stderr, "settings_kept")
    program.config.write_text(good.replace('"prisoners of war" AND families', "volcano"))
    await wait_for_line(process.stderr, "settings_reloaded")
    feeds.publish("local", "A volcano wakes")
    await bot.wait_for_messages(1)
    process.send_signal(signal.SIGHUP)
    await wait_for_line(process.stderr, "settings_reloaded")
    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert "'hihg' is not one of low, normal, high, urgent; did you mean 'high'?" in refused
    assert bot.messages[0].underlined == ("volcano",)
    assert process.returncode == 0
