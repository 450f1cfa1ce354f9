"""What a publisher changed in an article, in words; and which changes are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher

from aggregator.model.articles import Article, Revision

_WORDS_AT_MOST = 400
"""A changed paragraph longer than this on both sides is shown as replaced whole: matching is quadratic."""
_PARAGRAPHS_AT_MOST = 400
_CONTEXT_WORDS = 8

_COUNTER = re.compile(
    r"\b\d[\d.,\u00a0 ]{0,12}\s?[km]?\s?(?:\+\s?)?"
    r"(?:comments?|views?|likes?|shares?|votes?|points?|repl(?:y|ies)|reads?|claps?|reactions?|retweets?|boosts?|"
    r"downloads?|stars?|min(?:ute)?s?\s(?:read|ago)|hours?\sago|days?\sago|seconds?\sago|"
    r"коментар\w*|комментари\w*|переглядів|просмотр\w*|хвилин\w*\sтому|годин\w*\sтому|минут\w*\sназад|час\w*\sназад)\b",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"\b(?:last\s)?(?:updated|modified|published|posted|edited|as\sof|оновлено|обновлено|опубліковано|опубликовано)"
    r"(?:\s(?:at|on))?\s?:?\s?"
    r"(?:[\w.,]{1,12}\s){0,3}\d[\d.:/,\- ]{1,24}(?:\s?[ap]\.?m\b\.?)?"
    r"(?:\s?(?:gmt|utc|est|edt|cet|cest|eet|eest|msk)\b)?",
    re.IGNORECASE,
)
_ISO_STAMP = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_ADVERT = re.compile(
    r"^(?:advertisement|advertising|sponsored(?: content)?|promoted|ad|реклама|anzeige|publicité|publicidad|"
    r"(?:read|continue reading|show) more.{0,80}|continue reading.{0,80}|читати далі.{0,80}|читать далее.{0,80}|"
    r"(?:sign up|subscribe)\b.{0,120}newsletter.{0,80}|the post .{0,300} appeared first on .{0,120})$",
    re.IGNORECASE | re.MULTILINE,
)


def is_trivial_change(before: Article, after: Article) -> bool:
    """Whether nothing changed but white space, counters, times of the page itself, and advertisements."""
    return _essence(before.title) == _essence(after.title) and _essence(_own_text(before, after)) == _essence(
        _own_text(after, after)
    )


def revise(before: Article, after: Article, now: datetime) -> tuple[Article, Revision | None]:
    """Return the article as it is to be stored, and what it was before; None where the change is trivial.

    A text that came from the article's page is kept: the feed's summary does not replace it.
    """
    kept = after
    if before.has_page_text and not after.has_page_text:
        kept = replace(after, body=before.body, has_page_text=True)
    if is_trivial_change(before, after):
        return kept, None
    text = _own_text(before, after)
    revision = Revision(
        article_id=before.id,
        replaced_at=now,
        title=before.title,
        text=text,
        content_hash=before.content_hash,
        diff=word_diff(f"{before.title}\n{text}", f"{after.title}\n{_own_text(after, after)}"),
    )
    return kept, revision


def word_diff(before: str, after: str) -> tuple[str, ...]:
    """Return the change from `before` to `after` in words: pieces marked `=` kept, `-` taken out, `+` put in.

    Paragraphs are compared first, then the words of those that changed. Long kept stretches are shortened with `…`.
    """
    old, new = before.splitlines()[:_PARAGRAPHS_AT_MOST], after.splitlines()[:_PARAGRAPHS_AT_MOST]
    pieces: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append("=" + "\n".join(old[a:b]))
        else:
            pieces += _changed("\n".join(old[a:b]).split(), "\n".join(new[c:d]).split())
    return tuple(_shortened(pieces))


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if len(old) > _WORDS_AT_MOST and len(new) > _WORDS_AT_MOST:
        yield "-" + " ".join(old)
        yield "+" + " ".join(new)
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "=" + " ".join(old[a:b])
            continue
        if b > a:
            yield "-" + " ".join(old[a:b])
        if d > c:
            yield "+" + " ".join(new[c:d])


def _shortened(pieces: Sequence[str]) -> Iterator[str]:
    for piece in pieces:
        words = piece[1:].split()
        if piece.startswith("=") and len(words) > 2 * _CONTEXT_WORDS:
            yield f"={' '.join(words[:_CONTEXT_WORDS])} … {' '.join(words[-_CONTEXT_WORDS:])}"
        else:
            yield piece


def _own_text(article: Article, other: Article) -> str:
    """The text to compare: the feed's own, where one of the two has the page's."""
    return article.summary if article.has_page_text and not other.has_page_text else article.text


def _essence(text: str) -> str:
    for pattern in (_ADVERT, _COUNTER, _STAMP, _ISO_STAMP):
        text = pattern.sub(" ", text)
    return " ".join(text.split())
