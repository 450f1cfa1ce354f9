"""What the admins are told about feeds, decided purely: each event once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

from aggregator.feeds.failures import without_credentials
from aggregator.feeds.learning import is_oddly_silent
from aggregator.model.alerts import Delivery, DeliveryKind
from aggregator.model.feeds import CONFIGURATION, Feed, FeedState
from aggregator.model.fetches import PollFailed
from aggregator.model.ids import ChannelId, DeliveryId, NoticeId, derive_id
from aggregator.model.notices import Notice, NoticeKind

_LOSS_AGAIN_AFTER = timedelta(weeks=1)
_LONGEST_NAME = 100


def notices_of_failure(
    feed: Feed, state: FeedState, failure: PollFailed, *, broken_after: int, now: datetime
) -> tuple[FeedState, tuple[Notice, ...]]:
    """Return the state with what was said in it, and the word that a feed is broken: after so many failures, once.

    A feed that is gone (410) is broken at once: its server says that it will not come back. This is said even of
    one that was called broken before, once too.
    """
    is_gone = failure.status == HTTPStatus.GONE and state.gone_at == now
    is_broken = state.failures >= broken_after and state.broken_noticed_at is None
    if not (is_gone or is_broken):
        return state, ()
    kind = NoticeKind.FEED_GONE if is_gone else NoticeKind.FEED_BROKEN
    tries = "once" if state.failures == 1 else f"{state.failures} times in a row"
    text = f"It failed {tries}. {failure.detail}. It is still tried; you hear of it again when it works."
    told = replace(state, broken_noticed_at=state.broken_noticed_at or now)
    return told, (_notice(kind, feed, state, text, now),)


def notices_of_success(before: FeedState, after: FeedState, feed: Feed, now: datetime) -> tuple[Notice, ...]:
    """Return the word that a feed which was called broken works again, and that it has moved for good."""
    notices = []
    if before.broken_noticed_at is not None and after.broken_noticed_at is None:
        text = f"It works again, after {_span(now - before.broken_noticed_at)}."
        notices.append(_notice(NoticeKind.FEED_RECOVERED, feed, after, text, now))
    if after.url is not None and after.url != before.url:
        text = (
            f"Its server redirects for good from {without_credentials(before.url or feed.url)} to "
            f"{without_credentials(after.url)}. It is read there from now on"
        )
        text += "; write the new address into the configuration." if feed.owner == CONFIGURATION else "."
        notices.append(_notice(NoticeKind.FEED_MOVED, feed, after, text, now))
    return tuple(notices)


def notices_of_silence(
    state: FeedState, feed: Feed, now: datetime, *, has_new: bool
) -> tuple[FeedState, tuple[Notice, ...]]:
    """Return the word that a feed is silent for far longer than ever, once, and that it is heard again."""
    if has_new and state.silence_noticed_at is not None:
        text = f"There are new articles in it again, {_span(now - state.silence_noticed_at)} after you were told."
        return replace(state, silence_noticed_at=None), (_notice(NoticeKind.FEED_HEARD, feed, state, text, now),)
    cadence = state.cadence
    if has_new or state.silence_noticed_at is not None or cadence is None or not is_oddly_silent(cadence, now):
        return state, ()
    quiet = now - cadence.last_article_at if cadence.last_article_at else timedelta(0)
    text = (
        f"It answers, but had nothing new for {_span(quiet)}; its longest pause so far was "
        f"{_span(cadence.longest_gap)}. Has it moved, or stopped?"
    )
    return replace(state, silence_noticed_at=now), (_notice(NoticeKind.FEED_SILENT, feed, state, text, now),)


def notices_of_loss(feed: Feed, before: FeedState, now: datetime, *, recovered: int) -> tuple[Notice, ...]:
    """Return the word that between two polls more was published than the feed lists.

    It is said once, and again after a week without a loss: some feeds have a new list each day, and lose nothing.
    """
    if before.last_gap_at is not None and now - before.last_gap_at < _LOSS_AGAIN_AFTER:
        return ()
    found = f" {recovered} were found in its archive." if recovered else ""
    text = (
        f"None of the {before.listed or 'few'} articles that it listed at the last poll is in it any more, so some "
        f"were probably published and dropped in between.{found} It is polled more often now; "
        "`aggregator feeds list` counts how often this happens."
    )
    return (_notice(NoticeKind.ARTICLES_LOST, feed, before, text, now),)


def deliveries_of(notices: Collection[Notice], channels: Collection[ChannelId]) -> tuple[Delivery, ...]:
    """Return one delivery of each notice to each of the admins' channels."""
    return tuple(
        Delivery(
            id=DeliveryId(derive_id("delivery", notice.id, channel_id)),
            notice_id=notice.id,
            channel_id=channel_id,
            kind=DeliveryKind.NOTICE,
            created_at=notice.created_at,
            next_attempt_at=notice.created_at,
        )
        for notice in notices
        for channel_id in channels
    )


def _notice(kind: NoticeKind, feed: Feed, state: FeedState, text: str, now: datetime) -> Notice:
    name = " ".join((feed.title or state.title or without_credentials(feed.url)).split())
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 1]}…"
    return Notice(
        id=NoticeId(derive_id("notice", kind, feed.id, now.isoformat())),
        kind=kind,
        feed_id=feed.id,
        title=f"{kind.value.capitalize()}: {name}",
        text=text,
        created_at=now,
    )


def _span(length: timedelta) -> str:
    """Return a length of time as a person says it."""
    for unit, size in (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1))):
        if length >= 2 * size:
            return f"{length / size:.0f} {unit}"
    return "a minute"
