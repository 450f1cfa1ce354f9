"""From the bytes of a document to a parsed feed, or to the reason why not. Runs in the worker."""

from __future__ import annotations

import html
import re

from aggregator.feeds.charsets import as_utf8
from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.jsonfeed import NotJsonFeed, parse_json
from aggregator.feeds.keeping import fit_to_keep
from aggregator.feeds.xmlfeed import parse_xml
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed, ParseResult, PollFailed, PollFailure

_HEAD_BYTES = 256 * 1024
_LINK = re.compile(rb"<link\b[^>]{0,2000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(rb"application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(rb"""href\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)
_LONG_NUMBER = re.compile(rb"&#[xX]?[0-9a-fA-F]{100,};?")
_HALVES = re.compile(rb"(?:&#(?:[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5[5-7][0-9]{3});)+")
_LONG_AUTHOR = re.compile(
    rb"(<(?:\w+:)?(?:author|contributor|creator|managingEditor|publisher|webMaster)\b[^<>]{0,1000}+>)"
    rb"(?:[^<]{4000,}+|\s*+<!\[CDATA\[[^\]<]{4000,}+\]\]>)(?=</)",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_document(feed: Feed, fetched: Fetched, limit_bytes: int, outline: Outline | None = None) -> ParseResult:
    """Decompress and read a document of at most `limit_bytes` decompressed bytes.

    `outline` is of the document as it was last read: what has not changed since need not be read again. `feed.url`
    is as it may be shown: `ParserPool` sends no secrets to the worker.
    """
    where = feed.url
    try:
        body = decode_body(fetched.body, fetched.content_encoding, limit_bytes)
    except TooLarge:
        detail = f"{where}: larger than polling.max_body ({limit_bytes:,} bytes) when decompressed; refused"
        return PollFailed(reason=PollFailure.TOO_LARGE, detail=detail)
    except BadCompression as error:
        detail = f"{where}: cannot be decompressed ({error}); it will be tried again"
        return PollFailed(reason=PollFailure.BAD_COMPRESSION, detail=detail)
    try:
        parsed = _parse(feed, fetched, _readable(as_utf8(body, fetched.content_type)), outline)
    except NotJsonFeed as error:
        return _not_a_feed(f"{where}: not a feed: {error}")
    except ValueError as error:
        return _not_a_feed(f"{where}: it holds what cannot be read ({str(error)[:100]})")
    return fit_to_keep(parsed, fetched.url) if parsed else _not_a_feed(f"{where}: {_what_it_is(body)}")


def _parse(feed: Feed, fetched: Fetched, body: bytes, outline: Outline | None) -> ParsedFeed | None:
    start = body.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if start.startswith((b"{", b"[")):
        return parse_json(feed, fetched, body, outline)
    return parse_xml(feed, fetched, body, outline) if start else None


def _what_it_is(body: bytes) -> str:
    if not body.removeprefix(_BYTE_ORDER_MARK).strip():
        return "the document is empty"
    if b"<html" in body[:_HEAD_BYTES].lower():
        return f"an HTML page, not a feed; {_advice(body)}"
    return "neither RSS, Atom nor JSON Feed; is the address that of a feed?"


def _readable(body: bytes) -> bytes:
    """Mend what keeps feedparser from reading all of a feed for the sake of a part that no reader would miss.

    It takes quadratic time to look for an e-mail address in an author, and raises on numbers of characters that
    are too long for Python or name half a character (an emoji as some write it: two numbers, of UTF-16).
    """
    if b"&#" in body:
        body = _HALVES.sub(_whole_characters, _LONG_NUMBER.sub(b"&#65533;", body))
    return _LONG_AUTHOR.sub(rb"\1", body)


def _whole_characters(halves: re.Match[bytes]) -> bytes:
    written = [number.lower() for number in halves[0].removeprefix(b"&#").removesuffix(b";").split(b";&#")]
    codes = [int(number[1:], 16) if number.startswith(b"x") else int(number) for number in written]
    text = "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return b"".join(b"&#%d;" % ord(character) for character in text)


def _advice(body: bytes) -> str:
    for link in _LINK.findall(body[:_HEAD_BYTES]):
        if _FEED_TYPE.search(link) and (href := _HREF.search(link)):
            return f"the page names its feed: {html.unescape(href[1].decode('utf-8', 'replace'))}"
    return "look for a link to its RSS feed on the page"


def _not_a_feed(detail: str) -> PollFailed:
    return PollFailed(reason=PollFailure.NOT_A_FEED, detail=detail)
