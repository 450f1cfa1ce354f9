"""The terms of an article: what of it tells which event it reports."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice, pairwise

from aggregator.model.articles import Article
from aggregator.stories.folding import fold

MOST_TERMS = 48
_MOST_TITLE_TERMS = 32

FIGURE = 1
TELLING_FIGURE = 2
"""A figure of more than one digit: two articles that share it are likelier to report one event."""
IDENTIFIER = 4
"""As CVE-2026-21007: articles that have different ones report different events."""
WEAK = 8
SMALL = 16
"""A whole number below 100: any article may have it."""

_TITLE_CHARACTERS = 300
_TEXT_CHARACTERS = 700
"""The event is told in the first sentences: what follows is its background, which other events share."""

# Chinese, Japanese, Thai, Lao, Burmese and Khmer have no spaces between words: their terms are pairs of characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    r"|(?P<name>[^\W\d_]{1,20}-\d[\w-]{0,30})"  # CVE-2026-21007, F-16
    r"|(?P<grouped>\d{1,3}(?:[.,]\d{3})+(?![.,]?\d))"
    r"|(?P<version>\d{1,9}(?:\.\d{1,9}){2,5}\w{0,20})"  # 3.5.0rc1
    r"|(?P<score>\d{1,2}[-:–]\d{1,2}(?![\d.,:]))"
    r"|(?P<number>\d+(?:[.,]\d+)?)"
    # The vowel signs of Indic scripts are no letters to `re`.
    rf"|(?P<word>(?:(?![{_UNSPACED}\d])[^\W_]|[\u0900-\u0963\u0966-\u0dff])+(?:['’ʼ][^\W\d_]+)?)"
)
_GROUPS = re.compile(r"(?<=\d)[\u00a0\u202f](?=\d{3}(?!\d))")
_POINTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
_IDENTIFIER_DIGITS = 4
_LONGEST_FIGURE = 40
_SMALL_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """Folded words and figures, each once, those of the title first, and for each a byte of what it is (`WEAK` …)."""

    words: tuple[str, ...]
    kinds: bytes
    title: tuple[str, ...]
    telling_figures: tuple[str, ...]
    identifiers: tuple[str, ...]

    def title_figures(self) -> set[str]:
        """The figures in the title, those of one digit too."""
        return {word for word, kind in zip(self.title, self.kinds, strict=False) if kind & FIGURE}


def read_terms(article: Article) -> Terms:
    """Return the terms of the title and of the beginning of the text: at most `MOST_TERMS`, however long these are."""
    kinds: dict[str, int] = {}
    _read(article.title[:_TITLE_CHARACTERS], kinds, _MOST_TITLE_TERMS)
    title = tuple(kinds)
    _read(article.text[:_TEXT_CHARACTERS], kinds, MOST_TERMS)
    return Terms(
        words=tuple(kinds),
        kinds=bytes(kinds.values()),
        title=title,
        telling_figures=tuple(word for word, kind in kinds.items() if kind & TELLING_FIGURE),
        identifiers=tuple(word for word, kind in kinds.items() if kind & IDENTIFIER),
    )


def _read(text: str, kinds: dict[str, int], most: int) -> None:
    if not text.isascii():
        text = _POINTS.sub("", unicodedata.normalize("NFKC", _GROUPS.sub("", text)))
    for token in _TOKEN.finditer(text):
        shape, written = token.lastgroup, token[0]
        if shape == "word":
            folded, is_weak = fold(written)
            if folded:
                kinds.setdefault(folded, WEAK if is_weak else 0)
        elif shape == "unspaced":
            for first, second in islice(pairwise(written), most - len(kinds)):
                kinds.setdefault(first + second, 0)
        else:
            figure, kind = _figure(written[:_LONGEST_FIGURE], shape)
            kinds.setdefault(figure, kind)
        if len(kinds) >= most:
            return


def _figure(written: str, shape: str | None) -> tuple[str, int]:
    """Return a figure as it is compared (3-1 and 3:1, 1,200 and 1.200, 6,1 and 6.1 are the same), and what it is."""
    if shape == "name":
        digits = sum(character.isdigit() for character in written)
        return written.casefold(), IDENTIFIER if digits >= _IDENTIFIER_DIGITS else 0
    if shape == "version":
        return written.casefold(), FIGURE | TELLING_FIGURE
    if shape == "score":
        return re.sub("[-–]", ":", written), FIGURE | TELLING_FIGURE
    if shape == "grouped":
        return re.sub(r"\D", "", written), FIGURE | TELLING_FIGURE
    kind = FIGURE if len(written) == 1 else FIGURE | TELLING_FIGURE
    return written.replace(",", "."), kind | SMALL if len(written) <= _SMALL_DIGITS else kind
