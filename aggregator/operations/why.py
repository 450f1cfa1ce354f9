"""Why an article was or was not told of: the whole chain of decisions, or what is known where it was never seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.alerts import ChannelState
from aggregator.model.feeds import FirstPoll
from aggregator.model.ids import ChannelId, derive_id
from aggregator.model.links import comparable_link, page_of_site
from aggregator.model.traces import TracedArticle
from aggregator.operations.configure import Configuration
from aggregator.operations.why_channels import alert_ids, channel_reports
from aggregator.operations.why_report import ArticleReport, WhyReport
from aggregator.operations.why_rules import RuleAsked, rule_reports
from aggregator.operations.why_unseen import MOST_ADDRESSES, MOST_TITLES, article_url, host_of, unseen_report
from aggregator.ports import Store

_A_POLL = timedelta(minutes=10)
"""No poll takes longer than this from its answer to the store."""
_MILLISECOND_US = 1_000
_MOST_OF_ONE_LINK = 10
"""Some feeds link every item to one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyContext:
    """What a question is asked of; `channel_id` leaves the other channels out, and the rules that do not send there."""

    store: Store
    configuration: Configuration
    now: datetime
    channel_id: ChannelId | None = None


async def why(asked: str, context: WhyContext) -> WhyReport:
    """Tell all about the article that `asked` names: its address in any form, or an id.

    The id is its own, that of an alert about it or of a delivery of that, or what its feed calls it. What is not known
    comes back as a report without articles: with what may have been meant, and the feeds of its site.

    Raises:
        StoreError: when the database cannot be read.
    """
    asked = asked.strip().removeprefix("<").removesuffix(">")
    found = await find_articles(asked, context.store)
    if not found:
        return await unseen_report(asked, context.store, context.configuration, context.now)
    states = {state.channel_id: state for state in await context.store.channel_states()}
    return WhyReport(asked=asked, articles=tuple([await _report(traced, context, states) for traced in found]))


async def find_articles(asked: str, store: Store) -> list[TracedArticle]:
    """Return the articles that `asked` names, of each feed that lists it its own; none when it names nothing."""
    url = article_url(asked)
    if url is None:
        found = await store.trace_articles(ids=(asked,), keys=(comparable_link(asked),))
        return found or await _purged(asked, store)
    found = await store.trace_articles(keys=(comparable_link(url),), link_keys=(page_of_site(url),))
    meant = [traced for traced in found if is_at(traced, url)]
    return meant or await _with_shared_link(url, store)


def is_at(traced: TracedArticle, url: str) -> bool:
    """Whether the article is the one at `url`; of a purged one, its key or link is all there is to tell by."""
    if traced.article is None:
        return True
    names = {_plain(traced.article.url), _plain(traced.article.key)}
    return _plain(url) in names


def _plain(link: str) -> str:
    """Return a link as it is compared, that of a page for phones as that of the page."""
    link = comparable_link(link)
    for prefix in ("//m.", "//mobile.", "//amp."):
        if link.startswith(prefix):
            return f"//{link.removeprefix(prefix)}"
    return link


async def _purged(asked: str, store: Store) -> list[TracedArticle]:
    """Return the article with this id whose text is no longer stored: its id follows from what is remembered."""
    for known in await store.article_titles(MOST_TITLES):
        if derive_id("article", known.feed_id, known.key) == asked:
            found = await store.trace_articles(keys=(known.key,))
            return [traced for traced in found if traced.id == asked]
    return []


async def _with_shared_link(url: str, store: Store) -> list[TracedArticle]:
    """Return the stored articles at `url` that share it with others: such a link is no key."""
    stored = await store.article_addresses(host_of(url), MOST_ADDRESSES)
    ids = [one.id for one in stored if _plain(one.url) == _plain(url)]
    return await store.trace_articles(ids=ids[:_MOST_OF_ONE_LINK]) if ids else []


async def _report(traced: TracedArticle, context: WhyContext, states: dict[ChannelId, ChannelState]) -> ArticleReport:
    configuration, store = context.configuration, context.store
    revisions = tuple(await store.revisions(traced.id))
    is_baseline = _is_baseline(traced)
    question = RuleAsked(
        traced=traced,
        is_baseline=is_baseline,
        revisions=revisions,
        found=await store.article_matches(traced.id),
        channel_id=context.channel_id,
    )
    rules, unexplained = rule_reports(question, configuration)
    alerts = await store.trace_alerts(traced.id, alert_ids(traced, configuration))
    return ArticleReport(
        traced=traced,
        is_baseline=is_baseline,
        is_dated=_is_dated(traced),
        revisions=revisions,
        rules=rules,
        unexplained=unexplained,
        channels=channel_reports(
            traced, rules, alerts, configuration, states, now=context.now, channel_id=context.channel_id
        ),
    )


def _is_baseline(traced: TracedArticle) -> bool:
    """Whether its feed listed it when it was first read, or a hub pushed it before that."""
    came_at = traced.stored_at or traced.first_seen_at
    if came_at is None or traced.feed.first_poll is not FirstPoll.BASELINE:
        return False
    return traced.state.baselined_at is None or came_at <= traced.state.baselined_at


def _is_dated(traced: TracedArticle) -> bool:
    """Whether it has a time of its own: that of its fetch stands in for one, and is finer than any that feeds write."""
    came_at, published_at = traced.stored_at or traced.first_seen_at, traced.published_at
    if came_at is None or not came_at - _A_POLL <= published_at <= came_at:
        return True
    return published_at != came_at and published_at.microsecond % _MILLISECOND_US == 0
