"""The rule index: which of many rules hold for an article, at a cost that hardly grows with their number."""

from __future__ import annotations

from dataclasses import dataclass, field

from aggregator.errors import NotFound
from aggregator.matching.evaluate import Spans, analyse_article, spans_of
from aggregator.matching.formatting import format_query
from aggregator.matching.query import Query
from aggregator.matching.rules import anchors_of, compile_rule
from aggregator.matching.text import fold
from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import FeedSelector, Match, Rule

_FOLD_CACHE_SIZE = 100_000


@dataclass(slots=True, eq=False)
class _Entry:
    """One distinct query with the rules that ask it."""

    query: Query
    anchors: frozenset[str] | None
    rules: dict[RuleId, FeedSelector] = field(default_factory=dict)


class RuleIndex:
    """A percolator: each distinct query waits under words without which it cannot hold.

    An article is taken apart once; only the queries that wait under one of its words are evaluated. Rules are
    added and removed one at a time, without a rebuild. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._entry_of: dict[RuleId, str] = {}
        self._waiting: dict[str, dict[str, _Entry]] = {}
        self._always: dict[str, _Entry] = {}
        self._folded: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._entry_of)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._entry_of

    def add(self, rule: Rule) -> None:
        """Add `rule`, in place of one with the same id.

        Raises:
            QueryError: when its query cannot be read; then nothing has changed.
        """
        query = compile_rule(rule)
        if rule.id in self._entry_of:
            self.remove(rule.id)
        key = format_query(query)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(query, anchors_of(query))
            for waiting in self._lists_of(entry):
                waiting[key] = entry
        entry.rules[rule.id] = rule.feeds
        self._entry_of[rule.id] = key

    def remove(self, rule_id: RuleId) -> None:
        """Remove a rule.

        Raises:
            NotFound: when there is none with this id.
        """
        key = self._entry_of.pop(rule_id, None)
        if key is None:
            raise NotFound(f"there is no rule {rule_id!r}")
        entry = self._entries[key]
        del entry.rules[rule_id]
        if entry.rules:
            return
        del self._entries[key]
        for waiting in self._lists_of(entry):
            del waiting[key]
        for word in entry.anchors or ():
            if not self._waiting[word]:
                del self._waiting[word]

    def match(self, article: Article) -> list[Match]:
        """Return a match for each rule that holds for `article`, in the order of the rules' ids."""
        if not self._entries:
            return []
        analysed = analyse_article(article, self._fold)
        candidates = dict(self._always)
        for word in self._waiting.keys() & analysed.words:
            candidates |= self._waiting[word]
        matches = []
        for entry in candidates.values():
            rule_ids = [rule_id for rule_id, feeds in entry.rules.items() if _reads(feeds, article)]
            spans: Spans | None = spans_of(entry.query, analysed) if rule_ids else None
            if spans is not None:
                matches += [Match(rule_id=rule_id, article_id=article.id, spans=spans) for rule_id in rule_ids]
        return sorted(matches, key=lambda match: match.rule_id)

    def _lists_of(self, entry: _Entry) -> list[dict[str, _Entry]]:
        if entry.anchors is None:
            return [self._always]
        return [self._waiting.setdefault(word, {}) for word in entry.anchors]

    def _fold(self, word: str) -> str:
        """Fold with a bounded cache: texts repeat their words."""
        folded = self._folded.get(word)
        if folded is None:
            if len(self._folded) >= _FOLD_CACHE_SIZE:
                self._folded.clear()
            folded = self._folded[word] = fold(word)
        return folded


def _reads(feeds: FeedSelector, article: Article) -> bool:
    if not feeds.ids and not feeds.tags:
        return True
    return article.feed_id in feeds.ids or not set(feeds.tags).isdisjoint(article.feed_tags)
