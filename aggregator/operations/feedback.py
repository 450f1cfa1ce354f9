"""What readers think of alerts: stored, and turned into what a rule should leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.errors import AggregatorError, NotFound
from aggregator.matching.index import RuleIndex
from aggregator.matching.query import Term
from aggregator.matching.rules import compile_rule
from aggregator.matching.suggesting.counting import TermCounter
from aggregator.matching.suggesting.suggest import Suggester
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.articles import Article
from aggregator.model.feedback import Feedback, Verdict
from aggregator.model.ids import DeliveryId, RuleId
from aggregator.model.rules import FeedSelector, Rule
from aggregator.ports import Store

_MOST_ARTICLES = 500
_MOST_TERMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """A rule that leaves out what readers found bad. `excluded` are its new terms.

    `left_out` are the titles of bad articles that it no longer finds, `remaining` of those that it still does.
    """

    rule: Rule
    excluded: tuple[str, ...]
    left_out: tuple[str, ...]
    remaining: tuple[str, ...]
    good: int


async def give_feedback(
    store: Store, delivery_id: DeliveryId, verdict: Verdict, *, by: str, now: datetime
) -> list[RuleId]:
    """Store what a reader thinks of the alert of a delivery, in the place of what they thought; return its rules.

    Raises:
        NotFound: when there is no such delivery, or it is of no alert.
    """
    alert_id = await store.alert_of(delivery_id)
    if alert_id is None:
        raise NotFound(
            f"there is no alert with the delivery {delivery_id!r}; `aggregator deliveries list` shows what there is"
        )
    return await store.save_feedback(Feedback(alert_id=alert_id, verdict=verdict, by=by, given_at=now))


async def exclude_bad(store: Store, rule: Rule) -> Exclusions:
    """Return `rule` with terms to exclude, that bad articles have and good ones do not.

    Raises:
        AggregatorError: when no alert of it was found bad, or its bad articles have nothing of their own.
    """
    judged = await store.judged_articles(rule.id, _MOST_ARTICLES)
    good = [one.article for one in judged if one.verdict is Verdict.GOOD]
    bad = [one.article for one in judged if one.verdict is Verdict.BAD]
    if not bad or not rule.has_query:
        what = "has no query to exclude from" if bad else "has no alert that was found bad"
        raise AggregatorError(f"rule {rule.id!r} {what}; `aggregator rules feedback DELIVERY bad` says that one is")
    excluded = [format_query(term) for term in _telling_of(bad, good, rule)]
    if not excluded:
        raise AggregatorError(f"nothing tells the bad articles of {rule.id!r} from the good ones; look at its query")
    query = format_query(compile_rule(rule))
    narrowed = f"({query}) NOT ({' OR '.join(excluded)})"
    made = replace(rule, query=narrowed, any_of=(), all_of=(), none_of=())
    made = replace(made, query=format_query(compile_rule(made)))
    is_found = _finder(made)
    return Exclusions(
        rule=made,
        excluded=tuple(excluded),
        left_out=tuple(article.title for article in bad if not is_found(article)),
        remaining=tuple(article.title for article in bad if is_found(article)),
        good=sum(map(is_found, good)),
    )


def _telling_of(bad: Sequence[Article], good: Sequence[Article], rule: Rule) -> list[Term]:
    """Return the fewest terms that all bad articles have one of, none of which a good one or the query itself has."""
    terms = Suggester([(article.title, article) for article in bad]).terms
    counter = TermCounter(terms)
    query = Article(
        feed_id=bad[0].feed_id,
        key=bad[0].key,
        url="",
        title=format_query(compile_rule(rule)),
        published_at=bad[0].published_at,
        content_hash="",
        language=bad[0].language,
    )
    wanted = {term for article in (*good, query) for term in counter.present(article)}
    candidates = [term for term in terms if term not in wanted]
    left = [set(counter.present(article)) for article in bad]
    chosen: list[Term] = []
    while candidates and left and len(chosen) < _MOST_TERMS:
        best = max(candidates, key=lambda term: sum(term in present for present in left))
        if not any(best in present for present in left):
            break
        chosen.append(best)
        left = [present for present in left if best not in present]
    return chosen


def _finder(rule: Rule) -> Callable[[Article], bool]:
    index = RuleIndex()
    index.add(replace(rule, feeds=FeedSelector(), like=()))
    return lambda article: bool(index.matching_rules(article))
