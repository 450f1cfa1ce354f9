"""A person watches in a chat, and is told: the program as it runs, a feed, and a Bot API."""

from __future__ import annotations

import signal
from pathlib import Path

from support.bot_api import BotApi
from support.bot_desk import wait_until
from support.feed_server import FeedServer
from support.program import Program, wait_for_line

CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds: [{{id: local, url: "{feeds}/feed/local"}}]
rules: [{{id: drones, title: Drones, query: drone, send_to: []}}]
channels: {{desk: {{type: console}}}}
telegram: {{token: "1000:test-token", api_url: "{bot}", access: open}}
"""


async def test_a_person_watches_and_is_told(tmp_path: Path, feeds: FeedServer, bot: BotApi) -> None:
    """From the next article on; what a chat wants is kept over a reload and a restart."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(feeds=feeds.url, bot=bot.url))
    ann = bot.world.person(7, "Ann")
    feeds.publish("local", "Old lava in a museum")
    process = await program.start("run")
    await wait_for_line(process.stderr, "feed_polled")

    await ann.sends("lava")
    [preview] = await bot.wait_for_messages(1)
    await bot.presses(ann, preview, "Save")
    await wait_until(lambda: bot.messages[0].text.startswith("Saved."))
    feeds.publish("local", "Lava reaches a village")
    alert = (await bot.wait_for_messages(2))[1]

    program.config.write_text(program.config.read_text().replace("title: Drones", "title: Flying things"))
    await wait_for_line(process.stderr, "settings_reloaded")
    await ann.sends("/rules")
    rules = (await bot.wait_for_messages(3))[2]
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    again = await program.start("run")
    await wait_for_line(again.stderr, "daemon_started")
    feeds.publish("local", "Cooks roast pork over lava")
    last = (await bot.wait_for_messages(4))[3]
    again.send_signal(signal.SIGTERM)
    await again.communicate()

    assert "would have raised nothing" in preview.text
    assert (alert.chat_id, alert.underlined) == ("7", ("Lava",))
    assert alert.text.startswith("Lava reaches a village")
    assert [text for text, _ in rules.buttons] == ["◻️ Flying things"]
    assert last.text.startswith("Cooks roast pork over lava")
    assert (process.returncode, again.returncode) == (0, 0)
