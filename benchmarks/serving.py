"""The feed server that the benchmarks of polling ask: the corpus beside the repository, or a small one of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_SERVER = REPOSITORY.parent / "shared" / "bench" / "feedserver.py"
ENTRIES = 30


@dataclass(frozen=True, slots=True)
class Feeds:
    """Feeds that are served: where they are, what they are, and the way to publish in some of them."""

    urls: list[str]
    name: str
    base: str
    is_shared: bool

    def publish(self, share: float) -> None:
        """Publish one new entry in this share of the feeds."""
        path = f"/publish-share?share={share}&seed=1"
        urlopen(Request(self.base + path, method="POST", data=b"")).read()  # noqa: S310 - our own server


@contextmanager
def feeds(count: int) -> Iterator[Feeds]:
    """Serve this many feeds."""
    server = Path(os.environ.get("FEEDSERVER", SHARED_SERVER))
    if not server.is_file():
        with _own_server(count) as served:
            yield served
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        (sys.executable, str(server), "--feeds", str(count), "--port", str(port), "--hosts", "200"),
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        process.stdout.readline()
        base = f"http://127.0.0.1:{port}"
        urls = urlopen(f"{base}/feeds.txt").read().decode().split()  # noqa: S310 - our own server
        yield Feeds(urls, "mixed corpus", base, is_shared=True)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _own_server(count: int) -> Iterator[Feeds]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.count = count
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield Feeds([f"{base}/{n}.xml" for n in range(count)], "small own feeds", base, is_shared=False)
    finally:
        server.shutdown()


@dataclass
class _Published:
    """How many entries each feed has beyond its first ones."""

    extra: dict[str, int] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    count = 0
    published = _Published()


class _Handler(BaseHTTPRequestHandler):
    """One feed an address, with an ETag."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer 304 to a validator, and the feed otherwise."""
        extra = self.server.published.extra.get(self.path, 0)
        if self.headers.get("If-None-Match") == f'"{extra}"':
            self.send_response(304)
            self.end_headers()
            return
        items = "".join(
            f"<item><title>Title {n}</title><guid>{self.path}{n}</guid>"
            f"<description>{'Some words. ' * 100}</description></item>"
            for n in reversed(range(extra, ENTRIES + extra))
        )
        body = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()
        self.send_response(200)
        self.send_header("ETag", f'"{extra}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Publish an entry in every hundredth feed."""
        for number in range(0, self.server.count, 100):
            path = f"/{number}.xml"
            self.server.published.extra[path] = self.server.published.extra.get(path, 0) + 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""
