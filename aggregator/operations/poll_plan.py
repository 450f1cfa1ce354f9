"""What a poll's result means, decided purely: the feed's next state, what is new, what it matches, whom to alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from aggregator.alerts.planning import plan_alerts
from aggregator.feeds.pacing import next_poll_at
from aggregator.model.alerts import Alert, Delivery
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.feeds import Feed, FeedState, Fetched, FirstPoll, NotModified, ParsedFeed, PollFailed
from aggregator.model.ids import ArticleKey
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Match
from aggregator.operations.configure import Configuration
from aggregator.stories.identity import story_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext:
    """All that a plan depends on besides the result. `jitter` is in [0, 1)."""

    feed: Feed
    state: FeedState
    configuration: Configuration
    now: datetime
    jitter: float


def plan_failed_poll(context: PollContext, failure: PollFailed) -> PollPlan:
    """Keep everything as it was, count the failure and back off; 410 marks the feed gone."""
    failures = context.state.failures + 1
    is_gone = failure.status == HTTPStatus.GONE
    state = replace(
        context.state,
        failures=failures,
        last_error=failure.detail,
        last_polled_at=context.now,
        gone_at=(context.state.gone_at or context.now) if is_gone else None,
        next_poll_at=_next_poll_at(context, failures, failure),
    )
    return PollPlan(state=state)


def plan_unchanged_poll(context: PollContext, unchanged: NotModified) -> PollPlan:
    """Nothing new: the feed is well, and due again after its interval."""
    state = replace(
        _recovered(context),
        etag=unchanged.etag or context.state.etag,
        last_modified=unchanged.last_modified or context.state.last_modified,
    )
    return PollPlan(state=state)


def plan_read_poll(
    context: PollContext, document: tuple[Fetched, ParsedFeed], seen: Mapping[ArticleKey, SeenArticle]
) -> PollPlan:
    """Compare what the feed lists with what was `seen`, match what is new, and plan its alerts.

    The first successful read of a feed is its baseline: it alerts on nothing, unless `first_poll: alert`.
    """
    fetched, parsed = document
    new = tuple(article for article in parsed.articles if article.key not in seen)
    updated = tuple(article for article in parsed.articles if _is_changed(article, seen))
    state = replace(
        _recovered(context),
        title=parsed.title or context.state.title,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        body_hash=fetched.body_hash,
        baselined_at=context.state.baselined_at or context.now,
    )
    matches, alerts, deliveries = _match_and_alert(context, new)
    return PollPlan(
        state=state,
        new_articles=new,
        updated_articles=updated,
        listed=tuple(article.key for article in parsed.articles),
        matches=matches,
        alerts=alerts,
        deliveries=deliveries,
    )


def _match_and_alert(
    context: PollContext, articles: tuple[Article, ...]
) -> tuple[tuple[Match, ...], tuple[Alert, ...], tuple[Delivery, ...]]:
    if context.state.baselined_at is None and context.feed.first_poll is FirstPoll.BASELINE:
        return (), (), ()
    configuration = context.configuration
    matches: list[Match] = []
    alerts: list[Alert] = []
    deliveries: list[Delivery] = []
    for article in sorted(articles, key=lambda article: article.published_at):
        found = configuration.index.match(article)
        if not found:
            continue
        planned_alerts, planned_deliveries = plan_alerts(
            article=article,
            matches=found,
            rules=configuration.rules,
            subscriptions=configuration.subscriptions,
            story_id=story_of(article),
            now=context.now,
        )
        matches += found
        alerts += planned_alerts
        deliveries += planned_deliveries
    return tuple(matches), tuple(alerts), tuple(deliveries)


def _is_changed(article: Article, seen: Mapping[ArticleKey, SeenArticle]) -> bool:
    known = seen.get(article.key)
    return known is not None and known.content_hash != article.content_hash


def _recovered(context: PollContext) -> FeedState:
    return replace(
        context.state,
        failures=0,
        last_error=None,
        gone_at=None,
        last_polled_at=context.now,
        next_poll_at=_next_poll_at(context, 0, None),
    )


def _next_poll_at(context: PollContext, failures: int, failure: PollFailed | None) -> datetime:
    polling = context.configuration.settings.polling
    return next_poll_at(
        interval=context.feed.interval or polling.interval,
        min_interval=polling.min_interval,
        max_interval=polling.max_interval,
        failures=failures,
        failure=failure,
        now=context.now,
        jitter=context.jitter,
    )
