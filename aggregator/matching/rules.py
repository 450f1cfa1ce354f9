"""From a rule to the one query that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aggregator.errors import QueryError
from aggregator.matching.query import Not, Query, conjunction, count_terms, disjunction, requires_something
from aggregator.matching.syntax.mistakes import MOST_TERMS
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.rules import Rule


def compile_rule(rule: Rule) -> Query:
    """Return the query of `rule`, from its text or from its lists of terms.

    Raises:
        QueryError: when a part of it cannot be read; `part` names the list item.
    """
    if rule.query is not None:
        return parse_query(rule.query)
    lists = {"all": _items(rule.all_of, "all"), "any": _items(rule.any_of, "any"), "none": _items(rule.none_of, "none")}
    _check_size(lists)
    parts: list[Query] = list(lists["all"])
    if lists["any"]:
        parts.append(disjunction(lists["any"]))
    if lists["none"]:
        parts.append(Not(disjunction(lists["none"])))
    if not any(requires_something(part) for part in parts):
        raise QueryError("a rule needs a query, or an `any` or `all` list", query="", column=1)
    return conjunction(tuple(parts))


def _items(texts: Sequence[str], name: str) -> tuple[Query, ...]:
    queries = []
    for number, text in enumerate(texts):
        try:
            queries.append(parse_query(text))
        except QueryError as error:
            error.part = f"{name}[{number}]"
            raise
    return tuple(queries)


def _check_size(lists: Mapping[str, Sequence[Query]]) -> None:
    counts = {name: sum(map(count_terms, queries)) for name, queries in lists.items()}
    if sum(counts.values()) > MOST_TERMS:
        name = max(counts, key=lambda name: counts[name])
        message = (
            f"the lists have {sum(counts.values()):,} terms, more than {MOST_TERMS:,}; {name}: has {counts[name]:,} of "
            "them: split it into several rules, or write wildcards for many words that begin alike"
        )
        raise QueryError(message, query=f"{name}:", column=1, part=name)
