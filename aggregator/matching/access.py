"""Under which keys a query waits: clauses of which an article must have one for the query to hold.

A query is not multiplied out. Of the parts that must all hold, those that let the fewest articles through are taken,
alternatives included; the rest is verified on the few articles that come so far. So no query explodes: it has about as
many clauses as its smallest group has alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from aggregator.matching.nodes import (
    AndNode,
    AtLeastNode,
    NearNode,
    Node,
    NotNode,
    OrNode,
    PhraseNode,
    ValueNode,
    WordNode,
    WrittenNode,
)
from aggregator.matching.query import Regex
from aggregator.matching.regex_index import RegexAt
from aggregator.matching.trie import Clause

_MOST_CLAUSES = 64
"""More than this no product of groups is worth: verifying is cheaper."""
_LONGEST_CLAUSE = 4
_RARE_ENOUGH = 1e-4
"""Of ten thousand articles one is looked at: no further group of alternatives is needed to keep others away."""
_UNKNOWN_ZIPF = 2.0
_WORDS_IN_ARTICLE = 300
_CHANCE_OF_REGEX = 1.0


Sought = int | RegexAt
"""What an article must have: the word with a key, or text that an expression fits."""


@dataclass(frozen=True, slots=True)
class Access:
    """The clauses of a query. `is_exact`: it holds just where one of them does and the article has none `without`."""

    clauses: tuple[frozenset[Sought], ...]
    is_exact: bool
    chance: float
    """About the part of all articles that have one of the clauses."""
    without: tuple[int, ...] = ()


def access_of(node: Node, rank: Callable[[int], float]) -> Access | None:  # noqa: PLR0911 - one answer a kind of node
    """Return the clauses of a query, None when it can hold for an article that has nothing of it.

    `rank` is how common a key is, as log10 of its occurrences in a billion words.
    """
    match node:
        case WordNode(key=key) | ValueNode(key=key):
            return _of_keys((key,), rank, is_exact=True)
        case PhraseNode(word_keys=words, pair_keys=pairs):
            return _of_keys(pairs or words, rank, is_exact=False)
        case WrittenNode(written=Regex() as regex, space=space):
            return Access((frozenset({RegexAt(space, regex)}),), is_exact=True, chance=_CHANCE_OF_REGEX)
        case WrittenNode(word_keys=keys):
            return _of_keys(keys, rank, is_exact=False)
        case NearNode(left=left, right=right):
            access = _all_of([access_of(side, rank) for side in (left, right)])
            return access and replace(access, is_exact=False)
        case AndNode(parts=parts):
            unwanted = [part for part in parts if isinstance(part, NotNode)]
            wanted = _all_of([access_of(part, rank) for part in parts if not isinstance(part, NotNode)])
            return _except_for(unwanted, wanted, rank)
        case AtLeastNode(parts=parts, count=count):
            return _one_of_fewest([access_of(part, rank) for part in parts], count)
        case OrNode(parts=parts):
            return _one_of([access_of(part, rank) for part in parts])
        case _:
            return None


def in_order(keys: Iterable[int], rank: Callable[[int], float]) -> Clause:
    """Return the keys of a clause in the one order that the trie needs, the rarest first."""
    return tuple(sorted(keys, key=lambda key: (rank(key), key)))


def _of_keys(keys: Iterable[int], rank: Callable[[int], float], *, is_exact: bool) -> Access:
    clause = in_order(set(keys), rank)[:_LONGEST_CLAUSE]
    chance = math.prod(_chance(rank(key)) for key in clause)
    return Access((frozenset(clause),), is_exact=is_exact, chance=chance)


def _all_of(parts: Sequence[Access | None]) -> Access | None:
    """Join the parts that keep the most articles away, as long as few clauses do it."""
    known = sorted((part for part in parts if part is not None), key=lambda part: part.chance)
    if not known:
        return None
    joined = known[0]
    is_exact = len(known) == len(parts) and joined.is_exact
    for part in known[1:]:
        product = _product(joined, part)
        is_exact = is_exact and part.is_exact and product is not None
        joined = product or joined
    return replace(joined, is_exact=is_exact)


def _except_for(unwanted: Sequence[NotNode], wanted: Access | None, rank: Callable[[int], float]) -> Access | None:
    """Add what must not be, where that is words: the others are verified."""
    if wanted is None or not unwanted:
        return wanted
    without = [_words_of(access_of(part.part, rank)) for part in unwanted]
    known = tuple(key for words in without if words is not None for key in words)
    return replace(wanted, is_exact=wanted.is_exact and None not in without, without=wanted.without + known)


def _words_of(part: Access | None) -> tuple[int, ...] | None:
    """Return words of which each alone makes `part` hold, None where it takes more than one of them."""
    if part is None or not part.is_exact or part.without:
        return None
    keys = tuple(key for clause in part.clauses for key in clause if isinstance(key, int))
    return keys if len(keys) == sum(map(len, part.clauses)) == len(part.clauses) else None


def _product(one: Access, other: Access) -> Access | None:
    """Return what has a clause of each, None where that is not worth it."""
    if len(other.clauses) > 1 and one.chance < _RARE_ENOUGH:
        return None
    clauses = tuple(dict.fromkeys(a | b for a in one.clauses for b in other.clauses))
    is_worth_it = len(clauses) <= max(_MOST_CLAUSES, len(one.clauses)) and all(
        len(clause) <= _LONGEST_CLAUSE and not any(isinstance(key, RegexAt) for key in clause) for clause in clauses
    )
    if not is_worth_it:
        return None
    return Access(clauses, is_exact=True, chance=one.chance * other.chance, without=one.without + other.without)


def _one_of(parts: Sequence[Access | None]) -> Access | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    clauses = tuple(dict.fromkeys(clause for part in known for clause in part.clauses))
    chance = min(1.0, sum(part.chance for part in known))
    return Access(clauses, is_exact=all(part.is_exact and not part.without for part in known), chance=chance)


def _one_of_fewest(parts: Sequence[Access | None], count: int) -> Access | None:
    """Return clauses for `count` of the parts: of all but count - 1 of them, one at least must hold."""
    rarest_first = sorted(parts, key=lambda part: math.inf if part is None else part.chance)
    access = _one_of(rarest_first[: len(parts) - count + 1])
    return access and replace(access, is_exact=False)


def _chance(zipf: float) -> float:
    return min(1.0, _WORDS_IN_ARTICLE * 10 ** (max(zipf, _UNKNOWN_ZIPF) - 9))
