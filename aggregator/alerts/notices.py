"""Notices on their way: in the shape of an alert, so that every notifier can send them; many at a time as one.

An outage breaks every feed at once, and nobody wants a thousand messages of that. So the first five notices of ten
minutes are sent as they come; those after them wait for up to ten minutes, and what waited goes out in one message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from aggregator.alerts import phrases
from aggregator.model.alerts import Alert, AlertRule, Delivery, DeliveryKind, DueDelivery
from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, ArticleKey, DeliveryId, FeedId, RuleId, StoryId
from aggregator.model.notices import Notice, NoticeKind
from aggregator.model.rules import Priority

GATHERED_FOR = timedelta(minutes=10)
SENT_SINGLY = 5
_NO_FEED = FeedId("aggregator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One message to send, and the deliveries that it is: several where notices go out together."""

    shown: DueDelivery
    delivery_ids: tuple[DeliveryId, ...]


def notice_attempt_at(now: datetime, *, recent: int, gathering_until: datetime | None) -> datetime:
    """Return when a notice made `now` may be sent.

    `recent` counts those made in the ten minutes before it; `gathering_until` is when those that wait are sent.
    """
    if recent < SENT_SINGLY:
        return now
    return gathering_until or now + GATHERED_FOR


def due_notice(delivery: Delivery, notice: Notice, feed_url: str) -> DueDelivery:
    """Return a notice as what a notifier is given: its text is the article's, its link that of the feed.

    The id of its one rule says what kind of notice it is: `notice-feed-broken`.
    """
    article = Article(
        feed_id=notice.feed_id or _NO_FEED,
        key=ArticleKey(notice.id),
        url=shown_url(feed_url),
        title=notice.title,
        published_at=notice.created_at,
        content_hash="",
        summary=notice.text,
    )
    alert = Alert(
        id=AlertId(notice.id),
        channel_id=delivery.channel_id,
        story_id=StoryId(notice.id),
        article_id=article.id,
        rules=(AlertRule(id=_rule_id(notice.kind), title=phrases.NOTICE_RULE),),
        priority=Priority.NORMAL,
        created_at=notice.created_at,
    )
    return DueDelivery(delivery=delivery, alert=alert, article=article, feed_title=phrases.NOTICE_SOURCE, matches=())


def bundled(due: Sequence[DueDelivery]) -> list[Bundle]:
    """Return what is due as the messages in which it is sent: each as one, but more than five notices together."""
    notices = [item for item in due if item.delivery.kind is DeliveryKind.NOTICE]
    if len(notices) <= SENT_SINGLY:
        return [_alone(item) for item in due]
    together = Bundle(shown=_in_one(notices), delivery_ids=tuple(item.delivery.id for item in notices))
    return [*(_alone(item) for item in due if item.delivery.kind is not DeliveryKind.NOTICE), together]


def shown_url(url: str) -> str:
    """Return the address without what may be secret in it: user name, password and parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _alone(item: DueDelivery) -> Bundle:
    return Bundle(shown=item, delivery_ids=(item.delivery.id,))


def _in_one(notices: Sequence[DueDelivery]) -> DueDelivery:
    """Return one notice that says what all of them do: how many of which kind, and of which feeds."""
    kinds = {_rule_id(kind): kind for kind in NoticeKind}
    names: dict[RuleId, list[str]] = {}
    for item in notices:
        names.setdefault(item.alert.rules[0].id, []).append(item.article.title.partition(": ")[2])
    counts = Counter({rule_id: len(of_kind) for rule_id, of_kind in names.items()}).most_common()
    title = phrases.NOTICES_TITLE.format(
        count=len(notices),
        kinds=", ".join(
            phrases.NOTICES_OF_ONE_KIND.format(count=count, kind=kinds[rule_id].value) for rule_id, count in counts
        ),
    )
    text = phrases.NOTICES_TEXT.format(
        feeds=" ".join(f"{kinds[rule_id].value.capitalize()}: {', '.join(names[rule_id])}." for rule_id, _ in counts)
    )
    is_broken = _rule_id(NoticeKind.FEED_BROKEN) in names
    first = notices[0]
    rules = tuple(AlertRule(id=rule_id, title=phrases.NOTICE_RULE) for rule_id, _ in counts)
    return replace(
        first,
        alert=replace(first.alert, rules=rules),
        article=replace(
            first.article, url="", title=title, summary=f"{phrases.MANY_BROKEN}{text}" if is_broken else text
        ),
    )


def _rule_id(kind: NoticeKind) -> RuleId:
    return RuleId(f"notice-{kind.value.replace(' ', '-')}")
