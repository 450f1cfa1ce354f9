"""What became of an article, as `why --json` has it."""

from __future__ import annotations

from aggregator.cli.feeds import feed_document
from aggregator.cli.marked_words import span_document
from aggregator.cli.output import timestamp
from aggregator.feeds.failures import without_credentials
from aggregator.model.traces import DeliveryAttempt, TracedArticle
from aggregator.operations.why_report import (
    ArticleReport,
    ChannelReport,
    DeliveryReport,
    Hold,
    RuleReport,
    SiteFeed,
    WhyReport,
)


def why_document(report: WhyReport) -> dict[str, object]:
    """Return a report as JSON documents have it."""
    return {
        "asked": report.asked,
        "found": bool(report.articles),
        "articles": [_article(article) for article in report.articles],
        "suggestions": [
            {"id": one.id, "feed": one.feed_id, "title": one.title, "url": one.url} for one in report.suggestions
        ],
        "domain": report.domain,
        "feeds": [_site_feed(feed) for feed in report.feeds],
    }


def _article(report: ArticleReport) -> dict[str, object]:
    traced = report.traced
    article = traced.article
    return {
        "id": traced.id,
        "title": traced.title,
        "url": article and article.url,
        "feed": _feed(traced),
        "fetched_at": timestamp(traced.stored_at or traced.first_seen_at),
        "last_listed_at": timestamp(traced.last_listed_at),
        "stored": article is not None,
        "baseline": report.is_baseline,
        "published_at": timestamp(traced.published_at) if report.is_dated else None,
        "language": article and article.language,
        "authors": list(article.authors) if article else [],
        "tags": list(article.tags) if article else [],
        "page": {"wanted": traced.feed.full_text.value, "read": bool(article and article.has_page_text)}
        | {"error": article and article.page_error},
        "revisions": [
            {"replaced_at": timestamp(revision.replaced_at), "title": revision.title} for revision in report.revisions
        ],
        "rules": [_rule(rule) for rule in report.rules],
        "unexplained": report.unexplained,
        "story": traced.story_id
        and {
            "id": traced.story_id,
            "sources": [
                {"feed": source.feed_id, "title": source.title, "url": source.url} for source in traced.sources
            ],
        },
        "channels": [_channel(channel) for channel in report.channels],
    }


def _feed(traced: TracedArticle) -> dict[str, object]:
    return {
        "id": traced.feed.id,
        "title": traced.feed.title or traced.state.title,
        "url": without_credentials(traced.feed.url),
        "removed": not traced.is_read,
        "first_read_at": timestamp(traced.state.baselined_at),
    }


def _rule(report: RuleReport) -> dict[str, object]:
    match, failure, found = report.match, report.failure, report.found
    return {
        "rule": report.rule_id,
        "verdict": report.verdict.value,
        "clause": match.clause if match else failure and failure.clause,
        "spans": [span_document(span) for span in match.spans] if match else [],
        "reason": failure and failure.reason,
        "then": found and {"found_at": timestamp(found.found_at), "clause": found.match.clause},
        "note": report.note,
    }


def _channel(report: ChannelReport) -> dict[str, object]:
    alert = report.alert
    return {
        "channel": report.channel_id,
        "type": report.channel and report.channel.type,
        "enabled": report.is_on,
        "paused_at": timestamp(report.state.paused_at),
        "pause_reason": report.state.reason,
        "rules": list(report.rule_ids),
        "alert": alert
        and {
            "id": alert.id,
            "article": alert.article_id,
            "priority": alert.priority.word,
            "created_at": timestamp(alert.created_at),
        },
        "reason": report.reason,
        "deliveries": [_delivery(delivery) for delivery in report.deliveries],
    }


def _delivery(report: DeliveryReport) -> dict[str, object]:
    delivery = report.delivery
    return {
        "id": delivery.id,
        "kind": delivery.kind.value,
        "status": delivery.status.value,
        "reason": delivery.reason,
        "attempts": [_attempt(attempt) for attempt in report.attempts],
        "holds": [_hold(hold) for hold in report.holds],
        "silence": report.silence and report.silence.id,
        "digest": report.digest and _delivery(report.digest),
        "advice": report.advice,
    }


def _attempt(attempt: DeliveryAttempt) -> dict[str, object]:
    return {"at": timestamp(attempt.attempted_at), "status": attempt.status.value, "detail": attempt.detail}


def _hold(hold: Hold) -> dict[str, object]:
    return {
        "kind": hold.kind.value,
        "since": timestamp(hold.since),
        "until": timestamp(hold.until),
        "text": hold.text,
    }


def _site_feed(feed: SiteFeed) -> dict[str, object]:
    return feed_document(feed.summary) | {
        "of_domain": feed.is_of_domain,
        "from_site": feed.from_site,
        "listed": feed.summary.state.listed,
        "last_read_at": timestamp(feed.last_read_at),
    }
