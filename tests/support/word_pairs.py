"""Tables of words that must match and words that must not, and how the word forms do on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.matching.forms import STEMMED, forms_of, stem
from aggregator.matching.text import analyse

TABLES = Path(__file__).parents[1] / "matching" / "forms"
LEXEMES = ("ru", "uk")


@dataclass(slots=True)
class Tally:
    """What came of the pairs of one language; `missed` and `wrong` as `query>word`."""

    language: str
    must: int = 0
    must_not: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of the pairs that must match which do."""
        return 1 - len(self.missed) / self.must if self.must else 1.0

    @property
    def precision(self) -> float:
        """Of the pairs of the table that match, the share which must."""
        right = self.must - len(self.missed)
        return right / (right + len(self.wrong)) if right + len(self.wrong) else 1.0

    def __str__(self) -> str:
        figures = f"{self.language}: recall {self.recall:.3f} of {self.must}, precision {self.precision:.3f}"
        return f"{figures}, missed {' '.join(self.missed) or '-'}, wrong {' '.join(self.wrong) or '-'}"


def tallies(table: str) -> dict[str, Tally]:
    """Try each pair of a table, and count by language. A word that is folded to that of the query is no pair."""
    found: dict[str, Tally] = {}
    for language, query, must, must_not in _lines(table):
        tally = found.setdefault(language, Tally(language))
        for word in must:
            if _folded(word) != _folded(query):
                tally.must += 1
                if not matches(query, word, language):
                    tally.missed.append(f"{query}>{word}")
        for word in must_not:
            tally.must_not += 1
            if matches(query, word, language):
                tally.wrong.append(f"{query}>{word}")
    return found


def matches(query: str, word: str, language: str) -> bool:
    """Whether a rule without a language that asks for `query` matches `word` in an article in `language`."""
    asked, said = _folded(query), _folded(word)
    forms = forms_of(asked)
    if said in forms.always:
        return True
    if language in LEXEMES:
        return said in forms.by_language.get(language, ())
    return language in STEMMED and stem(asked, language) == stem(said, language)


def _folded(word: str) -> str:
    (token,) = analyse(word)
    return token.folded


def _lines(table: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    for line in (TABLES / table).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, query, must, must_not = line.split("\t")
            yield language, query, must.split(), must_not.split()
