"""The servers that the program meets from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.bot_api import BotApi
from support.feed_server import FeedServer


@pytest.fixture
async def feeds() -> AsyncIterator[FeedServer]:
    """A feed server."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def bot() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    async with BotApi() as server:
        yield server
