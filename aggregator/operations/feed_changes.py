"""Add feeds, take them out, import a list: what the command line, and later chats, the web and the API, may change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.feeds.opml import exported_url
from aggregator.model.feeds import Feed
from aggregator.model.ids import FeedId
from aggregator.model.links import comparable_address
from aggregator.operations.configure import Configuration
from aggregator.ports import Store
from aggregator.settings.feed_urls import feed_ids
from aggregator.settings.opml import is_masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import does: feeds that are new, feeds that gain tags, and those that are there already as they are.

    `masked` are feeds whose address lacks a secret that was left out of the list, and that no known feed has.
    """

    added: tuple[Feed, ...] = ()
    changed: tuple[Feed, ...] = ()
    known: tuple[Feed, ...] = ()
    masked: tuple[Feed, ...] = ()


class FeedAddresses:
    """Finds a feed by its address, or by what an export without secrets makes of it."""

    def __init__(self, feeds: Collection[Feed]) -> None:
        self._same = {comparable_address(feed.url): feed for feed in feeds}
        self._exported: defaultdict[str, list[Feed]] = defaultdict(list)
        for feed in feeds:
            shown = exported_url(feed.url, with_secrets=False)
            if shown != feed.url:
                self._exported[comparable_address(shown)].append(feed)

    def find(self, url: str, own_id: str | None = None) -> Feed | None:
        """Return the feed at `url`; of several that are exported alike, the one with the id, or else the first."""
        address = comparable_address(url)
        if address in self._same:
            return self._same[address]
        alike = self._exported.get(address, ())
        return next((feed for feed in alike if feed.id == own_id), alike[0] if alike else None)


async def feeds_by_id(configuration: Configuration, store: Store) -> dict[FeedId, Feed]:
    """Return every feed: those of the configuration, and those that were added; the configuration's win."""
    added = {feed.id: feed for feed in await store.added_feeds()}
    return added | dict(configuration.feeds)


def plan_import(
    wanted: Sequence[tuple[str | None, Feed]], known: Mapping[FeedId, Feed], configured: Collection[FeedId]
) -> ImportPlan:
    """Return what to add of `wanted` feeds, each with the id that it asks for, or None.

    A feed whose address is known already (see `comparable_address`) is the same feed: it gains the tags that it
    lacks, if it is not the configuration's. An id that is taken gives way to one from the address.
    """
    addresses = FeedAddresses(known.values())
    added: dict[str, tuple[str | None, Feed]] = {}
    there: dict[FeedId, Feed] = {}
    masked: list[Feed] = []
    taken = set[str](known)
    for own_id, feed in wanted:
        found = addresses.find(feed.url, own_id)
        if found is not None:
            there[found.id] = _with_tags(there.get(found.id, found), feed.tags)
            continue
        if is_masked(feed.url):
            masked.append(feed)
            continue
        address = comparable_address(feed.url)
        if address in added:
            first_id, first = added[address]
            added[address] = first_id, _with_tags(first, feed.tags)
            continue
        is_free = own_id is not None and own_id not in taken
        added[address] = own_id if is_free else None, feed
        if own_id is not None:
            taken.add(own_id)
    ids = feed_ids([(own_id, feed.url) for own_id, feed in added.values()], taken)
    changed = {feed.id: feed for feed in there.values() if feed != known[feed.id] and feed.id not in configured}
    return ImportPlan(
        added=tuple(replace(feed, id=feed_id) for feed_id, (_, feed) in zip(ids, added.values(), strict=True)),
        changed=tuple(changed.values()),
        known=tuple(known[feed_id] for feed_id in there if feed_id not in changed),
        masked=tuple(masked),
    )


async def apply_import(plan: ImportPlan, store: Store, now: datetime) -> None:
    """Store what the plan adds and changes; a running daemon polls what is new within a second."""
    await store.add_feeds([*plan.added, *plan.changed], now)


async def remove_feeds(ids: Sequence[FeedId], configuration: Configuration, store: Store) -> list[FeedId]:
    """Take added feeds out; their articles stay. All of `ids` are removed, or none.

    Raises:
        NotFound: for a feed that is not there, or is the configuration's.
    """
    added = {feed.id for feed in await store.added_feeds(ids)}
    for feed_id in ids:
        if feed_id in configuration.feeds:
            raise NotFound(f"the feed {feed_id!r} is in the configuration; take it out there")
        if feed_id not in added:
            raise NotFound(f"there is no feed {feed_id!r}; `aggregator feeds list` shows what there is")
    return await store.remove_feeds(ids)


def _with_tags(feed: Feed, tags: Collection[str]) -> Feed:
    return replace(feed, tags=tuple(dict.fromkeys((*feed.tags, *tags))))
