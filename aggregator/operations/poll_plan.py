"""What a poll's result means, decided purely: the feed's next state, what is new, what it matches, whom to alert."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from aggregator.alerts.planning import plan_alerts
from aggregator.feeds.identity import Identified
from aggregator.feeds.learning import first_cadence, learn
from aggregator.feeds.pacing import Pace, next_poll_at, release_at, retry_poll_at
from aggregator.feeds.revising import revise
from aggregator.model.alerts import Alert, Delivery
from aggregator.model.articles import Article, Revision
from aggregator.model.feeds import Feed, FeedState, FirstPoll
from aggregator.model.fetches import Fetched, NotModified, Outline, ParsedFeed, PollFailed
from aggregator.model.ids import ArticleId
from aggregator.model.notices import Notice
from aggregator.model.polls import HostHold, PollPlan
from aggregator.model.rules import Match, OnUpdate
from aggregator.operations.configure import Configuration
from aggregator.operations.feed_notices import (
    deliveries_of,
    notice_of_loss,
    notices_of_failure,
    notices_of_silence,
    notices_of_success,
)
from aggregator.stories.identity import story_of

_HOLDING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_SLOWER_WHEN_PUSHED = 4
"""A hub is trusted, and checked: polling goes on at a quarter of its pace."""
_PACE_RELIEF = 1.5
"""After a loss, each poll without one lets the next wait so much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext:
    """All that a plan depends on besides the result. `jitter` is in [0, 1); a hub pushes to a feed that `is_pushed`."""

    feed: Feed
    state: FeedState
    configuration: Configuration
    now: datetime
    jitter: float
    is_pushed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """A document that was read, and all that was found out about it.

    `identified` are its articles (new ones perhaps with the text of their pages), with those of its archive that
    were missed; `stored` are the texts so far of the known ones that changed; `recovered` how many came from the
    archive. `is_push` says that a hub sent it, so that it may be a part of what the feed lists.
    """

    fetched: Fetched
    parsed: ParsedFeed
    identified: Identified
    last_outline: Outline | None = None
    stored: Mapping[ArticleId, Article] = field(default_factory=dict)
    recovered: int = 0
    is_push: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether it may leave out what the feed still lists."""
        return self.is_push or self.fetched.is_delta

    @property
    def has_gap(self) -> bool:
        """Whether nothing that was listed at the last poll is listed still, so that something was probably missed."""
        if self.last_outline is None or not self.last_outline.items or self.is_partial or not self.parsed.outline:
            return False
        before = set(self.last_outline.keys)
        listed = {article.key for article, _ in self.identified.known} | set(self.parsed.unchanged)
        return bool(self.parsed.outline.items) and not before & listed


def plan_failed_poll(context: PollContext, failure: PollFailed, *, hold_key: str | None = None) -> PollPlan:
    """Keep everything as it was, count the failure and back off; 410 marks the feed gone.

    A 429 or 503 with Retry-After holds `hold_key` for every feed there (RFC 6585 §4, RFC 9110 §10.2.3).
    """
    failures = context.state.failures + 1
    is_gone = failure.status == HTTPStatus.GONE
    state = replace(
        context.state,
        failures=failures,
        last_error=failure.detail,
        last_polled_at=context.now,
        gone_at=(context.state.gone_at or context.now) if is_gone else None,
        next_poll_at=retry_poll_at(pace_of(context), failure, failures, context.now, jitter=context.jitter),
        moved_url=None,
        moved_polls=0,
    )
    settings = context.configuration.settings
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
    changes = _recovery(context) | _move(context, unchanged.permanent_url)
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
    new = read.identified.new
    updated, revisions, revised = _revised(context, read)
    state, notices = _learned(context, read)
    matches, alerts, deliveries = _match_and_alert(context, new, revised)
    listed = (*(article.key for article, _ in read.identified.known), *read.parsed.unchanged)
    return PollPlan(
        state=_due_again(context, state, read.fetched.fresh_for),
        new_articles=new,
        updated_articles=updated,
        revisions=revisions,
        aliases=read.identified.aliases,
        listed=(*(article.key for article in new), *listed),
        matches=matches,
        alerts=alerts,
        notices=notices,
        deliveries=(*deliveries, *deliveries_of(notices, context.configuration.settings.notice_channels)),
        outline=None if read.is_partial else _outline_under_known_keys(read),
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
    fetched, parsed, new = read.fetched, read.parsed, read.identified.new
    before, now = context.state, context.now
    published = [article.published_at for article in new]
    is_first = before.baselined_at is None
    dated = [moment for moment in published if moment != fetched.fetched_at] if is_first else published
    cadence = first_cadence(dated, now) if before.cadence is None else learn(before.cadence, dated, now)
    state = replace(
        context.state,
        **_recovery(context),
        **({} if read.is_push else _move(context, fetched.permanent_url)),
        title=parsed.title or before.title,
        etag=before.etag if read.is_push else fetched.etag,
        last_modified=before.last_modified if read.is_push else fetched.last_modified,
        body_hash=before.body_hash if read.is_partial else fetched.body_hash,
        baselined_at=before.baselined_at or now,
        listed=before.listed if read.is_partial or parsed.outline is None else len(parsed.outline.items),
        cadence=cadence,
        hints=parsed.hints or (before.hints if read.is_push else None),
    )
    state, silence = notices_of_silence(state, context.feed, now, has_new=bool(new))
    notices = (*notices_of_success(before, state, context.feed, now), *silence)
    if read.has_gap:
        half = (now - (before.last_polled_at or now)) / 2
        limit = max(half, context.configuration.settings.polling.min_interval)
        state = replace(state, gaps=before.gaps + 1, last_gap_at=now, pace_limit=limit)
        notices = (*notices, notice_of_loss(context.feed, before, now, recovered=read.recovered))
    return state, notices


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


def _match_and_alert(
    context: PollContext, new: Collection[Article], revised: Collection[Article]
) -> tuple[tuple[Match, ...], tuple[Alert, ...], tuple[Delivery, ...]]:
    """Match what is new against all rules, and what changed against those that want to hear of changes.

    An alert that was sent before has the same id, and is not sent again.
    """
    if context.state.baselined_at is None and context.feed.first_poll is FirstPoll.BASELINE:
        return (), (), ()
    configuration = context.configuration
    matches: list[Match] = []
    alerts: list[Alert] = []
    deliveries: list[Delivery] = []
    is_revised = {article.id for article in revised}
    for article in sorted((*new, *revised), key=lambda article: article.published_at):
        found = list(configuration.index.match(article))
        if article.id in is_revised:
            rules = configuration.rules
            found = [match for match in found if rules[match.rule_id].on_update is not OnUpdate.IGNORE]
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


def _outline_under_known_keys(read: ReadFeed) -> Outline | None:
    """Return the outline with each article under the key that it has had since it was new."""
    outline = read.parsed.outline
    if outline is None:
        return None
    # What came from an archive stands behind what the document lists.
    pairs = zip(read.parsed.articles, read.identified.keys, strict=False)
    by_listed_key = {listed.key: key for listed, key in pairs}
    return replace(outline, items=tuple((own, by_listed_key.get(key, key)) for own, key in outline.items))


def _recovery(context: PollContext) -> dict[str, Any]:
    """What changes in the state of a feed that answered well; a limit on its pace from an earlier loss is eased."""
    limit = context.state.pace_limit
    longest = context.configuration.settings.polling.max_interval
    return {
        "failures": 0,
        "last_error": None,
        "gone_at": None,
        "last_polled_at": context.now,
        "broken_noticed_at": None,
        "pace_limit": None if limit is None or limit * _PACE_RELIEF >= longest else limit * _PACE_RELIEF,
    }


def _due_again(context: PollContext, state: FeedState, fresh_for: timedelta | None) -> FeedState:
    due_at = next_poll_at(pace_of(context), state, context.now, fresh_for=fresh_for, jitter=context.jitter)
    return replace(state, next_poll_at=due_at)
