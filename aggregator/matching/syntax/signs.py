"""Signs around words: those that may be left out, and what to write instead of those that would be lost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.errors import QueryError
from aggregator.matching import scripts

_DASHES = "-‐‑‒–—―−"
_ALWAYS = re.escape(scripts.APOSTROPHES) + scripts.INVISIBLE + r"…\[\]{}"
_IN_QUOTES = _DASHES.replace("-", r"\-") + r"\"“”„«»「」『』()（）/•·|"
_BEFORE = f"{_ALWAYS}¿¡"
_AFTER = _ALWAYS + r".,;:!。、，；：！？،؛؟।॥"
_LOST_BEFORE = {False: re.compile(f"[^{_BEFORE}]"), True: re.compile(f"[^{_BEFORE}{_IN_QUOTES}]")}
_LOST_AFTER = {False: re.compile(f"[^{_AFTER}]"), True: re.compile(f"[^{_AFTER}{_IN_QUOTES}]")}
_PARTING = re.compile(r"\s(?:.*\s)?", re.DOTALL)
_OPERATORS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT", "!=": "NOT"}
_ANYWHERE = {
    "&": "& is no operator; write AND between words",
    "|": "| is no operator; write OR between words",
    "（": "（ does not group; write ( and )",
    "）": "） does not group; write ( and )",
}
_BEFORE_A_WORD = _ANYWHERE | {
    "+": "+ is not needed: every word must be there unless OR says otherwise; write {word}",
    "!": "! is no operator; write NOT {word} or -{word}",
    "~": "~ belongs behind a word, as in zelensky~1; for words near each other write one NEAR/5 other",
    **dict.fromkeys(_DASHES, "to exclude a word, write -{word} or NOT {word}"),
}
_BEHIND_A_WORD = _ANYWHERE | dict.fromkeys(_DASHES, "write {word}, or {word}* for all words that begin so")
_SENTENCE = ".,;:!'"
_OPERATOR = re.compile(r"&&|\|\|?")
_LIST_SIGN = re.compile(r"[,;]")

Bounds = tuple[int, int]
"""The characters `start` to `end` (exclusive) of a word."""


def check_signs(text: str, words: Sequence[Bounds], *, is_quoted: bool) -> None:
    """Refuse `text` where a sign at the edge of a word would be lost without a trace: `C++` would find every c.

    Raises:
        QueryError: with the column in `text`.
    """
    end_before = 0
    for number, (start, end) in enumerate(words):
        gap = text[end_before:start]
        parting = _PARTING.search(gap)
        if parting is None and number:
            if not is_quoted:
                _check_inside(text, end_before, start)
        else:
            if number and parting is not None:
                _check_edge(text, _LOST_AFTER[is_quoted], (end_before, end_before + parting.start()), words[number - 1])
            first = end_before + (parting.end() if parting else 0)
            _check_edge(text, _LOST_BEFORE[is_quoted], (first, start), (start, end))
        end_before = end
    rest = _PARTING.search(text, end_before)
    last = rest.start() if rest else len(text)
    _check_edge(text, _LOST_AFTER[is_quoted], (end_before, last), words[-1])


def no_word(text: str) -> QueryError:
    """Return the error for a term without any letter or digit."""
    if text in _OPERATORS:
        operator = _OPERATORS[text]
        message = f"{text} is no operator; write {operator}"
    elif text and text.strip(_DASHES) == "":
        message = f"{text} stands alone; to exclude a word, write -word or NOT word"
    else:
        shown = text or "an empty pair of quotes"
        message = f"{shown} has no letter and no digit in it, so it can match nothing; write a word, or leave it out"
    return QueryError(message, query=text, column=1)


def _check_inside(text: str, start: int, end: int) -> None:
    """Look at signs between two words that no space parts."""
    gap = text[start:end]
    operator = _OPERATOR.search(gap)
    if operator is not None:
        name = _OPERATORS[operator[0]]
        raise QueryError(f"{operator[0]} is no operator; write {name}", query=text, column=start + operator.start() + 1)
    if "^" in gap:
        raise QueryError("^ weighs nothing; leave it out", query=text, column=start + gap.index("^") + 1)
    comma = _LIST_SIGN.search(gap)
    if comma is not None and not (text[start - 1].isdigit() and text[end].isdigit()):
        raise joins_nothing(comma[0], text, start + comma.start())


def joins_nothing(sign: str, text: str, offset: int) -> QueryError:
    """Return the error for words in a list: whoever writes one may mean that all are needed, or one of them."""
    message = f"{sign} joins nothing; write OR where one of the words is enough, a space where all must be there"
    return QueryError(message, query=text, column=offset + 1)


def _check_edge(text: str, lost: re.Pattern[str], bounds: Bounds, word: Bounds) -> None:
    found = lost.search(text, *bounds)
    if found is not None:
        is_before = found.start() < word[0]
        raise QueryError(_advice(text, found[0], word, is_before=is_before), query=text, column=found.start() + 1)


def _advice(text: str, sign: str, bounds: Bounds, *, is_before: bool) -> str:
    word = text[slice(*bounds)]
    advice = (_BEFORE_A_WORD if is_before else _BEHIND_A_WORD).get(sign)
    if advice is not None:
        return advice.format(word=word)
    written = _written(text, bounds)
    return (
        f'{sign} is not looked for, so {written} would find every {word}; write {word}, or =="{written}" for just that'
    )


def _written(text: str, word: Bounds) -> str:
    """Return the word with the signs around it, up to the next spaces, without those that end a sentence."""
    start = text.rfind(" ", 0, word[0]) + 1
    return text[start:].partition(" ")[0].rstrip(_SENTENCE)
