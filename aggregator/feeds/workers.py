"""Parsing in processes of its own: off the event loop, with limits of CPU time, wall time and memory, killable."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import ParamSpec, Self, TypeVar, cast

from pebble import ProcessExpired, ProcessPool

from aggregator.feeds.failures import without_credentials
from aggregator.model.access import OPEN_ACCESS
from aggregator.model.candidates import Candidate
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, PageResult, ParseResult, PollFailed, PollFailure

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
CPU_LIMIT = timedelta(seconds=4)
"""A document as large as `polling.max_body` takes 2 to 3 s where it is written for readers."""

WALL_LIMIT = timedelta(seconds=20)
"""For what hangs without computing. A document that waits for a busy machine is not hostile: it is given the time."""

MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
_TASKS_PER_WORKER = 2000
"""A worker is replaced after so many documents: what a library leaks goes with it."""


class ParserPool:
    """Fulfils `ports.Parser` with worker processes, started at the first document.

    Workers start from a fork server, not by forking this process: its event loop and threads are not theirs.
    """

    def __init__(
        self,
        *,
        max_body_bytes: int,
        workers: int = WORKERS,
        cpu_limit: timedelta = CPU_LIMIT,
        wall_limit: timedelta = WALL_LIMIT,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._workers = workers
        self._cpu_limit_seconds = cpu_limit.total_seconds()
        self._wall_limit_seconds = wall_limit.total_seconds()
        self._memory_limit_bytes = memory_limit_bytes
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def parse(self, feed: Feed, fetched: Fetched, outline: Outline | None = None) -> ParseResult:
        """See `ports.Parser.parse`."""
        # What a document's articles follow from; the secrets of its access stay in this process.
        known = replace(feed, access=OPEN_ACCESS)
        return await self._run(without_credentials(feed.url), _parse, known, fetched, self._max_body_bytes, outline)

    async def extract(self, page: Fetched) -> PageResult:
        """See `ports.Parser.extract`."""
        return await self._run(without_credentials(page.url), _extract, page, self._max_body_bytes)

    async def candidates(self, page: Fetched) -> tuple[Candidate, ...]:
        """See `ports.Parser.candidates`."""
        found = await self._run(without_credentials(page.url), _candidates, page, self._max_body_bytes)
        return () if isinstance(found, PollFailed) else found

    async def _run(self, where: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | PollFailed:
        call = partial(work, *args, **kwargs)
        future = self._open().schedule(_within, args=(self._cpu_limit_seconds, call), timeout=self._wall_limit_seconds)
        try:
            return cast("T", await asyncio.wrap_future(future))
        except TimeoutError:
            return _too_slow(where, f"{self._wall_limit_seconds:g} s")
        except MemoryError:
            detail = f"{where}: reading it took more than {self._memory_limit_bytes:,} bytes of memory"
            return PollFailed(reason=PollFailure.PARSER_MEMORY, detail=detail)
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGPROF:
                return _too_slow(where, f"{self._cpu_limit_seconds:g} s of computing")
            detail = f"{where}: reading it ended the parser process (exit code {error.exitcode})"
            return PollFailed(reason=PollFailure.PARSER_CRASHED, detail=detail)
        except Exception as error:  # noqa: BLE001 - whatever a library raises over a document is that feed's failure
            detail = f"{where}: the parser failed on it ({type(error).__name__}: {str(error)[:200]})"
            return PollFailed(reason=PollFailure.PARSER_CRASHED, detail=detail)

    async def close(self) -> None:
        """End the workers at once. Idempotent."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call] # pebble annotates only part of its interface
            await asyncio.to_thread(pool.join)

    def _open(self) -> ProcessPool:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["aggregator.feeds.parse"])
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=_TASKS_PER_WORKER,
                initializer=_prepare_worker,
                initargs=(self._memory_limit_bytes,),
                context=context,
            )
        return self._pool


def _too_slow(where: str, limit: str) -> PollFailed:
    detail = f"{where}: reading it took longer than {limit}, so it was stopped; it will be tried again"
    return PollFailed(reason=PollFailure.PARSER_TIMEOUT, detail=detail)


def _within(cpu_seconds: float, call: Callable[[], T]) -> T:
    """Call, and be ended by the kernel after so much CPU time, wherever the time goes (setitimer(2), ITIMER_PROF)."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _prepare_worker(memory_limit_bytes: int) -> None:
    """Limit this worker's memory, and leave Ctrl-C to the process that owns it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    gc.freeze()


# Imported inside, in the worker: the daemon itself never loads feedparser, trafilatura and their like.


def _parse(feed: Feed, fetched: Fetched, limit_bytes: int, outline: Outline | None) -> ParseResult:
    from aggregator.feeds.parse import parse_document  # noqa: PLC0415

    return parse_document(feed, fetched, limit_bytes, outline)


def _extract(page: Fetched, limit_bytes: int) -> PageResult:
    from aggregator.feeds.fulltext import extract_article  # noqa: PLC0415

    return extract_article(page, limit_bytes)


def _candidates(page: Fetched, limit_bytes: int) -> tuple[Candidate, ...]:
    from aggregator.feeds.pages import candidates_in  # noqa: PLC0415

    return candidates_in(page, limit_bytes)
