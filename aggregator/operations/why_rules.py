"""What each rule makes of an article now, what it made of it when it came, and why the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.matching.explain import explain
from aggregator.matching.index import reads_feed
from aggregator.model.articles import Article, Revision
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Match, NonMatch, OnUpdate, Rule
from aggregator.model.traces import FoundMatch, TracedArticle
from aggregator.operations.configure import Configuration
from aggregator.operations.why_report import RuleReport, Verdict

_MOST_EXPLAINED = 500
"""To explain a rule takes about a millisecond, and nobody reads of a hundred thousand."""

BASELINE = "its feed listed it when it was first read: such articles are no news (`first_poll: baseline`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAsked:
    """What rules are asked about; with a `channel_id`, only those that send there."""

    traced: TracedArticle
    is_baseline: bool
    revisions: Sequence[Revision]
    found: Sequence[FoundMatch]
    channel_id: ChannelId | None = None


def rule_reports(asked: RuleAsked, configuration: Configuration) -> tuple[tuple[RuleReport, ...], int]:
    """Return what the rules say: those that match or matched first; and how many more fail, unexplained."""
    found = {one.match.rule_id: one for one in asked.found}
    rules = [rule for rule in configuration.rules.values() if asked.channel_id in (None, *rule.send_to)]
    removed = [_removed(one) for one in asked.found if one.match.rule_id not in configuration.rules]
    article = asked.traced.article
    if article is None:
        return (*(_purged(rule, found[rule.id]) for rule in rules if rule.id in found), *removed), 0
    matches = {match.rule_id: match for match in configuration.index.match(article)}
    at_first = _matched_at_first(article, asked.revisions, configuration)
    held = [
        _held(rule, matches[rule.id], found.get(rule.id), _note(rule, asked, at_first))
        for rule in rules
        if rule.id in matches
    ]
    others = [rule for rule in rules if rule.id not in matches]
    failing = [rule for rule in others if reads_feed(rule.feeds, article)]
    elsewhere = [rule for rule in others if not reads_feed(rule.feeds, article)]
    failing.sort(key=lambda rule: rule.id not in found)
    failed = [_failed(rule, article, found.get(rule.id)) for rule in failing[:_MOST_EXPLAINED]]
    unread = [_unread(rule, asked.traced, found.get(rule.id)) for rule in elsewhere]
    return (*held, *removed, *failed, *unread), max(len(failing) - _MOST_EXPLAINED, 0)


def _matched_at_first(article: Article, revisions: Sequence[Revision], configuration: Configuration) -> set[RuleId]:
    """Return which of the rules match the text that the article had when it came."""
    oldest = revisions[0] if revisions else None
    before = replace(article, title=oldest.title, summary="", body=oldest.text) if oldest else article
    return {match.rule_id for match in configuration.index.match(before)}


def _note(rule: Rule, asked: RuleAsked, at_first: set[RuleId]) -> str | None:
    """Say why a rule that matches now did not when the article came; None when it did."""
    if any(one.match.rule_id == rule.id for one in asked.found):
        return None
    if asked.is_baseline:
        return BASELINE
    if rule.id not in at_first and rule.on_update is OnUpdate.IGNORE:
        return "it matches only since its publisher changed it, which the rule does not look at (`on_update: ignore`)"
    return (
        "the rule was made or changed after the article came, as far as can be told: rules look only forward; "
        f"`aggregator rules backtest {rule.id}` looks back"
    )


def _held(rule: Rule, match: Match, found: FoundMatch | None, note: str | None) -> RuleReport:
    return RuleReport(rule_id=rule.id, title=rule.title, verdict=Verdict.MATCHES, match=match, found=found, note=note)


def _failed(rule: Rule, article: Article, found: FoundMatch | None) -> RuleReport:
    result = explain(article, rule)
    return RuleReport(
        rule_id=rule.id,
        title=rule.title,
        verdict=Verdict.FAILS,
        failure=result if isinstance(result, NonMatch) else None,
        found=found,
        note=None if found is None else "it matched when the article came: the rule or the article was changed since",
    )


def _unread(rule: Rule, traced: TracedArticle, found: FoundMatch | None) -> RuleReport:
    note = None
    if found is not None:
        note = "it read the feed when the article came"
    elif rule.feeds.reads(traced.feed.id, traced.feed.tags):
        note = "the feed was given its tag after the article came"
    return RuleReport(rule_id=rule.id, title=rule.title, verdict=Verdict.READS_OTHER_FEEDS, found=found, note=note)


def _removed(found: FoundMatch) -> RuleReport:
    note = "it is no longer in the configuration"
    return RuleReport(
        rule_id=found.match.rule_id, title=found.match.rule_id, verdict=Verdict.UNKNOWN, found=found, note=note
    )


def _purged(rule: Rule, found: FoundMatch) -> RuleReport:
    note = "the article's text is no longer stored, so that it cannot be matched again"
    return RuleReport(rule_id=rule.id, title=rule.title, verdict=Verdict.UNKNOWN, found=found, note=note)
