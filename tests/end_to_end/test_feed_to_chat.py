"""A feed becomes an alert in a chat: real processes, real sockets, a real database."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from pathlib import Path

import pytest
from support.bot_api import BotApi, too_many_requests
from support.feed_server import FeedServer
from support.program import REPOSITORY, Program, kill, read_terminal, wait_for_line
from support.silent_server import silent_server

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
    """Killed after the commit, before Telegram took the message, the alert arrives after the restart, once."""
    feeds.publish("local", "Old news")
    await program.run("run", "--once")
    feeds.publish("local", TITLE, TEXT)
    with silent_server() as url:
        program.configure(CONFIG.format(feeds=feeds.url, bot=url))
        process = await program.start("run")
        await wait_for_line(process.stderr, "alerts=1")
        await kill(process)
    pending = await program.run("deliveries", "list", "--json")

    program.configure(CONFIG.format(feeds=feeds.url, bot=bot.url))
    restarted = await program.start("run")
    await bot.wait_for_messages(1)
    await wait_for_line(restarted.stderr, "alert_sent")
    restarted.send_signal(signal.SIGINT)
    await restarted.communicate()

    assert [row["status"] for row in pending.document] == ["pending"]
    assert restarted.returncode == 0
    assert [message.text.startswith("❗ Callers press") for message in bot.messages] == [True]


async def test_a_throttled_alert_waits_and_arrives(program: Program, feeds: FeedServer, bot: BotApi) -> None:
    """Telegram's retry_after is honoured across a restart: the alert arrives once, when it may."""
    feeds.publish("local", "Old news")
    await program.run("run", "--once")
    feeds.publish("local", TITLE, TEXT)
    bot.answers.append(too_many_requests(8))

    throttled = await program.run("run", "--once", "--force", "--json")
    process = await program.start("run")
    await bot.wait_for_messages(1)
    await wait_for_line(process.stderr, "alert_sent")
    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert throttled.document["deliveries"] == {"sent": 0, "retrying": 1, "failed": 0, "held": 0}
    refused, taken = bot.times
    assert taken - refused >= 8


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


async def test_a_stop_waits_for_no_feed(program: Program) -> None:
    """A feed that hangs for longer than the test may take does not keep the daemon from ending."""
    with silent_server() as url:
        program.configure(f"polling: {{timeout: 10m}}\nfeeds: [{{id: hangs, url: {url}/feed}}]\n")
        process = await program.start("run")
        await wait_for_line(process.stderr, "daemon_started")

        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, stderr = await process.communicate()

    assert process.returncode == 0
    assert "tasks_cancelled" in stderr.decode()


async def test_many_feeds_show_their_progress_on_a_terminal(program: Program, feeds: FeedServer) -> None:
    """On a terminal the first poll of many feeds has a bar; it goes away in the end."""
    urls = "".join(f"  - {feeds.url}/feed/{number}\n" for number in range(30)).replace("- ", "- url: ")
    program.configure(f"polling: {{host_delay: 0s}}\nfeeds:\n{urls}")
    terminal, stderr = pty.openpty()

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "--log-level", "error", "-c", str(program.config), "run", "--once"),
        stderr=stderr,
        cwd=REPOSITORY,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(stderr)
    reading = asyncio.create_task(asyncio.to_thread(read_terminal, terminal))
    await process.wait()
    shown = await reading

    assert process.returncode == 0
    assert "Polling feeds" in shown
    assert "30 feeds polled" in shown.splitlines()[-1]


async def test_a_chat_in_the_environment_gets_the_bundled_alert(program: Program, bot: BotApi) -> None:
    """With TELEGRAM_TOKEN and TELEGRAM_CHAT set, the shipped configuration alerts that chat too."""
    shipped = REPOSITORY / "config"
    (program.folder / "sample-feed.xml").write_text((shipped / "sample-feed.xml").read_text())
    text = (shipped / "aggregator.yaml").read_text().replace("https://", "http://127.0.0.1:1/")
    text = text.replace("database: sqlite:///var/aggregator.db", "") + f"  api_url: {bot.url}\n"
    program.configure(text)
    program.environment = {"TELEGRAM_TOKEN": "1000:test-token", "TELEGRAM_CHAT": "42"}

    run = await program.run("run", "--once", "--json")

    assert run.document["deliveries"]["sent"] == 2
    assert bot.messages[0].underlined[:3] == ("families", "prisoners of war", "spy")
