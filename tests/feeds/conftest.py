"""What many tests of fetching start with; those that need another server or fetcher make their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from support.connect_watch import watched_connections
from support.fetching import loopback_fetcher
from support.recording_server import RecordingServer

from aggregator.feeds.fetch import HttpFetcher


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    """A server on loopback that remembers how it was asked."""
    async with RecordingServer() as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher for loopback."""
    async with loopback_fetcher() as fetcher:
        yield fetcher


@pytest.fixture
def connected() -> Iterator[list[tuple[str, int]]]:
    """What was connected to, or would have been."""
    with watched_connections() as seen:
        yield seen
