"""What operations need of feeds: to fetch and to read them, and what the store knows of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.model.articles import SeenArticle
from aggregator.model.candidates import Candidate
from aggregator.model.feeds import DueFeed, Feed, FeedState, FeedStatus, FeedSummary
from aggregator.model.fetches import DocumentResult, Fetched, FetchResult, Outline, PageResult, ParseResult
from aggregator.model.ids import (
    ArticleKey,
    FeedId,
)
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.websub import WebSubSubscription


class Fetcher(Protocol):
    """Gets documents, politely and safely."""

    async def fetch(self, feed: Feed, state: FeedState) -> FetchResult:
        """Get the document that `state.url` or else `feed.url` names now, conditionally on the validators in `state`.

        Whatever the server, the network or the file does comes back as a value within the configured timeout, and
        no more than the configured number of body bytes is read. The same bytes as at the last poll are
        `NotModified` too. Redirects are followed as far as they are safe. Raises nothing but `CancelledError`.
        """

    async def fetch_page(self, url: str, feed: Feed | None = None) -> DocumentResult:
        """Get a web page or a document from a public address, with the limits of `fetch`.

        `feed` is the one on whose behalf it happens: what it shows its own host, the page on the same host is shown
        too. Raises nothing but `CancelledError`.
        """


class Parser(Protocol):
    """Reads documents, off the event loop, within a wall and a memory limit. Raises nothing but `CancelledError`."""

    async def parse(self, feed: Feed, fetched: Fetched, outline: Outline | None = None) -> ParseResult:
        """Decompress and read `fetched`; what `outline` shows to be unchanged need not be read again.

        Articles come in the document's order, each key once, with `feed_tags` from `feed`. A document that is
        damaged but holds articles is a `ParsedFeed`; one that is no feed at all is a `PollFailed`. An empty feed
        is a `ParsedFeed` without articles.
        """

    async def extract(self, page: Fetched) -> PageResult:
        """Decompress a web page and find its article in it."""

    async def candidates(self, page: Fetched) -> tuple[Candidate, ...]:
        """Decompress a web page and find the addresses in it that may be feeds, the likeliest first."""


class FeedStore(Protocol):
    """What the store knows of feeds, and the plans of polls."""

    async def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Make the feeds that the configuration owns exactly `feeds`; feeds that others added stay as they are.

        A feed not known before is due at `now`. A feed whose URL changed is due at `now`, without validators,
        failures or `gone_at`, and keeps its articles, its baseline and its seen-state. A feed that is no longer
        named is not polled or listed any more; named again, it goes on where it was. Idempotent.
        """

    async def add_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Add feeds that the configuration does not own, each under its `owner`; a known id gets the new values.

        One that the configuration owns is left alone. A removed feed that is added again goes on where it was;
        another address under its id begins anew.
        """

    async def remove_feeds(self, ids: Collection[FeedId]) -> list[FeedId]:
        """Take feeds out that the configuration does not own; return which of `ids` they were. Articles stay."""

    async def make_due(self, ids: Collection[FeedId], now: datetime) -> int:
        """Have these feeds polled at `now`; return how many of them are active."""

    async def added_feeds(self, ids: Collection[FeedId] | None = None) -> list[Feed]:
        """Return those of `ids` (None: all) that were added and not removed, in the order of their ids."""

    async def due_feeds(self, now: datetime, limit: int, after: DueFeed | None = None) -> list[DueFeed]:
        """Return at most `limit` active feeds with `next_poll_at <= now`, the longest due first, behind `after`."""

    async def feed_states(self, ids: Collection[FeedId] | None = None) -> list[FeedState]:
        """Return the states of those of `ids` (None: all) that are active, in the order of their ids."""

    async def feed_state(self, feed_id: FeedId) -> FeedState | None:
        """Return the state of one active feed, None when there is none."""

    async def count_feeds(self) -> Mapping[FeedStatus, int]:
        """Return how many active feeds there are of each status; those with none are left out."""

    async def list_feeds(self) -> list[FeedSummary]:
        """Return every configured feed with its state and its number of stored articles, in the order of their ids."""

    async def seen_articles(
        self, feed_id: FeedId, keys: Collection[ArticleKey], link_keys: Collection[str]
    ) -> list[SeenArticle]:
        """Return what is remembered of this feed's articles with one of `keys` or one of `link_keys`."""

    async def outline(self, feed_id: FeedId) -> Outline | None:
        """Return what the feed listed when it was last read, None before that."""

    async def host_holds(self, now: datetime) -> list[HostHold]:
        """Return the hosts that are to be left alone after `now`."""

    async def websub_subscriptions(self) -> list[WebSubSubscription]:
        """Return the push subscriptions of all active feeds, in the order of the feeds' ids."""

    async def save_websub(self, subscription: WebSubSubscription) -> None:
        """Store a push subscription in the place of the one that its feed had."""

    async def apply(self, plan: PollPlan) -> None:
        """Store all of `plan`, durably, before returning: articles, matches, alerts, notices, deliveries, feed state.

        Idempotent: what is already stored under the same id stays as it is, so a plan applied twice sends nothing
        twice. An alert that exists already (same id) gains the rules that it lacks, and no second delivery of a
        kind it has. An update is stored only for an alert that was there before. Deliveries get their place in the
        channel's order from their order in the plan. Of many notices
        in a short time most become due up to ten minutes later (see `alerts.notices`). Concurrent
        calls may share a transaction; one that fails does not fail the others.
        """

    async def prune_seen(self, now: datetime) -> int:
        """Forget what no feed listed for 30 days and is no longer stored; return how much that was."""
