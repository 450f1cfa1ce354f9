"""The program as a user runs it: a process of its own with a configuration file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

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
        self.config.write_text(f"database: sqlite:///{self.folder}/aggregator.db\n{text}")

    async def run(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """Run a command to its end."""
        process = await self.start(*arguments)
        async with asyncio.timeout(60):
            stdout, stderr = await process.communicate(stdin)
        return Finished(process.returncode or 0, stdout.decode(), stderr.decode())

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aggregator", "-c", str(self.config), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100"} | self.environment,
            cwd=REPOSITORY,
        )


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


async def kill(process: asyncio.subprocess.Process) -> None:
    """SIGKILL a process and those that it started."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    for child in children:
        if child.is_running():
            child.kill()
    await process.communicate()


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
