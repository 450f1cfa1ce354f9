"""Finds the terms of articles that may say what they are about: words, phrases and acronyms."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from aggregator.matching.frequencies import zipf
from aggregator.matching.query import How, Term, Word
from aggregator.matching.suggesting.keyness import table_share
from aggregator.matching.suggesting.lexemes import lexemes
from aggregator.matching.suggesting.newsroom import is_saying, is_telling
from aggregator.matching.suggesting.prose import Prose, Spot
from aggregator.matching.suggesting.telling_terms import Key, Place, TellingTerm, without_overlap
from aggregator.matching.text import fold, is_joined

_LONGEST_PHRASE = 4
_SHORTEST_WORD = 3
_LONGEST_BETWEEN = 3
"""Letters of a word of grammar inside a phrase: of, for, to; на, для; von."""
_FUNCTION_CHARACTER_ZIPF = 7.0
"""Of Chinese: characters that stand so often begin and end no word that tells anything."""
_MOSTLY = 0.6
_TELLS_BY_ITSELF, _NARROWS, _FUNCTION = 0.002, 0.01, 0.5
"""Shares of articles: of a rare word, a common one, and one of grammar."""
_NAMES_ARE_CAPITALS = 0.8
_CAPITAL_NOUNS = frozenset({"de", "lb"})
"""Languages that write every noun as others write names."""
_ACRONYM = re.compile(r"[^\W\d_]{2,6}(?<!s)s?")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word of an example as what it counts as: a lexeme, or an acronym with its capitals."""

    key: str
    spot: Spot
    is_telling: bool
    is_capital: bool | None
    """Whether it is written with a capital; None where that says nothing: first in a sentence, in most titles."""


def telling_terms(proses: Sequence[Prose]) -> list[TellingTerm]:
    """Return the terms of these examples; of overlapping ones those that say most. Terms without any weight are out."""
    units = _Units(proses)
    found = units.words() + units.phrases()
    spoken = [one for one in found if any(place.zone.value for place in one.places)]
    return without_overlap(spoken)


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of an example one after the other: units `start` to `end` (exclusive) of it."""

    example: int
    start: int
    end: int
    units: tuple[_Unit, ...]

    @property
    def place(self) -> Place:
        """Where it stands."""
        first, last = self.units[0].spot, self.units[-1].spot
        return Place(self.example, first.place, last.place, first.zone, first.sentence)

    @property
    def folded(self) -> Key:
        """Its words as they stand there, folded."""
        return tuple(unit.spot.folded for unit in self.units)

    @property
    def is_name(self) -> bool:
        """Whether all of its words are written with capitals: `Human Rights Watch`."""
        return all(unit.is_capital for unit in self.units)


class _Units:
    """The words of all examples, as what they count as."""

    def __init__(self, proses: Sequence[Prose]) -> None:
        self._proses = proses
        self._acronyms = _acronyms(proses)
        self._spots_of: dict[str, list[Spot]] = defaultdict(list)
        for prose in proses:
            for spot in prose.spots:
                self._spots_of[spot.folded].append(spot)
        counts = {folded: len(spots) for folded, spots in self._spots_of.items()}
        self._lexeme = lexemes(counts, {prose.language for prose in proses})
        self._texts = [list(self._units(prose)) for prose in proses]
        self._names = _names([unit for units in self._texts for unit in units])

    def words(self) -> list[TellingTerm]:
        """Return every telling word and acronym."""
        found: dict[str, list[_Run]] = defaultdict(list)
        for number, units in enumerate(self._texts):
            for at, unit in enumerate(units):
                if unit.is_telling and not is_joined(unit.key):
                    found[unit.key].append(_Run(number, at, at + 1, (unit,)))
        return [self._word(key, runs) for key, runs in found.items()]

    def phrases(self) -> list[TellingTerm]:
        """Return every phrase that stands twice, or is a name."""
        found: dict[Key, list[_Run]] = defaultdict(list)
        for number, units in enumerate(self._texts):
            for run in _runs(number, units):
                found[tuple(unit.key for unit in run.units)].append(run)
        phrases = [
            self._phrase(key, runs)
            for key, runs in found.items()
            if len(runs) > 1 or (runs[0].is_name and not self._goes_on(runs[0]))
        ]
        return [phrase for phrase in phrases if phrase.is_name or not self._is_of_one_word(phrase)]

    def _units(self, prose: Prose) -> Iterator[_Unit]:
        is_informing = (prose.language or "").partition("-")[0] not in _CAPITAL_NOUNS
        titled = _sentences_where(prose.spots, [spot.written[:1].isupper() for spot in prose.spots])
        for spot in prose.spots:
            is_inner = is_informing and not spot.opens and spot.sentence not in titled
            is_capital = spot.written[:1].isupper() if is_inner else None
            if spot.written in self._acronyms:
                yield _Unit(spot.written, spot, is_telling=True, is_capital=is_capital)
            else:
                key = self._lexeme[spot.folded]
                tells = _tells(key, spot.folded, prose.language)
                yield _Unit(key, spot, is_telling=tells, is_capital=is_capital)

    def _is_of_one_word(self, phrase: TellingTerm) -> bool:
        """Whether one word of a phrase is so rare that it tells by itself what a common one beside it only narrows."""
        initials = "".join(word[0] for word in phrase.key)
        if any(initials == acronym.removesuffix("s").casefold() for acronym in self._acronyms):
            return False
        languages = {prose.language for prose in self._proses}
        shares = [table_share(Term((word,)), languages) for word in phrase.term.words if not is_joined(word.folded)]
        return bool(shares) and min(shares) < _TELLS_BY_ITSELF and any(_NARROWS < share < _FUNCTION for share in shares)

    def _goes_on(self, run: _Run) -> bool:
        """Whether words with capitals stand beside a name, so that it is a part of a longer one."""
        units = self._texts[run.example]
        before = units[run.start - 1] if run.start and units[run.start].spot.is_bound else None
        after = units[run.end] if run.end < len(units) and units[run.end].spot.is_bound else None
        return any(unit is not None and unit.spot.written[:1].isupper() for unit in (before, after))

    def _word(self, key: str, runs: Sequence[_Run]) -> TellingTerm:
        if key in self._acronyms:
            term = Term((Word(runs[0].units[0].spot.folded, How.FORM),), raw=key, text=key)
            return self._term(term, (key,), runs, is_name=False)
        is_name = key in self._names
        written = Counter(spot.written for spot in self._spots_of[key])
        text = _shown(written.most_common(1)[0][0], key, is_name=is_name)
        return self._term(Term((Word(key),), text=text), (key,), runs, is_name=is_name)

    def _phrase(self, key: Key, runs: Sequence[_Run]) -> TellingTerm:
        """Return a phrase as it is written most often."""
        is_name = sum(run.is_name for run in runs) > len(runs) / 2
        written = Counter(run.folded for run in runs)
        folded = min(written, key=lambda words: (-written[words], len("".join(words)), words))
        units = next(run.units for run in runs if run.folded == folded)
        shown = [
            _shown(unit.spot.written, unit.spot.folded, is_name=is_name or unit.key in self._acronyms) for unit in units
        ]
        text = ("" if is_joined(folded[0]) else " ").join(shown)
        return self._term(Term(tuple(Word(word) for word in folded), text=text), key, runs, is_name=is_name)

    def _term(self, term: Term, key: Key, runs: Sequence[_Run], *, is_name: bool) -> TellingTerm:
        neighbours: Counter[str] = Counter()
        for run in runs:
            neighbours.update(_neighbours(run, self._texts[run.example]))
        sourced = sum(self._is_source(run) for run in runs) / len(runs)
        places = tuple(run.place for run in runs)
        return TellingTerm(term=term, key=key, places=places, is_name=is_name, neighbours=neighbours, sourced=sourced)

    def _is_source(self, run: _Run) -> bool:
        """Whether a verb of saying follows, or goes before it at the end of a sentence."""
        units, language = self._texts[run.example], self._proses[run.example].language
        after = list(takewhile(lambda unit: unit.spot.is_bound, units[run.end : run.end + 2]))
        if any(is_saying(unit.spot.folded, language) for unit in after):
            return True
        is_last = run.end == len(units) or units[run.end].spot.opens
        before = units[max(run.start - 2, 0) : run.start]
        return is_last and any(is_saying(unit.spot.folded, language) for unit in before)


def _shown(written: str, folded: str, *, is_name: bool) -> str:
    """Return a word as a person would write it in a query."""
    text = written if is_name else written.lower()
    return text if fold(text) == folded else folded


def _runs(example: int, units: Sequence[_Unit]) -> Iterator[_Run]:
    """Return what may be phrases: words between telling ones, with nothing but spaces between them."""
    for first, unit in enumerate(units):
        if not unit.is_telling:
            continue
        between = 0
        for last in range(first + 1, min(first + _LONGEST_PHRASE, len(units))):
            other = units[last]
            between += not other.is_telling
            is_within = other.is_telling or len(other.key) <= _LONGEST_BETWEEN
            if between > 1 or not is_within or not other.spot.is_bound or not other.spot.folded.isalpha():
                break
            if other.is_telling and is_joined(unit.key) == is_joined(other.key):
                yield _Run(example, first, last + 1, tuple(units[first : last + 1]))


def _neighbours(run: _Run, units: Sequence[_Unit]) -> Iterator[str]:
    """Return the telling words beside a run, with the function word that is between."""
    sentence = run.units[0].spot.sentence
    for sign, beside in (("<", units[max(run.start - 2, 0) : run.start][::-1]), (">", units[run.end : run.end + 2])):
        near = [unit for unit in beside if unit.spot.sentence == sentence]
        for length, unit in enumerate(near, start=1):
            if unit.is_telling:
                yield sign + " ".join(other.key for other in near[:length])
                break


def _acronyms(proses: Sequence[Prose]) -> frozenset[str]:
    """Return the words that are always written in capitals (`POW`, and `POWs`), by texts that are not."""
    capitals: set[str] = set()
    others: set[str] = set()
    for prose in proses:
        shouted = _shouted_sentences(prose)
        for spot in prose.spots:
            if spot.sentence in shouted or is_joined(spot.written):
                continue
            if _ACRONYM.fullmatch(spot.written) and spot.written.removesuffix("s").isupper():
                capitals.add(spot.written)
            else:
                others.add(spot.folded)
    return frozenset(word for word in capitals if word.casefold() not in others and len(word.removesuffix("s")) > 1)


def _shouted_sentences(prose: Prose) -> frozenset[int]:
    """Return the sentences that are written in capitals."""
    return _sentences_where(prose.spots, [spot.written.isupper() for spot in prose.spots])


def _sentences_where(spots: Sequence[Spot], held: Sequence[bool]) -> frozenset[int]:
    """Return the sentences of more than one word of which that holds for most."""
    words = Counter(spot.sentence for spot in spots)
    so = Counter(spot.sentence for spot, is_so in zip(spots, held, strict=True) if is_so)
    return frozenset(number for number, count in so.items() if words[number] > 1 and count > _MOSTLY * words[number])


def _tells(key: str, folded: str, language: str | None) -> bool:
    if is_joined(folded):
        return zipf(folded) < _FUNCTION_CHARACTER_ZIPF
    return all(len(word) >= _SHORTEST_WORD and is_telling(word, language) for word in {key, folded})


def _names(units: Sequence[_Unit]) -> frozenset[str]:
    """Return what is written with a capital inside sentences too."""
    capitals, seen = Counter[str](), Counter[str]()
    for unit in units:
        if unit.is_capital is not None:
            seen[unit.key] += 1
            capitals[unit.key] += unit.is_capital
    return frozenset(word for word, count in capitals.items() if count >= _NAMES_ARE_CAPITALS * seen[word])
