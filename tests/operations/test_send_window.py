"""Few messages are on their way at a time, and a slow service holds up no other."""

from __future__ import annotations

import asyncio

from aggregator.operations.send_window import SendWindow


async def test_few_are_on_their_way_at_a_time() -> None:
    """The others follow in the order of asking, as soon as one is recorded."""
    window, under_way, most = SendWindow(), 0, 0
    order: list[int] = []

    async def send(number: int) -> None:
        nonlocal under_way, most
        async with window.place():
            under_way += 1
            most = max(most, under_way)
            order.append(number)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*map(send, range(50)))

    assert (most, order) == (4, list(range(50)))


async def test_one_that_is_not_answered_gives_its_place_free() -> None:
    """However many hang, the others are sent after a moment; and a place is given back once."""
    window, never, hanging = SendWindow(), asyncio.Event(), 0

    async def hang() -> None:
        nonlocal hanging
        async with window.place():
            hanging += 1
            await never.wait()

    tasks = [asyncio.create_task(hang()) for _ in range(12)]
    await asyncio.sleep(0)  # all of them ask
    async with asyncio.timeout(60):
        async with window.place():
            assert hanging == 12
        never.set()
        await asyncio.gather(*tasks)

    assert window._places._value == 4
