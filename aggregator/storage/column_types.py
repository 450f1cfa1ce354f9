"""How times and durations are stored: as integers, exact and ordered, the same in every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware datetime, stored as integer microseconds since 1970 UTC: exact, ordered, the same in every database."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn an aware datetime into microseconds; a naive one is a mistake of the caller (`ValueError`)."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn microseconds into an aware datetime in UTC."""
        return None if value is None else from_microseconds(value)


class Duration(sa.types.TypeDecorator[timedelta]):
    """A timedelta, stored as integer microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a timedelta into microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn microseconds into a timedelta."""
        return None if value is None else value * _MICROSECOND


def to_microseconds(value: datetime) -> int:
    """Return microseconds since 1970 UTC.

    Raises:
        ValueError: for a naive datetime.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the aware datetime in UTC."""
    return _EPOCH + value * _MICROSECOND
