"""1,000 feeds of 30 entries: the first poll, and the second when nothing has changed; the whole process counted.

Uses the server of a mixed corpus where there is one beside the repository (`FEEDSERVER=path` names another), and a
small one of its own otherwise.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import psutil

FEEDS = 1_000
ENTRIES = 30
REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_SERVER = REPOSITORY.parent / "shared" / "bench" / "feedserver.py"


def main() -> None:
    """Print feeds/s, CPU ms a feed and peak memory of the daemon process for both polls."""
    with tempfile.TemporaryDirectory() as folder, _feeds() as (urls, name):
        config = Path(folder) / "aggregator.yaml"
        lines = "".join(f'  - {{id: f{n}, url: "{url}"}}\n' for n, url in enumerate(urls))
        config.write_text(
            f"database: sqlite:///{folder}/aggregator.db\npolling: {{per_host: 300, host_delay: 0s}}\n"
            f"feeds:\n{lines}rules:\n  - {{id: r, query: security AND update}}\nchannels:\n  c: {{type: console}}\n"
        )
        for label in ("first poll", "unchanged"):
            _measure(config, f"{label:11} ({name})")


def _measure(config: Path, label: str) -> None:
    command = (sys.executable, "-m", "aggregator", "--log-level", "error", "-c", str(config))
    started = time.perf_counter()
    process = subprocess.Popen(
        (*command, "run", "--once", "--force", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=REPOSITORY,
    )
    cpu: dict[int, float] = {}
    peak = 0
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            for child in [parent, *parent.children(recursive=True)]:
                times = child.cpu_times()
                cpu[child.pid] = times.user + times.system
            peak = max(peak, parent.memory_info().rss)
        time.sleep(0.02)
    wall = time.perf_counter() - started
    output = process.stdout.read() if process.stdout else b""
    report = json.loads(output)
    total = sum(cpu.values())
    print(
        f"poll: {label}: {report['feeds']['polled']} feeds, {report['articles']['new']} new articles, "
        f"{report['feeds']['polled'] / wall:.0f} feeds/s, {total / FEEDS * 1000:.2f} ms CPU a feed (all processes), "
        f"peak RSS of the parent {peak / 1e6:.0f} MB"
    )


@contextmanager
def _feeds() -> Iterator[tuple[list[str], str]]:
    server = Path(os.environ.get("FEEDSERVER", SHARED_SERVER))
    if not server.is_file():
        with _own_server() as port:
            yield [f"http://127.0.0.1:{port}/{n}.xml" for n in range(FEEDS)], "small own feeds"
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        (sys.executable, str(server), "--feeds", str(FEEDS), "--port", str(port), "--hosts", "200"),
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        process.stdout.readline()
        yield urlopen(f"http://127.0.0.1:{port}/feeds.txt").read().decode().split(), "mixed corpus"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _own_server() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    """One feed an address, with an ETag."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer 304 to a validator, and the feed otherwise."""
        if self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        items = "".join(
            f"<item><title>Title {n}</title><guid>{self.path}{n}</guid>"
            f"<description>{'Some words. ' * 100}</description></item>"
            for n in range(ENTRIES)
        )
        body = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


if __name__ == "__main__":
    main()
