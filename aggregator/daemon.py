"""The daemon: polls, matches and delivers until it is told to stop; follows its configuration's files."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Collection
from datetime import timedelta
from weakref import WeakValueDictionary

import structlog

from aggregator.errors import SettingsError, StoreError
from aggregator.feeds.websub import pushed_document
from aggregator.jobs.embedded import EmbeddedJobs
from aggregator.jobs.poller import Lane, Poller
from aggregator.listening import Listening
from aggregator.model.feeds import DueFeed, Feed, FeedState
from aggregator.model.ids import ChannelId, FeedId
from aggregator.model.websub import Push
from aggregator.operations.configure import Configuration
from aggregator.operations.deliver import drain_channel
from aggregator.operations.poll import PollOutcome, PollReport, poll_feed, take_push
from aggregator.runtime import Base, Runtime, freeze_memory, open_runtime, utc_now
from aggregator.scheduling import Scheduler
from aggregator.settings.watch import changes
from aggregator.talking import Talking
from aggregator.web.metrics import Metrics
from aggregator.web.server import WebServerError

_TICK = timedelta(seconds=1)
_PRUNE_EVERY = timedelta(days=1)
_RENEW_EVERY = timedelta(minutes=1)
_GRACE_SECONDS = 7.0
_log = structlog.get_logger(__name__)


class Daemon:
    """Polls, matches and delivers until it is told to stop; follows its configuration's files."""

    def __init__(
        self, load: Callable[[], Configuration], runtime: Runtime, base: Base, on_poll: Callable[[int], None]
    ) -> None:
        self._load = load
        self._runtime = runtime
        self._base = base
        self._on_poll = on_poll
        self._first_round = 0
        self._reload = asyncio.Event()
        self._watch_anew = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._added: dict[FeedId, Feed] = {}
        self._poller = Poller(due_feeds=self._due_feeds, states=self._states, lane_of=self._lane_of, poll=self._poll)
        self._jobs = EmbeddedJobs(self._drain)
        self._metrics = Metrics()
        self._subscriber = base.subscriber
        self._listening = Listening(
            base.store,
            take=self._take_push,
            find_feed=self._find_feed,
            subscriber=self._subscriber,
            metrics=self._metrics,
        )
        self._talking = Talking(base.store)
        self._feed_locks: WeakValueDictionary[FeedId, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then finish what is under way within 10 s. SIGHUP reads the settings again.

        Raises:
            WebServerError: when the HTTP server cannot listen where the configuration says.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._base.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        await self._subscriber.load()
        await self._listening.follow(self._runtime.configuration.settings, self._runtime.fetcher)
        await self._talking.follow(self._runtime)
        watcher = asyncio.create_task(self._watch(), name="watch settings")
        reloader = asyncio.create_task(self._reload_on_demand(), name="reload settings")
        lag = asyncio.create_task(self._metrics.watch_lag(), name="watch the event loop")
        async with Scheduler() as scheduler:
            scheduler.every(_TICK, self._poller.tick)
            scheduler.every(_TICK, self._sweep)
            scheduler.every(_PRUNE_EVERY, self._prune)
            scheduler.every(_RENEW_EVERY, self._listening.renew)
            await self._sweep()
            self._first_round = await self._poller.look()
            self._on_poll(self._first_round)
            await self._poller.tick()
            freeze_memory()
            _log.info("daemon_started", feeds=len(self._runtime.configuration.feeds), pid=os.getpid())
            await self._base.stopping.wait()
        _log.info("daemon_stopping", polls=len(self._poller.running), drains=len(self._jobs.running))
        self._watch_anew.set()
        for task in (watcher, reloader, lag):
            task.cancel()
        await asyncio.gather(watcher, reloader, lag, return_exceptions=True)
        await self._talking.stop()
        await asyncio.gather(
            self._poller.stop(_GRACE_SECONDS), self._listening.stop(_GRACE_SECONDS), self._jobs.stop(_GRACE_SECONDS)
        )
        await asyncio.gather(*self._closing)
        await self._runtime.close()
        _log.info("daemon_stopped")

    async def _due_feeds(self, limit: int, after: DueFeed | None) -> list[DueFeed]:
        return await self._base.store.due_feeds(utc_now(), limit, after)

    def _lane_of(self, url: str) -> Lane:
        policy = self._runtime.politeness.policy(url)
        return Lane(name=policy.group, width=policy.concurrency)

    async def _states(self, ids: Collection[FeedId]) -> list[FeedState]:
        """Return the states of feeds that are about to be polled; with them, the feeds that were added are read."""
        added = [feed_id for feed_id in ids if feed_id not in self._runtime.configuration.feeds]
        if added:
            self._added |= {feed.id: feed for feed in await self._base.store.added_feeds(added)}
        return await self._base.store.feed_states(ids)

    async def _poll(self, state: FeedState) -> None:
        known = self._added.pop(state.feed_id, None)
        lock = self._feed_locks.setdefault(state.feed_id, asyncio.Lock())
        async with lock:
            feed = known or await self._find_feed(state.feed_id)
            if feed is None:  # removed since the store was asked
                return
            if feed.id in self._subscriber.subscriptions:  # a push may have been read since then
                fresh = await self._base.store.feed_state(feed.id)
                if fresh is None or fresh.next_poll_at > utc_now():
                    return
                state = fresh
            report = await poll_feed(feed, state, self._runtime.configuration, self._runtime.poll_tools)
        self._jobs.request_drain(report.channel_ids)
        self._metrics.count_poll(feed.id, report)
        if report.outcome is PollOutcome.READ:
            await self._listening.note_poll(feed, report.hub, found_new=report.new_articles > 0)
        self._on_poll(self._first_round)

    async def _take_push(self, push: Push) -> None:
        """Read what a hub pushed, at once. What is empty or cannot be read still says that the feed is to be polled."""
        feed_id = push.subscription.feed_id
        report: PollReport | None = None
        lock = self._feed_locks.setdefault(feed_id, asyncio.Lock())
        async with lock:
            feed, state = await self._find_feed(feed_id), await self._base.store.feed_state(feed_id)
            if feed is None or state is None:
                return
            if push.body.strip():
                pushed = pushed_document(push, utc_now())
                report = await take_push(feed, state, self._runtime.configuration, self._runtime.poll_tools, pushed)
                self._jobs.request_drain(report.channel_ids)
            self._metrics.count_push(feed_id, report)
            if report is None:
                await self._make_due(state)
        if report is None or report.outcome is PollOutcome.FAILED:
            await self._poller.tick()

    async def _make_due(self, state: FeedState) -> None:
        """Have a feed polled soon: as soon as the shortest interval allows, however often its hub calls."""
        least = self._runtime.configuration.settings.polling.min_interval
        now = utc_now()
        allowed_at = max(now, state.last_polled_at + least) if state.last_polled_at else now
        await self._base.store.make_due([state.feed_id], min(allowed_at, state.next_poll_at))

    async def _find_feed(self, feed_id: FeedId) -> Feed | None:
        """Return a feed as the configuration, or whoever added it, has it now."""
        feed = self._runtime.configuration.feeds.get(feed_id)
        if feed is not None:
            return feed
        added = await self._base.store.added_feeds([feed_id])
        return added[0] if added else None

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
                await self._replace_runtime(await asyncio.to_thread(self._load))
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
        async with self._talking.paused():
            runtime = await open_runtime(configuration, self._base)
            self._runtime = runtime
            await self._talking.renew(runtime)
        await self._talking.follow(runtime)
        try:
            await self._listening.follow(configuration.settings, runtime.fetcher)
        except WebServerError as error:
            _log.error("web_server_kept", reason=str(error), advice="mend web.listen and save the file again")
        for notice in configuration.loaded.notices:
            _log.warning("setting_not_in_effect", notice=str(notice))
        _log.info("settings_reloaded", feeds=len(configuration.feeds), rules=len(configuration.rules))
        if configuration.loaded.files != before.configuration.loaded.files:
            self._watch_anew.set()
        freeze_memory()
        under_way = self._poller.running | self._jobs.running | self._listening.running
        closing = asyncio.create_task(_close_when_idle(before, under_way), name="close old settings")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await self._poller.tick()


async def _close_when_idle(runtime: Runtime, under_way: frozenset[asyncio.Task[None]]) -> None:
    """Close what an earlier configuration opened when the tasks that may use it have ended."""
    if under_way:
        await asyncio.wait(under_way)
    await runtime.close()
