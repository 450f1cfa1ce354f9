"""Commands of the program without its start: one process has loaded the program, and each command is a fork of it.

Loading takes longer than most commands do. A fork is a process of its own in all else: its arguments, environment,
files and exit status. It is for commands that end by themselves; what is signalled or killed is started as users do.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]
_LONGEST_REQUEST = 1 << 20
_LONGEST_COMMAND = 180  # seconds


class WarmProgram:
    """A process that has loaded the program and forks a process for each command."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="aggregator-tests-")
        self._address = str(Path(self._folder.name) / "commands")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._address)
        listener.listen()
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-m", "support.warm", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            cwd=_REPOSITORY,
            env=os.environ | {"PYTHONPATH": f"{_REPOSITORY}{os.pathsep}{_REPOSITORY / 'tests'}"},
        )
        listener.close()

    async def run(
        self, arguments: Sequence[str], environment: dict[str, str], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """Run a command to its end: its exit status, and what it wrote to stdout and to stderr."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            request = json.dumps([list(arguments), environment]).encode()
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self._address)
            socket.send_fds(connection, [request], [file.fileno() for file in (given, out, err)])
            connection.shutdown(socket.SHUT_WR)
            status = await _status_of(connection)
            out.seek(0)
            err.seek(0)
            return status, out.read(), err.read()

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


@functools.cache
def warm_program() -> WarmProgram:
    """Return the one of this process, which starts with the first command."""
    return WarmProgram()


def stop_warm_program() -> None:
    """End the one of this process, if a command was run."""
    if warm_program.cache_info().currsize:
        warm_program().stop()


async def _status_of(connection: socket.socket) -> int:
    """Wait until the fork has ended, which closes its end; it has said its process id and its status before."""
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    process_id = int(await reader.readline())
    try:
        async with asyncio.timeout(_LONGEST_COMMAND):
            status = await reader.read()
    except TimeoutError:
        os.kill(process_id, signal.SIGKILL)
        raise
    finally:
        writer.close()
        await writer.wait_closed()
    assert status, "the command was killed before it ended"
    return int(status)


def serve(listener: socket.socket) -> None:
    """Load the program, and fork for each command until stdin is closed."""
    import aggregator.cli.root  # noqa: F401, PLC0415 - what the forks are spared

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while sys.stdin not in [key.fileobj for key, _ in selector.select()]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                selector.close()
                listener.close()
                _become_command(connection)
            connection.close()


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """Receive a request to its end, and its three files."""
    request, files, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 3)
    while more := connection.recv(_LONGEST_REQUEST):
        request += more
    return request, files


def _become_command(connection: socket.socket) -> None:
    """Run one command and end: this is the fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, files = _received(connection)
    arguments, environment = json.loads(request)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["aggregator", *arguments]
    connection.sendall(b"%d\n" % os.getpid())
    status: str | int = 0
    try:
        runpy.run_module("aggregator", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter does with what nobody caught
        traceback.print_exc()
        status = 1
    connection.sendall(b"%d" % status if isinstance(status, int) else b"1")
    # Nothing closes the connection but the end of the process, after all was written.
    connection.detach()
    sys.exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
