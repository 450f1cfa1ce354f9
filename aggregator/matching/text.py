"""Text as words: where each is, and how it is folded so that spellings of one word compare equal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc\u09be-\u09cd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
_INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}{_INVISIBLE}]|['’](?=[^\W_]))*")
_DROPPED = re.compile(f"[{_INVISIBLE}]")
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'"})
# Letters that NFD does not take apart, and ё, which is printed as е (DESIGN §4: й and ї are letters of their own).
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i", "ё": "е"}
)
_POSSESSIVE = "'s"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: `folded` for comparing, and its characters `start` to `end` (exclusive) in the original."""

    folded: str
    start: int
    end: int


def analyse(text: str) -> tuple[Token, ...]:
    """Return the words of `text` in order: letters, digits and inner apostrophes; anything else parts them."""
    return tuple(Token(fold(found[0]), found.start(), found.end()) for found in _WORD.finditer(text))


def word_bounds(text: str) -> list[tuple[str, int, int]]:
    """Return each word of `text` as written, with its start and end: `analyse` without the folding."""
    return [(found[0], found.start(), found.end()) for found in _WORD.finditer(text)]


def fold(word: str) -> str:
    """Return `word` without case, Latin diacritics and invisible characters.

    Only Latin letters lose their marks: stripping all of them would turn й into и and ї into і.
    """
    if word.isascii():
        return word.lower()
    folded = _DROPPED.sub("", unicodedata.normalize("NFC", word)).casefold()
    folded = _without_latin_marks(folded.translate(_APOSTROPHES))
    return folded.translate(_LETTERS).rstrip("'")


def without_possessive(folded: str) -> str | None:
    """Return `prisoner` for `prisoner's`, None for a word without a possessive ending."""
    return folded[: -len(_POSSESSIVE)] if folded.endswith(_POSSESSIVE) and len(folded) > len(_POSSESSIVE) else None


def _without_latin_marks(text: str) -> str:
    kept: list[str] = []
    after_latin = False
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            if after_latin:
                continue
        else:
            after_latin = "a" <= character <= "z" or unicodedata.name(character, "").startswith("LATIN")
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))
