"""Which of many terms stand in articles, each article looked through once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aggregator.matching.index import RuleIndex
from aggregator.matching.query import Term
from aggregator.matching.suggesting.keyness import Background
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule


class TermCounter:
    """Counts the articles that have each of some terms: just those that a rule of that term alone would find.

    `articles` is how many were looked through.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self._index = RuleIndex()
        self._term_of: dict[RuleId, Term] = {}
        for number, term in enumerate(dict.fromkeys(terms)):
            rule_id = RuleId(str(number))
            self._term_of[rule_id] = term
            self._index.add(Rule(id=rule_id, title="", query=format_query(term)))
        self.articles = 0
        self._with_term = Counter(dict.fromkeys(self._term_of.values(), 0))

    def present(self, article: Article) -> list[Term]:
        """Return the terms that stand in an article."""
        return [self._term_of[rule_id] for rule_id in self._index.matching_rules(article)]

    def count(self, article: Article) -> None:
        """Count an article."""
        self.articles += 1
        self._with_term.update(self.present(article))

    def background(self) -> Background:
        """Return what was counted."""
        return Background(articles=self.articles, with_term=dict(self._with_term))
