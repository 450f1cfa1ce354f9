"""A hub pushes, the chat hears of it: the daemon as a process, a hub and a Bot API on loopback."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from support.bot_api import BotApi
from support.feed_server import rss
from support.hub import Hub, HubAnswer, Subscriber, sign
from support.program import Program, wait_for_line

CONFIG = """
polling: {{interval: {interval}, min_interval: 1s, host_delay: 0s, pacing: fixed}}
feeds:
{feeds}
rules:
  - {{id: r, title: Captives, query: captives}}
channels:
  desk: {{type: telegram, chat_id: 42}}
telegram: {{token: "1000:test-token", api_url: "{bot}"}}
web: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
"""
FEED = '  - {{id: local, url: "{url}"}}'
EIGHT_DAYS_US = timedelta(days=8) // timedelta(microseconds=1)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub with one feed, which has an old article."""
    async with Hub() as hub:
        hub.publish("local", "Old news")
        yield hub


@pytest.fixture
def port() -> int:
    """A port for the daemon's server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk(Program):
    """The program with one feed that names the hub."""

    def configure_for(self, hub: Hub, bot: BotApi, port: int, *, interval: str = "1h", has_feed: bool = True) -> None:
        """Write the configuration."""
        feeds = FEED.format(url=hub.feed_url("local")) if has_feed else "  []"
        self.configure(CONFIG.format(interval=interval, feeds=feeds, bot=bot.url, port=port))

    def let_time_pass(self) -> None:
        """Make what the database says of the hub eight days old."""
        columns = ("requested_at", "verified_at", "expires_at", "last_push_at")
        changes = ", ".join(f"{column} = {column} - {EIGHT_DAYS_US}" for column in columns)
        with sqlite3.connect(self.folder / "aggregator.db") as database:
            database.execute(f"UPDATE websub_subscriptions SET {changes}")  # noqa: S608 - our own columns
        database.close()


@pytest.fixture
def desk(tmp_path: Path, hub: Hub, bot: BotApi, port: int) -> Desk:
    """The program, configured with an interval of an hour."""
    desk = Desk(tmp_path)
    desk.configure_for(hub, bot, port)
    return desk


@asynccontextmanager
async def running(desk: Desk, hub: Hub, until: str | None = None) -> AsyncIterator[Process]:
    """Run the daemon, wait until the hub has verified, or for a line in the log, and end it in order."""
    verified = len(hub.verifications)
    process = await desk.start("run")
    if until is None:
        await hub.until(lambda: len(hub.verifications) > verified)
    else:
        await wait_for_line(process.stderr, until)
    yield process
    await end(process)


async def end(process: Process) -> str:
    """End the daemon in order; return the rest of its log."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        _, stderr = await process.communicate()
    assert process.returncode == 0
    return stderr.decode()


def subscriber_of(hub: Hub) -> Subscriber:
    """The one who subscribed."""
    [subscriber] = hub.subscribers.values()
    return subscriber


async def count(port: int, name: str) -> int:
    """Read one of the daemon's metrics."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        [value] = re.findall(rf"^aggregator_{name}_total (\S+)", await answer.text(), re.MULTILINE)
    return int(float(value))


async def test_what_a_hub_pushes_alerts_the_chat_at_once(desk: Desk, hub: Hub, bot: BotApi, port: int) -> None:
    """Polled once, subscribed, pushed: the chat hears of a new article, once, though the feed is not polled again."""
    async with running(desk, hub):
        first = await hub.announce("local", "Captives are home", "They were called.")
        await bot.wait_for_messages(1)
        replayed = await hub.push(subscriber_of(hub), rss([("Captives are home", "They were called.")]).encode())
        second = await hub.announce("local", "More captives return")
        await bot.wait_for_messages(2)
        pushes, alerts = await count(port, "pushes"), await count(port, "alerts")

    assert (first, replayed, second) == ([202], 202, [202])
    assert [message.underlined for message in bot.messages] == [("Captives",), ("captives",)]
    assert (pushes, alerts) == (3, 2)
    assert hub.polls["local"] == 1
    assert len(hub.requests) == 1


@pytest.mark.parametrize("body", [b"", b" \n", b"<html>the hub is being mended</html>"])
async def test_a_push_without_content_has_the_feed_polled(desk: Desk, hub: Hub, bot: BotApi, body: bytes) -> None:
    """A push that is empty, or no feed, says that there is something: the feed itself is read, and stays well."""
    async with running(desk, hub):
        hub.publish("local", "Captives are home")
        await hub.push(subscriber_of(hub), body)
        await bot.wait_for_messages(1)
    listed = await desk.run("feeds", "list", "--json")

    assert hub.polls["local"] == 2
    assert [(row["status"], row["failures"]) for row in listed.document] == [("ok", 0)]


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Local</title><id>tag:news.example,2024:f</id>
<entry><id>tag:news.example,2024:1</id><title>Captives are home</title><link href="/1"/>
<updated>2024-08-08T10:00:00Z</updated></entry></feed>"""
JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Local",
"items": [{"id": "1", "url": "https://news.example/1", "title": "Captives are home", "content_text": "All."}]}"""


@pytest.mark.parametrize(
    ("content", "content_type"), [(ATOM, "application/atom+xml"), (JSON_FEED, "application/feed+json")]
)
async def test_every_format_can_be_pushed(desk: Desk, hub: Hub, bot: BotApi, content: str, content_type: str) -> None:
    """Atom and JSON Feed are read from a push as they are from a poll."""
    async with running(desk, hub):
        status = await hub.push(subscriber_of(hub), content.encode(), content_type)
        [message] = await bot.wait_for_messages(1)

    assert status == 202
    assert message.underlined == ("Captives",)


async def test_poll_and_push_of_one_article_alert_once(desk: Desk, hub: Hub, bot: BotApi, port: int) -> None:
    """A push that comes while the feed is being polled, or just before, neither loses nor doubles the alert."""
    desk.configure_for(hub, bot, port, interval="1s")
    async with running(desk, hub):
        hub.may_serve.clear()
        polls = hub.polls["local"]
        await hub.until(lambda: hub.polls["local"] > polls)
        await hub.announce("local", "Captives are home")
        await hub.push(subscriber_of(hub), rss([("Captives were never pushed before", "x")]).encode())
        hub.may_serve.set()
        await bot.wait_for_messages(2)
        polls = hub.polls["local"]
        await hub.announce("local", "Last captives return")
        await bot.wait_for_messages(3)
        await hub.until(lambda: hub.polls["local"] > polls + 1)

    titles = [message.text.splitlines()[0] for message in bot.messages]
    assert len(set(titles)) == 3
    assert len(titles) == 3


async def test_a_restart_keeps_the_subscription(desk: Desk, hub: Hub, bot: BotApi) -> None:
    """Callback and secret are the same after a restart: the hub is not asked again, and what it pushes is believed."""
    async with running(desk, hub):
        pass
    async with running(desk, hub, until="daemon_started"):
        answer = await hub.announce("local", "Captives are home")
        await bot.wait_for_messages(1)

    assert answer == [202]
    assert len(hub.requests) == 1
    assert hub.polls["local"] == 1


async def test_a_lease_is_renewed(desk: Desk, hub: Hub, bot: BotApi) -> None:
    """When three quarters of a lease are over the hub is asked again, for the same callback with the same secret."""
    async with running(desk, hub):
        pass
    desk.let_time_pass()
    async with running(desk, hub):
        await hub.announce("local", "Captives are home")
        await bot.wait_for_messages(1)

    assert len(hub.requests) == 2
    assert hub.requests[0] == hub.requests[1]
    assert hub.verifications == [200, 200]


@pytest.mark.parametrize(
    ("denies", "answer", "event"),
    [
        ("members only", None, "websub_denied"),
        (None, HubAnswer(status=503, headers={"Retry-After": "600"}), "websub_request_failed"),
    ],
)
async def test_a_hub_that_does_not_want_us_changes_nothing(
    desk: Desk, hub: Hub, bot: BotApi, port: int, denies: str | None, answer: HubAnswer | None, event: str
) -> None:
    """When the hub says no, or is down, the feed is polled at its pace, and the hub is left alone."""
    hub.denies = denies
    hub.answers += [answer] if answer else []
    desk.configure_for(hub, bot, port, interval="1s")
    async with running(desk, hub, until=event):
        hub.publish("local", "Captives are home")
        await bot.wait_for_messages(1)
        hub.publish("local", "Last captives return")
        await bot.wait_for_messages(2)

    assert len(hub.requests) == 1
    assert not hub.subscribers


async def test_a_hub_that_goes_quiet_is_noticed_and_heard_again(desk: Desk, hub: Hub, bot: BotApi, port: int) -> None:
    """What polling finds and the hub did not push is said and alerted; from its next push on the hub is relied on."""
    desk.configure_for(hub, bot, port, interval="1s")
    async with running(desk, hub):
        pass
    desk.let_time_pass()
    hub.answers.append(HubAnswer(status=500))
    async with running(desk, hub, until="daemon_started") as process:
        hub.publish("local", "Captives are home")
        quiet = await wait_for_line(process.stderr, "websub_hub_quiet")
        await bot.wait_for_messages(1)
        await hub.announce("local", "Last captives return")
        await bot.wait_for_messages(2)
    with sqlite3.connect(desk.folder / "aggregator.db") as database:
        stored = database.execute("SELECT status, last_push_at IS NOT NULL FROM websub_subscriptions").fetchall()
    database.close()

    assert "the feed is polled as usual" in quiet
    assert stored == [("active", 1)]
    assert len(bot.messages) == 2


async def test_a_stop_in_the_middle_of_a_push_loses_nothing(desk: Desk, hub: Hub, bot: BotApi, port: int) -> None:
    """SIGTERM ends the daemon in order while a body is still coming; a push that was answered alerts, once."""
    async with running(desk, hub) as process:
        subscriber = subscriber_of(hub)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {urlsplit(subscriber.callback).path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<rss"
        writer.write(head.encode())
        await writer.drain()
        answer = await hub.announce("local", "Captives are home")
        log = await end(process)
        cut_off = await reader.read()
        writer.close()
    async with running(desk, hub, until="daemon_started"):
        await bot.wait_for_messages(1)

    assert answer == [202]
    assert b"202" not in cut_off
    assert "daemon_stopped" in log
    assert len(bot.messages) == 1


async def test_secrets_stay_out_of_the_log(desk: Desk, hub: Hub, bot: BotApi) -> None:
    """With everything logged, neither the secret nor the callback of a subscription is in it."""
    hub.answers.append(HubAnswer(status=400, body="no"))
    process = await desk.start("--log-level", "debug", "run")
    log = await wait_for_line(process.stderr, "websub_request_failed")
    await end(process)
    desk.let_time_pass()
    process = await desk.start("--log-level", "debug", "run")
    await hub.until(lambda: bool(hub.subscribers))
    subscriber = subscriber_of(hub)
    await hub.push(subscriber, b"forged", signature=sign("another secret", b"forged"))
    await hub.ask(subscriber, mode="unsubscribe", topic=subscriber.topic, challenge="c")
    await hub.announce("local", "Captives are home")
    await bot.wait_for_messages(1)
    log += await end(process)

    assert all(event in log for event in ("websub_push_refused", "websub_question_refused", "pushed=True"))
    assert subscriber.secret not in log
    assert subscriber.callback.rpartition("/")[2] not in log


async def test_a_reload_is_followed_by_the_server(desk: Desk, hub: Hub, bot: BotApi, port: int) -> None:
    """An address that is taken keeps the old one; turned off there is none; on again; a removed feed is gone."""
    async with running(desk, hub) as process:
        subscriber = subscriber_of(hub)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            desk.configure_for(hub, bot, int(taken.getsockname()[1]))
            await wait_for_line(process.stderr, "settings_reloaded")
        kept = await hub.announce("local", "Captives are home")
        await bot.wait_for_messages(1)
        desk.config.write_text(desk.config.read_text().partition("web:")[0])
        await wait_for_line(process.stderr, "settings_reloaded")
        with pytest.raises(aiohttp.ClientConnectionError):
            await hub.push(subscriber, b"")
        desk.configure_for(hub, bot, port)
        await wait_for_line(process.stderr, "web_server_started")
        await wait_for_line(process.stderr, "settings_reloaded")
        again = await hub.announce("local", "More captives return")
        await bot.wait_for_messages(2)
        desk.configure_for(hub, bot, port, has_feed=False)
        await wait_for_line(process.stderr, "settings_reloaded")
        gone = await hub.push(subscriber, b"")

    assert (kept, again, gone) == ([202], [202], 410)
    assert len(hub.requests) == 1
