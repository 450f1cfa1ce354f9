"""One table: what each thing that a server can do does to the state of a feed. It is the tests', and the reference's.

Each feed in it was read well before, with one article and two validators, and is asked again once. After a change,
`PYTHONPATH=tests python -m support.feed_states` writes it into the reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from support.bad_answers import CHANGED_AT, V1, V2

from aggregator.model.feeds import FeedStatus

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "feed-states.md"
_MINUTES_15 = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_HALF_DAY = timedelta(hours=12)
_DAY = timedelta(days=1)
_LATER = "Sun, 01 Mar 2026 11:30:00 GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a server does (`path` is where the bad web does it), and the state of the feed after it.

    `said` is in its last error. `due` is how long after the poll it is polled again, with no jitter; `hold` how long
    the whole host is left alone. `moved_to` is counted as seen once. `is_slow` ends by the timeout.
    """

    path: str
    server: str
    effect: str
    status: FeedStatus
    articles: int = 1
    said: str = ""
    due: timedelta = _MINUTES_15
    etag: str | None = V1
    last_modified: str | None = CHANGED_AT
    moved_to: str | None = None
    hold: timedelta | None = None
    is_slow: bool = False
    is_first: bool = False


def _read(path: str, server: str, effect: str = "reads it", **more: object) -> Row:
    """A feed with a second article, under a new ETag."""
    usual: dict[str, object] = {"articles": 2, "etag": V2, "last_modified": None}
    return Row(path=path, server=server, effect=effect, status=FeedStatus.OK, **(usual | more))  # type: ignore[arg-type] # fields


def _same(path: str, server: str, effect: str = "takes it as unchanged", **more: object) -> Row:
    return Row(path=path, server=server, effect=effect, status=FeedStatus.OK, **more)  # type: ignore[arg-type] # fields


def _fails(path: str, server: str, said: str, effect: str | None = None, **more: object) -> Row:
    usual: dict[str, object] = {"effect": effect or "backs off", "status": FeedStatus.FAILING}
    return Row(path=path, server=server, said=said, **(usual | more))  # type: ignore[arg-type] # fields


def _status(code: int, said: str = "it will be tried again", server: str = "", **more: object) -> Row:
    return _fails(str(code), f"answers {code}{server}", said, **more)  # type: ignore[arg-type] # fields


_DATE = "a date an hour from now"
_SPOILT = "keeps what it knew, and backs off"

TABLE: dict[str, tuple[Row, ...]] = {
    "A feed": (
        _read("ok", "answers 200 with a new article"),
        _same("unchanged", "answers 304", "knows that nothing has changed"),
        _same("renamed", "answers 304 with new validators", "keeps the new ones", etag=V2, last_modified=_LATER),
        _same("same-bytes", "sends a new ETag each time, and the same bytes", "sees that, and reads nothing", etag=V2),
        _read("same-etag", "sends another document under the same ETag", etag=V1, last_modified=CHANGED_AT),
        _read("weak-etag", "sends a weak ETag", "sends it back as it came", etag='W/"v2"'),
        _read("odd-etag", "sends an ETag without quotes", "sends it back as it came", etag="v2 unquoted"),
        _read("byte-etag", "sends validators of raw bytes", "reads it, and asks without them next time", etag=None),
        _read("dated", "sends only a Last-Modified", "sends that back as it came", etag=None, last_modified=_LATER),
        _read("bare", "sends no validator", "forgets the old ones", etag=None),
        _read("delta", "answers 226 with only what is new (RFC 3229)", "adds it to what it knows"),
        _read("no-items", "sends a feed without articles", "waits for some", articles=1),
        _read("plain-text", "calls its feed `text/plain`", "looks at the document instead", etag=None),
        _read("no-type", "does not say what it sends", "looks at the document", etag=None),
        _read("as-html", "calls its feed `text/html`", "looks at the document instead", etag=None),
        _read("http10", "speaks HTTP/1.0 and hangs up after it", etag=None),
        _read("hinted", "sends 103 Early Hints first", "waits for the answer", etag=None),
    ),
    "A status": (
        _fails("204", "answers 204", "there is nothing at this address"),
        _fails("partial", "answers 206, a part that nobody asked for", "it sent a part though the whole was asked for"),
        *(_status(code) for code in (205, 299, 300, 305, 400, 402, 406, 418, 451)),
        _status(401, "it wants a name and a password"),
        _status(403, "the server refuses us"),
        _status(404, "is the address right? the feed may have moved"),
        _status(
            410,
            "the feed was taken down for good",
            effect="calls it gone, tells the admins, and still tries it now and then",
            status=FeedStatus.GONE,
            due=_HALF_DAY,
        ),
        *(_status(code) for code in (500, 502, 504)),
        _fails("999", "answers a status that does not exist", "999 an unknown status"),
        _fails(
            "unchanged",
            "answers 304 to a first request, which asked for everything",
            "it knows nothing of what we have",
            articles=0,
            etag=None,
            last_modified=None,
            is_first=True,
        ),
    ),
    "“Later, please”": (
        _status(429, "it is polled too often for this server", " without saying how long"),
        _status(503, server=" without saying how long"),
        *(
            _fails(path, f"answers {what}", said, "leaves the whole host alone until then", due=due, hold=due)
            for path, what, said, due in (
                ("retry-seconds", "429 with `Retry-After: 3600`", "it is polled too often", _HOUR),
                ("retry-503", "503 with `Retry-After: 3600`", "503 Service Unavailable", _HOUR),
                ("retry-date", f"429 with {_DATE}", "it is polled too often", _HOUR),
                ("retry-date-dateless", f"429 with {_DATE}, and no Date", "it is polled too often", _HOUR),
                ("retry-fast-clock", f"429 with {_DATE}, by a clock a year ahead", "it is polled too often", _HOUR),
                ("retry-slow-clock", f"429 with {_DATE}, by a clock a year behind", "it is polled too often", _HOUR),
            )
        ),
        _fails(
            "retry-years",
            "answers 429 with a Retry-After of years",
            "it is polled too often",
            "leaves the host alone for a day",
            due=_DAY,
            hold=_DAY,
        ),
        _fails("retry-zero", "answers 429 with `Retry-After: 0`", "it is polled too often"),
        _fails("retry-past", "answers 429 with a date that is over", "it is polled too often"),
        _fails("retry-garbage", "answers 429 with a Retry-After that is no time", "it is polled too often"),
        _fails("retry-500", "answers 500 with `Retry-After: 3600`", "500", "waits that long with this feed", due=_HOUR),
        _read("max-age", "sends `Cache-Control: max-age=3600`", "asks again when it is stale", due=_HOUR),
        _read("max-age-years", "sends a max-age of years", "believes 12 hours of it", due=_HALF_DAY),
        _read("no-store", "sends `no-store` and a max-age", "keeps its own pace"),
        _read("expires", "sends an Expires an hour after its Date", "asks again when it is stale", due=_HOUR),
        _read("expires-fast-clock", "does so by a clock a year ahead", "asks again when it is stale", due=_HOUR),
        _read("expires-slow-clock", "does so by a clock a year behind", "asks again when it is stale", due=_HOUR),
        _read("expires-fast-dateless", "has such a fast clock, and sends no Date", "believes 12 hours", due=_HALF_DAY),
        _read("expires-slow-dateless", "has such a slow clock, and sends no Date", "keeps its own pace"),
    ),
    "A redirect": (
        *(
            _read(
                f"to-feed-{code}", f"redirects by {code} to a feed", "counts that, and reads it there", moved_to="/ok"
            )
            for code in (301, 308)
        ),
        *(_read(f"to-feed-{code}", f"redirects by {code} to a feed", "reads it there") for code in (302, 303, 307)),
        _read("to-absolute", "redirects with a whole address", "counts that, and reads it there", moved_to="/ok"),
        _read("to-relative", "redirects with a relative one", "counts that, and reads it there", moved_to="/ok?x"),
        _read(
            "to-raw-bytes",
            "redirects to an address in raw bytes",
            "encodes them, as browsers do",
            moved_to="/ok?q=%E9t%E9%20%AD",
        ),
        _read("to-mixed", "redirects by 301, and from there by 302", "reads it there"),
        _read("chain-10", "redirects ten times in a row", "counts that, and reads it there", moved_to="/ok"),
        _fails("chain-11", "redirects eleven times in a row", "redirects in a circle, or too many times"),
        _fails("to-itself", "redirects to itself", "redirects in a circle"),
        _fails("to-and-back", "redirects to another address, and from there back", "redirects in a circle"),
        _fails("to-page", "redirects by 301 to a page that is no feed", "an HTML page, not a feed", _SPOILT),
        _fails("to-missing", "redirects by 301 to what is missing", "404 Not Found", _SPOILT),
        *(
            _fails(path, f"redirects to {scheme}", f"not a web page ({scheme}); refused", "goes nowhere")
            for path, scheme in (("to-file", "file:"), ("to-data", "data:"), ("to-script", "javascript:"))
        ),
        _fails(
            "to-no-host",
            "redirects to an address without a host",
            "redirects to an address without a host",
            "goes nowhere",
        ),
        _fails("to-bad-port", "redirects to a port that does not exist", "not a usable address", "goes nowhere"),
        _fails("to-nowhere", "redirects without a Location", "without saying where to", "goes nowhere"),
        _fails("to-nothing", "redirects to an empty Location", "redirects in a circle", "goes nowhere"),
        _fails(
            "to-private",
            "redirects to a host that is not public",
            "leads to an address that is not public, so nothing was sent",
            "sends nothing there",
        ),
    ),
    "No feed": (
        _fails("html", "sends a web page", "an HTML page, not a feed; look for a link"),
        _fails("parked", "sends a web page that names its feed", "the page names its feed: /feed.xml"),
        _fails("empty", "sends nothing", "the document is empty"),
        _fails("blank", "sends blanks", "the document is empty"),
        _fails("binary", "sends bytes", "neither RSS, Atom nor JSON Feed"),
        _fails("xml", "sends other XML", "neither RSS, Atom nor JSON Feed"),
        _fails("json", "sends other JSON", "not a feed"),
        _fails("broken-json", "sends broken JSON", "not a feed"),
        _read("cut-xml", "sends a document without its end", "reads it as far as it goes", etag=None),
        _read(
            "cut-early",
            "cuts it before anything that was known",
            "reads it, warns that articles may be missing, and asks again soon",
            etag=None,
            due=timedelta(minutes=2),
        ),
    ),
    "Compression": (
        _read("gzip", "compresses", etag=None),
        _read("gzip-unlabelled", "compresses, and does not say so", "sees that, and reads it", etag=None),
        _read("gzip-as-br", "says br, and sends gzip", "sees that, and reads it", etag=None),
        _read("gzip-twice", "compresses twice, and says so once", "sees that, and reads it", etag=None),
        _read("plain-as-gzip", "says gzip, and sends text", "sees that, and reads it", etag=None),
        _read("plain-as-utf8", "calls UTF-8 a Content-Encoding", "sees that, and reads it", etag=None),
        _read("cut-gzip", "cuts the compressed body off", "reads it as far as it goes", etag=None),
        _fails("broken-gzip", "sends damaged gzip", "cannot be decompressed"),
        _fails("unknown-encoding", "compresses in a way nobody knows", "unknown Content-Encoding 'sauce'"),
        *(
            _fails(f"{encoding}-bomb", f"sends a {encoding} bomb", "when decompressed; refused", "stops at the limit")
            for encoding in ("gzip", "deflate", "br", "zstd")
        ),
    ),
    "Broken HTTP": (
        _fails("no-http", "speaks something else", "its answer is not HTTP as it should be"),
        _fails("http09", "sends its feed without any HTTP", "its answer is not HTTP as it should be"),
        _fails("bad-status", "sends a status line without a status", "its answer is not HTTP as it should be"),
        _fails("bad-length", "announces “many” bytes", "its answer is not HTTP as it should be"),
        _fails("two-lengths", "announces two lengths", "its answer is not HTTP as it should be"),
        _fails("long-length", "announces more than it sends", "the connection broke in the middle of the answer"),
        _fails("short-length", "announces less than it sends", "its answer is not HTTP as it should be"),
        _fails("broken-chunks", "sends broken chunks", "its answer is not HTTP as it should be"),
        _fails("reset", "resets the connection at once", "the connection broke (the server hung up"),
        _fails("hang-up", "hangs up without a word", "the connection broke (the server hung up"),
        _fails("half-headers", "resets in the headers", "the connection broke (the server hung up"),
        _fails("half-reset", "resets in the body", "the connection broke in the middle of the answer"),
        _fails("half-chunked", "resets between two chunks", "the connection broke in the middle of the answer"),
        _fails("many-headers", "sends 500 headers", "its answer is not HTTP as it should be (Too many headers"),
        _fails("huge-header", "sends one header of 40 KB", "its answer is not HTTP as it should be"),
        _fails("huge-body", "sends more than `polling.max_body`", "larger than polling.max_body"),
    ),
    "Without end": (
        *(
            _fails(path, what, said, "stops at the limit")
            for path, what, said in (
                ("gigabyte", "announces a gigabyte", "larger than polling.max_body"),
                ("endless-body", "sends a body without end", "larger than polling.max_body"),
                ("endless-chunks", "sends tiny chunks without end", "larger than polling.max_body"),
                ("endless-headers", "sends headers without end", "its answer is not HTTP as it should be"),
                ("endless-header", "sends one header without end", "its answer is not HTTP as it should be"),
                ("endless-header-name", "sends a header's name without end", "its answer is not HTTP as it should be"),
                ("endless-status", "sends a status line without end", "its answer is not HTTP as it should be"),
                ("endless-trailers", "sends trailers without end", "its answer is not HTTP as it should be"),
            )
        ),
        *(
            _fails(path, what, "no full answer within", "stops at the timeout", is_slow=True)
            for path, what in (
                ("late-broken-chunk", "breaks a later chunk"),
                ("silence", "takes the request and says nothing"),
                ("slow-start", "stops in the headers"),
                ("slow-headers", "sends headers a byte at a time"),
                ("slow-body", "sends a body a byte at a time"),
                ("endless-hints", "sends 103 Early Hints without end"),
                ("endless-chunk-size", "sends the size of a chunk without end"),
            )
        ),
    ),
}

ROWS = tuple(row for rows in TABLE.values() for row in rows)


def as_markdown() -> str:
    """Return the table for a person."""
    return "\n".join(line for title, rows in TABLE.items() for line in (*_section(title, rows), ""))


def _section(title: str, rows: Iterable[Row]) -> Iterable[str]:
    yield from (f"## {title}", "")
    yield "| The server | aggregator | status | next poll | `last_error` says |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.server} | {row.effect} | {row.status} | {_wait(row)} | {row.said} |"


def _wait(row: Row) -> str:
    for unit, size in (("day", _DAY), ("hour", _HOUR), ("minute", timedelta(minutes=1))):
        if row.due >= size:
            number = row.due // size
            return f"in {number} {unit}{'s' if number > 1 else ''}"
    raise AssertionError(row)


if __name__ == "__main__":
    introduction = REFERENCE.read_text().partition("## ")[0]
    REFERENCE.write_text(introduction + as_markdown())
