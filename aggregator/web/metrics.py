"""Metrics in the Prometheus text format: what the daemon did, counted, and how its feeds are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from aggregator.errors import StoreError
from aggregator.model.feeds import FeedStatus
from aggregator.operations.poll import PollOutcome, PollReport

_LAG_EVERY_SECONDS = 0.02

CountFeeds = Callable[[], Awaitable[Mapping[FeedStatus, int]]]


class Metrics:
    """The counts of one process, in a registry of their own.

    Labels have few values, but for that of gaps: it names the feeds at which one occurred since the start.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = self._counter("aggregator_polls", "Polls by what they came to", "outcome")
        self._articles = self._counter("aggregator_articles", "Articles, new and revised", "kind")
        self._matches = self._counter("aggregator_matches", "Matches of rules and articles")
        self._alerts = self._counter("aggregator_alerts", "Alerts planned")
        self._gaps = self._counter("aggregator_feed_gaps", "Polls before which articles were probably lost", "feed")
        self._pushes = self._counter("aggregator_pushes", "Pushes of hubs, with or without a document")
        self._feeds = Gauge("aggregator_feeds", "Feeds by status", ["status"], registry=self._registry)
        self._lag = Gauge(
            "aggregator_event_loop_lag_max_seconds",
            "The longest time for which the event loop did nothing else, since the start",
            registry=self._registry,
        )
        self._longest_lag = 0.0
        for outcome in PollOutcome:  # a series that is there from the start shows its first increase
            self._polls.labels(outcome.value)
        for kind in ("new", "revised"):
            self._articles.labels(kind)

    def count_poll(self, feed_id: str, report: PollReport) -> None:
        """Count a poll and what it did."""
        self._polls.labels(report.outcome.value).inc()
        self._count_found(feed_id, report)

    def count_push(self, feed_id: str, report: PollReport | None) -> None:
        """Count a push, and what its document did when it came with one."""
        self._pushes.inc()
        if report is not None:
            self._count_found(feed_id, report)

    async def watch_lag(self) -> None:
        """Measure for how long the event loop is busy with one thing; runs until it is cancelled."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(_LAG_EVERY_SECONDS)
            self._longest_lag = max(self._longest_lag, time.monotonic() - before - _LAG_EVERY_SECONDS)

    def routes(self, count_feeds: CountFeeds) -> list[web.RouteDef]:
        """Return the route that shows them."""

        async def show(_request: web.Request) -> web.Response:
            try:
                counted = await count_feeds()
            except StoreError as error:
                raise web.HTTPServiceUnavailable(text="503: the database cannot be read\n") from error
            for status, many in (dict.fromkeys(FeedStatus, 0) | dict(counted)).items():
                self._feeds.labels(status.value).set(many)
            self._lag.set(self._longest_lag)
            return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return [web.get("/metrics", show)]

    def _count_found(self, feed_id: str, report: PollReport) -> None:
        self._articles.labels("new").inc(report.new_articles)
        self._articles.labels("revised").inc(report.updated_articles)
        self._matches.inc(report.matches)
        self._alerts.inc(report.alerts)
        if report.lost:
            self._gaps.labels(feed_id).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)
