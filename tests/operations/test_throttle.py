"""Turns in the limits of services: in the order of asking, and no one waits for another's chat."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from aggregator.model.messages import RateLimit
from aggregator.operations.throttle import Throttle

BOT = RateLimit(scope="bot", count=2, period=timedelta(milliseconds=40))


def chat(name: str, period: timedelta = timedelta(hours=1)) -> RateLimit:
    """One message in a period."""
    return RateLimit(scope=name, count=1, period=period)


def now() -> datetime:
    """The time, for these limits are those of real moments."""
    return datetime.now(UTC)


async def test_turns_come_in_the_order_of_asking() -> None:
    """However many wait for one bot, each has its turn before anyone has a second."""
    throttle, stopping = Throttle(), asyncio.Event()
    order: list[str] = []

    async def send(name: str) -> None:
        for _ in range(3):
            assert await throttle.turn((chat(name, timedelta(milliseconds=1)), BOT), now, stopping)
            order.append(name)

    for name in ("before", "just before"):  # the bot has sent all that it may: all have to wait
        await throttle.turn((chat(name), BOT), now, stopping)
    names = [f"chat {number}" for number in range(8)]
    await asyncio.gather(*(send(name) for name in names))

    assert [sorted(order[start : start + 8]) for start in (0, 8, 16)] == [names] * 3
    assert order[:8] == names


async def test_a_chat_that_has_to_wait_holds_up_no_other() -> None:
    """It does not stand in the bot's queue meanwhile, and ends its wait when the process stops."""
    throttle, stopping = Throttle(), asyncio.Event()
    await throttle.turn((chat("slow"), BOT), now, stopping)
    waiting = asyncio.create_task(throttle.turn((BOT, chat("slow")), now, stopping))
    behind = asyncio.create_task(throttle.turn((chat("slow"), BOT), now, stopping))
    await asyncio.sleep(0)

    passed = [await throttle.turn((chat(name), BOT), now, stopping) for name in ("a", "b", "c")]

    assert all(turn is not None and {"bot", name} == set(turn) for turn, name in zip(passed, "abc", strict=True))
    assert not waiting.done()
    stopping.set()
    assert list(await asyncio.gather(waiting, behind)) == [None, None]


async def test_two_limits_of_one_scope_are_both_kept() -> None:
    """A webhook may have a limit for two seconds and one for a minute."""
    throttle, stopping = Throttle(), asyncio.Event()
    limits = (chat("hook", timedelta(milliseconds=1)), RateLimit(scope="hook", count=2, period=timedelta(hours=1)))

    turns = [await throttle.turn(limits, now, stopping) for _ in range(2)]
    stopping.set()

    assert [len((turn or {})["hook"]) for turn in turns] == [1, 2]
    assert await throttle.turn(limits, now, stopping) is None
