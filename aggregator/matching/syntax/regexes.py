"""RE2 expressions: how they are compiled, the only place that says so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import re2

from aggregator.errors import QueryError
from aggregator.matching.query import Regex
from aggregator.matching.syntax.regex_mistakes import byte_place, regex_mistake

_MEMORY_BYTES = 8 * 1024 * 1024
_SET_MEMORY_BYTES = 64 * 1024 * 1024
_LONGEST_PATTERN = 2_000
_PROBES = ("", "a", " a ", "1\n", "я 人")
"""Short texts of all sorts: what fits between the letters of one fits into nearly every text."""


class Found(Protocol):
    """Where an expression fits: characters `start()` to `end()` (exclusive)."""

    def start(self) -> int:
        """Return the first character's number."""

    def end(self) -> int:
        """Return the number behind the last character's."""


class Expression(Protocol):
    """What finds an expression in a text."""

    def search(self, text: str) -> Found | None:
        """Return the first place where it fits."""

    def finditer(self, text: str) -> Iterator[Found]:
        """Return every place where it fits, none over another."""


def regex_options(*, is_case_sensitive: bool) -> re2.Options:
    """Return how a single expression is compiled: linear time, bounded memory, nothing printed."""
    return _options(_MEMORY_BYTES, is_case_sensitive=is_case_sensitive)


def set_options() -> re2.Options:
    """Return how a set of expressions is compiled; each says by itself whether case counts (`set_pattern`)."""
    return _options(_SET_MEMORY_BYTES, is_case_sensitive=True)


def set_pattern(regex: Regex) -> str:
    """Return an expression as a set takes it."""
    return regex.pattern if regex.is_case_sensitive else f"(?i:{regex.pattern})"


@lru_cache(maxsize=4096)
def compiled_regex(regex: Regex) -> Expression:
    """Return what finds an expression in a text."""
    expression: Expression = re2.compile(regex.pattern, regex_options(is_case_sensitive=regex.is_case_sensitive))
    return expression


def check_regex(regex: Regex) -> None:
    """Refuse what RE2 cannot compile, and what would be found in every text.

    Raises:
        QueryError: with the column in the pattern.
    """
    pattern = regex.pattern
    if len(pattern) > _LONGEST_PATTERN:
        length = f"{len(pattern):,} characters, more than {_LONGEST_PATTERN:,}"
        message = f"this regular expression has {length}; join shorter ones with OR"
        raise QueryError(message, query=pattern, column=1)
    try:
        expression = compiled_regex(regex)
    except re2.error as error:
        message, offset = regex_mistake(pattern, _reason(error))
        raise QueryError(message, query=pattern, column=offset + 1) from error
    except UnicodeEncodeError as error:
        message = "this character is half of one; write it anew"
        raise QueryError(message, query=pattern, column=error.start + 1) from error
    byte_offset = byte_place(pattern)
    if byte_offset is not None:
        message = r"\C is one byte, the half of many letters; write . for any character"
        raise QueryError(message, query=pattern, column=byte_offset + 1)
    for text in _PROBES:
        if any(found.start() == found.end() for found in expression.finditer(text)):
            message = "this expression fits empty text, so it would match everything; make a part of it required"
            raise QueryError(message, query=pattern, column=1)


def _options(memory_bytes: int, *, is_case_sensitive: bool) -> re2.Options:
    options = re2.Options()
    options.max_mem = memory_bytes
    options.case_sensitive = is_case_sensitive
    options.log_errors = False
    return options


def _reason(error: re2.error) -> str:
    (reason,) = error.args
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
