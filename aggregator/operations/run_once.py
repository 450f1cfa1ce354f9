"""One round: poll what is due, match, and deliver what is due."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from aggregator.model.alerts import DeliveryStatus
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.ids import FeedId
from aggregator.operations.configure import Configuration
from aggregator.operations.deliver import DrainReport, drain_channel
from aggregator.operations.deliver_tools import DeliverTools
from aggregator.operations.feed_changes import feeds_by_id
from aggregator.operations.poll import PollOutcome, PollReport, PollTools, poll_feed

POLLS_IN_FLIGHT = 1000
"""How many polls may be under way at once, those waiting their turn at a host included: a bound on memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """What one round did: counts of feeds, articles, matches, alerts and messages."""

    polled: int
    not_modified: int
    failed: int
    new_articles: int
    updated_articles: int
    matches: int
    alerts: int
    sent: int
    retrying: int
    dead: int
    held: int


async def run_round(  # noqa: PLR0913 - one round, all its inputs named
    configuration: Configuration,
    poll_tools: PollTools,
    deliver_tools: DeliverTools,
    *,
    force: bool = False,
    only: Collection[FeedId] | None = None,
    on_poll: Callable[[int], None] = lambda _total: None,
) -> RoundReport:
    """Poll every due feed (every feed when `force`; those of `only`), then send what is due, and say what came of it.

    `on_poll` is called with the number of feeds before the first poll and after each one.
    """
    store = poll_tools.store
    feeds = await feeds_by_id(configuration, store)
    now = poll_tools.clock()
    states = [
        state
        for state in await store.feed_states(only)
        # Another process may have added a feed since they were read: the next round has it.
        if state.feed_id in feeds and (force or state.next_poll_at <= now)
    ]
    polls = await _poll_all(states, feeds, configuration, poll_tools, on_poll, force=force)
    drains = await asyncio.gather(
        *(drain_channel(channel_id, deliver_tools) for channel_id in await store.channels_due(deliver_tools.clock()))
    )
    held = (await store.count_deliveries()).get(DeliveryStatus.HELD, 0)
    return _report(polls, drains, held)


async def _poll_all(  # noqa: PLR0913 - what a poll needs, and which
    states: Sequence[FeedState],
    feeds: Mapping[FeedId, Feed],
    configuration: Configuration,
    tools: PollTools,
    on_poll: Callable[[int], None],
    *,
    force: bool,
) -> list[PollReport]:
    slots = asyncio.Semaphore(POLLS_IN_FLIGHT)
    on_poll(len(states))

    async def poll(state: FeedState) -> PollReport:
        async with slots:
            # A person who forces a poll knows that the host asked to be left alone.
            report = await poll_feed(feeds[state.feed_id], state, configuration, tools, ignore_holds=force)
        on_poll(len(states))
        return report

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(poll(state)) for state in states]
    return [task.result() for task in tasks]


def _report(polls: Sequence[PollReport], drains: Sequence[DrainReport], held: int) -> RoundReport:
    outcomes = Counter(poll.outcome for poll in polls)
    return RoundReport(
        polled=len(polls) - outcomes[PollOutcome.HELD],
        not_modified=outcomes[PollOutcome.NOT_MODIFIED],
        failed=outcomes[PollOutcome.FAILED],
        new_articles=sum(poll.new_articles for poll in polls),
        updated_articles=sum(poll.updated_articles for poll in polls),
        matches=sum(poll.matches for poll in polls),
        alerts=sum(poll.alerts for poll in polls),
        sent=sum(drain.sent for drain in drains),
        retrying=sum(drain.retrying for drain in drains),
        dead=sum(drain.failed for drain in drains),
        held=held,
    )
