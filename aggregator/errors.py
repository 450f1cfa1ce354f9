"""The exceptions that the project raises on purpose.

    AggregatorError
    ├── SettingsError         the configuration has problems: all of them, each with its place
    ├── QueryError            a query cannot be read: where, and what to write instead
    ├── TemplateError         a template of messages cannot be used: where, and what to write instead
    ├── StoreError            the database
    │   ├── StoreInUse            another instance runs on it
    │   └── StoreUnavailable      it cannot be opened, read or written
    ├── DeliveryFailed        a notifier could not send: the reason alone decides what comes next
    ├── ExtraMissing          what was asked for needs a part of the program that is not installed
    ├── ModelUnreadable       the language model of semantic rules is not there, or cannot be read
    ├── QuotaReached          a chat has as much as it may have
    └── NotFound              what was asked for by name is not there

Every message tells its reader what is wrong, where, and what to do next. Expected outcomes are values, not
exceptions: a feed that cannot be read is a `PollFailed`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

_SHOWN, _SHOWN_BEFORE = 76, 50
"""Characters of a long query that are shown, and how many of them before the place of the mistake."""


class AggregatorError(Exception):
    """The root of every error that this project raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in the configuration. `line` and `column` count from 1; `path` reads `rules[0].priority`."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class SettingsError(AggregatorError):
    """The configuration cannot be used. `problems` holds every one that was found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class QueryError(AggregatorError):
    """A query cannot be read.

    `column` counts from 1 in `query`. `part` names the list item (`any[2]`) when the rule has no query text.
    """

    def __init__(self, message: str, *, query: str, column: int, part: str | None = None) -> None:
        self.message = message
        self.query = query
        self.column = column
        self.part = part
        super().__init__(message)

    def __str__(self) -> str:
        shown, caret = _pointed_at(self.query, self.column - 1)
        return f"column {self.column}: {self.message}\n  {shown}\n  {caret}^"


def _pointed_at(query: str, position: int) -> tuple[str, str]:
    """Return the part of `query` around `position` that a terminal shows on one line, and what fills the line below."""
    start = max(0, min(position - _SHOWN_BEFORE, len(query) - _SHOWN))
    left, right = "…" if start else "", "…" if start + _SHOWN < len(query) else ""
    before = left + query[start:position]
    return left + query[start : start + _SHOWN] + right, " " * sum(_columns(sign) for sign in before)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


class TemplateError(AggregatorError):
    """A template of messages cannot be read or filled. `line` counts from 1 in it, None for the whole of it."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        self.message = message
        self.line = line
        super().__init__(message)

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class StoreError(AggregatorError):
    """The database cannot do what was asked."""


class StoreInUse(StoreError):
    """Another instance runs on this database."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, read or written."""


class NotFound(AggregatorError):
    """What was asked for by name is not there."""


class QuotaReached(AggregatorError):
    """A chat has as much as it may have."""


class DeliveryFailure(StrEnum):
    """Why a notifier could not send. Closed: this alone decides whether the outbox tries again."""

    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome unknown"
    REJECTED = "rejected"
    UNAUTHORIZED = "unauthorized"
    RECIPIENT_GONE = "recipient gone"
    RECIPIENT_MOVED = "recipient moved"
    IMAGE_REFUSED = "image refused"
    MESSAGE_GONE = "message gone"
    MISCONFIGURED = "misconfigured"

    @property
    def is_passing(self) -> bool:
        """Whether a later attempt with the same message can succeed without a person's help."""
        return self in _PASSING_FAILURES

    @property
    def blocks_channel(self) -> bool:
        """Whether no message gets through until a person helps: the bot is blocked, the chat gone, the token wrong."""
        return self in _BLOCKING_FAILURES


_BLOCKING_FAILURES = frozenset({DeliveryFailure.RECIPIENT_GONE, DeliveryFailure.UNAUTHORIZED})
_PASSING_FAILURES = frozenset({DeliveryFailure.THROTTLED, DeliveryFailure.UNAVAILABLE, DeliveryFailure.OUTCOME_UNKNOWN})


class DeliveryFailed(AggregatorError):
    """A notifier could not send.

    `retry_after` is what the service asked for, from now. `moved_to` is where a RECIPIENT_MOVED is now.
    """

    def __init__(
        self,
        reason: DeliveryFailure,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        moved_to: str | None = None,
    ) -> None:
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.moved_to = moved_to
        super().__init__(f"{reason}: {detail}")


class ExtraMissing(AggregatorError):
    """What was asked for needs an extra, a part of the program that is installed only where it is wanted."""

    def __init__(self, extra: str, what: str) -> None:
        self.extra = extra
        super().__init__(f"{what} need the extra {extra!r}; install it with: pip install 'aggregator[{extra}]'")


class ModelUnreadable(AggregatorError):
    """The folder of a language model, `path`, is not there or cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the model {str(path)!r} {reason}; name a folder that model2vec saved")
