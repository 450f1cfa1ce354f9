"""What the bad web answers: whole answers, each in the bytes that go over the wire."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache

import brotli
from support.feed_server import rss

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

V1, V2 = '"v1"', '"v2"'
CHANGED_AT = "Sun, 01 Mar 2026 11:00:00 GMT"
ONE = rss([("Captives are home", "Some text.")]).encode()
TWO = rss([("Talks go on", "More text."), ("Captives are home", "Some text.")]).encode()
NEW_ONLY = rss([("Talks go on", "More text.")]).encode()
PAGE = b"<!doctype html><html><head><title>Log in</title></head><body>Wi-Fi of the hotel</body></html>"
PARKED = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'
BOMB_BYTES = 50_000_000
YEAR = timedelta(days=365)
_HOUR = timedelta(hours=1)

Answer = Callable[[datetime], bytes]


def http(body: bytes = TWO, status: str = "200 OK", **headers: str) -> bytes:
    """Return an answer; `Content_Type="x"` is the header, and one that is empty is left out."""
    usual = {"Content_Type": "application/rss+xml", "Content_Length": str(len(body)), "Connection": "close"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (usual | headers).items() if value]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1") + body


FIRST = http(ONE, ETag=V1, Last_Modified=CHANGED_AT)
"""The good answer that comes before a bad one."""


def _always(body: bytes = TWO, status: str = "200 OK", **headers: str) -> Answer:
    return lambda _now: http(body, status, **headers)


def _status(status: str, **headers: str) -> Answer:
    return _always(b"", status, **headers)


def _to(status: str, location: str) -> Answer:
    return _always(b"", status, Location=location)


def _at(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _retry_at(wait: timedelta, clock: timedelta | None) -> Answer:
    """A 429 with a date by a clock that is so far off; None is a server that does not say what its clock shows."""

    def answer(now: datetime) -> bytes:
        there = now + (clock or timedelta(0))
        return http(
            b"",
            "429 Too Many Requests",
            Retry_After=_at(there + wait),
            Date="" if clock is None else _at(there),
        )

    return answer


def _expires_at(wait: timedelta, clock: timedelta, *, tells_date: bool = True) -> Answer:
    def answer(now: datetime) -> bytes:
        there = now + clock
        return http(ETag=V2, Expires=_at(there + wait), Date=_at(there) if tells_date else "")

    return answer


def _compressed(encoding: str, compress: Callable[[bytes], bytes], label: str | None = None) -> Answer:
    return lambda _now: http(compress(TWO), Content_Encoding=encoding if label is None else label)


def _bomb(encoding: str) -> Answer:
    return lambda _now: http(_zeros(encoding), Content_Encoding=encoding)


@cache
def _zeros(encoding: str) -> bytes:
    compress: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": lambda body: bytes(brotli.compress(body, quality=1)),
        "zstd": zstd.compress,
    }
    return compress[encoding](bytes(BOMB_BYTES))


def _cut_gzip(body: bytes) -> bytes:
    """Both articles, and no end."""
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(_cut(body)) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _cut(body: bytes) -> bytes:
    return body[: body.rindex(b"</item>")]


def _cut_early(body: bytes) -> bytes:
    return body[: body.index(b"</item>") + 20]


ANSWERS: dict[str, Answer] = {
    # A feed, in all its forms.
    "ok": _always(ETag=V2),
    "one": _always(ONE),
    "unchanged": _status("304 Not Modified", ETag=V1),
    "renamed": _status("304 Not Modified", ETag=V2, Last_Modified="Sun, 01 Mar 2026 11:30:00 GMT"),
    "same-bytes": _always(ONE, ETag=V2),
    "same-etag": _always(ETag=V1, Last_Modified=CHANGED_AT),
    "weak-etag": _always(ETag='W/"v2"'),
    "odd-etag": _always(ETag="v2 unquoted"),
    "byte-etag": _always(ETag='"\xff"', Last_Modified="\xe9"),
    "dated": _always(Last_Modified="Sun, 01 Mar 2026 11:30:00 GMT"),
    "bare": _always(),
    "delta": _always(NEW_ONLY, "226 IM Used", ETag=V2, IM="feed"),
    "no-items": _always(rss([]).encode(), ETag=V2),
    "plain-text": _always(Content_Type="text/plain"),
    "no-type": _always(Content_Type=""),
    "as-html": _always(Content_Type="text/html; charset=nonsense"),
    "http10": lambda _now: b"HTTP/1.0 200 OK\r\n\r\n" + TWO,
    "hinted": lambda _now: b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" + http(),
    # Statuses.
    **{
        f"{code}": _status(f"{code} Reason")
        for code in (204, 205, 299, 300, 305, 400, 401, 402, 403, 404, 406, 410, 418, 429, 451, 500, 502, 503, 504)
    },
    "partial": _always(TWO[:200], "206 Partial Content", Content_Range=f"bytes 0-199/{len(TWO)}"),
    "999": _status("999 Request denied"),
    # Later, please.
    "retry-seconds": _status("429 Too Many Requests", Retry_After="3600"),
    "retry-503": _status("503 Service Unavailable", Retry_After="3600"),
    "retry-500": _status("500 Internal Server Error", Retry_After="3600"),
    "retry-zero": _status("429 Too Many Requests", Retry_After="0"),
    "retry-garbage": _status("429 Too Many Requests", Retry_After="in a while"),
    "retry-years": _status("429 Too Many Requests", Retry_After="99999999999"),
    "retry-date": _retry_at(_HOUR, timedelta(0)),
    "retry-date-dateless": _retry_at(_HOUR, None),
    "retry-past": _retry_at(-_HOUR, timedelta(0)),
    "retry-fast-clock": _retry_at(_HOUR, YEAR),
    "retry-slow-clock": _retry_at(_HOUR, -YEAR),
    "max-age": _always(ETag=V2, Cache_Control="max-age=3600"),
    "max-age-years": _always(ETag=V2, Cache_Control="max-age=99999999999"),
    "no-store": _always(ETag=V2, Cache_Control="no-store, max-age=3600"),
    "expires": _expires_at(_HOUR, timedelta(0)),
    "expires-fast-clock": _expires_at(_HOUR, YEAR),
    "expires-slow-clock": _expires_at(_HOUR, -YEAR),
    "expires-fast-dateless": _expires_at(_HOUR, YEAR, tells_date=False),
    "expires-slow-dateless": _expires_at(_HOUR, -YEAR, tells_date=False),
    # Somewhere else.
    **{f"to-feed-{code}": _to(f"{code} Elsewhere", "/ok") for code in (301, 302, 303, 307, 308)},
    "to-relative": _to("301 Moved Permanently", "../ok?x#part"),
    "to-absolute": _to("301 Moved Permanently", "http://127.0.0.1:@PORT@/ok"),
    "to-raw-bytes": _to("301 Moved Permanently", "/ok?q=\xe9t\xe9 \xad"),
    "to-mixed": _to("301 Moved Permanently", "/to-feed-302"),
    "to-page": _to("301 Moved Permanently", "/html"),
    "to-missing": _to("301 Moved Permanently", "/404"),
    "to-itself": _to("301 Moved Permanently", "/to-itself"),
    "to-and-back": _to("302 Found", "/to-and-back-again"),
    "to-and-back-again": _to("302 Found", "/to-and-back"),
    **{f"chain-{left}": _to("301 Moved Permanently", f"/chain-{left - 1}") for left in range(2, 12)},
    "chain-1": _to("301 Moved Permanently", "/ok"),
    "to-file": _to("302 Found", "file:///etc/passwd"),
    "to-data": _to("302 Found", "data:text/xml,<rss/>"),
    "to-script": _to("302 Found", "javascript:alert(1)"),
    "to-no-host": _to("302 Found", "https:///feed"),
    "to-bad-port": _to("302 Found", "http://127.0.0.1:99999/feed"),
    "to-nothing": _to("302 Found", " "),
    "to-nowhere": _status("301 Moved Permanently"),
    "to-private": _to("302 Found", "http://localhost:@PORT@/secret"),
    # Bodies that are no feed.
    "html": _always(PAGE, Content_Type="text/html"),
    "parked": _always(PARKED, Content_Type="text/html"),
    "empty": _always(b""),
    "blank": _always(b"\xef\xbb\xbf \r\n"),
    "binary": _always(bytes(range(256)) * 4),
    "json": _always(b'{"error": "down"}', Content_Type="application/json"),
    "broken-json": _always(b'{"version": "https://jsonfeed.org/version/1.1", "items": ['),
    "xml": _always(b"<?xml version='1.0'?><sitemap><url>x</url></sitemap>"),
    "cut-xml": _always(_cut(TWO), Content_Length=""),
    "cut-early": _always(_cut_early(TWO), Content_Length=""),
    # Compression.
    "gzip": _compressed("gzip", gzip.compress),
    "gzip-unlabelled": _compressed("gzip", gzip.compress, ""),
    "gzip-as-br": _compressed("gzip", gzip.compress, "br"),
    "gzip-twice": _compressed("gzip", lambda body: gzip.compress(gzip.compress(body))),
    "plain-as-gzip": _always(Content_Encoding="gzip"),
    "plain-as-utf8": _always(b"\xef\xbb\xbf" + TWO, Content_Encoding="UTF-8"),
    "cut-gzip": _compressed("gzip", _cut_gzip),
    "broken-gzip": _always(b"\x1f\x8b\x08" + b"\xff" * 200, Content_Encoding="gzip"),
    "unknown-encoding": _always(b"\x00\x01\x02 secret sauce", Content_Encoding="sauce"),
    **{f"{encoding}-bomb": _bomb(encoding) for encoding in ("gzip", "deflate", "br", "zstd")},
    # HTTP that is broken.
    "long-length": _always(Content_Length=str(len(TWO) + 100)),
    "short-length": _always(Content_Length=str(len(_cut(TWO))), Connection=""),
    "two-lengths": lambda _now: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss/>",
    "bad-length": _always(Content_Length="many"),
    "huge-body": _always(b"<rss>" + b" " * 300_000),
    "broken-chunks": lambda _now: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\nzz\r\n",
    "huge-header": _always(X_Huge="x" * 40_000),
    "many-headers": _always(X_Many="x\r\nX-Many: " * 500),
    "no-http": lambda _now: b"SSH-2.0-OpenSSH_9.6\r\n",
    "http09": lambda _now: TWO,
    "bad-status": lambda _now: b"HTTP/1.1 OK\r\n\r\n",
}
