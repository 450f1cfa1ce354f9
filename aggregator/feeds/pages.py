"""What a web page says of feeds. Runs in the worker."""

from __future__ import annotations

from aggregator.feeds.charsets import decode_page
from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.discovery import page_candidates
from aggregator.model.candidates import Candidate
from aggregator.model.fetches import Fetched


def candidates_in(page: Fetched, limit_bytes: int) -> tuple[Candidate, ...]:
    """Return the addresses that may be feeds, the likeliest first; none of a page that cannot be decompressed."""
    try:
        body = decode_body(page.body, page.content_encoding, limit_bytes)
    except (BadCompression, TooLarge):
        return ()
    return page_candidates(page.url, decode_page(body, page.content_type))
