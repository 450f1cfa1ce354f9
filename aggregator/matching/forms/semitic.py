"""Arabic and Hebrew words with what is written onto their front: `and`, `in`, `to`, the article."""

from __future__ import annotations

import re

_ARABIC = re.compile("[\u0620-\u064a]{2,}")
_HEBREW = re.compile("[\u05d0-\u05ea]{2,}")
_ARTICLE = re.compile("(?:و|ف)?(?:ال|بال|كال|لل)(.{3,})")
_ARABIC_FRONTS = (
    *("ال", "وال", "بال", "فال", "كال", "لل", "ولل", "وبال"),
    *("و", "ف", "ب", "ل", "ك", "وب", "ول"),
)
_HEBREW_FRONTS = (
    *("ה", "ו", "ב", "ל", "מ", "ש", "כ"),
    *("וה", "וב", "ול", "ומ", "וש", "וכ", "שה", "שב", "של", "שמ", "מה", "כש", "כשה", "ושה"),
)
_SHORTEST = 3
"""Shorter words become others with a letter before them."""


def semitic_forms(folded: str) -> frozenset[str]:
    """Return a folded Arabic or Hebrew word with each front; words of other letters, and short ones, as they are."""
    alone = frozenset({folded})
    if len(folded) < _SHORTEST:
        return alone
    if _ARABIC.fullmatch(folded):
        found = _ARTICLE.fullmatch(folded)
        bare = found[1] if found else folded
        return alone | {bare} | {front + bare for front in _ARABIC_FRONTS}
    if _HEBREW.fullmatch(folded):
        return alone | {front + folded for front in _HEBREW_FRONTS}
    return alone
