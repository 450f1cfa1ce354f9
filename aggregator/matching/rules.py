"""From a rule to the one query that it stands for, and to the words that an article must have for it to hold."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.errors import QueryError
from aggregator.matching.parser import parse_query
from aggregator.matching.query import (
    And,
    Fielded,
    Not,
    Or,
    Query,
    Term,
    conjunction,
    disjunction,
    requires_something,
)
from aggregator.model.rules import Field, Rule

COMMON_WORDS = frozenset(
    "a about after all also an and any are as at be been but by can did do for from had has have he her his how i if "
    "in into is it its more new no not of on one or our out over said say she so than that the their them there they "
    "this to two up was we were what when which who will with would year you "
    "и в не на я он с что а это по к но из у за то от так его для как был же вы бы мы о до "
    "і в не на я що з а це до у за та як від для його про але який було є "
    "de la le les et en un une du des que el los y der die das und".split()
)
"""Words that nearly every article has: the last choice as an anchor."""
_COMMON_COST = 1000


def compile_rule(rule: Rule) -> Query:
    """Return the query of `rule`, from its text or from its lists of terms.

    Raises:
        QueryError: when a part of it cannot be read; `part` names the list item.
    """
    if rule.query is not None:
        return parse_query(rule.query)
    parts: list[Query] = list(_items(rule.all_of, "all"))
    if any_of := _items(rule.any_of, "any"):
        parts.append(disjunction(any_of))
    if none_of := _items(rule.none_of, "none"):
        parts.append(Not(disjunction(none_of)))
    if not any(requires_something(part) for part in parts):
        raise QueryError("a rule needs a query, or an `any` or `all` list", query="", column=1)
    return conjunction(tuple(parts))


def anchors_of(query: Query) -> frozenset[str] | None:
    """Return words of which an article must have at least one for `query` to hold; None when there are none such."""
    match query:
        case Term(words=words):
            return frozenset(
                {min((word.folded for word in words), key=lambda word: (word in COMMON_WORDS, -len(word)))}
            )
        case Fielded(field=field, part=part):
            return None if field in (Field.FEED, Field.LANGUAGE) else anchors_of(part)
        case Not():
            return None
        case And(parts=parts):
            choices = [anchors for part in parts if (anchors := anchors_of(part)) is not None]
            return min(choices, key=_cost, default=None)
        case Or(parts=parts):
            every = [anchors_of(part) for part in parts]
            return None if None in every else frozenset().union(*(anchors for anchors in every if anchors is not None))
        case _:  # pragma: no cover - the parser makes none of the others yet
            return None


def _cost(anchors: frozenset[str]) -> int:
    return sum(_COMMON_COST if word in COMMON_WORDS else 1 for word in anchors)


def _items(texts: Sequence[str], name: str) -> tuple[Query, ...]:
    queries = []
    for number, text in enumerate(texts):
        try:
            queries.append(parse_query(text))
        except QueryError as error:
            error.part = f"{name}[{number}]"
            raise
    return tuple(queries)
