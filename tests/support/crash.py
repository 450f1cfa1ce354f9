"""Kills the program at random instants while alerts flow to many channels, and counts what arrives."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiohttp import web
from support.emulated import EmulatedService, Handler
from support.program import Program, kill

_LIVES = (0.5, 1.6)
"""The shortest and the longest life, in times of what the program takes from its start to its first message. A life
longer than that is counted from its own first message: so some kills come before the program is ready, and most while
it polls, matches and sends, however busy the machine is."""
_LONGEST_START = 10
_QUIET_AFTER = 120.0
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Readers(EmulatedService):
    """A feed and an endpoint for each channel. `titles` are what it has read, in order, of what was `published`."""

    published: dict[str, list[str]] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """One address a channel for each of the two."""
        router.add_post("/{channel}", self._take)
        router.add_get("/{channel}", self._feed)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)

    async def _feed(self, request: web.Request) -> web.Response:
        entries = "".join(
            f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
            f"<pubDate>{format_datetime(_FIRST + number * _STEP)}</pubDate></item>"
            for number, title in enumerate(self.published.get(request.match_info["channel"], ()))
        )
        return web.Response(text=f"<rss version='2.0'><channel><title>News</title>{entries}</channel></rss>")

    async def _take(self, request: web.Request) -> web.Response:
        document: Any = json.loads(await request.read())
        self.titles.setdefault(request.match_info["channel"], []).append(document["title"])
        self.arrived.set()
        return web.Response(status=202)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashReport:
    """What came of it. `misplaced` counts alerts that arrived before one that was planned earlier for their channel."""

    kills: int
    alerts: int
    lost: int
    repeats: int
    misplaced: int


async def crash(
    folder: Path, *, kills: int, channels: int, alerts: int, seed: int, on_kill: Callable[[int, int], None]
) -> CrashReport:
    """Publish `alerts` articles, each for one of `channels`, while the program is killed `kills` times.

    They are published over the time of the kills, so that polls, matches and sends are all interrupted. `on_kill` is
    called with the number of kills and of messages so far.
    """
    roll = random.Random(seed)  # noqa: S311 - no secret
    each = alerts // channels
    async with Readers() as readers:
        program = Program(folder)
        program.configure(_configuration(readers.url, channels))
        waiting = [(number, channel) for number in range(each) for channel in range(channels)]
        readers.published["0"] = [_title(0, 0)]
        first = await _seconds_to_first_message(program, readers)
        readers.published.clear()
        for count in range(kills):
            for number, channel in waiting[: -(-len(waiting) // (kills - count))]:
                readers.published.setdefault(str(channel), []).append(_title(channel, number))
            del waiting[: -(-len(waiting) // (kills - count))]
            process = await program.start("run")
            await _live(roll.uniform(*_LIVES), first, readers)
            await kill(process)
            on_kill(count + 1, sum(map(len, readers.titles.values())))
        process = await program.start("run")
        await _wait_until_all_came(readers, each * channels)
        await kill(process)
    expected = {str(channel): [_title(channel, number) for number in range(each)] for channel in range(channels)}
    return _report(kills, expected, readers.titles)


async def _seconds_to_first_message(program: Program, readers: Readers) -> float:
    """Return how long the program takes, on this machine, from its start to its first message."""
    started = time.monotonic()
    process = await program.start("run")
    await readers.arrived.wait()
    taken = time.monotonic() - started
    await kill(process)
    return taken


async def _live(life: float, first: float, readers: Readers) -> None:
    """Let the program live for so many times of what it takes to its first message."""
    if life < 1:
        await asyncio.sleep(first * life)
        return
    readers.arrived.clear()
    try:
        async with asyncio.timeout(first * _LONGEST_START):
            await readers.arrived.wait()
    except TimeoutError:
        return
    await asyncio.sleep(first * (life - 1))


async def _wait_until_all_came(readers: Readers, alerts: int) -> None:
    """Wait for all alerts; a channel that hears nothing new for two minutes will not hear of the rest."""
    try:
        while len({title for titles in readers.titles.values() for title in titles}) < alerts:
            readers.arrived.clear()
            async with asyncio.timeout(_QUIET_AFTER):
                await readers.arrived.wait()
    except TimeoutError:
        return


def _report(kills: int, expected: dict[str, list[str]], came: dict[str, list[str]]) -> CrashReport:
    lost = repeats = misplaced = 0
    for channel, titles in expected.items():
        got = came.get(channel, [])
        once = list(dict.fromkeys(got))
        lost += len(set(titles) - set(got))
        repeats += len(got) - len(once)
        misplaced += sum(titles.index(one) > titles.index(other) for one, other in pairwise(once))
    return CrashReport(
        kills=kills, alerts=sum(map(len, expected.values())), lost=lost, repeats=repeats, misplaced=misplaced
    )


def _title(channel: int, number: int) -> str:
    return f"word{channel} {number:04}"


def _configuration(readers: str, channels: int) -> str:
    lines = ["polling: {interval: 1s, min_interval: 1s, host_delay: 0s, per_host: 100}", "feeds:"]
    lines += [f'  - {{id: f{number}, url: "{readers}/{number}", first_poll: alert}}' for number in range(channels)]
    lines += ["rules:"]
    lines += [
        f"  - {{id: r{number}, title: Rule {number}, query: word{number}, send_to: [c{number}]}}"
        for number in range(channels)
    ]
    lines += ["channels:"]
    lines += [f'  c{number}: {{type: webhook, url: "{readers}/{number}"}}' for number in range(channels)]
    return "\n".join([*lines, ""])
