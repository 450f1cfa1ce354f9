"""1,000 and 10,000 feeds of 30 entries: the first poll, one with nothing new, one with 1 % new, and steady state.

All processes are counted, their start, imports and the reading of the configuration included. Uses the server of a
mixed corpus where there is one beside the repository (`FEEDSERVER=path` names another), and a small one of its own
otherwise. Sizes can be given: `benchmarks/poll.py 1000`.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
from serving import REPOSITORY, Feeds, feeds

SIZES = (1_000, 10_000)
STEADY_SECONDS = 40
_POLLING = "interval: 20s, min_interval: 1s, pacing: fixed, ignore_hints: true"


def main() -> None:
    """Print CPU ms a feed, feeds/s, memory, and for how long the event loop was blocked."""
    for size in [int(argument) for argument in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder, feeds(size) as served:
            config = Path(folder) / "aggregator.yaml"
            _configure(config, served, _POLLING)
            for label in ("first poll", "unchanged"):
                _measure(config, f"{label:11}", size)
            served.publish(0.01)
            _measure(config, "1 % new    ", size)
            _measure_daemon(config, served, size)


def _configure(config: Path, served: Feeds, polling: str, more: str = "") -> None:
    lines = "".join(f'  - {{id: f{n}, url: "{url}"}}\n' for n, url in enumerate(served.urls))
    config.write_text(
        f"database: sqlite:///{config.parent}/aggregator.db\npolling: {{per_host: 300, host_delay: 0s, {polling}}}\n"
        f"feeds:\n{lines}rules:\n  - {{id: r, query: security AND update}}\nchannels:\n  c: {{type: console}}\n{more}"
    )


@dataclass(slots=True)
class _Usage:
    """CPU seconds and memory of a process with all below it, as far as they were seen."""

    cpu: dict[int, float] = field(default_factory=dict)
    peak_rss: int = 0

    def sample(self, parent: psutil.Process) -> None:
        """Look once."""
        rss = 0
        with suppress(psutil.NoSuchProcess):
            for child in [parent, *parent.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    times = child.cpu_times()
                    self.cpu[child.pid] = times.user + times.system
                    rss += child.memory_info().rss
        self.peak_rss = max(self.peak_rss, rss)

    @property
    def cpu_seconds(self) -> float:
        """All of it."""
        return sum(self.cpu.values())


def _measure(config: Path, label: str, size: int) -> None:
    started = time.perf_counter()
    process = _start(config, "run", "--once", "--force", "--json")
    usage = _Usage()
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        usage.sample(parent)
        time.sleep(0.02)
    wall = time.perf_counter() - started
    report = json.loads(process.stdout.read() if process.stdout else b"")
    print(
        f"poll: {size:6,} feeds, {label}: {report['articles']['new']} new articles, "
        f"{report['feeds']['polled'] / wall:.0f} feeds/s, {usage.cpu_seconds / size * 1000:.2f} ms CPU a feed, "
        f"peak RSS of all processes {usage.peak_rss / 1e6:.0f} MB"
    )


def _measure_daemon(config: Path, served: Feeds, size: int) -> None:
    """Run the daemon while 1 % of the feeds publish, and look at its memory and at its event loop."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _configure(config, served, _POLLING, f'web: {{listen: "127.0.0.1:{port}"}}\n')
    process = _start(config, "run")
    usage, parent = _Usage(), psutil.Process(process.pid)
    try:
        metrics = _wait_for_metrics(port)
        before = _polls(metrics)
        served.publish(0.01)
        usage.sample(parent)
        cpu = usage.cpu_seconds
        for _ in range(STEADY_SECONDS * 2):
            usage.sample(parent)
            time.sleep(0.5)
        metrics = _read(port)
        polls = max(_polls(metrics) - before, 1)
        lag = float(re.findall(r"^aggregator_event_loop_lag_max_seconds (\S+)", metrics, re.MULTILINE)[0])
        print(
            f"poll: {size:6,} feeds, steady     : {polls / STEADY_SECONDS:.0f} polls/s, "
            f"{(usage.cpu_seconds - cpu) / polls * 1000:.2f} ms CPU a poll, "
            f"RSS of all processes {usage.peak_rss / 1e6:.0f} MB, event loop blocked for {lag * 1000:.0f} ms at most"
        )
    finally:
        process.terminate()
        process.wait()


def _start(config: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "aggregator", "--log-level", "error", "-c", str(config), *arguments)
    stdout = subprocess.PIPE if "--json" in arguments else subprocess.DEVNULL
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, cwd=REPOSITORY)


def _wait_for_metrics(port: int) -> str:
    for _ in range(600):
        with suppress(OSError):
            return _read(port)
        time.sleep(0.1)
    raise SystemExit("the daemon did not start")


def _read(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return bytes(answer.read()).decode()


def _polls(metrics: str) -> int:
    return sum(int(float(count)) for count in re.findall(r"^aggregator_polls_total\S* (\S+)", metrics, re.MULTILINE))


if __name__ == "__main__":
    main()
