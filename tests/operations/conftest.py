"""What many tests of polling start with; tests that run on the loop of their module use them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from support.desk import Desk, following
from support.polled import MAX_BODY_BYTES

from aggregator.feeds.workers import ParserPool


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="parser")
async def open_parser() -> AsyncIterator[ParserPool]:
    """One pool of parser processes for all."""
    async with ParserPool(max_body_bytes=MAX_BODY_BYTES) as parser:
        yield parser


@pytest_asyncio.fixture(loop_scope="module", name="desk")
async def open_desk(parser: ParserPool, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk after its baseline."""
    async with following(tmp_path, parser) as desk:
        yield desk
