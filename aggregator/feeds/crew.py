"""Worker processes and the threads that wait for them: started when there is work, ended when there is none."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import IO, cast

from aggregator.feeds.worker import ANSWER, REQUEST

_PROGRAM = "from aggregator.feeds.worker import main; main()"
_ENVIRONMENT = ("PATH", "PYTHON", "COVERAGE", "LANG", "LC_", "LD_LIBRARY_PATH", "TZ", "TMPDIR")
_OUR_NOUNS = "aggregator.model."
_SECONDS_TO_END = 5.0
_MOMENTS = ("datetime", "timedelta", "timezone")


class WorkerDied(Exception):
    """A worker ended without an answer. `exit_code` is negative for the signal that ended it."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one document may cost: time of computing, time in all, and its worker's address space."""

    cpu: timedelta
    wall: timedelta
    memory_bytes: int


class Crew:
    """At most so many workers, each with one document at a time; further documents wait their turn."""

    def __init__(self, size: int, limits: WorkerLimits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix="parser")
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._is_closed = False

    def __len__(self) -> int:
        """How many workers there are."""
        return len(self._workers)

    def submit(self, where: str, work: Callable[[], object]) -> Future[object]:
        """Have `work` done, which reads the document from `where`.

        The future raises `WorkerDied`, or `OSError` when no worker can be started.
        """
        return self._threads.submit(self._ask, where.encode("utf-8", "replace"), pickle.dumps(work))

    def let_go(self, idle_for: timedelta) -> None:
        """Have the workers ended that have had nothing to do for so long."""
        self._threads.submit(self._end_idle, time.monotonic() - idle_for.total_seconds())

    def close(self) -> None:
        """End all workers at once; what they were doing, and what waited for them, is given up."""
        with self._lock:
            self._is_closed = True
            workers = list(self._workers)
            busy = [worker for worker in workers if worker not in self._idle]
        for worker in busy:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in workers:
            self._end(worker)

    def _ask(self, where: bytes, work: bytes) -> object:
        worker = self._take()
        try:
            answer, is_last = worker.ask(where, work)
        except BaseException:
            worker.kill()
            self._end(worker)
            raise
        if is_last:
            self._end(worker)
        else:
            worker.idle_since = time.monotonic()
            with self._lock:
                self._idle.append(worker)
        return read_answer(answer)

    def _take(self) -> _Worker:
        """Return the worker that was idle for the shortest time, so that the others can be let go; or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    return self._start()
                worker = self._idle.pop()
            if worker.is_alive:
                return worker
            self._end(worker)  # somebody else has ended it: the system short of memory, a person

    def _start(self) -> _Worker:
        if self._is_closed:
            raise WorkerDied(0)
        worker = _Worker(self._limits)
        self._workers.add(worker)
        return worker

    def _end_idle(self, since: float) -> None:
        with self._lock:
            ending = [worker for worker in self._idle if worker.idle_since <= since]
            self._idle = [worker for worker in self._idle if worker.idle_since > since]
        for worker in ending:
            self._end(worker)

    def _end(self, worker: _Worker) -> None:
        worker.end()
        with self._lock:
            self._workers.discard(worker)


class _Worker:
    """One process, as this one sees it."""

    def __init__(self, limits: WorkerLimits) -> None:
        self.idle_since = 0.0
        arguments = (limits.cpu.total_seconds(), limits.wall.total_seconds(), limits.memory_bytes)
        self._process = subprocess.Popen(  # noqa: S603 - this very Python
            (sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM, *map(str, arguments)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            process_group=0,  # Ctrl-C is for the process that owns it
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, where: bytes, work: bytes) -> tuple[bytes, bool]:
        """Return the answer, and whether it is the last.

        Raises:
            WorkerDied: when there is none.
        """
        with suppress(BrokenPipeError):  # it has given up in the middle of the request, and may have said why
            self._stdin.write(REQUEST.pack(len(where), len(work)) + where)
            self._stdin.write(work)
            self._stdin.flush()
        head = self._stdout.read(ANSWER.size)
        if len(head) == ANSWER.size:
            size_bytes, is_last = ANSWER.unpack(head)
            answer = self._stdout.read(size_bytes)
            if len(answer) == size_bytes:
                return answer, is_last
        raise WorkerDied(self._process.wait())

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()

    def end(self) -> None:
        """Let the process end, and wait until it has."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        self._stdout.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _environment() -> dict[str, str]:
    """What a worker needs to be started as this process was, and no secrets."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class _Answers(pickle.Unpickler):
    """Reads answers: nouns of ours, and nothing else that a document could have had its worker say."""

    def find_class(self, module: str, name: str) -> type:
        if module.startswith(_OUR_NOUNS) or (module == "datetime" and name in _MOMENTS):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"an answer may not hold {module}.{name}")


def read_answer(answer: bytes) -> object:
    """Return what a worker answered.

    Raises:
        UnpicklingError: when it holds anything but nouns.
    """
    return _Answers(BytesIO(answer)).load()
