"""How telling a term is: how much an article speaks of it, against how many articles do."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache

from aggregator.matching.frequencies import words_of, zipf
from aggregator.matching.query import Term
from aggregator.matching.suggesting.lexemes import forms_in

ENOUGH_ARTICLES = 200
"""Fewer say nothing about how common a word is."""

_WORDS_AN_ARTICLE = 300
_TABLE_COUNTS_AS_ARTICLES = 200
"""What the shipped table says weighs as much as so many articles: of few, most words are in none."""
_ZIPF_OF_RARE_WORDS = 3.0
_BELOW_THE_TABLE = 0.5
_PHRASE_AGAINST_WORD = 0.1
"""A phrase of two words that belong together is about so much rarer than the rarer of them."""
_BILLION = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """In how many of so many articles terms stand; none of any when only the shipped table is there to ask."""

    articles: int = 0
    with_term: Mapping[Term, int] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Whether these articles say anything; otherwise the shipped table does."""
        return self.articles >= ENOUGH_ARTICLES

    def share(self, term: Term, languages: Collection[str | None]) -> float:
        """Return the share of articles that have `term`, between 0 and 1, never quite either."""
        usual = table_share(term, languages)
        if not self.is_enough or term not in self.with_term:
            return usual
        known = self.with_term[term] + usual * _TABLE_COUNTS_AS_ARTICLES
        return min(known / (self.articles + _TABLE_COUNTS_AS_ARTICLES), 1.0)


def keyness(spoken: float, share: float) -> float:
    """Return how telling a term is that stands so often, each place by its weight, and in this share of articles."""
    return math.log2(1 + spoken) * -math.log(share)


def table_share(term: Term, languages: Collection[str | None]) -> float:
    """Return the share of articles with a term that the table of frequencies lets one expect."""
    codes = {(language or "en").partition("-")[0] for language in languages}
    shares = [max(_word_share(word.folded, code) for code in codes) for word in term.words]
    return shares[0] if len(shares) == 1 else _PHRASE_AGAINST_WORD * min(shares)


def _word_share(folded: str, language: str) -> float:
    known = [zipf(form, language) for form in forms_in(folded, (language,))]
    per_word = sum(10**value for value in known if value) / _BILLION
    per_word = max(per_word, 10 ** _rarest(language) / _BILLION)
    return -math.expm1(-per_word * _WORDS_AN_ARTICLE)


@cache
def _rarest(language: str) -> float:
    """Return what `zipf` is of words that the table does not have."""
    return min(words_of(language).values(), default=_ZIPF_OF_RARE_WORDS + _BELOW_THE_TABLE) - _BELOW_THE_TABLE
