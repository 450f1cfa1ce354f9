"""The rule index against the definition: a hundred thousand pairs of a query and an article, one answer each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching.naive import Naive
from support.builders import rule
from support.queries import ARTICLES, ATLEASTS, IN_TEXT_FIELD, KINDS, NEARS, QUERIES, kinds_of

from aggregator.matching.explain import explain
from aggregator.matching.index import RuleIndex
from aggregator.matching.query import Query
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId, RuleId
from aggregator.model.rules import FeedSelector, Field, Match, Rule

FEWEST_PAIRS = 100_000
FEWEST_OF_A_KIND = 100
"""Pairs that hold, and pairs that do not, of a query with this kind of node; usual are 500 and more."""

_QUERIES, _ARTICLES, _RULES, _STEPS = 100, 75, 120, 60
"""Of one round; more rules than queries: some ask the same."""
_FRESH = 25
"""So many rules and articles meet before the changes: the index has remembered something when the others come."""
_EXPLAINED = 18
"""Of every article every so many-th rule is explained."""
_OF_ONE_FEED = 9
"""Every ninth rule reads one feed only."""

T = TypeVar("T")
_Asked = tuple[Query, str | None]
_Step = tuple[int, int | None]
"""The number of a rule, and that of the query that it asks from now on; None: it is removed."""

ASKED = st.tuples(QUERIES | QUERIES | NEARS | ATLEASTS | IN_TEXT_FIELD, st.sampled_from([None, "en", "uk", "de"]))
_STEP = st.tuples(st.integers(0, _RULES - 1), st.none() | st.integers(0, _QUERIES - 1))
STEPS = st.lists(_STEP, min_size=_STEPS, max_size=_STEPS).map(tuple)


@dataclass
class Tally:
    """What was compared: a query, with its rule's language, and an article count once, however often they meet."""

    held_of: dict[int, bool] = field(default_factory=dict)
    after_changes: set[int] = field(default_factory=set)
    kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    explained: Counter[bool] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)

    def count(self, asked: _Asked, subject: Article, *, is_held: bool, is_changed: bool) -> None:
        """Count a pair."""
        pair = hash((asked, subject))
        if is_changed:
            self.after_changes.add(pair)
        if pair not in self.held_of:
            self.held_of[pair] = is_held
            self.kinds.update((kind, is_held) for kind in set(kinds_of(asked[0])))

    def __str__(self) -> str:
        held = sum(self.held_of.values())
        kinds = ", ".join(f"{kind} {self.kinds[kind, True]:,}/{self.kinds[kind, False]:,}" for kind in KINDS)
        return (
            f"{len(self.held_of):,} pairs, {held:,} of them hold ({held / len(self.held_of):.1%}); "
            f"{len(self.after_changes):,} after adds and removes; rules {dict(self.changes)}; "
            f"explained {self.explained[True]:,}/{self.explained[False]:,}; by kind (hold/do not): {kinds}"
        )


class Trial:
    """An index of numbered rules that change, and what the definition says of each of their queries."""

    def __init__(self, queries: Sequence[_Asked], subjects: Sequence[Article], tally: Tally) -> None:
        self._queries = queries
        self._subjects = subjects
        self._tally = tally
        self._index = RuleIndex()
        self._rules: dict[int, int] = {}
        self._answers: dict[tuple[int, int], bool] = {}

    def fill(self, numbers: Iterable[int]) -> None:
        """Add rules; the last of all ask what the first ones do."""
        for number in numbers:
            self.step((number, number % _QUERIES))

    def step(self, step: _Step) -> None:
        """Add, replace or remove one rule."""
        number, query = step
        if query is not None:
            self._tally.changes["replaced" if number in self._rules else "added"] += 1
            self._rules[number] = query
            self._index.add(self._rule(number))
        elif self._rules.pop(number, None) is not None:
            self._tally.changes["removed"] += 1
            self._index.remove(rule_id_of(number))

    def empty(self) -> None:
        """Remove all."""
        for number in list(self._rules):
            self.step((number, None))
        assert len(self._index) == 0
        assert not any(map(self._index.match, self._subjects))
        self._tally.changes["emptied"] += 1

    def compare(self, most: int = _ARTICLES, *, is_changed: bool) -> None:
        """Ask the index and the definition about the first articles."""
        assert len(self._index) == len(self._rules)
        for place, subject in enumerate(self._subjects[:most]):
            expected = [rule_id_of(number) for number in sorted(self._rules) if self._is_expected(number, place)]
            matches = self._index.match(subject)
            found = [match.rule_id for match in matches]
            assert found == expected, self._difference(subject, set(found) ^ set(expected))
            assert sorted(self._index.matching_rules(subject)) == expected
            for match in matches:
                self._check_match(match, subject)
            for query in set(self._rules.values()):
                held = self._holds(query, place)
                self._tally.count(self._queries[query], subject, is_held=held, is_changed=is_changed)

    def explain(self) -> None:
        """Ask of some rules why they hold for an article, or do not."""
        for place, subject in enumerate(self._subjects):
            for number in sorted(self._rules)[place % _EXPLAINED :: _EXPLAINED]:
                is_expected = self._is_expected(number, place)
                answer = explain(subject, self._rule(number))
                assert isinstance(answer, Match) is is_expected, self._difference(subject, {rule_id_of(number)})
                self._tally.explained[is_expected] += 1

    def _rule(self, number: int) -> Rule:
        query, language = self._queries[self._rules[number]]
        feeds = FeedSelector(ids=(FeedId("ep"),)) if number % _OF_ONE_FEED == 0 else FeedSelector()
        return rule(rule_id_of(number), query=format_query(query), language=language, feeds=feeds)

    def _is_expected(self, number: int, place: int) -> bool:
        is_read = number % _OF_ONE_FEED != 0 or self._subjects[place].feed_id == "ep"
        return is_read and self._holds(self._rules[number], place)

    def _holds(self, query: int, place: int) -> bool:
        """Whether the definition says so; asked once."""
        if (query, place) not in self._answers:
            asked, language = self._queries[query]
            self._answers[query, place] = Naive(self._subjects[place], language).holds(asked)
        return self._answers[query, place]

    def _check_match(self, match: Match, subject: Article) -> None:
        """The spans lie where they say, and the clause that held is a query that holds."""
        texts = texts_of(subject)
        assert all(texts[span.field][span.start : span.end] == span.text for span in match.spans)
        _, language = self._queries[self._rules[int(match.rule_id[1:])]]
        assert Naive(subject, language).holds(parse_query(match.clause))

    def _difference(self, subject: Article, rule_ids: set[RuleId]) -> str:
        asked = [self._queries[self._rules[int(rule_id[1:])]] for rule_id in sorted(rule_ids)]
        return f"of {[(format_query(query), language) for query, language in asked]}, {subject}"


def rule_id_of(number: int) -> RuleId:
    """The id of a numbered rule."""
    return RuleId(f"r{number:03}")


def texts_of(subject: Article) -> dict[Field, str]:
    """The texts that spans count in."""
    return {
        Field.TITLE: subject.title,
        Field.SUMMARY: subject.summary,
        Field.BODY: subject.body,
        Field.AUTHOR: "\n".join(subject.authors),
        Field.TAG: "\n".join(subject.tags),
        Field.URL: subject.url,
    }


@pytest.mark.timeout(900)  # half a minute alone; far more under coverage, beside other tests
def test_the_index_agrees_with_the_definition() -> None:
    """Through any adds, replacements and removes, exactly the rules whose query holds match, each with its words."""
    tally = Tally()
    queries = generated(ASKED, 2400)
    subjects = generated(ARTICLES, 1800)
    steps = generated(STEPS, 60)
    rounds = min(len(queries) // _QUERIES, len(subjects) // _ARTICLES, len(steps))

    for number in range(rounds):
        trial = Trial(part(queries, number, _QUERIES), part(subjects, number, _ARTICLES), tally)
        trial.fill(range(_FRESH))
        trial.compare(_FRESH, is_changed=False)
        trial.fill(range(_FRESH, _RULES))
        if number % 3 == 0:
            trial.empty()
            trial.fill(reversed(range(_RULES)))
        for step in steps[number]:
            trial.step(step)
        trial.compare(is_changed=True)
        trial.explain()

    print(tally)  # noqa: T201 - for `pytest -s`
    held = sum(tally.held_of.values())
    assert len(tally.held_of) >= FEWEST_PAIRS
    assert len(tally.after_changes) >= len(tally.held_of) / 2
    assert 0.05 <= held / len(tally.held_of) <= 0.95
    assert min(tally.kinds[kind, is_held] for kind in KINDS for is_held in (True, False)) >= FEWEST_OF_A_KIND
    assert min(tally.changes[change] for change in ("added", "replaced", "removed")) >= FEWEST_OF_A_KIND
    assert tally.changes["emptied"] > 1
    assert min(tally.explained[True], tally.explained[False]) >= FEWEST_OF_A_KIND


def generated(strategy: st.SearchStrategy[T], most: int) -> list[T]:
    """Return what hypothesis makes in so many examples, each once.

    They are collected first and compared crosswise after: an example costs far more than a pair. So nothing is made
    smaller when a pair fails, which names its query and its article instead.
    """
    found: dict[T, None] = {}

    @settings(max_examples=most, deadline=None, database=None)
    @given(strategy)
    def collect(value: T) -> None:
        found[value] = None

    collect()
    return list(found)


def part(values: Sequence[T], number: int, size: int) -> Sequence[T]:
    """Return the values of a round."""
    return values[number * size : (number + 1) * size]
