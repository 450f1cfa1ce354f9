"""A feed that turns over, and its archive: numbered reports, each published a minute after the one before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from support.builders import NOW
from support.recording_server import Answer

MINUTE = timedelta(minutes=1)


def title_of(number: int) -> str:
    """What a report is called: no two of them alike, all of them about captives."""
    return f"Captives {number}: report{number} from town{number}"


def page(
    numbers: Iterable[int], *, links: Iterable[tuple[str, str]] = (), dated: bool = True, ids: str = "urn:report"
) -> Answer:
    """Return an Atom document of these reports in this order, with `links` as (rel, address)."""
    head = "".join(f'<link rel="{rel}" href="{address}"/>' for rel, address in links)
    return Answer(body=f"{_HEAD}{head}{''.join(_entry(n, ids, dated=dated) for n in numbers)}</feed>".encode())


def latest(last: int, count: int = 3, *, links: Iterable[tuple[str, str]] = (), ids: str = "urn:report") -> Answer:
    """Return the document of the latest `count` reports, the newest first."""
    return page(range(last, last - count, -1), links=links, ids=ids)


def _entry(number: int, ids: str, *, dated: bool) -> str:
    published = f"<updated>{(NOW + number * MINUTE).isoformat()}</updated>" if dated else ""
    return (
        f"<entry><id>{ids}:{number}</id><title>{title_of(number)}</title>{published}"
        f'<link href="https://news.example/report/{number}"/><summary>Summary {number}.</summary></entry>'
    )


_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    "<id>urn:feed</id><title>Reports</title><updated>2026-03-01T00:00:00Z</updated>"
)
