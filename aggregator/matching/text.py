"""Text as words: where each is, and how it is folded so that spellings of one word compare equal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from aggregator.matching import scripts

_LETTERS = scripts.spaced_letters()
_MARKS = scripts.marks()
_APOSTROPHES = re.escape(scripts.APOSTROPHES)

_JOINED_WORD = f"[{scripts.JOINED}][{scripts.JOINED_MARKS}{scripts.INVISIBLE}]*+"

WORD = re.compile(
    rf"{_JOINED_WORD}"
    rf"|[{_LETTERS}][{_LETTERS}{_MARKS}]*+(?:[{_APOSTROPHES}](?=[{_LETTERS}])[{_LETTERS}{_MARKS}]++)*+"
)
"""Finds the words of a text, as they are written: no groups, so `findall` returns them.

Of scripts that are written without spaces every letter is a word of its own, with its marks.
"""

JOINED_RUN = re.compile(rf"{_JOINED_WORD}(?:[^{_LETTERS}{scripts.JOINED}]*+{_JOINED_WORD})++")
"""Finds two or more such words with no other between them, as a phrase wants them."""

_JOINED = re.compile(f"[{scripts.JOINED}{scripts.JOINED_MARKS}]")
_INVISIBLE = re.compile(f"[{scripts.INVISIBLE}\u0640\u20d0-\u20ff\U000e0100-\U000e01ef]")
_PLAIN_CYRILLIC = re.compile("[А-Яа-яЁёІіЇїЄєҐґЎў]+")
_LONG_RUN = re.compile(f"([{_MARKS}{scripts.JOINED_MARKS}]{{30}})[{_MARKS}{scripts.JOINED_MARKS}]++")
"""More marks on one letter than any language has, as Unicode's stream-safe format counts them: putting thousands of
them in order takes quadratic time."""
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(scripts.APOSTROPHES, "'"))

_TYPOGRAPHIC = tuple((sign, "'") for sign in "’‘") + tuple((sign, " ") for sign in "–—“”…•\u00a0«»")
_OUTER_APOSTROPHE = re.compile("'(?:(?<![0-9A-Za-z]')|(?![0-9A-Za-z]))")
_ASCII_FOLDED = "".join(chr(code).lower() if chr(code).isalnum() or chr(code) == "'" else " " for code in range(128))

_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_TO_CYRILLIC = str.maketrans(*scripts.LOOK_ALIKES)
_TO_LATIN = str.maketrans(*reversed(scripts.LOOK_ALIKES))

# Letters that NFD does not take apart.
_WRITTEN_OUT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ɖ": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"ŋ": "n", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y"}
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ٱ": "ا"}
)
_LATIN_MARKS = re.compile(
    "(?<=[0-9a-z\u00df-\u02af\u0370-\u03ff\u1d00-\u1dbf\u2c60-\u2c7f\ua722-\ua7ff])[\u0300-\u036f\u0483-\u0489]+"
)
"""Those of Greek as well: capitals are written without."""
_CYRILLIC_MARKS = re.compile("(?<=([\u0400-\u052f]))[\u0300-\u036f\u0483-\u0489]+")
_MARKS_OF_LETTERS = {"к": "\u0301", "г": "\u0301", "е": "\u0306"}
"""The marks that make another letter: ќ, ѓ, ӗ, and й, ї, ў, ӣ, ӱ, ӳ. The others are stress; ё is printed as е."""
_USUAL_MARKS = "\u0304\u0306\u0308\u030b"
_POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06ed]+"
)
"""Vowels and other signs of reading, of Hebrew and Arabic."""
_HAMZA = re.compile("(?<![وي])[\u0653-\u0655]+")
_POSSESSIVE = "'s"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: `folded` for comparing, and its characters `start` to `end` (exclusive) in the original."""

    folded: str
    start: int
    end: int


def analyse(text: str) -> tuple[Token, ...]:
    """Return the words of `text` in order: letters, digits and inner apostrophes; anything else parts them."""
    return tuple(Token(fold(found[0]), found.start(), found.end()) for found in WORD.finditer(text))


def word_bounds(text: str) -> list[tuple[str, int, int]]:
    """Return each word of `text` as written, with its start and end: `analyse` without the folding."""
    return [(found[0], found.start(), found.end()) for found in WORD.finditer(text)]


def plain_words(text: str) -> list[str] | None:
    """Return the folded words of `text` where it is ASCII but for typographic signs, None otherwise.

    As `[fold(word) for word in WORD.findall(text)]`, at a fifth of its cost.
    """
    if not text.isascii():
        for sign, plain in _TYPOGRAPHIC:
            text = text.replace(sign, plain)
        if not text.isascii():
            return None
    if "'" in text or "`" in text:
        text = _OUTER_APOSTROPHE.sub(" ", text.replace("`", "'"))
    return text.translate(_ASCII_FOLDED).split()


def fold(word: str) -> str:
    """Return `word` as it is compared: without case, accents, stress, vowel points and invisible characters.

    What is not part of a word is left as it is. docs/reference/query-language.md says what is folded.
    """
    if word.isascii():
        return word.lower().replace("`", "'")
    if _PLAIN_CYRILLIC.fullmatch(word):
        return word.lower().replace("ё", "е")
    word = _LONG_RUN.sub(r"\1", word)
    plain = unicodedata.normalize("NFKC", word.translate(_ONE_APOSTROPHE)).translate(_ONE_APOSTROPHE)
    plain = _in_one_script(unicodedata.normalize("NFD", _INVISIBLE.sub("", plain)))
    plain = unicodedata.normalize("NFKD", plain.casefold()).translate(_WRITTEN_OUT)
    plain = "".join(_kept(character, word) for character in plain)
    plain = _LATIN_MARKS.sub("", _HAMZA.sub("", _POINTS.sub("", plain)))
    plain = _LATIN_MARKS.sub("", _in_one_script(_CYRILLIC_MARKS.sub(_letters_marks, plain)))
    plain = unicodedata.normalize("NFC", plain).strip("'")
    return plain or word.casefold()


def is_joined(word: str) -> bool:
    """Whether `word`, folded or not, is a letter of a script that is written without spaces."""
    return _JOINED.match(word) is not None


def with_possessive(folded: str) -> tuple[str, ...]:
    """Return a word, and its possessive where its script has one."""
    return (folded,) if is_joined(folded) else (folded, folded + _POSSESSIVE)


def without_possessive(folded: str) -> str | None:
    """Return `prisoner` for `prisoner's`, None for a word without a possessive ending."""
    return folded[: -len(_POSSESSIVE)] if folded.endswith(_POSSESSIVE) and len(folded) > len(_POSSESSIVE) else None


def _kept(character: str, word: str) -> str:
    """Digits of any script become 0 to 9; what stands in `⒈` beside the digit is dropped."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character.isalnum() or character == "'":
        return character
    return character if unicodedata.category(character).startswith("M") or character in word else ""


def _letters_marks(found: re.Match[str]) -> str:
    """Of the marks of a Cyrillic letter, return those that make it another letter."""
    own = _MARKS_OF_LETTERS.get(found[1], _USUAL_MARKS)
    return "".join(mark for mark in found[0] if mark in own)


def _in_one_script(word: str) -> str:
    """Undo a mixture of Latin and Cyrillic, where one of the two is there by look-alikes alone."""
    if word[-2:] in (_POSSESSIVE, "'S"):
        return _in_one_script(word[:-2]) + word[-2:]
    latin, cyrillic = _LATIN.findall(word), _CYRILLIC.findall(word)
    if not latin or not cyrillic:
        return word
    may_be_cyrillic = all(ord(letter) in _TO_CYRILLIC for letter in latin)
    may_be_latin = all(ord(letter) in _TO_LATIN for letter in cyrillic)
    if may_be_cyrillic and (not may_be_latin or len(cyrillic) > len(latin)):
        return word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN) if may_be_latin else word
