"""From the bytes of a document to a parsed feed, or to the reason why not. Runs in the worker."""

from __future__ import annotations

import html
import re

from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.failures import without_credentials
from aggregator.feeds.jsonfeed import NotJsonFeed, parse_json
from aggregator.feeds.xmlfeed import parse_xml
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed, ParseResult, PollFailed, PollFailure

_HEAD_BYTES = 256 * 1024
_LINK = re.compile(rb"<link\b[^>]{0,2000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(rb"application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(rb"""href\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_document(feed: Feed, fetched: Fetched, limit_bytes: int, outline: Outline | None = None) -> ParseResult:
    """Decompress and read a document of at most `limit_bytes` decompressed bytes.

    `outline` is of the document as it was last read: what has not changed since need not be read again.
    """
    where = without_credentials(feed.url)
    try:
        body = decode_body(fetched.body, fetched.content_encoding, limit_bytes)
    except TooLarge:
        detail = f"{where}: larger than polling.max_body ({limit_bytes:,} bytes) when decompressed; refused"
        return PollFailed(reason=PollFailure.TOO_LARGE, detail=detail)
    except BadCompression as error:
        detail = f"{where}: cannot be decompressed ({error}); it will be tried again"
        return PollFailed(reason=PollFailure.BAD_COMPRESSION, detail=detail)
    start = body.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not start:
        return _not_a_feed(f"{where}: the document is empty")
    if start.startswith((b"{", b"[")):
        try:
            return parse_json(feed, fetched, body, outline)
        except NotJsonFeed as error:
            return _not_a_feed(f"{where}: not a feed: {error}")
    return _parse_markup(feed, fetched, body, outline)


def _parse_markup(feed: Feed, fetched: Fetched, body: bytes, outline: Outline | None) -> ParseResult:
    parsed: ParsedFeed | None = parse_xml(feed, fetched, body, outline)
    if parsed is not None:
        return parsed
    where = without_credentials(feed.url)
    if b"<html" in body[:_HEAD_BYTES].lower():
        return _not_a_feed(f"{where}: an HTML page, not a feed; {_advice(body)}")
    return _not_a_feed(f"{where}: neither RSS, Atom nor JSON Feed; is the address that of a feed?")


def _advice(body: bytes) -> str:
    for link in _LINK.findall(body[:_HEAD_BYTES]):
        if _FEED_TYPE.search(link) and (href := _HREF.search(link)):
            return f"the page names its feed: {html.unescape(href[1].decode('utf-8', 'replace'))}"
    return "look for a link to its RSS feed on the page"


def _not_a_feed(detail: str) -> PollFailed:
    return PollFailed(reason=PollFailure.NOT_A_FEED, detail=detail)
