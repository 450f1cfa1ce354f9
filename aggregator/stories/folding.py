"""Words in the form in which they are compared: alike in all languages of a script."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from aggregator.stories.common_words import words_of_grammar, words_of_news

_LONGEST_WORD = 40
_LATIN_LETTERS = 7
_OTHER_LETTERS = 6
_FIRST_PAST_LATIN = "\u0250"

_LETTERS = str.maketrans(
    dict.fromkeys("aeiouyаеиоуыэюяіїєёй", "*") | dict.fromkeys("ьъ'’ʼ") | {"w": "v", "c": "k", "q": "k", "ґ": "г"}
)
_DOUBLED = re.compile(r"(.)\1+")
_ENDINGS = re.compile(r"(?<=\w{3})(?:['’]s|s|es|ed|ing|en|er|n)$")


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> tuple[str, bool]:
    """Return the word as it is compared, "" for a word of grammar or a single letter, and whether it is weak.

    Endings are cut off, vowels are all one, and doubled letters single: Київ, Києві and Киев are one term, and so are
    Kyiv, Kiev and Kiew.
    """
    lower = word[:_LONGEST_WORD].casefold()
    if len(lower) == 1 or lower in words_of_grammar():
        return "", False
    return _stem(lower), lower in words_of_news()


def _stem(lower: str) -> str:
    plain = lower
    if not lower.isascii():
        plain = (
            "".join(each for each in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(each)) or lower
        )
    most = _OTHER_LETTERS
    if plain[0] < _FIRST_PAST_LATIN:
        plain = _ENDINGS.sub("", plain)
        most = _LATIN_LETTERS
    return _DOUBLED.sub(r"\1", plain.translate(_LETTERS))[:most].rstrip("*") or plain[:most]
