"""Few messages are on their way at a time, and a slow service holds up no other."""

from __future__ import annotations

import asyncio
import time

from aggregator.operations.send_window import SendWindow


async def test_few_are_on_their_way_at_a_time() -> None:
    """The others follow in the order of asking, as soon as one is recorded."""
    window, under_way, most = SendWindow(), 0, 0
    order: list[int] = []

    async def send(number: int) -> None:
        nonlocal under_way, most
        async with window.sending():
            under_way += 1
            most = max(most, under_way)
            order.append(number)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*map(send, range(50)))

    assert (most, order) == (3, list(range(50)))


async def test_few_look_for_what_is_due_at_a_time() -> None:
    """Looking takes no place from sending."""
    window, under_way, most = SendWindow(), 0, 0

    async def look() -> None:
        nonlocal under_way, most
        async with window.looking():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    async with window.sending(), window.sending(), window.sending():
        await asyncio.gather(*(look() for _ in range(20)))

    assert most == 4


async def test_one_that_is_not_answered_gives_its_place_free() -> None:
    """However many hang, the others are sent after a moment; and a place is given back once."""
    window, never, hanging = SendWindow(), asyncio.Event(), 0

    async def hang() -> None:
        nonlocal hanging
        async with window.sending():
            hanging += 1
            await never.wait()

    tasks = [asyncio.create_task(hang()) for _ in range(12)]
    await asyncio.sleep(0)  # all of them ask
    async with asyncio.timeout(60):
        async with window.sending():
            assert hanging == 12
        never.set()
        await asyncio.gather(*tasks)

    assert window._sending._value == 3


async def test_what_was_answered_keeps_its_place_until_it_is_recorded() -> None:
    """However long the record takes: nothing else is sent into a database that is behind."""
    window = SendWindow()
    async with window.sending() as one, window.sending() as two, window.sending() as three:
        one.answered()
        two.answered()
        three.answered()
        await asyncio.sleep(0.2)
        assert window._sending.locked()
    assert not window._sending.locked()


async def test_a_busy_process_does_not_blame_the_service() -> None:
    """Time in which the event loop did not turn does not count, up to a second."""
    window = SendWindow()
    async with window.sending(), window.sending(), window.sending():
        for _ in range(6):
            time.sleep(0.05)  # noqa: ASYNC251 - the loop is to be late
            await asyncio.sleep(0)
        assert window._sending.locked()
        for _ in range(40):
            time.sleep(0.05)  # noqa: ASYNC251 - the loop is to be late
            await asyncio.sleep(0)
        assert not window._sending.locked()
