"""Work in this process: one task a key, failures kept apart, and an end."""

from __future__ import annotations

import asyncio

from aggregator.jobs.embedded import EmbeddedJobs, KeyedTasks
from aggregator.model.ids import ChannelId


async def test_one_drain_a_channel_and_one_more_when_asked_meanwhile() -> None:
    """Requests during a drain lead to exactly one more after it."""
    started: list[ChannelId] = []
    go_on = asyncio.Event()

    async def drain(channel_id: ChannelId) -> None:
        started.append(channel_id)
        await go_on.wait()

    jobs = EmbeddedJobs(drain)
    for _ in range(3):
        jobs.request_drain([ChannelId("a"), ChannelId("b")])
    await asyncio.sleep(0)
    before = list(started)
    go_on.set()
    while jobs.running:
        await asyncio.sleep(0)
    await jobs.stop(1)
    jobs.request_drain([ChannelId("a")])

    assert before == ["a", "b"]
    assert sorted(started) == ["a", "a", "b", "b"]
    assert not jobs.running


async def test_a_failure_is_its_own() -> None:
    """A task that raises is logged and forgotten; its key can be used again."""
    done: list[str] = []
    tasks = KeyedTasks("test")

    async def fail() -> None:
        raise RuntimeError

    async def work() -> None:
        done.append("x")

    tasks.start("a", fail)
    tasks.start("a", work)
    while len(tasks):
        await asyncio.sleep(0)
    tasks.start("a", work)
    while "a" in tasks:
        await asyncio.sleep(0)

    assert done == ["x"]


async def test_stopping_waits_and_then_cancels() -> None:
    """What ends in time ends by itself; what does not is cancelled."""
    ended: list[str] = []
    tasks = KeyedTasks("test")

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    tasks.start("a", hang)
    await asyncio.sleep(0)
    await tasks.stop(0.01)

    assert ended == ["cancelled"]
