"""Add feeds, take them out, import a list: what the command line, and later chats, the web and the API, may change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.links import comparable_link
from aggregator.operations.configure import Configuration
from aggregator.ports import Store
from aggregator.settings.feed_urls import feed_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import does: feeds that are new, feeds that gain tags, and how many are there already as they are."""

    added: tuple[Feed, ...]
    changed: tuple[Feed, ...]
    known: int


async def feeds_by_id(configuration: Configuration, store: Store) -> dict[FeedId, Feed]:
    """Return every feed: those of the configuration, and those that were added; the configuration's win."""
    added = {feed.id: feed for feed in await store.added_feeds()}
    return added | dict(configuration.feeds)


def plan_import(
    wanted: Sequence[tuple[str | None, Feed]], known: Mapping[FeedId, Feed], configured: Collection[FeedId]
) -> ImportPlan:
    """Return what to add of `wanted` feeds, each with the id that it asks for, or None.

    A feed whose address is known already (http or https, tracking and the like make no difference) is the same
    feed: it gains the tags that it lacks, if it is not the configuration's. An id that is taken gets another end.
    """
    by_link = {comparable_link(feed.url): feed for feed in known.values()}
    taken = set(known)
    added: dict[str, Feed] = {}
    changed: dict[FeedId, Feed] = {}
    same = 0
    for own_id, feed in wanted:
        link = comparable_link(feed.url)
        there = added.get(link) or by_link.get(link)
        if there is None:
            feed_id = _free_id(own_id, feed.url, taken)
            taken.add(feed_id)
            added[link] = replace(feed, id=feed_id)
            continue
        tags = tuple(dict.fromkeys((*there.tags, *feed.tags)))
        if link in added:
            added[link] = replace(there, tags=tags)
        elif tags != there.tags and there.id not in configured:
            changed[there.id] = by_link[link] = replace(there, tags=tags)
        else:
            same += 1
    return ImportPlan(added=tuple(added.values()), changed=tuple(changed.values()), known=same)


async def apply_import(plan: ImportPlan, store: Store, now: datetime) -> None:
    """Store what the plan adds and changes; a running daemon polls what is new within a second."""
    await store.add_feeds([*plan.added, *plan.changed], now)


async def remove_feeds(ids: Sequence[FeedId], configuration: Configuration, store: Store) -> list[FeedId]:
    """Take added feeds out; their articles stay. All of `ids` are removed, or none.

    Raises:
        NotFound: for a feed that is not there, or is the configuration's.
    """
    added = {feed.id for feed in await store.added_feeds()}
    for feed_id in ids:
        if feed_id in configuration.feeds:
            raise NotFound(f"the feed {feed_id!r} is in the configuration; take it out there")
        if feed_id not in added:
            raise NotFound(f"there is no feed {feed_id!r}; `aggregator feeds list` shows what there is")
    return await store.remove_feeds(ids)


def _free_id(own_id: str | None, url: str, taken: Collection[FeedId]) -> FeedId:
    if own_id is not None and own_id not in taken:
        return FeedId(own_id)
    [feed_id] = feed_ids([(None, url)], taken)
    return feed_id
