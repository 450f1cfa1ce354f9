"""The exceptions that the project raises on purpose.

    AggregatorError
    ├── SettingsError         the configuration has problems: all of them, each with its place
    ├── QueryError            a query cannot be read: where, and what to write instead
    ├── StoreError            the database
    │   ├── StoreInUse            another instance runs on it
    │   └── StoreUnavailable      it cannot be opened, read or written
    ├── DeliveryFailed        a notifier could not send: the reason alone decides what comes next
    └── NotFound              what was asked for by name is not there

Every message tells its reader what is wrong, where, and what to do next. Expected outcomes are values, not
exceptions: a feed that cannot be read is a `PollFailed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


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
        return f"column {self.column}: {self.message}\n  {self.query}\n  {' ' * (self.column - 1)}^"


class StoreError(AggregatorError):
    """The database cannot do what was asked."""


class StoreInUse(StoreError):
    """Another instance runs on this database."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, read or written."""


class NotFound(AggregatorError):
    """What was asked for by name is not there."""


class DeliveryFailure(StrEnum):
    """Why a notifier could not send. Closed: this alone decides whether the outbox tries again."""

    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome unknown"
    REJECTED = "rejected"
    UNAUTHORIZED = "unauthorized"
    RECIPIENT_GONE = "recipient gone"
    MISCONFIGURED = "misconfigured"

    @property
    def is_passing(self) -> bool:
        """Whether a later attempt with the same message can succeed without a person's help."""
        return self in _PASSING_FAILURES


_PASSING_FAILURES = frozenset({DeliveryFailure.THROTTLED, DeliveryFailure.UNAVAILABLE, DeliveryFailure.OUTCOME_UNKNOWN})


class DeliveryFailed(AggregatorError):
    """A notifier could not send. `retry_after` is what the service asked for, from now."""

    def __init__(self, reason: DeliveryFailure, detail: str, *, retry_after: timedelta | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"{reason}: {detail}")
