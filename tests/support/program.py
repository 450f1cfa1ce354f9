"""The program as a user runs it: a process of its own with a configuration file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from support.stores import make_database
from support.warm import warm_program

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.stdout)


_STARTED: list[asyncio.subprocess.Process] = []


@dataclass(slots=True)
class Program:
    """Runs `aggregator` in a folder with its own configuration and database."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "aggregator.yaml"

    def configure(self, text: str) -> None:
        """Write the configuration; the database is in the folder."""
        make_database(self.folder / "aggregator.db")
        self.config.write_text(f"database: sqlite:///{self.folder}/aggregator.db\n{text}")

    async def run(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """Run a command to its end."""
        if "PYTHONPATH" in self.environment:  # packages that the warm one has not loaded
            process = await self.start(*arguments)
            stdout, stderr = await process.communicate(stdin)
            return Finished(process.returncode or 0, stdout.decode(), stderr.decode())
        status, stdout, stderr = await warm_program().run(self._arguments(arguments), self._environment, stdin)
        return Finished(status, stdout.decode(), stderr.decode())

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command; `end_started` ends it if its test does not."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aggregator", *self._arguments(arguments)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            cwd=REPOSITORY,
        )
        _STARTED.append(process)
        return process

    def _arguments(self, arguments: tuple[str, ...]) -> list[str]:
        return ["-c", str(self.config), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"NO_COLOR": "1", "COLUMNS": "100"} | self.environment


async def wait_for_line(stream: asyncio.StreamReader | None, words: str) -> str:
    """Read lines until one has `words`; return all that was read."""
    assert stream is not None
    text = ""
    async with asyncio.timeout(60):
        while words not in text:
            line = await stream.readline()
            assert line, f"the stream ended before {words!r}:\n{text}"
            text += line.decode()
    return text


def end_started() -> None:
    """Kill what a test has started and, failing, left."""
    while _STARTED:
        process = _STARTED.pop()
        if process.returncode is None:
            _kill_all(process.pid)


async def kill(process: asyncio.subprocess.Process) -> None:
    """SIGKILL a process and those that it started."""
    _kill_all(process.pid)
    await process.communicate()


def _kill_all(process_id: int) -> None:
    try:
        process = psutil.Process(process_id)
    except psutil.NoSuchProcess:
        return
    for each in (*process.children(recursive=True), process):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()


def read_terminal(terminal: int) -> str:
    """Read what is shown on a terminal until its program ends."""
    shown = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        shown += read
    os.close(terminal)
    return shown.decode()
