"""What is there: feeds as they are configured and as they are doing."""

from __future__ import annotations

from datetime import datetime

from aggregator.model.feeds import CONFIGURATION, FeedState, FeedSummary
from aggregator.operations.configure import Configuration
from aggregator.ports import Store


async def list_feeds(configuration: Configuration, store: Store, now: datetime) -> list[FeedSummary]:
    """Return every feed, configured or added, in the order of their ids, those that no daemon has met yet too.

    Reads only: a list that is asked for while a daemon runs changes nothing under it.
    """
    stored = {summary.feed.id: summary for summary in await store.list_feeds()}
    summaries = []
    added = [summary.feed for summary in stored.values() if summary.feed.owner != CONFIGURATION]
    feeds = {feed.id: feed for feed in added} | dict(configuration.feeds)
    for feed in sorted(feeds.values(), key=lambda feed: feed.id):
        known = stored.get(feed.id)
        if known is None:
            state = FeedState(feed_id=feed.id, next_poll_at=now)
            summaries.append(FeedSummary(feed=feed, state=state, articles=0))
        else:
            summaries.append(FeedSummary(feed=feed, state=known.state, articles=known.articles))
    return summaries
