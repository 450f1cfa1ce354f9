"""What a poll's result means, decided purely: the feed's next state, what is new, what it matches, whom to alert."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from aggregator.alerts.planning import plan_alerts, plan_change
from aggregator.feeds.learning import first_cadence, learn
from aggregator.feeds.pacing import Pace, eased_limit, next_poll_at, release_at, retry_poll_at
from aggregator.feeds.revising import revise
from aggregator.model.alerts import Alert, Delivery
from aggregator.model.articles import Article, Revision
from aggregator.model.cadence import Cadence
from aggregator.model.feeds import Feed, FeedState, FirstPoll
from aggregator.model.fetches import NotModified, PollFailed
from aggregator.model.ids import RuleId
from aggregator.model.notices import Notice
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.rules import Match, OnUpdate
from aggregator.model.stories import StoryMember
from aggregator.operations.configure import Configuration
from aggregator.operations.coverage import ReadFeed, outline_after, pace_limit_after
from aggregator.operations.feed_notices import (
    deliveries_of,
    notices_of_failure,
    notices_of_loss,
    notices_of_silence,
    notices_of_success,
)
from aggregator.stories.identity import new_story
from aggregator.stories.index import StoryIndex

_HOLDING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_SLOWER_WHEN_PUSHED = 4
"""A hub is trusted, and checked: polling goes on at a quarter of its pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext:
    """All that a plan depends on besides the result. `jitter` is in [0, 1); a hub pushes to a feed that `is_pushed`.

    `stories` learn of each article that matches while the plan is made: planned again, it has the same story.
    """

    feed: Feed
    state: FeedState
    configuration: Configuration
    now: datetime
    jitter: float
    stories: StoryIndex = field(default_factory=StoryIndex)
    is_pushed: bool = False


def plan_failed_poll(context: PollContext, failure: PollFailed, *, hold_key: str | None = None) -> PollPlan:
    """Keep everything as it was, count the failure and back off; 410 marks the feed gone, until it is read again.

    A feed that moved is looked for where it is configured when its new address has failed so often that it counts
    as broken. A 429 or 503 with Retry-After holds `hold_key` for every feed there (RFC 6585 §4, RFC 9110 §10.2.3).
    """
    failures = context.state.failures + 1
    is_gone = failure.status == HTTPStatus.GONE
    state = replace(
        context.state,
        failures=failures,
        last_error=failure.detail,
        last_polled_at=context.now,
        gone_at=context.state.gone_at or (context.now if is_gone else None),
        next_poll_at=retry_poll_at(pace_of(context), failure, failures, context.now, jitter=context.jitter),
        moved_url=None,
        moved_polls=0,
    )
    settings = context.configuration.settings
    if state.url is not None and failures >= settings.polling.broken_after:
        state = replace(state, url=None, etag=None, last_modified=None)
    state, notices = notices_of_failure(
        context.feed, state, failure, broken_after=settings.polling.broken_after, now=context.now
    )
    hold = None
    if failure.status in _HOLDING and failure.retry_after and hold_key:
        asked = min(failure.retry_after, max(settings.polling.max_interval, timedelta(days=1)))
        hold = HostHold(host=hold_key, until=context.now + asked)
    return PollPlan(
        state=state, notices=notices, deliveries=deliveries_of(notices, settings.notice_channels), hold=hold
    )


def plan_held_poll(context: PollContext, hold: HostHold) -> PollPlan:
    """Wait with a feed whose host asked to be left alone: nothing was requested, nothing failed."""
    return PollPlan(
        state=replace(context.state, next_poll_at=release_at(hold.until, context.now, jitter=context.jitter))
    )


def plan_unchanged_poll(context: PollContext, unchanged: NotModified) -> PollPlan:
    """Nothing new: the feed is well, and due again when its cadence says."""
    longest = context.configuration.settings.polling.max_interval
    changes = _recovery(context) | _move(context, unchanged.permanent_url)
    changes["pace_limit"] = eased_limit(context.state.pace_limit, max_interval=longest)
    if unchanged.etag:
        changes["etag"] = unchanged.etag
    if unchanged.last_modified:
        changes["last_modified"] = unchanged.last_modified
    state = replace(context.state, **changes)
    state, silence = notices_of_silence(state, context.feed, context.now, has_new=False)
    notices = (*notices_of_success(context.state, state, context.feed, context.now), *silence)
    return PollPlan(
        state=_due_again(context, state, unchanged.fresh_for),
        notices=notices,
        deliveries=deliveries_of(notices, context.configuration.settings.notice_channels),
    )


def plan_read_poll(context: PollContext, read: ReadFeed) -> PollPlan:
    """Store what is new and what changed, match it, and plan its alerts.

    The first successful read of a feed is its baseline: it alerts on nothing, unless `first_poll: alert`.
    """
    updated, revisions, revised = _revised(context, read)
    state, notices = _learned(context, read)
    found = _match_and_alert(context, read, revised)
    new, known = read.identified.new, read.identified.known
    return PollPlan(
        # A push answers no poll: what is due stays due, so that what a hub leaves out is found all the same.
        state=state if read.is_push else _due_again(context, state, read.fetched.fresh_for),
        new_articles=new,
        updated_articles=updated,
        revisions=revisions,
        aliases=read.identified.aliases,
        listed=(*(article.key for article in new), *(article.key for article, _ in known), *read.parsed.unchanged),
        matches=tuple(found.matches),
        members=tuple(found.members),
        alerts=tuple(found.alerts),
        notices=notices,
        deliveries=(*found.deliveries, *deliveries_of(notices, context.configuration.settings.notice_channels)),
        outline=outline_after(read),
    )


def pace_of(context: PollContext) -> Pace:
    """Return the pace at which the feed is polled: its own interval just as it is, the general one as it learns."""
    polling, feed = context.configuration.settings.polling, context.feed
    return Pace(
        interval=feed.interval or polling.interval * (_SLOWER_WHEN_PUSHED if context.is_pushed else 1),
        min_interval=polling.min_interval,
        max_interval=polling.max_interval,
        is_fixed=feed.interval is not None or not polling.is_adaptive,
        ignores_hints=feed.ignores_hints or polling.ignores_hints,
    )


def _learned(context: PollContext, read: ReadFeed) -> tuple[FeedState, tuple[Notice, ...]]:
    """Return the state after a read, but for when it is due again, and what the admins are to be told."""
    before, now = context.state, context.now
    # A hub's push proves nothing of the feed's own address, and is no baseline: it holds a part of the feed.
    arrived = _after_push(context, read) if read.is_push else _after_answer(context, read)
    state = replace(
        before,
        **arrived,
        title=read.parsed.title or before.title,
        baselined_at=before.baselined_at or (None if read.is_push else now),
        listed=before.listed if read.is_partial or read.parsed.outline is None else len(read.parsed.outline.items),
        cadence=_cadence_after(before, read, now),
        pace_limit=pace_limit_after(read, before, context.configuration.settings.polling, now),
    )
    state, silence = notices_of_silence(state, context.feed, now, has_new=bool(read.identified.new))
    notices = (*notices_of_success(before, state, context.feed, now), *silence)
    if read.has_gap:
        state = replace(state, gaps=before.gaps + 1, last_gap_at=now)
        notices = (*notices, *notices_of_loss(context.feed, before, now, recovered=read.recovered))
    return state, notices


def _after_push(context: PollContext, read: ReadFeed) -> dict[str, Any]:
    return {"last_polled_at": context.now, "hints": read.parsed.hints or context.state.hints}


def _after_answer(context: PollContext, read: ReadFeed) -> dict[str, Any]:
    fetched = read.fetched
    return {
        **_recovery(context),
        **_move(context, fetched.permanent_url),
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "body_hash": context.state.body_hash if fetched.is_delta else fetched.body_hash,
        "hints": read.parsed.hints,
    }


def _cadence_after(before: FeedState, read: ReadFeed, now: datetime) -> Cadence:
    """Learn from what is new. A read without anything new teaches no more than a 304: time alone makes weights less."""
    new = read.identified.new
    if before.cadence is None:
        return first_cadence([article.published_at for article in new if article.is_dated], now)
    published = [article.published_at for article in new]
    return learn(before.cadence, published, now) if published else before.cadence


def _move(context: PollContext, permanent_url: str | None) -> dict[str, Any]:
    """Count polls in a row that were redirected for good to one address; after enough of them the feed is there.

    RFC 9110 §15.4.2 and §15.4.9 let a client use the new address at once; a hotel's login page is a reason not to.
    """
    if permanent_url is None:
        return {"moved_url": None, "moved_polls": 0}
    polls = context.state.moved_polls + 1 if permanent_url == context.state.moved_url else 1
    if polls < context.configuration.settings.polling.moved_after:
        return {"moved_url": permanent_url, "moved_polls": polls}
    return {"url": permanent_url, "moved_url": None, "moved_polls": 0}


def _revised(
    context: PollContext, read: ReadFeed
) -> tuple[tuple[Article, ...], tuple[Revision, ...], tuple[Article, ...]]:
    """Return the known articles whose text differs, what they were, and those with more than a trivial change."""
    updated: list[Article] = []
    revisions: list[Revision] = []
    revised: list[Article] = []
    for article, seen in read.identified.known:
        if seen.content_hash == article.content_hash:
            continue
        before = read.stored.get(article.id)
        if before is None:  # purged since; what is stored of it now is its seen-state alone
            updated.append(article)
            continue
        kept, revision = revise(before, article, context.now)
        updated.append(kept)
        if revision is not None:
            revisions.append(revision)
            revised.append(kept)
    return tuple(updated), tuple(revisions), tuple(revised)


@dataclass(slots=True)
class _Found:
    """What the articles of one poll lead to."""

    matches: list[Match] = field(default_factory=list)
    members: list[StoryMember] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


def _match_and_alert(context: PollContext, read: ReadFeed, revised: Collection[Article]) -> _Found:
    """Match what is new against all rules, and what changed against those that want to hear of changes.

    An alert that was sent before, for another rule or another article of its story, has the same id: it gains this rule
    and is not sent again.
    """
    found = _Found()
    if context.state.baselined_at is None and context.feed.first_poll is FirstPoll.BASELINE:
        return found
    # Feeds list the newest first: of articles without a date, or of one date, the last listed is the oldest.
    oldest_first = [*reversed((*read.identified.new, *revised))]
    oldest_first.sort(key=lambda article: article.published_at)
    for article in oldest_first:
        matches = list(context.configuration.index.match(article))
        if (before := read.stored.get(article.id)) is not None:
            matched = {match.rule_id for match in context.configuration.index.match(before)}
            found.deliveries += _changes(context, before, article, matched, matches)
            matches = _newly_matching(matches, matched, context.configuration)
        if matches:
            _alert(context, article, matches, found)
    return found


def _alert(context: PollContext, article: Article, matches: list[Match], found: _Found) -> None:
    configuration, stories = context.configuration, context.stories
    stories.forget(context.now - stories.window)
    story_id = stories.story_of(article)
    stories.add(article, story_id, context.now)
    alerts, deliveries = plan_alerts(
        article=article,
        matches=matches,
        rules=configuration.rules,
        subscriptions=configuration.subscriptions,
        story_id=story_id,
        now=context.now,
        joins=story_id != new_story(article),
    )
    found.matches += matches
    found.members.append(StoryMember(article_id=article.id, story_id=story_id, joined_at=context.now))
    found.alerts += alerts
    found.deliveries += deliveries


def _changes(
    context: PollContext, before: Article, article: Article, matched: Collection[RuleId], matches: Sequence[Match]
) -> list[Delivery]:
    return plan_change(
        before=before,
        article=article,
        matched=matched,
        matches=[match.rule_id for match in matches],
        rules=context.configuration.rules,
        subscriptions=context.configuration.subscriptions,
        story_id=context.stories.story_of(article),
        now=context.now,
    )


def _newly_matching(
    matches: Collection[Match], matched: Collection[RuleId], configuration: Configuration
) -> list[Match]:
    return [
        match
        for match in matches
        if match.rule_id not in matched and configuration.rules[match.rule_id].on_update is not OnUpdate.IGNORE
    ]


def _recovery(context: PollContext) -> dict[str, Any]:
    """What changes in the state of a feed that answered well."""
    return {
        "failures": 0,
        "last_error": None,
        "gone_at": None,
        "last_polled_at": context.now,
        "broken_noticed_at": None,
    }


def _due_again(context: PollContext, state: FeedState, fresh_for: timedelta | None) -> FeedState:
    due_at = next_poll_at(pace_of(context), state, context.now, fresh_for=fresh_for, jitter=context.jitter)
    return replace(state, next_poll_at=due_at)
