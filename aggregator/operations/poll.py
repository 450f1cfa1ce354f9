"""Poll one feed: fetch, parse, plan, and apply in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from aggregator.model.feeds import Feed, FeedState, Fetched, NotModified, PollFailed
from aggregator.model.ids import ChannelId
from aggregator.model.polls import PollPlan
from aggregator.operations.configure import Configuration
from aggregator.operations.poll_plan import PollContext, plan_failed_poll, plan_read_poll, plan_unchanged_poll
from aggregator.ports import Fetcher, Parser, Store

_log = structlog.get_logger(__name__)


class PollOutcome(StrEnum):
    """What a poll came to, as `run --once --json` counts it."""

    READ = "read"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollTools:
    """What polling needs of the world. `roll` returns a number in [0, 1)."""

    fetcher: Fetcher
    parser: Parser
    store: Store
    clock: Callable[[], datetime]
    roll: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What one poll did. `channel_ids` are those with something new to send."""

    outcome: PollOutcome
    new_articles: int = 0
    updated_articles: int = 0
    matches: int = 0
    alerts: int = 0
    channel_ids: frozenset[ChannelId] = frozenset()


async def poll_feed(feed: Feed, state: FeedState, configuration: Configuration, tools: PollTools) -> PollReport:
    """Poll `feed` once and commit all that follows from it.

    Raises:
        StoreError: when it could not be committed; then nothing of this poll has happened.
    """
    result: Fetched | NotModified | PollFailed = await tools.fetcher.fetch(feed, state)
    parsed = await tools.parser.parse(feed, result) if isinstance(result, Fetched) else None
    context = PollContext(feed=feed, state=state, configuration=configuration, now=tools.clock(), jitter=tools.roll())
    if isinstance(result, Fetched) and parsed is not None and not isinstance(parsed, PollFailed):
        # Before its baseline nothing of a feed can have been seen.
        keys = [article.key for article in parsed.articles] if state.baselined_at else []
        seen = await tools.store.seen_articles(feed.id, keys) if keys else {}
        plan, outcome = plan_read_poll(context, (result, parsed), seen), PollOutcome.READ
    elif isinstance(result, NotModified):
        plan, outcome = plan_unchanged_poll(context, result), PollOutcome.NOT_MODIFIED
    else:
        failure = parsed if isinstance(parsed, PollFailed) else result
        assert isinstance(failure, PollFailed)  # noqa: S101 - the two branches above leave nothing else
        plan, outcome = plan_failed_poll(context, failure), PollOutcome.FAILED
        _log_failure(feed, failure, plan)
    await tools.store.apply(plan)
    return _report(feed, plan, outcome)


def _report(feed: Feed, plan: PollPlan, outcome: PollOutcome) -> PollReport:
    report = PollReport(
        outcome=outcome,
        new_articles=len(plan.new_articles),
        updated_articles=len(plan.updated_articles),
        matches=len(plan.matches),
        alerts=len(plan.alerts),
        channel_ids=frozenset(delivery.channel_id for delivery in plan.deliveries),
    )
    if outcome is PollOutcome.READ:
        _log.info(
            "feed_polled",
            feed=feed.id,
            articles=len(plan.listed),
            new=report.new_articles,
            updated=report.updated_articles,
            matches=report.matches,
            alerts=report.alerts,
        )
    elif outcome is PollOutcome.NOT_MODIFIED:
        _log.debug("feed_not_modified", feed=feed.id)
    return report


def _log_failure(feed: Feed, failure: PollFailed, plan: PollPlan) -> None:
    _log.warning(
        "feed_poll_failed",
        feed=feed.id,
        reason=failure.reason.value,
        detail=failure.detail,
        failures=plan.state.failures,
        next_poll_at=plan.state.next_poll_at.isoformat(timespec="seconds"),
    )
