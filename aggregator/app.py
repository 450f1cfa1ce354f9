"""The composition root: opens resources, wires them, stops them in reverse order. The only clock is here."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.workers import ParserPool
from aggregator.model.alerts import Channel
from aggregator.notifiers.registry import NotifierSet, check_channel, open_notifiers
from aggregator.operations.configure import Configuration, OptionProblem, configure
from aggregator.operations.deliver import DeliverTools
from aggregator.operations.poll import PollTools
from aggregator.operations.run_once import RoundReport, run_round
from aggregator.settings import Settings
from aggregator.storage.lock import acquire_instance_lock
from aggregator.storage.store import SqlStore, open_store


def utc_now() -> datetime:
    """Return the time: the one place where it is read."""
    return datetime.now(UTC)


def load_configuration(path: Path) -> Configuration:
    """Read and check the configuration at `path`, with the environment of this process.

    Raises:
        SettingsError: with every problem in it.
    """
    return configure(path, os.environ, _check_channel)


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[SqlStore]:
    """Open the database, brought up to date, and close it in the end."""
    store = await open_store(settings.database)
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What one configuration needs of the world. A reload opens another and closes this one when it is idle."""

    configuration: Configuration
    poll_tools: PollTools
    deliver_tools: DeliverTools
    resources: AsyncExitStack

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        await self.resources.aclose()


async def open_runtime(configuration: Configuration, base: BaseResources, *, console: TextIO) -> Runtime:
    """Open the fetcher and the notifiers that `configuration` asks for.

    Raises:
        SettingsError: when a notifier cannot be opened as configured.
    """
    polling = configuration.settings.polling
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(
            HttpFetcher(
                timeout=polling.timeout,
                max_body_bytes=polling.max_body_bytes,
                user_agent=polling.user_agent,
                concurrency=polling.concurrency,
                per_host=polling.per_host,
                host_delay=polling.host_delay,
                clock=utc_now,
            )
        )
        notifiers: NotifierSet = await open_notifiers(configuration.settings, console=console)
        stack.push_async_callback(notifiers.close)
        return Runtime(
            configuration=configuration,
            poll_tools=PollTools(
                fetcher=fetcher, parser=base.parser, store=base.store, clock=utc_now, roll=random.random
            ),
            deliver_tools=DeliverTools(
                store=base.store,
                notifiers=notifiers.by_channel,
                channels=configuration.channels,
                clock=utc_now,
                roll=random.random,
                stopping=base.stopping,
            ),
            resources=stack.pop_all(),
        )
    raise AssertionError  # pragma: no cover - the stack lets every exception through


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseResources:
    """What outlives a reload: the database, the parser's workers, and the word to stop."""

    store: SqlStore
    parser: ParserPool
    stopping: asyncio.Event


@asynccontextmanager
async def opened_base(settings: Settings) -> AsyncIterator[BaseResources]:
    """Take the database for this instance and open what outlives a reload.

    Raises:
        StoreInUse: when another instance runs on the database.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(acquire_instance_lock(settings.database))
        store = await stack.enter_async_context(opened_store(settings))
        parser = await stack.enter_async_context(ParserPool(max_body_bytes=settings.polling.max_body_bytes))
        yield BaseResources(store=store, parser=parser, stopping=asyncio.Event())


async def sync(configuration: Configuration, store: SqlStore) -> None:
    """Make the database follow the configuration: its feeds, and what is due to channels that are no more."""
    now = utc_now()
    await store.sync_feeds(configuration.settings.feeds, now)
    await store.bury_orphans(
        configuration.channels.keys(), "this channel is no longer configured; add it again, then retry", now
    )


async def run_once(
    configuration: Configuration, *, force: bool, console: TextIO, on_poll: Callable[[int], None]
) -> RoundReport:
    """Poll, match and deliver once, and close everything again."""
    async with opened_base(configuration.settings) as base:
        await sync(configuration, base.store)
        runtime = await open_runtime(configuration, base, console=console)
        try:
            return await run_round(
                configuration, runtime.poll_tools, runtime.deliver_tools, force=force, on_poll=on_poll
            )
        finally:
            await runtime.close()


def _check_channel(channel: Channel, settings: Settings) -> Sequence[OptionProblem]:
    return check_channel(channel, settings)
