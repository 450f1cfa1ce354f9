"""Worker processes: limits that hold wherever the time goes, several documents at once, and none left behind."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psutil
import pytest
from support.builders import feed, fetched
from support.feed_server import rss
from support.hostile import HOSTILE, PAGES

from aggregator.feeds.crew import Crew, WorkerLimits, read_answer
from aggregator.feeds.workers import ParserPool
from aggregator.model.fetches import Fetched, Page, ParsedFeed, PollFailed, PollFailure
from aggregator.model.links import comparable_link

GOOD = fetched(rss([("Fine", "Text")]).encode())
LONG = fetched(rss([(f"Article {number}", "Text <b>text</b> " * 50) for number in range(100)]).encode())
ENDLESS = fetched(HOSTILE["1,000,000 empty items"].make())
LIMITS = WorkerLimits(cpu=timedelta(seconds=4), wall=timedelta(seconds=20), memory_bytes=512 * 1024 * 1024)


def pool_of(workers: int, **limits: object) -> ParserPool:
    """A pool that reads documents of up to 100 MB."""
    return ParserPool(max_body_bytes=100_000_000, workers=workers, **limits)  # type: ignore[arg-type] # the test names limits


def workers() -> list[psutil.Process]:
    """The worker processes that there are."""
    return [child for child in psutil.Process().children() if "aggregator.feeds.worker" in " ".join(child.cmdline())]


async def a_worker() -> psutil.Process:
    """Wait until there is one."""
    while not (found := workers()):
        await asyncio.sleep(0)
    return found[0]


@pytest.mark.parametrize("kind", ["1,000,000 empty items", "a thousand authors of 3,999 letters", "100,000 attributes"])
async def test_a_document_that_computes_too_long_is_stopped(kind: str) -> None:
    """The kernel ends the worker wherever the time goes, in Python or in C; the next document is read by another."""
    async with pool_of(1, cpu_limit=timedelta(seconds=0.5)) as pool:
        hostile = await pool.parse(feed(), fetched(HOSTILE[kind].make()))
        good = await pool.parse(feed(), GOOD)

    assert isinstance(hostile, PollFailed)
    assert hostile.reason is PollFailure.PARSER_TIMEOUT
    assert "took longer than 0.5 s of computing, so it was stopped" in hostile.detail
    assert isinstance(good, ParsedFeed)


async def test_a_page_that_computes_too_long_is_stopped() -> None:
    """A web page has the limits of a feed, inside the HTML parser's own code too."""
    page = fetched(PAGES["100,000 paragraphs in bold"]())
    async with pool_of(1, cpu_limit=timedelta(seconds=1)) as pool:
        stopped = await pool.extract(page)

    assert isinstance(stopped, PollFailed)
    assert stopped.reason is PollFailure.PARSER_TIMEOUT


async def test_a_document_may_take_only_so_long_in_all() -> None:
    """What is not done in time is stopped even if it has computed little."""
    async with pool_of(1, wall_limit=timedelta(seconds=0.5)) as pool:
        hostile = await pool.parse(feed(), ENDLESS)
        good = await pool.parse(feed(), GOOD)

    assert isinstance(hostile, PollFailed)
    assert hostile.reason is PollFailure.PARSER_TIMEOUT
    assert hostile.detail.startswith("https://news.example/ep.xml: reading it took longer than 0.5 s, so")
    assert isinstance(good, ParsedFeed)


async def test_each_document_has_the_whole_limit() -> None:
    """Documents that together take longer than one may are all read, by one worker."""
    limit = timedelta(seconds=1)
    async with pool_of(1, cpu_limit=limit) as pool:
        await pool.parse(feed(), GOOD)
        [first] = workers()
        while (used := sum(first.cpu_times()[:2])) < 1.5 * limit.total_seconds():
            assert isinstance(await pool.parse(feed(), LONG), ParsedFeed)
        [last] = workers()

    assert used > limit.total_seconds()
    assert last.pid == first.pid


@pytest.mark.parametrize(
    "body", [HOSTILE["3,000,000 JSON lists"].make(), b" " * 80_000_000], ids=["when it is read", "when it arrives"]
)
async def test_a_document_that_takes_too_much_memory_is_stopped(body: bytes) -> None:
    """The memory limit fails the document with its name, not the pool."""
    async with pool_of(1, memory_limit_bytes=100_000_000) as pool:
        hostile = await pool.parse(feed(), fetched(body))
        good = await pool.parse(feed(), GOOD)

    assert isinstance(hostile, PollFailed)
    assert hostile.reason is PollFailure.PARSER_MEMORY
    assert hostile.detail == "https://news.example/ep.xml: reading it took more than 100,000,000 bytes of memory"
    assert isinstance(good, ParsedFeed)


async def test_no_worker_can_take_more_than_its_memory() -> None:
    """The kernel gives a worker 512 MB of address space and no more, and writes none of it to the disk."""
    async with ParserPool(max_body_bytes=1000) as pool:
        await pool.parse(feed(), GOOD)
        [worker] = workers()
        space, core = worker.rlimit(psutil.RLIMIT_AS), worker.rlimit(psutil.RLIMIT_CORE)

    assert space == (512 * 1024 * 1024,) * 2
    assert core == (0, 0)


async def test_a_worker_that_has_grown_is_replaced() -> None:
    """A document that leaves its worker large leaves nothing behind; a small one leaves the worker."""
    grown: Callable[[], object] = partial(exec, "import sys; sys.kept = b'x' * 200_000_000")
    crew = Crew(1, LIMITS)
    try:
        await asyncio.wrap_future(crew.submit("a small one", partial(int, 1)))
        [small] = workers()
        await asyncio.wrap_future(crew.submit("another small one", partial(int, 1)))
        [same] = workers()
        await asyncio.wrap_future(crew.submit("a large one", grown))
        gone = workers()
    finally:
        await asyncio.to_thread(crew.close)

    assert same.pid == small.pid
    assert gone == []


async def test_a_hostile_document_holds_up_no_other() -> None:
    """While one worker has a document without end, another one reads what comes later."""
    async with pool_of(2, cpu_limit=timedelta(seconds=2)) as pool:
        hostile = asyncio.create_task(pool.parse(feed(), ENDLESS))
        await a_worker()
        good = asyncio.create_task(pool.parse(feed("good"), GOOD))
        done, _ = await asyncio.wait({hostile, good}, return_when=asyncio.FIRST_COMPLETED)
        stopped = await hostile

    assert done == {good}
    assert isinstance(good.result(), ParsedFeed)
    assert isinstance(stopped, PollFailed)


async def test_documents_are_read_at_once_and_workers_started_at_need() -> None:
    """One document after the other takes one process, two at once take two, and three no more than there may be."""
    async with pool_of(2) as pool:
        before = len(workers())
        await pool.parse(feed(), GOOD)
        await pool.parse(feed(), GOOD)
        alone = len(workers())
        results = await asyncio.gather(*(pool.parse(feed(), LONG) for _ in range(3)))
        together = len(workers())

    assert (before, alone, together) == (0, 1, 2)
    assert all(isinstance(result, ParsedFeed) for result in results)
    assert workers() == []


@pytest.mark.parametrize(("cores", "expected"), [(None, 2), (1, 2), (3, 3), (64, 4)])
def test_there_are_as_many_workers_as_cores_within_bounds(
    cores: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are at least two, so that a hostile document leaves one; no more than four."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    pool = ParserPool(max_body_bytes=1000)

    assert pool.size == expected


async def test_idle_workers_are_let_go() -> None:
    """Without documents there are no workers after a while; the next document gets a new one."""
    async with pool_of(1, idle_limit=timedelta(milliseconds=50)) as pool:
        await pool.parse(feed(), GOOD)
        let_go = workers()
        await asyncio.to_thread(psutil.wait_procs, let_go, timeout=60)
        none_left = not workers()
        again = await pool.parse(feed(), GOOD)

    assert none_left
    assert isinstance(again, ParsedFeed)


async def test_a_worker_that_somebody_killed_is_replaced() -> None:
    """A worker that the system ends while it is idle costs nothing but a new one."""
    async with pool_of(1) as pool:
        await pool.parse(feed(), GOOD)
        [worker] = workers()
        worker.kill()
        await asyncio.to_thread(worker.wait)
        good = await pool.parse(feed(), GOOD)

    assert isinstance(good, ParsedFeed)


async def test_a_worker_killed_at_work_fails_its_document() -> None:
    """A worker that the system ends over a document fails that one, and says how it ended."""
    async with pool_of(1) as pool:
        reading = asyncio.create_task(pool.parse(feed(), ENDLESS))
        worker = await a_worker()
        worker.send_signal(signal.SIGKILL)
        failed = await reading
        good = await pool.parse(feed(), GOOD)

    assert isinstance(failed, PollFailed)
    assert failed.reason is PollFailure.PARSER_CRASHED
    assert failed.detail.endswith("reading it ended the parser process (SIGKILL)")
    assert isinstance(good, ParsedFeed)


async def test_closing_ends_workers_at_work() -> None:
    """Nothing outlives the pool: what is read is stopped, what waits is given up, and closing twice is as once."""
    pool = pool_of(1)
    reading = asyncio.create_task(pool.parse(feed(), ENDLESS))
    await a_worker()
    waiting = asyncio.create_task(pool.parse(feed(), GOOD))
    await asyncio.sleep(0)
    await pool.close()
    await pool.close()
    results = await asyncio.gather(reading, waiting, return_exceptions=True)

    assert isinstance(results[0], PollFailed)
    assert isinstance(results[1], asyncio.CancelledError)
    assert workers() == []


async def test_an_error_of_a_library_is_that_feeds_failure() -> None:
    """Whatever is raised over a document comes back as a sentence."""
    broken: Fetched = fetched("not bytes")  # type: ignore[arg-type] # on purpose: the worker must fail
    async with pool_of(1) as pool:
        result = await pool.parse(feed(), broken)
        pages = await pool.candidates(broken)

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.PARSER_CRASHED
    assert "the parser failed on it (TypeError: " in result.detail
    assert pages == ()


async def test_without_a_process_to_read_it_a_document_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that starts no more processes fails the document, with the reason."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with pool_of(1) as pool:
        result = await pool.parse(feed(), GOOD)

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.PARSER_CRASHED
    assert "no parser process could read it (FileNotFoundError" in result.detail


async def test_a_worker_that_does_not_start_fails_its_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that ends at once is no reason to wait."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    async with pool_of(1) as pool:
        result = await pool.parse(feed(), LONG)

    assert isinstance(result, PollFailed)
    assert result.detail.endswith("reading it ended the parser process (exit code 1)")


async def test_a_worker_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment's secrets nor those of an address reach the process that reads documents."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "1000:secret")
    url = "https://ann:secret@news.example/feed?token=secret"
    async with pool_of(1) as pool:
        failed = await pool.parse(feed(url=url), fetched(b"no feed"))
        no_page = await pool.extract(replace(fetched(b"no page"), url=url))
        [worker] = workers()
        environment = worker.environ()

    assert isinstance(failed, PollFailed)
    assert failed.detail.startswith("https://news.example/feed?token=***: neither RSS")
    assert isinstance(no_page, PollFailed)
    assert no_page.detail.startswith("https://news.example/feed?token=***: ")
    assert "PATH" in environment
    assert "secret" not in " ".join(environment.values())


async def test_what_a_library_prints_disturbs_no_answer() -> None:
    """A worker's standard output belongs to its answers alone."""
    crew = Crew(1, LIMITS)
    try:
        printed = await asyncio.wrap_future(crew.submit("it", partial(os.write, 1, b"noise")))
        answer = await asyncio.wrap_future(crew.submit("it", partial(int, 5)))
    finally:
        await asyncio.to_thread(crew.close)

    assert (printed, answer) == (5, 5)


@pytest.mark.parametrize("smuggled", [os.system, eval, comparable_link, psutil.Process])
def test_an_answer_holds_nouns_only(smuggled: object) -> None:
    """A worker that a document has taken over cannot have this process call anything."""
    with pytest.raises(pickle.UnpicklingError, match="may not hold"):
        read_answer(pickle.dumps(smuggled))


async def test_pages_are_read_by_workers_too() -> None:
    """An article's page and a page with feeds come back read; a page that cannot be decompressed names no feeds."""
    text = b"<p>The families of the prisoners were called again, and were told to keep quiet about it.</p>" * 4
    page = (
        b"<html><link rel=alternate type=application/rss+xml href=/f><body><article>"
        + text
        + b"</article></body></html>"
    )
    async with pool_of(1) as pool:
        article = await pool.extract(fetched(page))
        named = await pool.candidates(fetched(page))
        damaged = await pool.candidates(fetched(b"\xff\xff", content_encoding="gzip"))

    assert isinstance(article, Page)
    assert article.text.startswith("The families of the prisoners")
    assert named[0].url == "https://news.example/f"
    assert damaged == ()
