"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.program import end_started
from support.warm import stop_warm_program


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """A test that fails leaves no program behind."""
    yield
    end_started()


def pytest_sessionfinish() -> None:
    """End what the tests of this process have started, so that its coverage is counted."""
    stop_warm_program()
