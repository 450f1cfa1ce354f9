"""Why a rule does not hold for an article: the first part of its query that failed, and the reason in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from aggregator.matching.compiling import compile_query
from aggregator.matching.index import RuleIndex, reads_feed
from aggregator.matching.nodes import (
    AndNode,
    AtLeastNode,
    NearNode,
    Node,
    NotNode,
    OrNode,
    words_after,
)
from aggregator.matching.query import Fielded, Query, Term
from aggregator.matching.reading import Occurrence, Reading
from aggregator.matching.rules import compile_rule
from aggregator.matching.semantics.embedder import load_embedder
from aggregator.matching.semantics.semantic import SemanticIndex
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.vocabulary import Vocabulary
from aggregator.model.articles import Article
from aggregator.model.rules import FeedSelector, Field, Match, NonMatch, Rule

_MOST_NAMED = 3
"""Of many reasons or words so many are named, the others counted."""
_TEXT = "the title, the summary or the body"


def explain(article: Article, rule: Rule) -> Match | NonMatch:
    """Return the match of `rule` and `article`, or the first part of the rule that fails, and why.

    Raises:
        QueryError: when the rule's query cannot be read.
    """
    for match in _index_of(rule).match(article):
        return match
    if not reads_feed(rule.feeds, article):
        clause, reason = _feeds_clause(rule.feeds), _feeds_reason(article)
    elif rule.has_query and not _index_of(replace(rule, like=())).match(article):
        failure = _Explainer(article, rule.language).failure_of(compile_rule(rule))
        clause, reason = format_query(failure.query), failure.reason
    else:
        clause, reason = _likeness_failure(article, rule)
    return NonMatch(rule_id=rule.id, article_id=article.id, clause=clause, reason=reason)


def _index_of(rule: Rule) -> RuleIndex:
    """Return an index of one rule."""
    index = RuleIndex()
    index.add(rule)
    return index


def _likeness_failure(article: Article, rule: Rule) -> tuple[str, str]:
    semantic = SemanticIndex(load_embedder(rule.language_model))
    semantic.add(rule)
    likeness = semantic.compare(article)[rule.id]
    reason = f"the article is like this example, the nearest, by {likeness.score:.2f}"
    return f"like {likeness.example}", f"{reason}; the rule asks for {likeness.threshold:.2f}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """A part of a query that does not hold."""

    query: Query
    reason: str


class _Explainer:
    """Asks one article about parts of queries."""

    def __init__(self, article: Article, language: str | None) -> None:
        self._article = article
        self._language = language

    def failure_of(self, query: Query) -> _Failure:
        """Return the first part of `query` that alone makes it fail."""
        vocabulary = Vocabulary()
        node = compile_query(query, vocabulary, self._language)
        return self._failure(node, Reading(self._article, vocabulary))

    def _failure(self, node: Node, reading: Reading) -> _Failure:  # noqa: PLR0911 - one answer a kind of node
        match node:
            case AndNode(parts=parts):
                return next(self._failure(part, reading) for part in parts if not part.holds(reading))
            case OrNode(parts=parts):
                reasons = list(dict.fromkeys(self._failure(part, reading).reason for part in parts))
                return _Failure(node.query, _listed(reasons, "; "))
            case AtLeastNode(parts=parts, count=count):
                held = [format_query(part.query) for part in parts if part.holds(reading)]
                there = _listed(held, ", ") if held else "none"
                return _Failure(node.query, f"of {len(parts)} parts it needs {count}, and has {len(held)}: {there}")
            case NotNode(part=part):
                return _Failure(node.query, self._excluding_reason(part, reading))
            case NearNode(left=left, right=right):
                for side in (left, right):
                    if not side.occurrences(reading):
                        reason = _WORDLESS if side.holds(reading) else self._failure(side, reading).reason
                        return _Failure(node.query, reason)
                return _Failure(node.query, _near_reason(node, reading))
            case _:
                return _Failure(node.query, self._missing_reason(node.query))

    def _missing_reason(self, query: Query) -> str:
        """Say that a term, an expression or a value is not there, and what there is instead."""
        field, part = (query.field, query.part) if isinstance(query, Fielded) else (None, query)
        if field is Field.FEED:
            return f"the article is of the feed {self._article.feed_id}"
        if field is Field.LANGUAGE:
            language = self._article.language
            return f"the article's language is {language}" if language else "the article's language is not known"
        where = _TEXT if field is None else f"the {field.value}"
        if isinstance(part, Term) and part.raw and self._holds(Term(part.words), field):
            return f"{where} has it, but not written just so"
        if isinstance(part, Term) and len(part.words) > 1:
            missing = [word.folded for word in part.words if not self._holds(Term((word,)), field)]
            if not missing:
                return f"its words are in {where}, but not one after the other"
            verb = "is" if len(missing) == 1 else "are"
            return f"{_listed(missing, ' and ')} {verb} not in {where}{self._elsewhere(part, field)}"
        return f"{format_query(part)} is not in {where}{self._elsewhere(part, field)}"

    def _elsewhere(self, part: Query, field: Field | None) -> str:
        others = (Field.TITLE, Field.SUMMARY, Field.BODY, Field.AUTHOR, Field.TAG, Field.URL)
        found = [other.value for other in others if field is not None and self._holds(part, other)]
        return f"; it is in the {_listed(found, ' and the ')}" if found else ""

    def _excluding_reason(self, part: Node, reading: Reading) -> str:
        spans = reading.spans(list(part.stretches(reading)))
        if not spans:
            return f"{format_query(part.held(reading))} holds"
        words = list(dict.fromkeys(f"“{span.text}” in the {span.field.value}" for span in spans))
        return f"the article has {_listed(words, ', ')}"

    def _holds(self, query: Query, field: Field | None) -> bool:
        vocabulary = Vocabulary()
        node = compile_query(query, vocabulary, self._language, field)
        return node.holds(Reading(self._article, vocabulary))


def _near_reason(node: NearNode, reading: Reading) -> str:
    left, right = node.left.occurrences(reading), node.right.occurrences(reading)
    has_values = isinstance(node.query, Fielded) and node.query.field in (Field.AUTHOR, Field.TAG)
    farthest = _FARTHEST_IN_VALUE if has_values else _FARTHEST
    between = _words_between(left, right, farthest)
    allowed = f"at most {node.distance} may stand between"
    if node.is_ordered:
        if between < math.inf:
            return f"the nearest two in this order have {between:.0f} words between; {allowed}"
        return "they stand in the other order only" if _words_between(right, left, farthest) < math.inf else _APART
    between = min(between, _words_between(right, left, farthest))
    return f"the nearest two have {between:.0f} words between; {allowed}" if between < math.inf else _APART


_APART = "both are there, but not in one field beside each other"
_WORDLESS = "one side is there, but as signs alone; NEAR counts words between words"
_FARTHEST = 1 << 30
"""Two occurrences that are farther apart are in different fields."""
_FARTHEST_IN_VALUE = 2_000
"""In a field of several values, as that of the authors, they are in different ones."""


def _words_between(first: list[Occurrence], second: list[Occurrence], farthest: int) -> float:
    starts = sorted(start for start, _ in second)
    nearest = min(words_after(end, starts) for _, end in first)
    return nearest if nearest < farthest else math.inf


def _feeds_clause(feeds: FeedSelector) -> str:
    parts = [*(f"the feed {feed_id}" for feed_id in feeds.ids), *(f"feeds tagged {tag}" for tag in feeds.tags)]
    return f"feeds: {_listed(parts, ', ')}"


def _feeds_reason(article: Article) -> str:
    tags = f"tagged {', '.join(article.feed_tags)}" if article.feed_tags else "without tags"
    return f"the article is of the feed {article.feed_id}, {tags}"


def _listed(items: list[str], separator: str) -> str:
    more = len(items) - _MOST_NAMED
    shown = separator.join(items[:_MOST_NAMED])
    return f"{shown}{separator}{more} more" if more > 0 else shown
