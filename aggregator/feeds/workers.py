"""Parsing in processes of its own: off the event loop, several documents at once, each within its limits."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import ParamSpec, Self, TypeVar, cast

from aggregator.feeds import worker
from aggregator.feeds.crew import Crew, WorkerDied, WorkerLimits
from aggregator.feeds.failures import without_credentials
from aggregator.model.access import OPEN_ACCESS
from aggregator.model.candidates import Candidate
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, PageResult, ParseResult, PollFailed, PollFailure

P = ParamSpec("P")
T = TypeVar("T")

CPU_LIMIT = timedelta(seconds=4)
"""A document as large as `polling.max_body` takes 2 to 3 s where it is written for readers."""

WALL_LIMIT = timedelta(seconds=20)
"""For what hangs without computing. A document that waits for a busy machine is not hostile: it is given the time."""

MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
IDLE_LIMIT = timedelta(seconds=60)
"""An idle worker takes 30 to 60 MB; a new one starts in 0.1 s."""

_FEWEST_WORKERS, _MOST_WORKERS = 2, 4
"""Two even on one core: a hostile document may keep one busy."""


class ParserPool:
    """Fulfils `ports.Parser` with worker processes: started when there is a document, let go when there is none."""

    def __init__(  # noqa: PLR0913 - all keyword-only settings of one thing
        self,
        *,
        max_body_bytes: int,
        workers: int | None = None,
        cpu_limit: timedelta = CPU_LIMIT,
        wall_limit: timedelta = WALL_LIMIT,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        idle_limit: timedelta = IDLE_LIMIT,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self.size = workers or min(max(os.cpu_count() or 1, _FEWEST_WORKERS), _MOST_WORKERS)
        self._limits = WorkerLimits(cpu=cpu_limit, wall=wall_limit, memory_bytes=memory_limit_bytes)
        self._idle_limit = idle_limit
        self._crew: Crew | None = None
        self._letting_go: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def parse(self, feed: Feed, fetched: Fetched, outline: Outline | None = None) -> ParseResult:
        """See `ports.Parser.parse`."""
        where = without_credentials(feed.url)
        # What a document's articles follow from; the secrets of its feed stay in this process.
        known = replace(feed, url=where, access=OPEN_ACCESS)
        return await self._run(where, worker.parse, known, fetched, self._max_body_bytes, outline)

    async def extract(self, page: Fetched) -> PageResult:
        """See `ports.Parser.extract`."""
        where = without_credentials(page.url)
        return await self._run(where, worker.extract, replace(page, url=where), self._max_body_bytes)

    async def candidates(self, page: Fetched) -> tuple[Candidate, ...]:
        """See `ports.Parser.candidates`."""
        found = await self._run(without_credentials(page.url), worker.candidates, page, self._max_body_bytes)
        return () if isinstance(found, PollFailed) else found

    async def close(self) -> None:
        """End the workers at once, whatever they are doing. Idempotent."""
        if self._letting_go is not None:
            self._letting_go.cancel()
            self._letting_go = None
        crew, self._crew = self._crew, None
        if crew is not None:
            await asyncio.to_thread(crew.close)

    async def _run(self, where: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | PollFailed:
        if self._crew is None:
            self._crew = Crew(self.size, self._limits)
        try:
            answer = await asyncio.wrap_future(self._crew.submit(where, partial(work, *args, **kwargs)))
        except WorkerDied as death:
            return self._failure(where, death.exit_code)
        except Exception as error:  # noqa: BLE001 - no process, no memory for it: it is this document that fails
            return _crashed(f"{where}: no parser process could read it ({type(error).__name__}: {str(error)[:200]})")
        finally:
            if self._letting_go is None:
                self._let_go_later()
        return cast("T | PollFailed", answer)

    def _failure(self, where: str, exit_code: int) -> PollFailed:
        if exit_code == -signal.SIGPROF:
            return _too_slow(where, f"{self._limits.cpu.total_seconds():g} s of computing")
        if exit_code == -signal.SIGALRM:
            return _too_slow(where, f"{self._limits.wall.total_seconds():g} s")
        return _crashed(f"{where}: reading it ended the parser process ({_name_of(exit_code)})")

    def _let_go_later(self) -> None:
        later = asyncio.get_running_loop().call_later
        self._letting_go = later(self._idle_limit.total_seconds(), self._let_go)

    def _let_go(self) -> None:
        self._letting_go = None
        if self._crew:
            self._crew.let_go(self._idle_limit)
            self._let_go_later()


def _too_slow(where: str, limit: str) -> PollFailed:
    detail = f"{where}: reading it took longer than {limit}, so it was stopped"
    return PollFailed(reason=PollFailure.PARSER_TIMEOUT, detail=detail)


def _crashed(detail: str) -> PollFailed:
    return PollFailed(reason=PollFailure.PARSER_CRASHED, detail=detail)


def _name_of(exit_code: int) -> str:
    return signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
