"""Articles that people keep as plain text: an optional line of metadata, the title, then the body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_METADATA = re.compile(r"\s*date\s+(\d{4})-(\d{2})-(\d{2})\b[ \t]*(\S*)[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText:
    """One article as a text file has it. `language` is what its first line says, be it a code or a word."""

    title: str
    body: str
    published_on: date | None = None
    language: str | None = None


def read_plain_text(text: str) -> PlainText:
    """Read `text`: an optional first line of metadata (`date 2024-08-08 Eng`), the title, then the body."""
    lines = text.lstrip("\ufeff").splitlines()
    published_on, language = None, None
    if lines and (found := _METADATA.fullmatch(lines[0])):
        published_on, language = _date(*(int(part) for part in found.groups()[:3])), found[4]
        lines = lines[1:]
    while lines and not lines[0].strip():
        lines = lines[1:]
    title, body = (lines[0].strip(), "\n".join(lines[1:]).strip()) if lines else ("", "")
    return PlainText(title=title, body=body, published_on=published_on, language=language)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
