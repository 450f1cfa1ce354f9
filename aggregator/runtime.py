"""What the program works with: opened for one configuration, closed in reverse order. The only clock is here."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TextIO

from aggregator.feeds.connections import NetworkLimits
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.politeness import Politeness
from aggregator.feeds.workers import ParserPool
from aggregator.notifiers.chats import ChannelNotifiers
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifiers
from aggregator.operations.audience import Audience
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.configure import Configuration
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.host_holds import HostHolds
from aggregator.operations.poll import PollTools
from aggregator.operations.throttle import Throttle
from aggregator.operations.websub import WebSubSubscriber
from aggregator.ports import Parser, Store
from aggregator.settings import Settings
from aggregator.storage.lock import acquire_instance_lock
from aggregator.storage.store import open_store
from aggregator.stories.index import StoryIndex

ORPHAN_REASON = "its channel is no longer configured; configure it again, then retry"
_YOUNG_OBJECTS = 10_000


def utc_now() -> datetime:
    """Return the time: the one place where it is read."""
    return datetime.now(UTC)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Build what stays, a configuration of many feeds above all, without looking through it for garbage meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def freeze_memory() -> None:
    """Leave what is there for good, feeds and rules above all, out of every later garbage collection.

    With 10,000 feeds each full collection stopped the event loop for 0.1 s, about once a second. What is frozen is
    freed all the same when nothing refers to it; only a circle of references would stay. What is young is looked
    through after ten thousand new objects, not after 700: that took 7 % of the time of matching.
    """
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


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


@asynccontextmanager
async def opened_fetcher(settings: Settings) -> AsyncIterator[HttpFetcher]:
    """Open the fetcher for commands that look at feeds without polling them."""
    async with make_fetcher(settings, make_politeness(settings)) as fetcher:
        yield fetcher


def make_politeness(settings: Settings) -> Politeness:
    """Return how the settings want hosts to be treated."""
    polling = settings.polling
    return Politeness(per_host=polling.per_host, host_delay=polling.host_delay, exceptions=polling.hosts)


def make_limits(settings: Settings) -> NetworkLimits:
    """Return the bounds of every request."""
    networks = [_network(text) for text in settings.allowed_hosts]
    return NetworkLimits(
        timeout=settings.polling.timeout,
        concurrency=settings.polling.concurrency,
        proxy=settings.polling.proxy,
        allowed_networks=tuple(network for network in networks if network is not None),
        allowed_hosts=frozenset(text.lower() for text in settings.allowed_hosts),
    )


def make_fetcher(settings: Settings, politeness: Politeness) -> HttpFetcher:
    """Return a fetcher; it opens its connections when it needs them."""
    return HttpFetcher(
        limits=make_limits(settings),
        max_body_bytes=settings.polling.max_body_bytes,
        user_agent=settings.polling.user_agent,
        politeness=politeness,
        clock=utc_now,
    )


def notifier_context(settings: Settings, console: TextIO) -> NotifierContext:
    """Return what notifiers may use of this process."""
    return NotifierContext(
        console=console,
        user_agent=settings.polling.user_agent,
        telegram_token=settings.telegram.token,
        telegram_api_url=settings.telegram.api_url,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What outlives a reload: the database, the parser's workers, push, what was sent, stories, the word to stop."""

    store: Store
    parser: Parser
    subscriber: WebSubSubscriber
    throttle: Throttle
    stories: StoryIndex
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
        subscriber = WebSubSubscriber(store, clock=utc_now)
        yield Base(
            store=store,
            parser=parser,
            subscriber=subscriber,
            throttle=Throttle(await store.recent_sends()),
            stories=await _known_stories(store, settings.story_window),
            stopping=asyncio.Event(),
            console=console,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What one configuration needs of the world. A reload opens another, and closes this one when it is idle.

    `configuration` is that of the file with the chats laid over it, as `audience` keeps it.
    """

    configuration: Configuration
    audience: Audience
    politeness: Politeness
    fetcher: HttpFetcher
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
    audience = await _audience(configuration, base.store)
    channels = audience.configuration.channels
    await base.store.bury_orphans(channels.keys(), ORPHAN_REASON)
    await base.store.reconsider_held(utc_now())
    politeness = make_politeness(settings)
    fetcher = make_fetcher(settings, politeness)
    context = notifier_context(settings, base.console)
    configured = open_notifiers(settings.channels, context)
    notifiers = ChannelNotifiers(configured.by_channel, channels, context)
    stack = AsyncExitStack()
    stack.push_async_callback(fetcher.close)
    stack.push_async_callback(configured.close)
    stack.push_async_callback(notifiers.close)
    return Runtime(
        configuration=audience.configuration,
        audience=audience,
        politeness=politeness,
        fetcher=fetcher,
        poll_tools=PollTools(
            fetcher=fetcher,
            parser=base.parser,
            store=base.store,
            holds=HostHolds(politeness, await base.store.host_holds(utc_now())),
            clock=utc_now,
            roll=random.random,
            is_pushed=base.subscriber.is_pushed,
            stories=base.stories,
        ),
        deliver_tools=DeliverTools(
            store=base.store,
            notifiers=notifiers,
            channels=channels,
            throttle=base.throttle,
            states=ChannelStates(base.store, await base.store.channel_states(), settings.notice_channels),
            clock=utc_now,
            roll=random.random,
            stopping=base.stopping,
            templates=configuration.templates,
            rules=audience.configuration.rules,
        ),
        _stack=stack,
    )


async def _audience(configuration: Configuration, store: Store) -> Audience:
    """Lay over the configuration what chats want to hear; in a thread: thousands of queries take seconds."""
    chats, watches, subscriptions = await store.chats(), await store.watches(), await store.chat_subscriptions()
    return await asyncio.to_thread(Audience, configuration, chats, watches, subscriptions)


async def _known_stories(store: Store, window: timedelta) -> StoryIndex:
    """Return the stories of the articles that matched lately, as they were when the process last ended."""
    stories = StoryIndex(window)
    for known in await store.story_articles(utc_now() - window):
        stories.add(known.article, known.story_id, known.joined_at)
    return stories


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None  # a host's name
