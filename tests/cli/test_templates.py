"""Templates as a user of the program has them: in the YAML or a file, checked, tried, and read again when saved."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_api import BotApi
from support.feed_server import FeedServer
from support.program import Program, wait_for_line

CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds: [{{id: a, url: "{url}/feed/a", first_poll: alert}}]
rules:
  - {{id: quiet, query: captives}}
  - {{id: loud, query: hostages, template: "LOUD {{{{ article.title }}}}"}}
channels:
  desk: {{type: telegram, chat_id: 42, template_file: desk.html}}
telegram: {{token: "1000:test-token", api_url: "{bot}"}}
"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def bot() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    async with BotApi() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, server: FeedServer, bot: BotApi) -> Program:
    """The program with a channel whose template is in a file, and a rule with its own."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(url=server.url, bot=bot.url))
    (tmp_path / "desk.html").write_text("<b>DESK</b> {{ article.title }} ({{ rules[0].title }})\n")
    return program


async def test_messages_read_as_their_templates_say(program: Program, server: FeedServer, bot: BotApi) -> None:
    """The rule's, where it has one, else the channel's; a test message has the channel's."""
    server.publish("a", "Captives are home")
    server.publish("a", "Hostages are home")

    await program.run("run", "--once")
    await program.run("channels", "test", "desk")

    assert sorted(message.text for message in bot.messages) == [
        "DESK Captives are home (quiet)",
        "DESK Test message from aggregator (channels test)",
        "LOUD Hostages are home",
    ]


async def test_a_template_is_read_again_when_its_file_is_saved(
    program: Program, server: FeedServer, bot: BotApi, tmp_path: Path
) -> None:
    """A bad one is named and the one before goes on; a good one is used from the next message on."""
    template = tmp_path / "desk.html"
    server.publish("a", "Old news")
    process = await program.start("run")
    await wait_for_line(process.stderr, "feed_polled")

    template.write_text("{{ titel }}")
    rejected = await wait_for_line(process.stderr, "settings_kept")
    server.publish("a", "Captives write")
    await bot.wait_for_messages(1)
    template.write_text("NEW {{ article.title }}!")
    await wait_for_line(process.stderr, "settings_reloaded")
    server.publish("a", "Captives return")
    await bot.wait_for_messages(2)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        await process.communicate()

    assert "desk.html:1:1: channels.desk.template_file: there is no variable 'titel'" in rejected
    assert [message.text for message in bot.messages] == ["DESK Captives write (quiet)", "NEW Captives return!"]


async def test_a_template_that_nothing_reads_is_said(program: Program) -> None:
    """A webhook has a layout of its own."""
    program.configure("channels: {hook: {type: webhook, url: 'https://hook.example/', template: '{{ headline }}'}}\n")

    checked = await program.run("check")

    assert checked.status == 0
    assert ":2:74: channels.hook.template: not in effect: a webhook channel has a layout of its own" in checked.stderr
