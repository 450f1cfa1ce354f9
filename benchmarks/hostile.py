"""Documents that were made to hurt: what each costs the worker that reads it, and what comes of it.

Each is read in a process of its own with the limits of `aggregator run`. Names can be given: `benchmarks/hostile.py
"100,000 attributes"`.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, PollFailed
from aggregator.model.ids import FeedId

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.hostile import HOSTILE, MAX_BODY, Hostile

_FEED = Feed(id=FeedId("hostile"), url="https://hostile.example/")
_ONE = "--one"


def main() -> None:
    """Print seconds of CPU and of wall time, peak memory, and the outcome of each."""
    if sys.argv[1:2] == [_ONE]:
        asyncio.run(_measure(sys.argv[2]))
        return
    for name in sys.argv[1:] or HOSTILE:
        subprocess.run((sys.executable, __file__, _ONE, name), check=True)


async def _measure(name: str) -> None:
    async with ParserPool(max_body_bytes=MAX_BODY, workers=1) as pool:
        await pool.parse(_FEED, _fetched(Hostile(make=lambda: b"<rss version='2.0'/>", ends=())))
        [worker] = psutil.Process().children()
        started_seconds = sum(worker.cpu_times()[:2])
        document = _fetched(HOSTILE[name])
        before = time.perf_counter()
        result = await pool.parse(_FEED, document)
        wall_seconds = time.perf_counter() - before
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = f"{result.reason}: {result.detail}" if isinstance(result, PollFailed) else f"{len(result.articles)} read"
    print(
        f"hostile: {name:55} {len(document.body) / 1e6:5.1f} MB: "
        f"{used.ru_utime + used.ru_stime - started_seconds:4.1f} s CPU, {wall_seconds:4.1f} s, "
        f"{used.ru_maxrss / 1000:3.0f} MB, {outcome.replace(_FEED.url + ': ', '')[:110]}"
    )


def _fetched(hostile: Hostile) -> Fetched:
    return Fetched(
        url=_FEED.url,
        status=200,
        body=hostile.make(),
        body_hash="",
        fetched_at=datetime.now(UTC),
        content_encoding=hostile.encoding,
    )


if __name__ == "__main__":
    main()
