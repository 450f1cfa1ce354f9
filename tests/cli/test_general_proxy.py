"""`polling.proxy` is the way to every feed that names no other, whoever added it."""

from __future__ import annotations

from pathlib import Path

from support.feed_server import FeedServer
from support.program import Program
from support.proxies import HttpProxy


async def test_added_feeds_go_by_the_general_proxy(tmp_path: Path) -> None:
    """A feed is looked at, added and polled through the proxy, and never without it."""
    program = Program(tmp_path)
    async with FeedServer() as server, HttpProxy() as proxy:
        program.configure(f"polling: {{host_delay: 0s, proxy: 'http://127.0.0.1:{proxy.port}'}}\n")

        added = await program.run("feeds", "add", f"{server.url}/feed/a")
        looked = len(proxy.asked)
        polled = await program.run("run", "--once", "--json")

        assert added.status == 0
        assert looked >= 1
        assert polled.document["feeds"] == {"polled": 1, "not_modified": 0, "failed": 0}
        assert len(proxy.asked) == server.requests["a"] == looked + 1
