"""No alert is lost by a crash: the short form of `make crash-test`."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.crash import CrashReport, crash


@pytest.mark.timeout(600)
async def test_kills_lose_nothing(tmp_path: Path) -> None:
    """Killed at random instants while it polls, matches and sends, the program sends each alert, in order.

    A message may come twice, when the kill falls between its arrival and the record of it.
    """
    report = await crash(tmp_path, kills=8, channels=8, alerts=120, seed=5, on_kill=lambda _kills, _messages: None)

    assert report == CrashReport(kills=8, alerts=120, lost=0, repeats=report.repeats, misplaced=0)
    assert report.repeats <= report.kills
