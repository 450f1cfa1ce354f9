"""The composition root: opens resources, wires them, stops them in reverse order. The only clock is here."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import structlog

from aggregator.errors import SettingsError, StoreError
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.workers import ParserPool
from aggregator.jobs.embedded import EmbeddedJobs
from aggregator.jobs.poller import Poller
from aggregator.model.alerts import Channel
from aggregator.model.feeds import FeedState
from aggregator.model.ids import ChannelId
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import check_channel, open_notifiers, options_models
from aggregator.operations.configure import Configuration, OptionProblem, configure
from aggregator.operations.deliver import DeliverTools, drain_channel
from aggregator.operations.poll import PollTools, poll_feed
from aggregator.operations.run_once import RoundReport, run_round
from aggregator.ports import Parser, Store
from aggregator.scheduling import Scheduler
from aggregator.settings import Settings
from aggregator.settings.schema import Schema, settings_schema
from aggregator.settings.watch import changes
from aggregator.storage.lock import acquire_instance_lock
from aggregator.storage.store import open_store

_TICK = timedelta(seconds=1)
_PRUNE_EVERY = timedelta(days=1)
_GRACE_SECONDS = 7.0
_log = structlog.get_logger(__name__)

ORPHAN_REASON = "its channel is no longer configured; configure it again, then retry"


def utc_now() -> datetime:
    """Return the time: the one place where it is read."""
    return datetime.now(UTC)


def load_configuration(path: Path) -> Configuration:
    """Read and check the configuration at `path`, with the environment of this process.

    Raises:
        SettingsError: with every problem in it.
    """
    return configure(path, os.environ, _channel_problems)


def configuration_schema() -> Schema:
    """Return the JSON Schema of the configuration, with the options of every notifier that is installed."""
    return settings_schema(options_models())


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the database, brought up to date, and close it in the end.

    Raises:
        StoreError: when it cannot be opened.
    """
    store = await open_store(settings.database)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def opened_parser(max_body_bytes: int) -> AsyncIterator[Parser]:
    """Make the parser's workers available, and end them."""
    async with ParserPool(max_body_bytes=max_body_bytes) as parser:
        yield parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What outlives a reload: the database, the parser's workers, and the word to stop."""

    store: Store
    parser: Parser
    stopping: asyncio.Event
    console: TextIO


@asynccontextmanager
async def opened_base(settings: Settings, console: TextIO) -> AsyncIterator[Base]:
    """Take the database for this instance and open what outlives a reload.

    Raises:
        StoreInUse: when another instance runs on the database.
        StoreError: when it cannot be opened.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(acquire_instance_lock(settings.database))
        store = await stack.enter_async_context(opened_store(settings))
        parser = await stack.enter_async_context(opened_parser(settings.polling.max_body_bytes))
        yield Base(store=store, parser=parser, stopping=asyncio.Event(), console=console)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What one configuration needs of the world. A reload opens another, and closes this one when it is idle."""

    configuration: Configuration
    poll_tools: PollTools
    deliver_tools: DeliverTools
    _stack: AsyncExitStack

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        await self._stack.aclose()


async def open_runtime(configuration: Configuration, base: Base) -> Runtime:
    """Open the fetcher and the notifiers of `configuration`, and make the database follow it."""
    settings = configuration.settings
    await base.store.sync_feeds(settings.feeds, utc_now())
    await base.store.bury_orphans(configuration.channels.keys(), ORPHAN_REASON)
    fetcher = HttpFetcher(
        timeout=settings.polling.timeout,
        max_body_bytes=settings.polling.max_body_bytes,
        user_agent=settings.polling.user_agent,
        concurrency=settings.polling.concurrency,
        per_host=settings.polling.per_host,
        host_delay=settings.polling.host_delay,
        clock=utc_now,
    )
    notifiers = open_notifiers(settings.channels, notifier_context(settings, base.console))
    stack = AsyncExitStack()
    stack.push_async_callback(fetcher.close)
    stack.push_async_callback(notifiers.close)
    return Runtime(
        configuration=configuration,
        poll_tools=PollTools(fetcher=fetcher, parser=base.parser, store=base.store, clock=utc_now, roll=random.random),
        deliver_tools=DeliverTools(
            store=base.store,
            notifiers=notifiers.by_channel,
            channels=configuration.channels,
            clock=utc_now,
            roll=random.random,
            stopping=base.stopping,
        ),
        _stack=stack,
    )


async def run_once(
    configuration: Configuration, *, force: bool, console: TextIO, on_poll: Callable[[int], None]
) -> RoundReport:
    """Poll, match and deliver once, and close everything again."""
    async with opened_base(configuration.settings, console) as base:
        runtime = await open_runtime(configuration, base)
        try:
            return await run_round(
                configuration, runtime.poll_tools, runtime.deliver_tools, force=force, on_poll=on_poll
            )
        finally:
            await runtime.close()


def notifier_context(settings: Settings, console: TextIO) -> NotifierContext:
    """Return what notifiers may use of this process."""
    return NotifierContext(
        console=console,
        user_agent=settings.polling.user_agent,
        telegram_token=settings.telegram.token,
        telegram_api_url=settings.telegram.api_url,
    )


def _channel_problems(channel: Channel, settings: Settings) -> Sequence[OptionProblem]:
    return check_channel(channel, notifier_context(settings, sys.stdout))


class Daemon:
    """Polls, matches and delivers until it is told to stop; follows its configuration's files."""

    def __init__(self, path: Path, runtime: Runtime, base: Base, on_poll: Callable[[int], None]) -> None:
        self._path = path
        self._runtime = runtime
        self._base = base
        self._on_poll = on_poll
        self._first_round = 0
        self._reload = asyncio.Event()
        self._watch_anew = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._poller = Poller(due_feeds=self._due_feeds, poll=self._poll)
        self._jobs = EmbeddedJobs(self._drain)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then finish what is under way within 10 s. SIGHUP reads the settings again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._base.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        watcher = asyncio.create_task(self._watch(), name="watch settings")
        reloader = asyncio.create_task(self._reload_on_demand(), name="reload settings")
        async with Scheduler() as scheduler:
            scheduler.every(_TICK, self._poller.tick)
            scheduler.every(_TICK, self._sweep)
            scheduler.every(_PRUNE_EVERY, self._prune)
            await self._sweep()
            self._first_round = len(await self._due_feeds(len(self._runtime.configuration.feeds)))
            self._on_poll(self._first_round)
            await self._poller.tick()
            _log.info("daemon_started", feeds=len(self._runtime.configuration.feeds), pid=os.getpid())
            await self._base.stopping.wait()
        _log.info("daemon_stopping", polls=len(self._poller.running), drains=len(self._jobs.running))
        self._watch_anew.set()
        for task in (watcher, reloader):
            task.cancel()
        await asyncio.gather(watcher, reloader, return_exceptions=True)
        await asyncio.gather(self._poller.stop(_GRACE_SECONDS), self._jobs.stop(_GRACE_SECONDS))
        await asyncio.gather(*self._closing)
        await self._runtime.close()
        _log.info("daemon_stopped")

    async def _due_feeds(self, limit: int) -> list[FeedState]:
        return await self._base.store.due_feeds(utc_now(), limit)

    async def _poll(self, state: FeedState) -> None:
        runtime = self._runtime
        feed = runtime.configuration.feeds.get(state.feed_id)
        if feed is None:  # removed by a reload since the store was asked
            return
        report = await poll_feed(feed, state, runtime.configuration, runtime.poll_tools)
        self._jobs.request_drain(report.channel_ids)
        self._on_poll(self._first_round)

    async def _drain(self, channel_id: ChannelId) -> None:
        await drain_channel(channel_id, self._runtime.deliver_tools)

    async def _sweep(self) -> None:
        """Drain what has become due by time: retries, and what was left over when the process last ended."""
        self._jobs.request_drain(await self._base.store.channels_due(utc_now()))

    async def _prune(self) -> None:
        _log.info("seen_articles_pruned", count=await self._base.store.prune_seen(utc_now()))

    async def _watch(self) -> None:
        while not self._base.stopping.is_set():
            self._watch_anew.clear()
            async for _ in changes(self._runtime.configuration.loaded, self._watch_anew):
                self._reload.set()

    async def _reload_on_demand(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            try:
                await self._replace_runtime(await asyncio.to_thread(load_configuration, self._path))
            except SettingsError as error:
                for problem in error.problems:
                    _log.error("settings_rejected", problem=str(problem))
                _log.error("settings_kept", advice="the configuration before this change goes on; mend the file")
            except StoreError as error:
                _log.error("settings_not_applied", reason=str(error), advice="save the file again to retry")

    async def _replace_runtime(self, configuration: Configuration) -> None:
        before = self._runtime
        if configuration.settings.database != before.configuration.settings.database:
            _log.warning("settings_need_restart", key="database", advice="restart aggregator to change the database")
        self._runtime = await open_runtime(configuration, self._base)
        for notice in configuration.loaded.notices:
            _log.warning("setting_not_in_effect", notice=str(notice))
        _log.info("settings_reloaded", feeds=len(configuration.feeds), rules=len(configuration.rules))
        if configuration.loaded.files != before.configuration.loaded.files:
            self._watch_anew.set()
        under_way = self._poller.running | self._jobs.running
        closing = asyncio.create_task(_close_when_idle(before, under_way), name="close old settings")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await self._poller.tick()


async def _close_when_idle(runtime: Runtime, under_way: frozenset[asyncio.Task[None]]) -> None:
    """Close what an earlier configuration opened when the tasks that may use it have ended."""
    if under_way:
        await asyncio.wait(under_way)
    await runtime.close()


async def run_daemon(
    path: Path, configuration: Configuration, *, console: TextIO, on_poll: Callable[[int], None]
) -> None:
    """Run the daemon on an already loaded configuration until it is told to stop."""
    async with opened_base(configuration.settings, console) as base:
        runtime = await open_runtime(configuration, base)
        await Daemon(path, runtime, base, on_poll).run()
