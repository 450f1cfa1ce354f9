"""A document in which one item is new: read whole, and read with the outline of the last time, in the same run.

Uses the real feeds beside the repository where there are any (`FEEDS=folder` names others), and made ones of 30 items.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from serving import REPOSITORY

from aggregator.feeds.bodies import hash_body
from aggregator.feeds.parse import parse_document
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed
from aggregator.model.ids import FeedId

_LIMIT_BYTES = 50_000_000
_RUNS = 3
_FEWEST = 10
_FEED = Feed(id=FeedId("f"), url="https://example.org/feed")
_ITEM = "<item><title>Title {n}</title><link>https://example.org/{n}</link><guid>{n}</guid>{text}</item>"
_TEXT = f"<description>{'Some &lt;b&gt;words&lt;/b&gt; of a text. ' * 60}</description>"


def main() -> None:
    """Print CPU ms a document, both ways, and the ratio."""
    made = _document(
        f"<rss version='2.0'><channel><title>T</title>{''.join(_ITEM.format(n=n, text=_TEXT) for n in range(30))}"
        "</channel></rss>".encode()
    )
    _compare("made feed of 30 items", [made])
    folder = Path(os.environ.get("FEEDS", REPOSITORY.parent / "shared" / "feeds"))
    if folder.is_dir():
        _compare(
            "real feeds", [_document(path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix != ".md"]
        )


def _compare(name: str, documents: list[Fetched]) -> None:
    ratios, wholes, parts, fallbacks = [], 0.0, 0.0, 0
    for document in documents:
        for known in _one_is_new(document):
            whole, seconds_whole = _timed(document, None)
            part, seconds_part = _timed(document, known)
            wholes, parts = wholes + seconds_whole, parts + seconds_part
            ratios.append(seconds_part / seconds_whole)
            fallbacks += len(part.articles) == len(whole.articles)
    print(
        f"reading: {name}: {len(ratios)} with one new item: whole {wholes / len(ratios) * 1000:.2f} ms CPU, only "
        f"what is new {parts / len(ratios) * 1000:.2f} ms; ratio median {statistics.median(ratios):.2f}, "
        f"of the sums {parts / wholes:.2f}; {fallbacks} had to be read whole all the same"
    )


def _one_is_new(document: Fetched) -> Iterator[Outline]:
    """Yield what was known of the document before its first item came, where it has enough of them."""
    parsed = parse_document(_FEED, document, _LIMIT_BYTES)
    if isinstance(parsed, ParsedFeed) and parsed.outline and len(parsed.articles) >= _FEWEST:
        yield replace(parsed.outline, items=parsed.outline.items[1:])


def _timed(document: Fetched, known: Outline | None) -> tuple[ParsedFeed, float]:
    best = float("inf")
    for _ in range(_RUNS):
        started = time.process_time()
        parsed = parse_document(_FEED, document, _LIMIT_BYTES, known)
        best = min(best, time.process_time() - started)
    if not isinstance(parsed, ParsedFeed):
        raise SystemExit(f"{document.url}: {parsed.detail}")
    return parsed, best


def _document(body: bytes) -> Fetched:
    return Fetched(
        url=_FEED.url,
        status=200,
        body=body,
        body_hash=hash_body(body),
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        content_type="application/xml",
    )


if __name__ == "__main__":
    main()
