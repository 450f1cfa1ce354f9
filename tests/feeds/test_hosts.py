"""Turns at hosts, in a loop whose time is virtual: waiting is exact, and takes none."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from support.builders import HOUR, NOW

from aggregator.feeds.hosts import HostGate, Rests
from aggregator.feeds.politeness import HostPolicy


class JumpingSelector(selectors.DefaultSelector):
    """Lets the time pass at once in which nothing else would happen."""

    passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout:
            self.passed_seconds += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and stands still while anything is to do."""

    def __init__(self) -> None:
        self.selector = JumpingSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.passed_seconds


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario to its end."""

    async def run() -> None:
        await scenario()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def policy(group: str = "a.example", *, concurrency: int = 1, delay_seconds: float = 0.0) -> HostPolicy:
    """How a group of hosts is treated."""
    return HostPolicy(group=group, concurrency=concurrency, delay=timedelta(seconds=delay_seconds), hold_key=group)


class Visits:
    """Requests that take their turns, and when each started and how many there were at once."""

    def __init__(self) -> None:
        self.gate = HostGate()
        self.started: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    async def visit(self, to: HostPolicy, *, seconds: float = 1.0) -> None:
        """Make a request that takes so long."""
        async with self.gate.turn(to):
            self.started.append(round(asyncio.get_running_loop().time(), 3))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(seconds)
            self.at_once -= 1


@pytest.mark.parametrize(
    ("concurrency", "delay_seconds", "seconds", "started"),
    [
        (1, 0, 1, [0, 1, 2, 3]),
        (2, 0, 1, [0, 0, 1, 1]),
        (9, 0, 1, [0, 0, 0, 0]),
        (1, 5, 1, [0, 5, 10, 15]),
        (1, 5, 7, [0, 7, 14, 21]),
        (9, 5, 7, [0, 5, 10, 15]),
        (2, 1, 7, [0, 1, 7, 8]),
    ],
)
def test_requests_to_a_host_start_as_its_policy_says(
    concurrency: int, delay_seconds: float, seconds: float, started: list[float]
) -> None:
    """No more at once than `concurrency`, and no two starts nearer than `delay`."""
    visits, to = Visits(), policy(concurrency=concurrency, delay_seconds=delay_seconds)

    async def scenario() -> None:
        await asyncio.gather(*(visits.visit(to, seconds=seconds) for _ in range(4)))

    in_virtual_time(scenario)

    assert visits.started == started
    assert visits.most_at_once <= concurrency


def test_hosts_do_not_wait_for_each_other() -> None:
    """Turns are by group: two groups start together."""
    visits = Visits()

    async def scenario() -> None:
        await asyncio.gather(*(visits.visit(policy(name, delay_seconds=60)) for name in ("a.example", "b.example")))

    in_virtual_time(scenario)

    assert visits.started == [0, 0]


def test_the_delay_lasts_over_an_idle_time() -> None:
    """A request that comes alone, soon after the last, waits as well: and the group is forgotten after that."""
    visits, to, sizes = Visits(), policy(delay_seconds=10), []

    async def scenario() -> None:
        await visits.visit(to)
        sizes.append(len(visits.gate))
        await visits.visit(to)
        await asyncio.sleep(8.9)
        sizes.append(len(visits.gate))
        await asyncio.sleep(0.2)
        sizes.append(len(visits.gate))

    in_virtual_time(scenario)

    assert visits.started == [0, 10]
    assert sizes == [1, 1, 0]


def test_a_host_that_is_asked_again_is_not_forgotten_meanwhile() -> None:
    """What an earlier request left to be forgotten stays while a later one uses it, and is forgotten after that one."""
    visits, to, sizes = Visits(), policy(delay_seconds=10), []

    async def scenario() -> None:
        await visits.visit(to)
        async with asyncio.TaskGroup() as group:
            group.create_task(visits.visit(to, seconds=100))
            await asyncio.sleep(50)
            sizes.append(len(visits.gate))
        sizes.append(len(visits.gate))

    in_virtual_time(scenario)

    assert sizes == [1, 0]


def test_without_a_delay_nothing_is_kept() -> None:
    """The table of hosts does not grow with the web."""
    visits, during = Visits(), []

    async def scenario() -> None:
        async with visits.gate.turn(policy("a.example")), visits.gate.turn(policy("b.example")):
            during.append(len(visits.gate))

    in_virtual_time(scenario)

    assert during == [2]
    assert len(visits.gate) == 0


def test_one_who_gives_up_waiting_harms_nobody() -> None:
    """A request that is cancelled in the queue, or in its delay, leaves its turn to the next."""
    visits, to = Visits(), policy(delay_seconds=5)

    async def scenario() -> None:
        tasks = [asyncio.create_task(visits.visit(to)) for _ in range(4)]
        await asyncio.sleep(2)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(5)

    in_virtual_time(scenario)

    assert visits.started == [0, 5]
    assert len(visits.gate) == 0


def test_a_request_that_fails_gives_its_turn_back() -> None:
    """An exception in a turn ends that turn alone."""
    visits, to = Visits(), policy()

    async def scenario() -> None:
        with pytest.raises(OSError, match="broken"):
            async with visits.gate.turn(to):
                raise OSError("broken")
        await visits.visit(to)

    in_virtual_time(scenario)

    assert visits.started == [0]


def test_a_rest_is_known_by_its_names_and_forgotten_after_it() -> None:
    """A host's own rest and its domain's: the later one counts; noting another forgets those that are over."""
    rests = Rests()

    rests.note("a.example", HOUR, NOW)
    rests.note("*.example", 2 * HOUR, NOW)
    both = rests.end_of(("a.example", "*.example"))
    rests.note("b.example", HOUR, NOW + HOUR)

    assert both == rests.end_of(("*.example",)) == NOW + 2 * HOUR
    assert rests.end_of(("a.example",)) is None
    assert rests.end_of(("b.example", "c.example")) == NOW + 2 * HOUR
