"""Stems of words of the languages for which Snowball has an algorithm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import Stemmer

_ALGORITHMS: Mapping[str, str] = MappingProxyType(
    {"ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto"}
    | {"es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french"}
    | {"ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian"}
    | {"lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian"}
    | {"pl": "polish", "pt": "portuguese", "ro": "romanian", "sr": "serbian", "st": "sesotho", "sv": "swedish"}
    | {"ta": "tamil", "tr": "turkish", "yi": "yiddish"}
)

STEMMED = frozenset(_ALGORITHMS)
"""The languages whose articles are stemmed. Not English, Russian and Ukrainian: their forms are made of the query."""

_TOWNS = "krak|kij|lw|rzesz|chark|tarn|glog|chorz"
"""Their -ów is no ending of the plural."""

_MENDED: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = MappingProxyType(
    {
        "es": (
            (re.compile("ces$"), "z"),
            (re.compile("(?<=[aeiou][dnrs])es$"), ""),
            (re.compile("(?<=[aeiou]l)es$"), ""),
            (re.compile("(?<=[aeo])s$"), ""),
        ),
        "fr": (
            (re.compile("(?<=.{2})ees?$"), "é"),
            (re.compile("(?<=..i)eres?$"), "ère"),
        ),
        "pl": (
            (re.compile("(?<=.)iec$"), "c"),
            (re.compile("(?<=z)ien$"), "n"),
            (re.compile("(?<=en)ci$"), "t"),
            (re.compile("(?<=[aeiou])dzy$"), "g"),
            (re.compile(f"^(?!{_TOWNS})(...+)owie$"), r"\1"),
            (re.compile("(?<=st)er$"), "r"),
            (re.compile(f"^(?!{_TOWNS})(...+)ow$"), r"\1ów"),
            (re.compile("(?<=[aiye])l([ao]?)$"), r"ł\1"),
            (re.compile("(?<=..[aiy])c$"), "ć"),
        ),
        "pt": ((re.compile("(?:[oa]es|aos)$"), "ao"),),
        "fa": ((re.compile("ك"), "ک"), (re.compile("ي"), "ی")),
    }
)
"""What is done to a folded word before it is stemmed: the marks that the algorithm looks for, and plurals it keeps."""


def stem(folded: str, language: str) -> str:
    """Return the stem of a folded word; the word itself in a language without a stemmer.

    Of two words with one stem either matches the other. The stem need not be a word, nor a part of one.
    """
    if language not in STEMMED:
        return folded
    for pattern, mended in _MENDED.get(language, ()):
        folded = pattern.sub(mended, folded)
    stemmed: str = _stemmer(language).stemWord(folded)
    return stemmed


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    # Its own cache is off: callers remember, and without it a stemmer holds no state of words.
    return Stemmer.Stemmer(_ALGORITHMS[language], 0)
