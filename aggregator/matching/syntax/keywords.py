"""The words of a query that are operators, and those that come close to one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from aggregator.errors import QueryError
from aggregator.matching import scripts
from aggregator.matching.query import How, Term
from aggregator.matching.syntax.terms import read_raw, read_term
from aggregator.model.rules import Field

FARTHEST = 1000
"""The greatest distance of NEAR, in words."""

OPERATORS = {"OR": "_OR", "AND": "_AND", "NOT": "_NOT"}
_COUNTED = re.compile(r"(O?NEAR|ATLEAST)(?:/(.*))?", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_DIALECT = re.compile(r"(?:(?:o?near|within|adj|w|n|p|pre)/\d+|(?:o?near|adj)\d+)", re.IGNORECASE)
"""How other programs write NEAR/5, and how hurried people do."""
_DIALECT_ATLEAST = re.compile(r"(?:atleast|atl)/?\d+", re.IGNORECASE)
_FIELD = re.compile(rf"(?:{'|'.join(Field)}):")
_NOT_BARE = re.compile(r"[*?~]|[.,;:!]$")
_EXPRESSION = re.compile(r"/.+/c?", re.DOTALL)
_LONGEST_NUMBER = 4
_TO_LATIN = str.maketrans(*reversed(scripts.LOOK_ALIKES))

Meaning = tuple[str, Term | None, int]
"""The kind of a token; the term of a TERM; the number that NEAR and ATLEAST come with."""


@lru_cache(maxsize=16_384)
def read_word(text: str) -> Meaning:
    """Return what a word without quotes means.

    Raises:
        QueryError: with the column in `text`.
    """
    if text in OPERATORS:
        return OPERATORS[text], None, 0
    counted = _COUNTED.fullmatch(text)
    if counted is not None:
        return _counted(text, counted[1], counted[2] or "")
    if text[0] == "=":
        return "TERM", _exact(text), 0
    _check_letters(text)
    if is_dialect(text):
        _refuse_dialect(text)
    if text[0] == "/":
        message = "this / opens a regular expression that is never closed; add a /, or put the text in quotes"
        raise QueryError(message, query=text, column=1)
    return "TERM", read_term(text, How.FORMS, is_quoted=False), 0


def is_keyword(text: str) -> bool:
    """Whether `text` must be quoted to be looked for."""
    return any(_is_operator(form) or is_dialect(form) for form in (text, _in_latin(text)))


def is_dialect(text: str) -> bool:
    """Whether `text` is how somebody may write NEAR or ATLEAST who knows it from elsewhere."""
    return _DIALECT.fullmatch(text) is not None or _DIALECT_ATLEAST.fullmatch(text) is not None


def _is_operator(text: str) -> bool:
    return text in OPERATORS or _COUNTED.fullmatch(text) is not None


def _in_latin(text: str) -> str:
    """Return `text` with plain Latin letters in the place of those that look like them: wide ones, Cyrillic ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_TO_LATIN)


def _check_letters(text: str) -> None:
    """Refuse what the eye takes for an operator: it would be looked for as a word."""
    meant = _in_latin(text)
    if meant != text and _is_operator(meant):
        message = f'this looks like {meant}, but has other letters; type {meant}, or quote it to search it: "{text}"'
        raise QueryError(message, query=text, column=1)


def _counted(text: str, name: str, number: str) -> Meaning:
    if name == "ATLEAST":
        if not _DIGITS.fullmatch(number) or len(number) > _LONGEST_NUMBER:
            message = "ATLEAST needs a number, e.g. ATLEAST/2(a b c)"
            raise QueryError(message, query=text, column=1)
        return "ATLEAST", None, int(number)
    if not _DIGITS.fullmatch(number):
        raise QueryError(f"{name} needs a distance, e.g. {name}/20", query=text, column=1)
    if len(number) > _LONGEST_NUMBER or int(number) > FARTHEST:
        message = f"{name} reaches {FARTHEST:,} words at most; write AND for anywhere in the article"
        raise QueryError(message, query=text, column=1)
    return "NEAR", None, int(number)


def _refuse_dialect(text: str) -> None:
    number = re.sub(r"\D", "", text)[:_LONGEST_NUMBER]
    if _DIALECT_ATLEAST.fullmatch(text):
        meant = f"ATLEAST/{number}(a b c)"
    else:
        meant = f"{'ONEAR' if text[0] in 'oOpP' else 'NEAR'}/{number}"
    message = f'did you mean {meant}? operators are upper case; to search the text, quote it: "{text}"'
    raise QueryError(message, query=text, column=1)


def _exact(text: str) -> Term:
    """Read `=word` or `==Word`."""
    body = text.lstrip("=")
    signs = text[: len(text) - len(body)]
    if len(signs) > len("=="):
        raise QueryError("write = for one form of a word, == for text as it is written", query=text, column=1)
    if not body:
        message = f'{signs} needs a word or a phrase right after it, as in {signs}prisoner or {signs}"prisoner of war"'
        raise QueryError(message, query=text, column=1)
    field = _FIELD.match(body)
    if field is not None:
        message = f"the field comes first: write {field[0]}{signs}{body[field.end() :] or 'word'}"
        raise QueryError(message, query=text, column=1)
    try:
        return read_term(body, How.FORM, is_quoted=False) if signs == "=" else _raw(body)
    except QueryError as error:
        error.column += len(signs)
        raise


def _raw(body: str) -> Term:
    if _EXPRESSION.fullmatch(body):
        instead = f'write {body.removesuffix("c")}c for an expression in which case counts, or =="{body}" for the text'
        raise QueryError(f"== is not for expressions; {instead}", query=body, column=1)
    sign = _NOT_BARE.search(body)
    if sign is not None:
        instead = f'put what you mean in quotes, as in =="{body}", or leave {sign[0]} out'
        raise QueryError(f"after == every sign counts; {instead}", query=body, column=sign.start() + 1)
    return read_raw(body)
