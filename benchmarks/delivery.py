"""From a poll's plan to the service: how long an alert takes inside the process, at a steady rate.

PYTHONPATH=tests python benchmarks/delivery.py [--rate N] [--seconds N] [--channels N]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import structlog
from aiohttp import web
from support.builders import alert, article, delivery, feed, state

from aggregator.jobs.embedded import EmbeddedJobs
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.polls import PollPlan
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifiers
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.deliver import drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.throttle import Throttle
from aggregator.storage.store import open_store


class Reader:
    """An endpoint that notes when each alert came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}

    async def take(self, request: web.Request) -> web.Response:
        """Take an alert."""
        document = await request.json()
        self.came[document["title"]] = time.perf_counter()
        return web.Response(status=202)


def main() -> None:
    """Print how long alerts took."""
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=int, default=100, help="alerts a second")
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--channels", type=int, default=50)
    chosen = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_measure(Path(folder), chosen.rate, chosen.seconds, chosen.channels))
    quantiles = statistics.quantiles(waits, n=100)
    print(
        f"delivery: {len(waits):,} alerts to {chosen.channels} channels, {chosen.rate} a second: from the plan to the "
        f"service p50 {quantiles[49]:.0f} ms, p95 {quantiles[94]:.0f} ms, p99 {quantiles[98]:.0f} ms"
    )


async def _measure(folder: Path, rate: int, seconds: int, channels: int) -> list[float]:
    """Return the milliseconds that each alert took."""
    reader = Reader()
    application = web.Application()
    application.router.add_post("/", reader.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    listed = [Channel(id=ChannelId(f"c{n}"), type="webhook", options={"url": url}) for n in range(channels)]
    context = NotifierContext(console=StringIO(), user_agent="bench", telegram_token=None, telegram_api_url="")
    notifiers = open_notifiers(listed, context)
    store = await open_store(f"sqlite:///{folder}/a.db")
    await store.sync_feeds([feed()], datetime.now(UTC))
    tools = DeliverTools(
        store=store,
        notifiers=notifiers.by_channel,
        channels={channel.id: channel for channel in listed},
        throttle=Throttle(),
        states=ChannelStates(store),
        clock=lambda: datetime.now(UTC),
        roll=random.random,
        stopping=asyncio.Event(),
    )

    async def drain(channel_id: ChannelId) -> None:
        await drain_channel(channel_id, tools)

    jobs = EmbeddedJobs(drain)
    begun: dict[str, float] = {}

    async def publish(number: int) -> None:
        title = f"alert {number}"
        subject = article(title, title=title, body="Some words of a body. " * 100)
        about = alert(subject, f"c{number % channels}", created_at=datetime.now(UTC))
        begun[title] = time.perf_counter()
        await store.apply(
            PollPlan(state=state(), new_articles=(subject,), alerts=(about,), deliveries=(delivery(about),))
        )
        jobs.request_drain([about.channel_id])

    await _at_rate(publish, rate, rate * seconds)
    while jobs.running:
        await asyncio.wait(jobs.running)
    await jobs.stop(10)
    await notifiers.close()
    await store.close()
    await runner.cleanup()
    return _waits(begun, reader.came)


async def _at_rate(publish: Callable[[int], Coroutine[None, None, None]], rate: int, count: int) -> None:
    """Start so many a second, whether or not those before have ended; return when all have."""
    started = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(publish(number)))
    await asyncio.gather(*tasks)


def _waits(begun: dict[str, float], came: dict[str, float]) -> list[float]:
    lost = begun.keys() - came.keys()
    if lost:
        raise SystemExit(f"{len(lost)} alerts did not come")
    return [(came[title] - started) * 1000 for title, started in begun.items()]


if __name__ == "__main__":
    main()
