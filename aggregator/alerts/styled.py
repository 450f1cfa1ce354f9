"""Text in styles: built once, cut to any length, written in any markup (see markup.py)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

_ZERO_WIDTH_JOINER = "\u200d"
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_JAMO_AFTER_THE_FIRST = range(0x1160, 0x1200)
_SAFE_IN_URL = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Characters in one style. `link` is where they lead, as `web_link` gives it."""

    text: str
    bold: bool = False
    underline: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str | None = None


StyledText = tuple[Run, ...]


def truncate(runs: Sequence[Run], length: int) -> StyledText:
    """Return the first `length` characters, never half of what a reader sees as one, with an ellipsis when cut."""
    text = plain_text(runs)
    if len(text) <= length:
        return tuple(runs)
    rest = _boundary(text, max(length - 1, 0))
    whole = 0
    while len(runs[whole].text) <= rest:
        rest -= len(runs[whole].text)
        whole += 1
    cut = runs[whole]
    return (*runs[:whole], replace(cut, text=cut.text[:rest].rstrip() + "…"))


def plain_text(runs: Sequence[Run]) -> str:
    """Return the characters alone."""
    return "".join(run.text for run in runs)


def one_line(text: str) -> str:
    """Return `text` without what is harmful, on one line."""
    return " ".join(harmless(text.replace("\n", " ").replace("\t", " ")).split())


def web_link(url: str) -> str | None:
    """Return `url` as it may stand in a message, or None unless it is a web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return quote(url.encode("utf-8", "replace"), safe=_SAFE_IN_URL)


def harmless(text: str) -> str:
    """Return `text` without characters that reorder, hide or break what is around them."""
    return "".join(
        " " if character in "\u2028\u2029" else character
        for character in text
        if character in "\n\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )


def _boundary(text: str, index: int) -> int:
    """Return the last place at or before `index` where `text` may be cut: between two graphemes, simply told."""
    while 0 < index < len(text) and _continues(text[index - 1], text[index]):
        index -= 1
    return index


def _continues(before: str, after: str) -> bool:
    code = ord(after)
    return (
        _ZERO_WIDTH_JOINER in (before, after)
        or unicodedata.combining(after) != 0
        or unicodedata.category(after) in ("Mn", "Me", "Mc")
        or code in _VARIATION_SELECTORS
        or code in _SKIN_TONES
        or code in _JAMO_AFTER_THE_FIRST
        or (code in _REGIONAL and ord(before) in _REGIONAL)
    )
