"""Hostile feeds among good ones: the good alert, the others are marked with the reason, the daemon is untouched."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from support.bot_api import BotApi
from support.feed_server import FeedServer
from support.hostile import HOSTILE
from support.program import Program, wait_for_line

STOPPED = "reading it took longer than 4 s of computing, so it was stopped"
LARGE = "larger than polling.max_body (10,485,760 bytes)"
FAILING = {
    "100,000 attributes": STOPPED,
    "a thousand authors of 3,999 letters": STOPPED,
    "elements nested 1,000,000 deep": STOPPED,
    "10 GB in gzip": LARGE,
    "10 GB in Zstandard": LARGE,
    "50 MB of HTML": LARGE,
    "a hundred layers": "cannot be decompressed (100 layers of compression)",
    "JSON nested 100,000 deep": "its JSON is nested too deeply",
    "10 MB of zeros": "neither RSS, Atom nor JSON Feed",
}
READ = (
    "an author that looks like an address",
    "100,000 divisions",
    "entities that multiply",
    "a title of 10 MB",
    "JSON half characters",
    "JSON half characters in HTML",
    "half characters",
    "a link of 9 MB",
)
FEEDS = {f"h{number}": name for number, name in enumerate((*FAILING, *READ))}
CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s, per_host: 30}}
feeds:
{hostile}
  - {{id: local, url: "{feeds}/feed/local"}}
rules: [{{id: any, query: 'news OR title', send_to: [desk]}}]
channels: {{desk: {{type: telegram, chat_id: 42}}}}
telegram: {{token: "1000:test-token", api_url: "{bot}"}}
"""
MEGABYTE = 1024 * 1024


@pytest.fixture
async def hostile() -> AsyncIterator[str]:
    """A server with a hostile document at each path."""

    async def answer(request: web.Request) -> web.Response:
        document = HOSTILE[FEEDS[request.match_info["id"]]]
        headers = {"Content-Encoding": document.encoding} if document.encoding else {}
        return web.Response(body=document.make(), headers=headers, content_type="application/rss+xml")

    application = web.Application()
    application.router.add_get("/{id}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_hostile_feeds_leave_the_daemon_and_the_good_feeds_alone(tmp_path: Path, hostile: str) -> None:
    """A good feed alerts while hostile ones are read; each of those says why it fails, or is read like any other."""
    program = Program(tmp_path)
    # A worker whose lines are counted takes four times as long.
    program.environment = {name: "" for name in os.environ if name.startswith("COVERAGE")}
    async with FeedServer() as feeds, BotApi() as bot:
        urls = "\n".join(f'  - {{id: {name}, url: "{hostile}/{name}", interval: 12h}}' for name in FEEDS)
        program.configure(CONFIG.format(hostile=urls, feeds=feeds.url, bot=bot.url))
        feeds.publish("local", "Old events")
        daemon = await program.start("run")
        log = await wait_for_line(daemon.stderr, "feed=local")
        feeds.publish("local", "News while others are hostile")
        await bot.wait_for_messages(1)
        while any(f"feed={name} " not in log for name in FEEDS):
            log += await wait_for_line(daemon.stderr, "feed=h")
        memory = psutil.Process(daemon.pid).memory_info().rss
        listed = await program.run("feeds", "list", "--json")
        feeds.publish("local", "More news after all of it")
        await bot.wait_for_messages(2)
        daemon.send_signal(signal.SIGTERM)
        _, rest = await daemon.communicate()

    states = {FEEDS[row["id"]]: row for row in listed.document if row["id"] in FEEDS}
    assert {name: states[name]["status"] for name in READ} == dict.fromkeys(READ, "ok")
    assert {name: states[name]["status"] for name in FAILING} == dict.fromkeys(FAILING, "failing")
    for name, reason in FAILING.items():
        assert reason in states[name]["last_error"]
    assert "News while others are hostile" in bot.messages[0].text
    assert "More news after all of it" in bot.messages[1].text
    assert memory < 300 * MEGABYTE
    assert daemon.returncode == 0
    assert "Traceback" not in log + rest.decode()
