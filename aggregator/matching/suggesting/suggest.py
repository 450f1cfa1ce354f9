"""A rule from articles like the one that a person wants, and unlike those that they do not want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, compress, islice

from aggregator.errors import AggregatorError
from aggregator.matching.frequencies import zipf
from aggregator.matching.index import RuleIndex
from aggregator.matching.query import Term
from aggregator.matching.suggesting.counting import TermCounter
from aggregator.matching.suggesting.drafts import Draft, covering, first_draft, looser, tighter, wider
from aggregator.matching.suggesting.grouping import Scored, group
from aggregator.matching.suggesting.keyness import Background, keyness
from aggregator.matching.suggesting.prose import Prose, Zone, read_proses
from aggregator.matching.suggesting.telling import telling_terms
from aggregator.matching.suggesting.telling_terms import TellingTerm
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.articles import Article
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule

Named = tuple[str, Article]
"""An article with what a person calls it: its file, or its file and title."""

_MOST_COUNTED = 150
_MOST_GROUPED = 60
_OF_EACH_EXAMPLE = 10
_PLACE_ZIPF = 3.8
_WEIGHT_OF_PLACE, _WEIGHT_OF_NAME, _WEIGHT_OF_SOURCE = 0.3, 0.8, 0.35
_WEIGHT_IF_ONCE, _WEIGHT_IF_UNWANTED = 0.6, 0.1
_MOST_EXCLUDED = 6
_A_SOURCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TermReason:
    """Why a term is in a suggested query.

    `part` is what it is there for: subject, near, context, further or not. `weight` is how telling it is, `share` the
    share of articles that have it; `places` says where it stands, as `title` or `text ×3`; `examples` in how many.
    """

    text: str
    part: str
    weight: float
    share: float
    places: tuple[str, ...]
    examples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A query that holds for all examples; `tighter` and `looser` ones, where there are such, do as well.

    `unseparated` are the articles that are not wanted and that it finds all the same, for lack of a term that sets
    them apart. `notes` say what else is to be known.
    """

    query: str
    terms: tuple[TermReason, ...]
    tighter: str | None
    looser: str | None
    unseparated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Suggester:
    """Reads examples once; `terms` are what is worth counting in a background, `suggest` what comes of it."""

    def __init__(self, examples: Sequence[Named], unwanted: Sequence[Named] = ()) -> None:
        """Read the examples.

        Raises:
            AggregatorError: when one of them says too little, with what to do.
        """
        self._examples, self._unwanted = examples, unwanted
        self._unwanted_terms: list[frozenset[Term]] = []
        distinct = list({(article.title, article.text): (name, article) for name, article in examples}.values())
        self._proses = read_proses(distinct)
        self._languages = {prose.language for prose in self._proses}
        telling = self._most_telling(self._proses)
        self._excludable = self._most_telling(read_proses(unwanted)) if unwanted else []
        finder = TermCounter(one.term for one in [*telling, *self._excludable])
        self._wanted_terms = [frozenset(finder.present(article)) for _, article in distinct]
        self._unwanted_terms = [frozenset(finder.present(article)) for _, article in unwanted]
        self._telling = telling
        self._check_enough()

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of which it matters how common they are."""
        return tuple(dict.fromkeys(one.term for one in [*self._telling, *self._excludable]))

    def suggest(self, background: Background) -> Suggestion:
        """Return the narrowest query that holds for all examples, and for no unwanted article where that can be.

        Raises:
            AggregatorError: when nothing in the examples is telling.
        """
        count = len(self._proses)
        scored = _best(self._scored(self._telling, background, count), _MOST_GROUPED, count)
        groups = group(scored, count)
        draft = self._separating(first_draft(groups, count), scored, background)
        rest = [one for one in scored if one not in draft.terms]
        return Suggestion(
            query=_text(draft),
            terms=tuple(self._reasons(draft)),
            tighter=self._other(draft, tighter(draft, rest, count)),
            looser=self._other(draft, looser(draft)),
            unseparated=tuple(compress((name for name, _ in self._unwanted), _held(draft, self._unwanted))),
            notes=tuple(self._notes(draft)),
        )

    def _most_telling(self, proses: Sequence[Prose]) -> list[TellingTerm]:
        scored = self._scored(telling_terms(proses), Background(), len(proses))
        return [one.found for one in _best(scored, _MOST_COUNTED, len(proses))]

    def _check_enough(self) -> None:
        told = {number for one in self._telling for number in one.examples}
        for number, prose in enumerate(self._proses):
            if number not in told:
                raise AggregatorError(
                    f"{prose.name} has no words that tell what it is about; give the title and a paragraph or two"
                )

    def _scored(self, found: Iterable[TellingTerm], background: Background, examples: int) -> list[Scored]:
        """Return candidates with their weights, the most telling first; what all examples speak of counts more."""
        scored = []
        for one in found:
            share = background.share(one.term, self._languages)
            weight = sum(keyness(one.spoken(number), share) for number in one.examples) / examples
            unites = 1 < examples == len(one.examples)
            is_place = one.is_name and len(one.key) == 1 and zipf(one.key[0]) >= _PLACE_ZIPF and not unites
            if one.is_name:
                weight *= _WEIGHT_OF_PLACE if is_place else _WEIGHT_OF_NAME
            if len(one.places) == 1 and one.places[0].zone is not Zone.TITLE:
                weight *= _WEIGHT_IF_ONCE
            if one.sourced >= _A_SOURCE:
                weight *= _WEIGHT_OF_SOURCE
            weight *= self._wantedness(one.term)
            scored.append(Scored(found=one, weight=weight, share=share, is_place=is_place))
        return sorted(scored, key=lambda one: (-one.weight, one.found.term.text))

    def _wantedness(self, term: Term) -> float:
        """Return 1, less where unwanted articles have a term."""
        unwanted = [term in terms for terms in self._unwanted_terms]
        return 1 - (1 - _WEIGHT_IF_UNWANTED) * sum(unwanted) / len(unwanted) if unwanted else 1.0

    def _separating(self, draft: Draft, scored: Sequence[Scored], background: Background) -> Draft:
        """Return the first of ever wider drafts that all examples have, narrowed until no unwanted article has it."""
        best: tuple[int, Draft] | None = None
        for wide in wider(draft):
            for narrow in chain((wide,), self._narrowings(wide, scored, background)):
                left = sum(_held(narrow, self._unwanted))
                if (best is None or left < best[0]) and self._is_complete(narrow):
                    best = (left, narrow)
                if best is not None and not best[0]:
                    return best[1]
        assert best is not None  # noqa: S101 - each example has a term of the subject
        return best[1]

    def _narrowings(self, draft: Draft, scored: Sequence[Scored], background: Background) -> Iterator[Draft]:
        """Return drafts without what the unwanted articles have: fewer alternatives, one more group, then NOT."""
        count = len(self._proses)
        found = list(compress(self._unwanted_terms, _held(draft, self._unwanted)))
        unwanted = frozenset().union(*found)
        clean = [one for one in scored if one.found.term not in unwanted]
        context, companion, subject = (
            tuple(one for one in part if one in clean) for part in (draft.context, draft.companion, draft.subject)
        )
        narrowed = (
            (context, replace(draft, context=context)),
            (companion, replace(draft, companion=companion)),
            (subject, replace(draft, subject=subject)),
        )
        yield from (narrow for kept, narrow in narrowed if covering(kept, count))
        yield from tighter(draft, [one for one in clean if one not in draft.terms], count)
        if excluded := self._excluding(found, background):
            yield replace(draft, excluded=excluded)

    def _excluding(self, found: Sequence[frozenset[Term]], background: Background) -> tuple[Scored, ...]:
        """Return terms of which each of the unwanted articles has one, and no example any."""
        wanted = frozenset().union(*self._wanted_terms)
        missing = set(range(len(found)))
        taken: list[Scored] = []
        for one in self._scored(self._excludable, background, len(self._unwanted)):
            having = {number for number in missing if one.found.term in found[number]}
            if having and one.found.term not in wanted and len(taken) < _MOST_EXCLUDED:
                taken.append(one)
                missing -= having
        return tuple(taken)

    def _other(self, draft: Draft, others: Iterable[Draft]) -> str | None:
        """Return the first query that differs, and is as right."""
        unwanted = sum(_held(draft, self._unwanted))
        for other in others:
            if other.query() == draft.query() or not self._is_complete(other):
                continue
            if sum(_held(other, self._unwanted)) <= unwanted:
                return _text(other)
        return None

    def _is_complete(self, draft: Draft) -> bool:
        """Whether a draft finds every example."""
        return all(_held(draft, self._examples))

    def _reasons(self, draft: Draft) -> Iterator[TermReason]:
        parts = {
            "subject": draft.subject,
            "near" if draft.distance is not None else "with": draft.companion,
            "context": draft.context,
            "further": draft.further,
            "not": draft.excluded,
        }
        for part, terms in parts.items():
            for one in terms:
                yield TermReason(
                    text=format_query(one.found.term),
                    part=part,
                    weight=round(one.weight, 1),
                    share=one.share,
                    places=tuple(_places(one.found)),
                    examples=len(one.found.examples),
                )

    def _notes(self, draft: Draft) -> Iterator[str]:
        """Say which examples have little in common with the others."""
        if len(self._proses) > 1:
            first = draft.subject[0].found
            for number, prose in enumerate(self._proses):
                if number not in first.examples:
                    yield (
                        f"{prose.name} does not speak of {format_query(first.term)}: the query is wider for its sake; "
                        "a rule of its own would be narrower"
                    )


def _best(scored: Sequence[Scored], most: int, examples: int) -> list[Scored]:
    """Return the most telling, and those of each example, however short it is."""
    chosen = set(range(min(most, len(scored))))
    for example in range(examples):
        own = (at for at, one in enumerate(scored) if example in one.found.examples)
        chosen.update(islice(own, _OF_EACH_EXAMPLE))
    return [scored[at] for at in sorted(chosen)]


def _held(draft: Draft, named: Sequence[Named]) -> list[bool]:
    """Say for each article whether a draft finds it: asked as a rule of that query would be."""
    index = RuleIndex()
    index.add(Rule(id=RuleId("draft"), title="", query=_text(draft)))
    return [bool(index.matching_rules(article)) for _, article in named]


def _text(draft: Draft) -> str:
    return format_query(draft.query())


def _places(one: TellingTerm) -> Iterator[str]:
    names = {Zone.TITLE: "title", Zone.LEAD: "lead", Zone.BODY: "text", Zone.ASIDE: "caption", Zone.AROUND: "around"}
    counts = Counter(names[place.zone] for place in one.places)
    for name in names.values():
        if counts[name]:
            yield name if counts[name] == 1 else f"{name} ×{counts[name]}"
