"""What a publisher changed in an article, in words; and which changes are none."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher

from aggregator.feeds.trifles import essence
from aggregator.model.articles import Article, Revision

_COMPARED_WORDS = 16_000
"""Of a changed stretch that is longer, the rest is shown as replaced: nobody reads on, and the event loop waits."""

_MATCHED_PAIRS = 900
"""How many pairs of words are tried where no word stands once on both sides: that is quadratic."""

_MOST_SPLITS = 8
_CONTEXT_WORDS = 8
_TOKEN = re.compile(r"\n|[^\s]+")


def is_trivial_change(before: Article, after: Article) -> bool:
    """Whether nothing changed but white space, counters, times of the page itself, and advertisements."""
    return _are_same(before.title, after.title) and _are_same(*_own_texts(before, after))


def revise(before: Article, after: Article, now: datetime) -> tuple[Article, Revision | None]:
    """Return the article as it is to be stored, and what it was before; None where the change is trivial.

    A text that came from the article's page is kept: the feed's summary does not replace it.
    """
    kept = after
    if before.has_page_text and not after.has_page_text:
        kept = replace(after, body=before.body, has_page_text=True)
    if is_trivial_change(before, after):
        return kept, None
    old, new = _own_texts(before, after)
    revision = Revision(
        article_id=before.id,
        replaced_at=now,
        title=before.title,
        text=old,
        content_hash=before.content_hash,
        diff=shortened(word_diff(f"{before.title}\n{old}", f"{after.title}\n{new}")),
    )
    return kept, revision


def word_diff(before: str, after: str) -> tuple[str, ...]:
    """Return the change from `before` to `after` in words: pieces marked `=` kept, `-` taken out, `+` put in.

    The pieces that are kept or taken out make up `before`, those that are kept or put in `after`. Takes linear time.
    """
    pieces: list[tuple[str, list[str]]] = []
    for mark, words in _changes(_TOKEN.findall(before), _TOKEN.findall(after), _MOST_SPLITS):
        if pieces and pieces[-1][0] == mark:
            pieces[-1][1].extend(words)
        elif len(pieces) > 1 and mark == "-" and pieces[-1][0] == "+" and pieces[-2][0] == "-":
            pieces[-2][1].extend(words)
        elif words:
            pieces.append((mark, list(words)))
    return tuple(mark + " ".join(words).replace(" \n", "\n").replace("\n ", "\n") for mark, words in pieces)


def shortened(pieces: Iterable[str]) -> tuple[str, ...]:
    """Return the pieces of a change, long kept ones cut to a few words around what changed."""
    return tuple(_shortened(piece) for piece in pieces)


def _changes(old: Sequence[str], new: Sequence[str], splits: int) -> Iterator[tuple[str, Sequence[str]]]:
    start = _common_start(old, new)
    end = _common_start(old[start:][::-1], new[start:][::-1])
    yield "=", old[:start]
    yield from _changes_between(old[start : len(old) - end], new[start : len(new) - end], splits)
    yield "=", old[len(old) - end :]


def _changes_between(old: Sequence[str], new: Sequence[str], splits: int) -> Iterator[tuple[str, Sequence[str]]]:
    """Split at the words that stand once on both sides; where there are none, match few and replace many."""
    rest = (old[_COMPARED_WORDS:], new[_COMPARED_WORDS:])
    old, new = old[:_COMPARED_WORDS], new[:_COMPARED_WORDS]
    anchors = _anchors(old, new) if old and new and splits else []
    if anchors:
        a = b = 0
        for place, other in anchors:
            yield from _changes(old[a:place], new[b:other], splits - 1)
            yield "=", old[place : place + 1]
            a, b = place + 1, other + 1
        yield from _changes(old[a:], new[b:], splits - 1)
    elif 0 < len(old) * len(new) <= _MATCHED_PAIRS:
        for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                yield "=", old[a:b]
            else:
                yield "-", old[a:b]
                yield "+", new[c:d]
    else:
        yield "-", old
        yield "+", new
    yield "-", rest[0]
    yield "+", rest[1]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest series of words that stand once on each side and in the same order ("patience diff")."""
    here, there = Counter(old), Counter(new)
    places = {word: place for place, word in enumerate(new) if there[word] == 1}
    pairs = [(place, places[word]) for place, word in enumerate(old) if here[word] == 1 and word in places]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        ends[length : length + 1] = [other]
        last[length : length + 1] = [number]
        before.append(last[length - 1] if length else -1)
    found: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _common_start(old: Sequence[str], new: Sequence[str]) -> int:
    shorter = min(len(old), len(new))
    return next((place for place in range(shorter) if old[place] != new[place]), shorter)


def _shortened(piece: str) -> str:
    words = piece[1:].split()
    if not piece.startswith("=") or len(words) <= 2 * _CONTEXT_WORDS:
        return piece
    return f"={' '.join(words[:_CONTEXT_WORDS])} … {' '.join(words[-_CONTEXT_WORDS:])}"


def _are_same(before: str, after: str) -> bool:
    return before == after or essence(before) == essence(after)


def _own_texts(before: Article, after: Article) -> tuple[str, str]:
    """The texts to compare: the feed's own, as far as it is known, where one of the two has the page's."""
    if before.has_page_text == after.has_page_text:
        return before.text, after.text
    if before.has_page_text:
        return before.summary, (after.summary or after.text) if before.summary else ""
    return (before.summary or before.text) if after.summary else "", after.summary
