"""From a hub's push to the alert: the daemon as a process, a hub and a webhook on loopback, one push after the other.

The time is from before the hub sends an article until the webhook has the alert with its title. The number of pushes
can be given: `benchmarks/websub.py 500`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, web
from serving import REPOSITORY

PUSHES = 100
_CONFIG = """
database: sqlite:///{folder}/aggregator.db
polling: {{interval: 1h, host_delay: 0s}}
feeds:
  - {{id: pushed, url: "{url}/feed"}}
rules:
  - {{id: r, query: captives}}
channels:
  hook: {{type: webhook, url: "{url}/alert"}}
web: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
"""


@dataclass
class _World:
    """A publisher, its hub, and who is to be alerted."""

    url: str = ""
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    alerted: asyncio.Queue[tuple[float, str]] = field(default_factory=asyncio.Queue)
    callback: str = ""
    secret: str = ""
    verifying: asyncio.Task[None] | None = None

    async def start(self) -> web.AppRunner:
        """Listen."""
        application = web.Application()
        application.add_routes(
            [web.get("/feed", self._feed), web.post("/hub", self._subscribe), web.post("/alert", self._alert)]
        )
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _feed(self, _request: web.Request) -> web.Response:
        links = f'<{self.url}/hub>; rel="hub", <{self.url}/feed>; rel="self"'
        return web.Response(body=_rss("Old news"), content_type="application/rss+xml", headers={"Link": links})

    async def _subscribe(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.callback, self.secret = str(form["hub.callback"]), str(form["hub.secret"])
        self.verifying = asyncio.create_task(self._verify(str(form["hub.topic"])))
        return web.Response(status=202)

    async def _verify(self, topic: str) -> None:
        question = {"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": "c", "hub.lease_seconds": "86400"}
        async with ClientSession() as session, session.get(self.callback, params=question) as answer:
            if await answer.text() == "c":
                self.subscribed.set()

    async def _alert(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        self.alerted.put_nowait((now, json.loads(await request.read())["title"]))
        return web.Response(status=204)


async def measure(pushes: int) -> list[float]:
    """Return the milliseconds from push to alert, of each push."""
    world = _World()
    runner = await world.start()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "aggregator.yaml"
        config.write_text(_CONFIG.format(folder=folder, url=world.url, port=_free_port()))
        command = (sys.executable, "-m", "aggregator", "--log-level", "error", "-c", str(config), "run")
        daemon = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
        try:
            async with asyncio.timeout(60):
                await world.subscribed.wait()
            return await _push_and_wait(world, pushes)
        finally:
            daemon.terminate()
            await daemon.wait()
            await runner.cleanup()


async def _push_and_wait(world: _World, pushes: int) -> list[float]:
    taken: list[float] = []
    async with ClientSession() as session:
        for number in range(pushes):
            title = f"Captives, part {number}"
            body = _rss(title)
            signature = f"sha256={hmac.new(world.secret.encode(), body, 'sha256').hexdigest()}"
            started = time.perf_counter()
            async with session.post(world.callback, data=body, headers={"X-Hub-Signature": signature}):
                pass
            async with asyncio.timeout(60):
                ended, alerted = await world.alerted.get()
            assert alerted == title, f"{alerted!r} instead of {title!r}"  # noqa: S101 - a wrong figure is worse than none
            taken.append((ended - started) * 1000)
    return taken


def main() -> None:
    """Print the median, the 95th percentile and the longest time."""
    pushes = int(sys.argv[1]) if len(sys.argv) > 1 else PUSHES
    taken = sorted(asyncio.run(measure(pushes)))
    percentiles = statistics.quantiles(taken, n=100)
    print(
        f"websub: {pushes} pushes, publish to alert: median {percentiles[49]:.0f} ms, "
        f"95 % within {percentiles[94]:.0f} ms, longest {taken[-1]:.0f} ms"
    )


def _rss(title: str) -> bytes:
    text = "Some words. " * 100
    return (
        f"<rss version='2.0'><channel><title>T</title><item><title>{title}</title><guid>{title}</guid>"
        f"<description>{text}</description></item></channel></rss>"
    ).encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
