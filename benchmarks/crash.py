"""Kill the program again and again while alerts flow: how many are lost, repeated, out of order.

PYTHONPATH=tests python benchmarks/crash.py [--kills N] [--channels N] [--alerts N] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from support.crash import crash


def main() -> int:
    """Print the counts; the exit status is 1 when a promise was broken."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--channels", type=int, default=50)
    options.add_argument("--alerts", type=int, default=2000)
    options.add_argument("--seed", type=int, default=random.randrange(10_000))  # noqa: S311 - no secret
    chosen = options.parse_args()

    def show(kills: int, messages: int) -> None:
        if kills % 20 == 0:
            print(f"crash: {kills} kills, {messages} messages so far", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(
            crash(
                Path(folder),
                kills=chosen.kills,
                channels=chosen.channels,
                alerts=chosen.alerts,
                seed=chosen.seed,
                on_kill=show,
            )
        )
    print(
        f"crash: {report.kills} kills, {report.alerts} alerts to {chosen.channels} channels (seed {chosen.seed}): "
        f"{report.lost} lost, {report.repeats} repeated, {report.misplaced} out of order"
    )
    return 1 if report.lost or report.misplaced or report.repeats > report.kills else 0


if __name__ == "__main__":
    sys.exit(main())
