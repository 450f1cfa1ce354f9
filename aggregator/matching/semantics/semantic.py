"""Rules by example: which articles read like the texts that a rule gives, by the embeddings of a language model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import Match, Rule

LEAD_CHARACTERS = 500
"""How far a text is read, its title included. More says nothing new of its topic: docs/decisions/0014."""
_SHORTEST_LEAD = 80
"""Characters of a summary that says something: “Read more …” does not."""
_PLACES = 4
"""Of a score: beyond these, it depends on which texts were embedded together."""


class Vectors(Protocol):
    """What texts mean: one row of unit length a text, all zeros for one that says nothing to the model."""

    def joined(self, others: Sequence[Self]) -> Self:
        """Return these rows with those of `others` below, in their order."""
        ...

    def cosines(self, text: Self) -> list[float]:
        """Return the cosine of each row with the first row of `text`: 1.0 for the same meaning, about 0 for none."""
        ...


class Embedder(Protocol):
    """A language model. Same text, same row; never touches the network."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""
        ...


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like an article is to the nearest of a rule's examples. `score` is a cosine, -1 to 1."""

    example: str
    score: float
    threshold: float

    @property
    def holds(self) -> bool:
        """Whether it is like enough."""
        return self.score >= self.threshold

    @property
    def clause(self) -> str:
        """What is compared, as `like example.txt: 0.71 ≥ 0.60`."""
        return f"like {self.example}: {self.score:.2f} {'≥' if self.holds else '<'} {self.threshold:.2f}"


@dataclass(frozen=True, slots=True)
class _Sample:
    """The examples of one rule, as the model has them."""

    rule: Rule
    vectors: Vectors


class SemanticIndex:
    """The examples of all rules that have some.

    An article is embedded once, and only when a rule asks for it: one that is all examples, or one whose query holds.
    It is compared with all examples in one product. Not for several threads at once.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._samples: dict[RuleId, _Sample] = {}
        self._rows: Vectors | None = None

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, rule: Rule) -> None:
        """Embed the examples of `rule`, which has one at least, in place of those of one with the same id."""
        vectors = self._embedder.embed([passage(example.title, example.text) for example in rule.like])
        self._samples[rule.id] = _Sample(rule, vectors)
        self._rows = None

    def remove(self, rule_id: RuleId) -> None:
        """Forget the examples of a rule, if it has any."""
        if self._samples.pop(rule_id, None) is not None:
            self._rows = None

    def judged(self, article: Article, matches: Sequence[Match]) -> list[Match]:
        """Return the matches that stand once examples are asked: those of queries, and those of rules without one."""
        by_query = {match.rule_id: match for match in matches}
        likenesses = self._asked(article, by_query)
        stand = [match for match in matches if match.rule_id not in likenesses]
        for rule_id, likeness in likenesses.items():
            if likeness.holds:
                match = by_query.get(rule_id)
                clause = likeness.clause if match is None else f"{match.clause}; {likeness.clause}"
                spans = () if match is None else match.spans
                stand.append(Match(rule_id=rule_id, article_id=article.id, spans=spans, clause=clause))
        return stand

    def standing(self, article: Article, rule_ids: Sequence[RuleId]) -> list[RuleId]:
        """Return the rules that `judged` has matches of, where the queries of `rule_ids` hold."""
        likenesses = self._asked(article, rule_ids)
        return [
            *(rule_id for rule_id in rule_ids if rule_id not in likenesses),
            *(rule_id for rule_id, likeness in likenesses.items() if likeness.holds),
        ]

    def _asked(self, article: Article, by_query: Collection[RuleId]) -> Mapping[RuleId, Likeness]:
        """Return how like the article is to the examples of rules that ask: their query holds, or they have none."""
        asking = {
            rule_id
            for rule_id, sample in self._samples.items()
            if rule_id in by_query
            or (not sample.rule.has_query and sample.rule.feeds.reads(article.feed_id, article.feed_tags))
        }
        if not asking:
            return {}
        return {rule_id: likeness for rule_id, likeness in self.compare(article).items() if rule_id in asking}

    def compare(self, article: Article) -> Mapping[RuleId, Likeness]:
        """Return how like `article` is to the examples of each rule."""
        has_lead = len(article.summary) >= _SHORTEST_LEAD or not article.body
        text = passage(article.title, article.summary if has_lead else article.body)
        scores = self._all_rows().cosines(self._embedder.embed([text]))
        likenesses: dict[RuleId, Likeness] = {}
        start = 0
        for rule_id, sample in self._samples.items():
            own = scores[start : start + len(sample.rule.like)]
            best = max(own)
            name = sample.rule.like[own.index(best)].name
            likenesses[rule_id] = Likeness(name, round(best, _PLACES), sample.rule.threshold)
            start += len(own)
        return likenesses

    def _all_rows(self) -> Vectors:
        if self._rows is None:
            first, *others = (sample.vectors for sample in self._samples.values())
            self._rows = first.joined(others)
        return self._rows


def passage(title: str, text: str) -> str:
    """Return what of a text is compared: its title and its lead, on one line, cut after a whole word."""
    heading = " ".join(title.split())
    if heading and heading[-1].isalnum():
        heading += "."
    words = " ".join([heading, *text[: 4 * LEAD_CHARACTERS].split()]).strip()
    if len(words) <= LEAD_CHARACTERS:
        return words
    cut = words[: LEAD_CHARACTERS + 1]
    return cut.rsplit(" ", 1)[0] if " " in cut else cut[:LEAD_CHARACTERS]
