"""From the text of one term to the words that it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from aggregator.errors import QueryError
from aggregator.matching import scripts
from aggregator.matching.query import How, Term, Word
from aggregator.matching.syntax.signs import Bounds, check_signs, no_word
from aggregator.matching.text import analyse, fold, is_joined, word_bounds

_MOST_WORDS = 200
_LEAST_START = 2
"""Letters before the first wildcard."""
_LEAST_LETTERS = {1: 4, 2: 6}
"""Of a fuzzy word, by its distance: a shorter one would find nearly every short word."""
_MOST_LETTERS = 40
"""Of a fuzzy word: it is sought by what is left of it without each two letters."""

_PATTERNED = re.compile(r"[*?~]")
_WILD = re.compile(r"[*?]")
_FUZZY = re.compile(r"(?<=[^\s~])~\w*")
_AS_LETTERS = str.maketrans("*?", "xx")
_SENTENCE_SIGN = re.compile(r"\?(?=[\s.,;:!'’)\]]|$)")


@lru_cache(maxsize=16_384)
def read_term(text: str, how: How, *, is_quoted: bool) -> Term:
    """Read a word, or the words of a phrase, each compared by `how` unless it is a wildcard or fuzzy.

    Raises:
        QueryError: with the column in `text`.
    """
    if text.isalnum():
        words = tuple(Word(token.folded, how) for token in analyse(text))
        if len(words) == 1 or (words and len(words) <= _MOST_WORDS):
            return Term(words, text=text)
    spans = [_with_distance(text, start, end) for _, start, end in word_bounds(_masked(text))]
    if not spans:
        raise no_word(text)
    if len(spans) > _MOST_WORDS:
        message = f"a phrase of {len(spans):,} words, more than {_MOST_WORDS}; join shorter ones with AND"
        raise QueryError(message, query=text, column=1)
    check_signs(text, spans, is_quoted=is_quoted)
    words = tuple(_word(text, span, how, is_phrase=len(spans) > 1) for span in spans)
    return Term(words, text="".join(_shown(text, spans, words)))


@lru_cache(maxsize=4096)
def read_raw(text: str) -> Term:
    """Read what must stand as it is written.

    Raises:
        QueryError: when it has no letter and no digit.
    """
    raw = " ".join(text.split())
    words = tuple(Word(token.folded, How.FORM) for token in analyse(raw))
    if not words:
        message = f"{raw or '=='} needs a letter or a digit: text is looked for by its words"
        raise QueryError(message, query=text, column=1)
    if len(words) > _MOST_WORDS:
        message = f"a text of {len(words):,} words, more than {_MOST_WORDS}; join shorter ones with AND"
        raise QueryError(message, query=text, column=1)
    return Term(words, raw=raw, text=raw)


def _masked(text: str) -> str:
    """Return `text` with letters for wildcards and spaces for what stands behind fuzzy words, as long as it is."""
    if not _PATTERNED.search(text):
        return text
    return _FUZZY.sub(lambda found: " " * len(found[0]), text).translate(_AS_LETTERS)


def _with_distance(text: str, start: int, end: int) -> Bounds:
    """Return the bounds of a word with its `~1`."""
    fuzzy = _FUZZY.match(text, end)
    return start, fuzzy.end() if fuzzy else end


def _word(text: str, span: Bounds, how: How, *, is_phrase: bool) -> Word:
    piece, tilde, distance = text[slice(*span)].partition("~")
    if tilde:
        return _fuzzy(text, span, piece, distance)
    if not _WILD.search(piece):
        return Word(fold(piece), how)
    if is_phrase and _SENTENCE_SIGN.match(text, span[1] - 1):
        message = (
            f"? stands for one letter, not for a question mark; leave it out, or write {piece[:-1]}* for any ending"
        )
        raise QueryError(message, query=text, column=span[1])
    return _wildcard(text, span, piece)


def _wildcard(text: str, span: Bounds, piece: str) -> Word:
    start = span[0]
    if start and is_joined(text[start - 1]):
        message = "words of this script are found inside longer ones already; leave the * or ? out"
        raise QueryError(message, query=text, column=start + 1)
    folded = re.sub(r"\*{2,}", "*", fold(piece))
    first = _WILD.search(folded)
    if sum(sign.isalnum() for sign in folded[: first.start() if first else 0]) < _LEAST_START:
        message = "a wildcard needs at least two letters before it, as in sabot* or colo?r"
        raise QueryError(message, query=text, column=start + 1)
    return Word(folded, How.WILDCARD)


def _fuzzy(text: str, span: Bounds, piece: str, distance: str) -> Word:
    column = span[0] + len(piece) + 1
    if distance not in ("", "1", "2"):
        message = f"~ takes 1 or 2, the number of letters that may differ, as in {piece}~1"
        raise QueryError(message, query=text, column=column)
    if _WILD.search(piece):
        raise QueryError("a word has wildcards or ~, not both; leave one out", query=text, column=column)
    count = int(distance or 1)
    folded = fold(piece)
    if is_joined(folded):
        raise QueryError("~ is for scripts that are written with spaces; leave it out", query=text, column=column)
    if len(folded) < _LEAST_LETTERS[count]:
        least = f"~{count} needs at least {_LEAST_LETTERS[count]} letters"
        message = f"{piece}~{count} would find nearly every short word: {least}; write the spellings with OR"
        raise QueryError(message, query=text, column=column)
    if len(folded) > _MOST_LETTERS:
        message = f"~ takes words of {_MOST_LETTERS} letters at most, and this one has {len(folded):,}; leave ~ out"
        raise QueryError(message, query=text, column=column)
    return Word(folded, How.FUZZY, count)


def _shown(text: str, spans: list[Bounds], words: tuple[Word, ...]) -> Iterator[str]:
    """Yield the words as they were typed with what stands between them, the distances written out."""
    end_before = spans[0][0]
    for (start, end), word in zip(spans, words, strict=True):
        yield " ".join(f"a{text[end_before:start]}b".split())[1:-1]
        piece = text[start:end].rstrip(scripts.INVISIBLE)
        yield f"{piece.partition('~')[0]}~{word.distance}" if word.how is How.FUZZY else piece
        end_before = end
