"""Poll one feed: fetch, parse, plan, and apply in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog

from aggregator.feeds.identity import Identified, identify, lookup_keys
from aggregator.feeds.websub import hub_links
from aggregator.model.feeds import Feed, FeedState, FirstPoll
from aggregator.model.fetches import Fetched, NotModified, Outline, ParsedFeed, PollFailed, PollFailure
from aggregator.model.ids import ChannelId, FeedId
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.websub import HubLinks
from aggregator.operations.archive import Archive, missed_articles
from aggregator.operations.configure import Configuration
from aggregator.operations.coverage import ReadFeed, missed_since
from aggregator.operations.full_texts import with_full_texts
from aggregator.operations.host_holds import HostHolds
from aggregator.operations.poll_plan import (
    PollContext,
    plan_failed_poll,
    plan_held_poll,
    plan_read_poll,
    plan_unchanged_poll,
)
from aggregator.ports import Fetcher, Parser, Store
from aggregator.stories.index import StoryIndex

_log = structlog.get_logger(__name__)


class PollOutcome(StrEnum):
    """What a poll came to, as `run --once --json` counts it. A held feed was not polled."""

    READ = "read"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollTools:
    """What polling needs of the world. `roll` returns a number in [0, 1); `is_pushed` knows feeds that hubs push.

    `stories` are those of the articles that matched lately.
    """

    fetcher: Fetcher
    parser: Parser
    store: Store
    holds: HostHolds
    clock: Callable[[], datetime]
    roll: Callable[[], float]
    is_pushed: Callable[[FeedId], bool] = lambda _feed_id: False
    stories: StoryIndex = field(default_factory=StoryIndex)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What one poll did. `channel_ids` are those with something new to send, `hub` where the feed can be pushed from.

    `lost` says that articles were probably missed before this poll.
    """

    outcome: PollOutcome
    new_articles: int = 0
    updated_articles: int = 0
    matches: int = 0
    alerts: int = 0
    lost: bool = False
    channel_ids: frozenset[ChannelId] = frozenset()
    hub: HubLinks | None = None


async def poll_feed(
    feed: Feed, state: FeedState, configuration: Configuration, tools: PollTools, *, ignore_holds: bool = False
) -> PollReport:
    """Poll `feed` once and commit all that follows from it.

    Raises:
        StoreError: when it could not be committed; then nothing of this poll is stored.
    """
    hold = None if ignore_holds else tools.holds.hold_on(state.url or feed.url, tools.clock())
    if hold is not None:
        return await _wait(_context(feed, state, configuration, tools), tools, hold)
    result = await tools.fetcher.fetch(feed, state)
    if isinstance(result, Fetched):
        return await _read(feed, state, configuration, tools, result, is_push=False)
    context = _context(feed, state, configuration, tools)
    if isinstance(result, NotModified):
        plan = plan_unchanged_poll(context, result)
        await tools.store.apply(plan)
        _log.debug("feed_not_modified", feed=feed.id)
        return _report(plan, PollOutcome.NOT_MODIFIED)
    if result.reason is PollFailure.HOST_HELD and result.retry_after is not None:
        return await _wait(context, tools, HostHold(host=result.host or "", until=context.now + result.retry_after))
    return await _fail(context, tools, result)


async def take_push(
    feed: Feed, state: FeedState, configuration: Configuration, tools: PollTools, pushed: Fetched
) -> PollReport:
    """Read what a hub sent as if it had been polled, and commit all that follows from it (WebSub §7).

    What a hub sends and nobody can read says nothing of the feed itself: that is polled soon instead.

    Raises:
        StoreError: when it could not be committed.
    """
    return await _read(feed, state, configuration, tools, pushed, is_push=True)


async def _read(  # noqa: PLR0913 - what `poll_feed` has, and the document
    feed: Feed, state: FeedState, configuration: Configuration, tools: PollTools, fetched: Fetched, *, is_push: bool
) -> PollReport:
    # Before its baseline nothing of a feed can have been seen.
    last = await tools.store.outline(feed.id) if state.baselined_at else None
    parsed = await tools.parser.parse(feed, fetched, None if is_push else last)
    if isinstance(parsed, PollFailed):
        context = _context(feed, state, configuration, tools)
        return await (_poll_soon(context, tools, parsed) if is_push else _fail(context, tools, parsed))
    read = ReadFeed(
        fetched=fetched,
        parsed=parsed,
        identified=await _identified(feed, state, parsed, tools),
        last_outline=last,
        is_push=is_push,
    )
    if read.has_gap and last is not None and parsed.archive_urls:
        read = await _with_archive(feed, state, read, last, tools)
    if state.baselined_at is not None or feed.first_poll is FirstPoll.ALERT:
        new = await with_full_texts(
            feed, read.identified.new, tools.fetcher, tools.parser, holds=tools.holds, now=tools.clock()
        )
        read = replace(read, identified=replace(read.identified, new=new))
    changed = [article.id for article, seen in read.identified.known if seen.content_hash != article.content_hash]
    if changed:
        read = replace(read, stored=await tools.store.stored_articles(changed))
    context = _context(feed, state, configuration, tools)
    plan = plan_read_poll(context, read)
    await tools.store.apply(plan)
    report = _report(plan, PollOutcome.READ)
    _log_read(feed, report, plan, read)
    links = hub_links(fetched.link_headers, parsed.hub_url, parsed.self_url, fetched.url)
    return replace(report, hub=links, lost=read.has_gap)


async def _identified(feed: Feed, state: FeedState, parsed: ParsedFeed, tools: PollTools) -> Identified:
    keys, link_keys = lookup_keys(parsed.articles)
    seen = await tools.store.seen_articles(feed.id, keys, link_keys) if keys and state.baselined_at else []
    return identify(parsed.articles, seen, parsed.unchanged)


async def _with_archive(feed: Feed, state: FeedState, read: ReadFeed, last: Outline, tools: PollTools) -> ReadFeed:
    archive = Archive(
        feed=feed,
        fetcher=tools.fetcher,
        parser=tools.parser,
        identify=lambda page: _identified(feed, state, page, tools),
        last=last,
        since=missed_since(state, tools.clock()),
    )
    missed = await missed_articles(archive, read.parsed, read.fetched.url)
    identified = replace(read.identified, new=(*read.identified.new, *missed))
    return replace(read, identified=identified, recovered=len(missed))


async def _poll_soon(context: PollContext, tools: PollTools, failure: PollFailed) -> PollReport:
    state = context.state
    allowed_at = (state.last_polled_at or context.now) + context.configuration.settings.polling.min_interval
    await tools.store.make_due([context.feed.id], min(state.next_poll_at, max(context.now, allowed_at)))
    _log.warning("push_not_read", feed=context.feed.id, reason=failure.reason.value, detail=failure.detail)
    return PollReport(outcome=PollOutcome.FAILED)


async def _wait(context: PollContext, tools: PollTools, hold: HostHold) -> PollReport:
    """Leave a feed for later whose host, or one that it redirects to, asked to be left alone."""
    await tools.store.apply(plan_held_poll(context, hold))
    _log.debug("feed_held", feed=context.feed.id, host=hold.host, until=hold.until.isoformat(timespec="seconds"))
    return PollReport(outcome=PollOutcome.HELD)


async def _fail(context: PollContext, tools: PollTools, failure: PollFailed) -> PollReport:
    hold_key = tools.holds.hold_key(failure.host) if failure.host else None
    plan = plan_failed_poll(context, failure, hold_key=hold_key)
    if plan.hold is not None:
        tools.holds.note(plan.hold, context.now)
        _log.warning("host_held", host=plan.hold.host, until=plan.hold.until.isoformat(timespec="seconds"))
    await tools.store.apply(plan)
    _log.warning(
        "feed_poll_failed",
        feed=context.feed.id,
        reason=failure.reason.value,
        detail=failure.detail,
        failures=plan.state.failures,
        next_poll_at=plan.state.next_poll_at.isoformat(timespec="seconds"),
    )
    return _report(plan, PollOutcome.FAILED)


def _context(feed: Feed, state: FeedState, configuration: Configuration, tools: PollTools) -> PollContext:
    return PollContext(
        feed=feed,
        state=state,
        configuration=configuration,
        now=tools.clock(),
        jitter=tools.roll(),
        is_pushed=tools.is_pushed(feed.id),
        stories=tools.stories,
    )


def _report(plan: PollPlan, outcome: PollOutcome) -> PollReport:
    return PollReport(
        outcome=outcome,
        new_articles=len(plan.new_articles),
        updated_articles=len(plan.revisions),
        matches=len(plan.matches),
        alerts=len(plan.alerts),
        channel_ids=frozenset(delivery.channel_id for delivery in plan.deliveries),
    )


def _log_read(feed: Feed, report: PollReport, plan: PollPlan, read: ReadFeed) -> None:
    _log.info(
        "feed_polled",
        feed=feed.id,
        articles=len(plan.listed),
        new=report.new_articles,
        updated=report.updated_articles,
        matches=report.matches,
        alerts=report.alerts,
        **({"pushed": True} if read.is_push else {}),
    )
    if read.has_gap:
        _log.warning("articles_probably_lost", feed=feed.id, gaps=plan.state.gaps, recovered=read.recovered)
