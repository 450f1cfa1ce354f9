"""How long a server calls its answer fresh (RFC 9111 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

_DIRECTIVE = re.compile(r"""([^\s=,;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,;"]*)))?""")
_LONGEST = timedelta(days=365)


class Headers(Protocol):
    """The header fields of an answer; a name may be in any case, and may be there more than once."""

    def get(self, name: str, /) -> str | None:
        """Return the first value."""

    def getall(self, name: str, default: Sequence[str], /) -> Sequence[str]:
        """Return every value."""


def fresh_for(headers: Headers, now: datetime) -> timedelta | None:
    """Return the rest of the freshness lifetime, None when the server says nothing of it.

    `max-age` beats `Expires` (§5.3), whose lifetime counts from the server's own `Date`, so that its clock may be
    wrong (§4.2.1); without one it came `now` (RFC 9110 §6.6.1). What `Age` says is already over (§4.2.3). `no-cache`
    and `no-store` leave none; a `no-cache` that names fields is about these (§5.2.2.4).
    """
    directives: dict[str, str] = {}
    # Several fields are one list (RFC 9110 §5.3); of a directive that is there twice, the first counts (§4.2.1).
    for name, quoted, plain in _DIRECTIVE.findall(",".join(headers.getall("Cache-Control", ()))):
        directives.setdefault(name.lower(), quoted or plain)
    if "no-store" in directives or directives.get("no-cache") == "":
        return timedelta(0)
    lifetime = _seconds(directives.get("max-age"))
    if lifetime is None:
        lifetime = _until_expiry(headers, now)
    if lifetime is None:
        return None
    return max(lifetime - (_seconds(headers.get("Age")) or timedelta(0)), timedelta(0))


def sent_at(headers: Headers, now: datetime) -> datetime:
    """Return when an answer was sent by its server's own clock, `now` where it does not say (RFC 9110 §6.6.1).

    A date in the same answer is to be compared with this: a clock that is wrong is wrong in both.
    """
    return _moment(headers.get("Date")) or now


def _until_expiry(headers: Headers, now: datetime) -> timedelta | None:
    expiry = headers.get("Expires")
    if expiry is None:
        return None
    expires = _moment(expiry)
    if expires is None:
        return timedelta(0)  # §5.3: an invalid date, "0" above all, is in the past
    return min(max(expires - sent_at(headers, now), timedelta(0)), _LONGEST)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(text: str | None) -> timedelta | None:
    digits = (text or "").strip()
    if not digits.isascii() or not digits.isdigit():
        return None
    return min(timedelta(seconds=int(digits[:10])), _LONGEST)
