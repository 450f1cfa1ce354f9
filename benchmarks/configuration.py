"""How long a configuration of many feeds takes to load."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from aggregator.settings import load_settings

SIZES = (1_000, 10_000)


def main() -> None:
    """Print CPU seconds for each size."""
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.yaml"
            lines = (f'  - {{id: f{n}, url: "https://host{n}.example/feed.xml", tags: [a, b]}}\n' for n in range(size))
            path.write_text("feeds:\n" + "".join(lines))
            started = time.process_time()
            load_settings(path, {})
            print(f"configuration: {size:6,} feeds loaded in {time.process_time() - started:.2f} s CPU")


if __name__ == "__main__":
    main()
