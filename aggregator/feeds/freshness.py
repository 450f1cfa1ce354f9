"""How long a server calls its answer fresh (RFC 9111 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_DIRECTIVE = re.compile(r'([a-z-]+)\s*(?:=\s*"?([^",]*)"?)?')
_LONGEST = timedelta(days=365)


def fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    """Return the rest of the freshness lifetime, None when the server says nothing of it.

    `max-age` beats `Expires` (§5.3), whose lifetime counts from the server's own `Date`, so that its clock may be
    wrong (§4.2.1). What `Age` says is already over (§4.2.3). `no-cache` and `no-store` leave none.
    """
    directives = dict(_DIRECTIVE.findall(headers.get("Cache-Control", "").lower()))
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(0)
    lifetime = _seconds(directives.get("max-age"))
    if lifetime is None:
        lifetime = _until_expiry(headers)
    if lifetime is None:
        return None
    return max(lifetime - (_seconds(headers.get("Age")) or timedelta(0)), timedelta(0))


def _until_expiry(headers: Mapping[str, str]) -> timedelta | None:
    if "Expires" not in headers:
        return None
    expires, date = _moment(headers["Expires"]), _moment(headers.get("Date"))
    if expires is None:
        return timedelta(0)  # §5.3: an invalid date, "0" above all, is in the past
    return None if date is None else min(max(expires - date, timedelta(0)), _LONGEST)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, IndexError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(text: str | None) -> timedelta | None:
    digits = (text or "").strip()
    if not digits.isascii() or not digits.isdigit():
        return None
    return min(timedelta(seconds=int(digits[:10])), _LONGEST)
