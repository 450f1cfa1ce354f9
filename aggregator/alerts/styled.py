"""Text in styles: built once, written in any markup, cut to any limit without a broken tag."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from aggregator.model.messages import LengthUnit, Markup

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~])")
_ZERO_WIDTH_JOINER = "\u200d"
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_SAFE_IN_URL = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Characters in one style. `link` is where they lead."""

    text: str
    bold: bool = False
    underline: bool = False
    italic: bool = False
    link: str | None = None


StyledText = tuple[Run, ...]


def serialize(runs: Sequence[Run], markup: Markup) -> str:
    """Write `runs` in `markup`. Every tag that is opened is closed, and every special character is escaped."""
    write = {Markup.TELEGRAM_HTML: _html, Markup.MARKDOWN: _markdown, Markup.PLAIN: _plain}[markup]
    return "".join(write(run) for run in runs if run.text)


def measure(runs: Sequence[Run], markup: Markup, unit: LengthUnit) -> int:
    """Return how long `runs` are to a service that counts in `unit`."""
    if unit is LengthUnit.VISIBLE_UTF16_UNITS:
        return sum(_utf16_units(run.text) for run in runs)
    written = serialize(runs, markup)
    return _utf16_units(written) if unit is LengthUnit.UTF16_UNITS else len(written)


def truncate(runs: Sequence[Run], length: int) -> StyledText:
    """Return the first `length` characters, never half of what a reader sees as one, with an ellipsis when cut."""
    if sum(len(run.text) for run in runs) <= length:
        return tuple(runs)
    rest = max(length - 1, 0)
    whole = 0
    while len(runs[whole].text) <= rest:
        rest -= len(runs[whole].text)
        whole += 1
    cut = runs[whole]
    return (*runs[:whole], replace(cut, text=cut.text[: _boundary(cut.text, rest)].rstrip() + "…"))


def web_link(url: str) -> str | None:
    """Return `url` as it may stand in a message, or None unless it is a web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return quote(url, safe=_SAFE_IN_URL)


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
        or (code in _REGIONAL and ord(before) in _REGIONAL)
    )


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _html(run: Run) -> str:
    """Telegram's HTML (core.telegram.org/bots/api#html-style): only & < > and " need escaping."""
    written = html.escape(run.text, quote=False)
    for tag, is_on in (("u", run.underline), ("i", run.italic), ("b", run.bold)):
        if is_on:
            written = f"<{tag}>{written}</{tag}>"
    if run.link is not None:
        written = f'<a href="{html.escape(run.link)}">{written}</a>'
    return written


def _markdown(run: Run) -> str:
    """CommonMark: emphasis must hug its words, so the spaces around them stay outside."""
    written = _MARKDOWN_SPECIAL.sub(r"\\\1", run.text)
    core = written.strip()
    if core and (run.bold or run.underline or run.italic):
        marks = "**" if run.bold or run.underline else "*"
        start = written.index(core)
        written = f"{written[:start]}{marks}{core}{marks}{written[start + len(core) :]}"
    if run.link is not None:
        written = f"[{written}]({run.link.replace('(', '%28').replace(')', '%29')})"
    return written


def _plain(run: Run) -> str:
    text = f"*{run.text}*" if run.underline and run.text.strip() else run.text
    return text if run.link is None or run.link == run.text else f"{text}: {run.link}"
