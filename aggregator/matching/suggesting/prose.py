"""An article as the words that speak of its subject: by where they stand, and without what surrounds the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from aggregator.matching.text import analyse, is_joined
from aggregator.model.articles import Article

_ENDS_SENTENCE = re.compile("[.!?…。！？।:;]")
_BINDS = re.compile("[ \u00a0\u2009-\u2011'’-]?")
"""What stands between the words of a phrase."""
_ENDS_TEXT = re.compile("[.!?…。！？।:;,][\\s\"'’”»)\\]]*$")
_SHORTEST_TEXT_WORDS = 8
"""A shorter line without a full stop is a label, a name or a date."""
_FIELDS_APART = 10_000
"""Words between two fields, so that nothing in one is near anything in the other."""


class Zone(Enum):
    """Where a word stands; the value is how much it says there, against the body."""

    TITLE = 3.0
    LEAD = 2.0
    BODY = 1.0
    ASIDE = 0.2
    """A caption, or the title of another article."""
    AROUND = 0.0
    """A byline, a date, a button."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One word of an article. `place` counts words; `sentence` is a number of its own for each sentence.

    `is_bound`: nothing but a space or a hyphen is between it and the word before. `opens`: first in its sentence.
    """

    folded: str
    written: str
    place: int
    sentence: int
    zone: Zone
    is_bound: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class Prose:
    """An article as its words, in order."""

    name: str
    language: str | None
    spots: tuple[Spot, ...]
    sentences: tuple[str, ...]
    """The sentences as they are written, by their numbers."""


def read_proses(articles: Sequence[tuple[str, Article]]) -> list[Prose]:
    """Read articles that belong together, each with its name: lines that they share are no part of their subject."""
    shared = _shared_lines([article for _, article in articles])
    return [_Reader(name, article, shared).read() for name, article in articles]


def _shared_lines(articles: Sequence[Article]) -> frozenset[str]:
    """Return the lines that stand in several articles, unless they are most of one."""
    counts = Counter(line for article in articles for line in set(_lines(article.text)))
    shared = frozenset(line for line, count in counts.items() if count > 1)
    for article in articles:
        lines = _lines(article.text)
        length = sum(map(len, lines))
        if 2 * sum(len(line) for line in lines if line in shared) > length:
            return frozenset()
    return shared


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if line]


class _Reader:
    """Reads one article."""

    def __init__(self, name: str, article: Article, shared: frozenset[str]) -> None:
        self._name = name
        self._article = article
        self._shared = shared
        self._spots: list[Spot] = []
        self._sentences: list[str] = []

    def read(self) -> Prose:
        """Return the article's words, of the title and of the fullest text there is."""
        for line in _lines(self._article.title):
            self._add(line, Zone.TITLE, 0)
        lines = _lines(self._article.text)
        place = _FIELDS_APART
        for line, zone in zip(lines, self._zones(lines), strict=True):
            place = self._add(line, zone, place)
        return Prose(self._name, self._article.language, tuple(self._spots), tuple(self._sentences))

    def _zones(self, lines: Sequence[str]) -> Iterator[Zone]:
        """Say what each line is. A text without any whole sentence is taken as it is."""
        is_sentences = any(_ENDS_TEXT.search(line) and line not in self._shared for line in lines)
        leads = 0
        for line in lines:
            if line in self._shared:
                yield Zone.AROUND
            elif is_sentences and not _ENDS_TEXT.search(line):
                is_long = len(analyse(line)) >= _SHORTEST_TEXT_WORDS
                yield Zone.ASIDE if is_long else Zone.AROUND
            else:
                leads += 1
                yield Zone.LEAD if leads == 1 else Zone.BODY

    def _add(self, line: str, zone: Zone, place: int) -> int:
        """Take the words of a line, the first of them at `place`; return the place after the last."""
        end, start = 0, 0
        opens = True
        for token in analyse(line):
            between = line[end : token.start]
            if not opens and _ENDS_SENTENCE.search(between):
                self._sentences.append(line[start : token.start].strip())
                start, opens = token.start, True
            written = line[token.start : token.end]
            is_bound = not opens and _is_bound(between, self._spots[-1].written, written)
            self._spots.append(Spot(token.folded, written, place, len(self._sentences), zone, is_bound, opens))
            end, opens, place = token.end, False, place + 1
        self._sentences.append(line[start:].strip())
        return place


def _is_bound(between: str, before: str, written: str) -> bool:
    """Whether two words can be of one phrase; letters of scripts without spaces touch."""
    if is_joined(before) or is_joined(written):
        return not between
    return _BINDS.fullmatch(between) is not None
