"""The rule index: which of many rules hold for an article, at a cost that hardly grows with their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from aggregator.errors import NotFound
from aggregator.matching.access import access_of, in_order
from aggregator.matching.compiling import compile_query
from aggregator.matching.nodes import Node
from aggregator.matching.query import Query
from aggregator.matching.reading import Reading
from aggregator.matching.regex_index import RegexAt, RegexIndex
from aggregator.matching.rules import compile_rule
from aggregator.matching.semantics.embedder import load_embedder
from aggregator.matching.semantics.semantic import SemanticIndex
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.trie import Clause, SetTrie
from aggregator.matching.vocabulary import Vocabulary
from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import FeedSelector, Match, Rule

_MOST_STRETCHES = 5_000
_MOST_SPANS = 500
"""Of a match: a text of thousands of hits is not stored with each of them."""

_EVERYWHERE = FeedSelector()

_Identity = tuple[Query, str | None]


@dataclass(slots=True, eq=False)
class _Entry:
    """One distinct query with the rules that ask it: `everywhere` of all feeds, `of_feeds` of some.

    `is_exact`: it holds wherever one of its clauses does and no key is there that it goes `without`. `clause` is its
    text, once it has matched: of a query with alternatives it depends on the article, and is None.
    """

    identity: _Identity
    node: Node
    clauses: tuple[Clause, ...]
    is_exact: bool
    without: tuple[int, ...]
    everywhere: tuple[RuleId, ...] = ()
    of_feeds: tuple[tuple[RuleId, FeedSelector], ...] = ()
    clause: str | None = None

    def add(self, rule: Rule) -> None:
        if rule.feeds == _EVERYWHERE:
            self.everywhere += (rule.id,)
        else:
            self.of_feeds += ((rule.id, rule.feeds),)

    def remove(self, rule_id: RuleId) -> None:
        self.everywhere = tuple(other for other in self.everywhere if other != rule_id)
        self.of_feeds = tuple(other for other in self.of_feeds if other[0] != rule_id)

    def is_asked(self) -> bool:
        return bool(self.everywhere or self.of_feeds)

    def rules_reading(self, article: Article) -> tuple[RuleId, ...]:
        """Return the rules that read the article's feed."""
        if not self.of_feeds:
            return self.everywhere
        return self.everywhere + tuple(rule_id for rule_id, feeds in self.of_feeds if reads_feed(feeds, article))


class RuleIndex:
    """A percolator: each distinct query waits under the keys without which it cannot hold.

    An article is taken apart once; only the queries of which a clause is there are verified. Rules are added and
    removed one at a time, without a rebuild. Rules with examples are asked by a semantic index for each language model,
    after the queries. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._entries: dict[_Identity, _Entry] = {}
        self._entry_of: dict[RuleId, _Entry | None] = {}  # None: examples alone
        self._semantic: dict[str | None, SemanticIndex] = {}
        self._vocabulary = Vocabulary()
        self._regexes = RegexIndex()
        self._trie: SetTrie[_Entry] = SetTrie()

    def __len__(self) -> int:
        return len(self._entry_of)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._entry_of

    def add(self, rule: Rule) -> None:
        """Add `rule`, in place of one with the same id.

        Raises:
            QueryError: when its query cannot be read; then nothing has changed.
            ExtraMissing, ModelUnreadable: when its examples cannot be asked; then neither.
        """
        identity = None if rule.like and not rule.has_query else (compile_rule(rule), rule.language)
        semantic = self._semantic_of(rule) if rule.like else None
        if rule.id in self._entry_of:
            self.remove(rule.id)
        if semantic is not None:
            semantic.add(rule)
        self._entry_of[rule.id] = None if identity is None else self._entry_with(identity, rule)

    def remove(self, rule_id: RuleId) -> None:
        """Remove a rule.

        Raises:
            NotFound: when there is none with this id.
        """
        if rule_id not in self._entry_of:
            raise NotFound(f"there is no rule {rule_id!r}")
        entry = self._entry_of.pop(rule_id)
        for semantic in self._semantic.values():
            semantic.remove(rule_id)
        if entry is None:
            return
        entry.remove(rule_id)
        if not entry.is_asked():
            del self._entries[entry.identity]
            self._leave(entry)

    def match(self, article: Article) -> list[Match]:
        """Return a match for each rule that holds for `article`, in the order of the rules' ids."""
        reading = self._read(article)
        matches = [match for entry in self._holding(reading) for match in _matches(entry, reading)]
        for semantic in self._semantic.values():
            matches = semantic.judged(article, matches)
        return sorted(matches, key=lambda match: match.rule_id)

    def matching_rules(self, article: Article) -> list[RuleId]:
        """Return the ids that `match` has, in no order, without looking for the words: at a fraction of its cost."""
        rule_ids: list[RuleId] = []
        for entry in self._holding(self._read(article)):
            rule_ids += entry.rules_reading(article)
        for semantic in self._semantic.values():
            rule_ids = semantic.standing(article, rule_ids)
        return rule_ids

    def _read(self, article: Article) -> Reading:
        reading = Reading(article, self._vocabulary)
        reading.keys |= self._regexes.keys_of(reading)
        return reading

    def _holding(self, reading: Reading) -> Iterator[_Entry]:
        for entry in self._trie.find(reading.keys):
            if reading.keys.isdisjoint(entry.without) if entry.is_exact else entry.node.holds(reading):
                yield entry

    def _semantic_of(self, rule: Rule) -> SemanticIndex:
        model = rule.language_model
        if model not in self._semantic:
            self._semantic[model] = SemanticIndex(load_embedder(model))
        return self._semantic[model]

    def _entry_with(self, identity: _Identity, rule: Rule) -> _Entry:
        entry = self._entries.get(identity)
        if entry is None:
            entry = self._wait(identity)
            self._entries[entry.identity] = entry
        entry.add(rule)
        return entry

    def _wait(self, identity: _Identity) -> _Entry:
        """Put a new query under its keys."""
        query, language = identity
        node = compile_query(query, self._vocabulary, language)
        access = access_of(node, self._vocabulary.rank)
        if access is None:
            raise ValueError(f"{format_query(query)} only excludes")  # the parser lets none such pass
        clauses = tuple(
            in_order((self._regexes.intern(key) if isinstance(key, RegexAt) else key for key in clause), self._rank)
            for clause in access.clauses
        )
        entry = _Entry((node.query, language), node, clauses, access.is_exact, access.without)
        for clause in clauses:
            self._trie.add(clause, entry)
        return entry

    def _leave(self, entry: _Entry) -> None:
        for clause in entry.clauses:
            self._trie.remove(clause, entry)
            self._regexes.release(key for key in clause if key < 0)
        self._vocabulary.release(entry.node.keys())

    def _rank(self, key: int) -> float:
        return self._vocabulary.rank(key) if key > 0 else 0.0


def _matches(entry: _Entry, reading: Reading) -> list[Match]:
    rule_ids = entry.rules_reading(reading.article)
    if not rule_ids:
        return []
    stretches = islice(entry.node.stretches(reading), _MOST_STRETCHES)
    spans = reading.spans(list(stretches))[:_MOST_SPANS]
    clause = entry.clause or format_query(entry.node.held(reading))
    if entry.clause is None and not entry.node.has_alternatives():
        entry.clause = clause
    return [Match(rule_id=rule_id, article_id=reading.article_id, spans=spans, clause=clause) for rule_id in rule_ids]


def reads_feed(feeds: FeedSelector, article: Article) -> bool:
    """Whether a rule for these feeds reads the article."""
    return feeds.reads(article.feed_id, article.feed_tags)
