"""The process that reads documents: one after the other, each within limits of CPU time, wall time and memory.

`ParserPool` starts it and talks to it over its standard input and output. The limits are the kernel's: they hold
wherever the time goes, in Python or in a library's own code, and whatever becomes of the process that asked.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

from aggregator.model.candidates import Candidate
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, PageResult, ParseResult, PollFailed, PollFailure

REQUEST = struct.Struct(">IQ")
"""What stands before a request: how many bytes the name of the document has, and how many the work."""

ANSWER = struct.Struct(">Q?")
"""What stands before an answer: how many bytes it has, and whether it is the last of this process."""

_MOST_DOCUMENTS = 2000
"""What a library leaks goes with its process."""

_MOST_RESIDENT_BYTES = 128 * 1024 * 1024
"""A process that is larger than this after a document is replaced: freed memory does not always go back."""


def parse(feed: Feed, fetched: Fetched, limit_bytes: int, outline: Outline | None) -> ParseResult:
    """Read a feed. The process that asks never loads what this needs, nor what the functions below need."""
    from aggregator.feeds.parse import parse_document  # noqa: PLC0415 - in the worker alone

    return parse_document(feed, fetched, limit_bytes, outline)


def extract(page: Fetched, limit_bytes: int) -> PageResult:
    """Find the article of a web page."""
    from aggregator.feeds.fulltext import extract_article  # noqa: PLC0415 - in the worker alone

    return extract_article(page, limit_bytes)


def candidates(page: Fetched, limit_bytes: int) -> tuple[Candidate, ...]:
    """Find the addresses on a web page that may be feeds."""
    from aggregator.feeds.pages import candidates_in  # noqa: PLC0415 - in the worker alone

    return candidates_in(page, limit_bytes)


def main() -> None:
    """Answer one request after the other until there are no more. Arguments: CPU and wall seconds, memory in bytes."""
    cpu_seconds, wall_seconds, memory_bytes = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    requests, answers = _channel()
    _prepare(memory_bytes)
    documents = 0
    while head := requests.read(REQUEST.size):
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, wall_seconds)
        answer = _answer(requests, *REQUEST.unpack(head), memory_bytes=memory_bytes)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        documents += 1
        is_last = documents >= _MOST_DOCUMENTS or _resident_bytes() > _MOST_RESIDENT_BYTES
        answers.write(ANSWER.pack(len(answer), is_last))
        answers.write(answer)
        answers.flush()
        if is_last:
            return


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for messages; what a library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers


def _prepare(memory_bytes: int) -> None:
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)  # that is, end the process
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()  # of what a library finds wrong with a document, the daemon's log has a sentence of ours
    from aggregator.feeds import pages, parse  # noqa: F401, PLC0415 - loaded before a document's time counts

    gc.freeze()


def _answer(requests: BinaryIO, name_bytes: int, work_bytes: int, *, memory_bytes: int) -> bytes:
    where = requests.read(name_bytes).decode()
    try:
        work = pickle.loads(requests.read(work_bytes))  # noqa: S301 - from the process that started this one
        return pickle.dumps(work())
    except MemoryError:
        detail = f"{where}: reading it took more than {memory_bytes:,} bytes of memory"
        reason = PollFailure.PARSER_MEMORY
    except Exception as error:  # noqa: BLE001 - whatever a library raises over a document is that feed's failure
        detail = f"{where}: the parser failed on it ({type(error).__name__}: {str(error)[:200]})"
        reason = PollFailure.PARSER_CRASHED
    return pickle.dumps(PollFailed(reason=reason, detail=detail))


def _resident_bytes() -> int:
    """What Linux says of this process; 0 where it cannot be known. Not getrusage(2): its peak is inherited."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
