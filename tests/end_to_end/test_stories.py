"""One event in two feeds: the program alerts once, and says in that message who else reports it."""

from __future__ import annotations

from pathlib import Path

from support.bot_api import BotApi
from support.feed_server import FeedServer
from support.program import Program, kill, wait_for_line

TITLE = "Security service warns relatives of captives about recruiters"
TEXT = (
    "The security service of Ukraine said on Thursday that relatives of captured soldiers from Azovstal were asked "
    "to set fire to military vehicles in exchange for news of their sons."
)
CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds:
  - {{id: first, url: "{feeds}/feed/first", title: First Agency}}
  - {{id: second, url: "{feeds}/feed/second", title: Second Herald}}
rules:
  - {{id: captives, query: captives, send_to: [desk]}}
channels:
  desk: {{type: telegram, chat_id: 42}}
telegram: {{token: "{token}", api_url: "{bot}"}}
"""


async def test_a_second_source_is_added_to_the_message(tmp_path: Path) -> None:
    """After a restart too, the story is known; the same event is never told twice."""
    async with FeedServer() as server, BotApi() as bot:
        for name in ("first", "second"):
            server.publish(name, "Old news of the day")
        program = Program(tmp_path)
        program.configure(CONFIG.format(feeds=server.url, token=bot.token, bot=bot.url))
        await program.run("run", "--once")
        server.publish("first", TITLE, TEXT)
        daemon = await program.start("run")
        await wait_for_line(daemon.stderr, "alert_sent")
        await kill(daemon)
        server.publish("second", TITLE + ", it says", TEXT)

        daemon = await program.start("run")
        await wait_for_line(daemon.stderr, "alert_sent")
        await kill(daemon)

    [message] = bot.messages
    assert bot.edits == [1]
    assert "Second Herald" in message.text
