"""What sets scripts apart: which characters make words, which are written without spaces, which look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

APOSTROPHES = "'`´‘’‛′＇ʹʻʼʽʾʿˈ\u05f3"
"""What is typed for the apostrophe inside a word: п'ять, п’ять, пʼять, O`Brien, צ׳רצ׳יל. The first stands for all."""

INVISIBLE = "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
"""Soft hyphens, zero-width spaces and joiners, marks of direction, variation selectors, byte order marks."""

JOINED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"  # Lao
    "\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e\uaa60-\uaa7a"
    "\u1780-\u17b3\u17d7\u17dc"  # Khmer, after Burmese
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"  # Hangul
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uffdc\U0001aff0-\U0001b16f"  # Kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3192-\u3195\u3220-\u3229\u3280-\u3289"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\U00020000-\U0003ffff"  # Han
)
"""The letters of scripts whose words are written without spaces, and of Korean, whose words carry their particles."""

JOINED_MARKS = (
    "\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u17b4-\u17d3\u17dd\uaa7b-\uaa7d"
    "\u1160-\u11ff\u3099\u309a\uff9e\uff9f\u302a-\u302f\U000e0100-\U000e01ef"
)
"""What belongs to such a letter before it: vowels and tones, the later parts of a Korean syllable, voicing."""

_BEYOND = "\U00010000-\U0001afef\U0001b170-\U0001cfff\U0001d2c0-\U0001d37f\U0001d400-\U0001d7ff"
_LETTERS_BEYOND = _BEYOND + "\U0001df00-\U0001eeff\U0001f100-\U0001f10c\U0001fbf0-\U0001fbf9"
"""Past the first 65,536 characters by blocks, with the few signs between: rare scripts, and letters of formulas."""

_ALPHANUMERIC = re.compile(r"[^\W_]+")
_LAST_OF_PLANE = 0xFFFF

LOOK_ALIKES = ("ABCEHIJKMOPSTXYaceijopsxy", "АВСЕНІЈКМОРЅТХУасеіјорѕху")
"""Letters of Latin and of Cyrillic that cannot be told apart by sight, pair by pair. To be looked at before case is
folded: В is like B, в is like nothing."""


def spaced_letters() -> str:
    r"""Return the letters and digits of all other scripts, as the inside of a character class of `re`.

    Ranges of plain characters: a class that is made of them alone is looked up in a table, in one step a character,
    where `[^\W_]` takes three. What is a letter is Python's to say, and grows with it.
    """
    plane = "".join(map(chr, range(_LAST_OF_PLANE + 1)))
    letters = re.sub(f"[{JOINED}{APOSTROPHES}]", " ", plane)
    runs = (found[0] for found in _ALPHANUMERIC.finditer(letters))
    return "".join(f"{run[0]}-{run[-1]}" for run in runs) + _LETTERS_BEYOND


def marks() -> str:
    """Return the combining marks, as the inside of a character class of `re`."""
    return INVISIBLE + "".join(_marks_in((0x300, 0x20FF), (0x2CEF, 0x2DFF), (0xA66F, 0xABED), (0xFB1E, 0xFE2F)))


def _marks_in(*ranges: tuple[int, int]) -> Iterable[str]:
    for first, last in ranges:
        for character in map(chr, range(first, last + 1)):
            if unicodedata.category(character).startswith("M"):
                yield character
