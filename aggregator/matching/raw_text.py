"""Text that must stand as it is written: `==POW`, `=="C++"`."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.matching import scripts
from aggregator.matching.text import is_joined

_LETTER = rf"(?![{scripts.JOINED}])[^\W_]"
_IN_WORD = scripts.INVISIBLE + "\u0300-\u036f"
_APOSTROPHE = f"[{re.escape(scripts.APOSTROPHES)}]"
_GOES_ON = f"[{_IN_WORD}]*+{_APOSTROPHE}?{_LETTER}"
_IS_BEGUN = f"(?<!{_LETTER})(?<!{_LETTER}[{_IN_WORD}{re.escape(scripts.APOSTROPHES)}])"
_IS_DONE = f"(?:(?=[{_IN_WORD}]*+{_APOSTROPHE}[sS](?!{_GOES_ON}))|(?!{_GOES_ON}))"


@lru_cache(maxsize=4096)
def raw_pattern(raw: str) -> re.Pattern[str]:
    """Return what finds `raw` letter by letter, at word boundaries; any white space counts as one space.

    A letter or digit at an end is not in the middle of a word, but for a possessive: `==POW` is in POW's, `==Brien`
    not in O'Brien. A sign at an end has neither a letter nor the same sign beside it: `=="C+"` is not in C++, and
    `==".NET"` not in ASP.NET. Letters of scripts that are written without spaces bound no word: `==人权` is
    in 人权观察.
    """
    middle = r"\s+".join(re.escape(part) for part in raw.split())
    before, after = _IS_BEGUN, _IS_DONE
    if is_joined(raw[0]):
        before = ""
    elif not raw[0].isalnum():
        before = f"(?<!{_LETTER})(?<!{re.escape(raw[0])})"
    if is_joined(raw[-1]):
        after = f"(?![{scripts.JOINED_MARKS}])"
    elif not raw[-1].isalnum():
        after = f"(?!{_LETTER}|{re.escape(raw[-1])})"
    return re.compile(before + middle + after)
