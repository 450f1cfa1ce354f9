"""Documents that were made to hurt their reader. Made when asked for: some are large."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import brotli
from backports import zstd

MB = 1024 * 1024
MAX_BODY = 10 * MB
"""What `polling.max_body` is by default."""

READ = "read"
NOT_A_FEED = "not a feed"
TOO_LARGE = "too large"
BAD_COMPRESSION = "bad compression"
STOPPED = "parser timeout"
OUT_OF_MEMORY = "parser memory"

Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A document: how to make it, and what may come of it, `read` or reasons."""

    make: Make
    ends: tuple[str, ...]
    encoding: str | None = None


def rss(inner: bytes, *, before: bytes = b"", attributes: bytes = b"") -> bytes:
    """A feed around `inner`."""
    return before + b"<rss version='2.0'" + attributes + b"><channel><title>T</title>" + inner + b"</channel></rss>"


def item(inner: bytes, *, before: bytes = b"") -> bytes:
    """A feed of one item with `inner` in it."""
    head = b"<item><title>A title</title><link>https://e.example/1</link>"
    return rss(head + inner + b"</item>", before=before)


def told(text: bytes) -> bytes:
    """A feed of one item with the HTML `text` as its description."""
    return item(b"<description><![CDATA[" + text + b"]]></description>")


def json_feed(items: bytes) -> bytes:
    """A JSON Feed around `items`."""
    return b'{"version":"https://jsonfeed.org/version/1.1","title":"T","items":' + items + b"}"


def many(count: int, part: bytes) -> bytes:
    """Many parts, each with its number for `%d`."""
    return b"".join(part % number for number in range(count))


def in_encoding(name: str, words: bytes = b"x\xff\\x3cb") -> bytes:
    """A feed that says that it is in this encoding."""
    return f"<?xml version='1.0' encoding='{name}'?>".encode() + rss(b"<item><title>" + words + b"</title></item>")


def document_type(declarations: bytes) -> bytes:
    """What stands before a feed that defines its own entities."""
    return b"<?xml version='1.0'?><!DOCTYPE rss [" + declarations + b"]>"


def _laughs() -> bytes:
    steps = b"".join(b"<!ENTITY a%d '%s'>" % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 12))
    return item(b"<description>&a11;</description>", before=document_type(b"<!ENTITY a0 'lol'>" + steps))


def _quadratic() -> bytes:
    entity = document_type(b"<!ENTITY a '" + b"x" * 100_000 + b"'>")
    return item(b"<description>" + b"&a;" * 100_000 + b"</description>", before=entity)


def external(url: str) -> bytes:
    """A feed that would have its reader fetch `url`, in each way that XML knows."""
    here = url.encode()
    return (
        b"<?xml version='1.0'?><?xml-stylesheet href='%s/style' type='text/xsl'?>"
        b"<!DOCTYPE rss SYSTEM '%s/dtd' [<!ENTITY a SYSTEM '%s/general'><!ENTITY %% b SYSTEM '%s/parameter'> %%b;]>"
        % (here, here, here, here)
    ) + rss(
        b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='%s/include' parse='text'/><item><title>x</title>"
        b"<description>[&a;]<![CDATA[<img src='%s/image'><iframe src='%s/frame'></iframe>]]></description></item>"
        % (here, here, here)
    )


def gzip_bomb() -> bytes:
    """10 MB of gzip that say to be 10 GB of zeros: one block again and again."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = deflate.compress(b"\0" * MB) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(b"\0" * MB) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + block * 10_000


def _deflate_bomb() -> bytes:
    return zlib.compress(b" " * (100 * MB), 9)


def _brotli_bomb() -> bytes:
    return bytes(brotli.compress(b" " * (100 * MB), quality=1))


def _zstd_bomb() -> bytes:
    return zstd.compress(b" " * MB, 3) * 10_000


def _nested_gzip(layers: int) -> bytes:
    body = b" " * (100 * MB)
    for _ in range(layers):
        body = gzip.compress(body, 6)
    return body


def _utf16_garbage() -> bytes:
    return b"\xff\xfe" + random.Random(1).randbytes(MB)  # noqa: S311 - the same garbage each time


def _nested_namespaces() -> bytes:
    return rss(b"".join(b"<n%d:a xmlns:n%d='http://n.example/%d'>" % (n, n, n) for n in range(20_000)))


AUTHOR = b"a@" + b"a." * 30_000

_XML: dict[str, tuple[Make, tuple[str, ...]]] = {
    "elements nested 100,000 deep": (
        lambda: item(b"<a>" * 100_000 + b"</a>" * 100_000),
        (READ, STOPPED),
    ),
    "elements nested 1,000,000 deep": (lambda: item(b"<a>" * 1_000_000), (STOPPED, OUT_OF_MEMORY)),
    "items nested in each other": (lambda: rss(b"<item><title>x</title>" * 100_000), (STOPPED, OUT_OF_MEMORY)),
    "100,000 attributes": (lambda: b"<rss " + many(100_000, b"a%d='1' ") + b"/>", (STOPPED,)),
    "700,000 attributes": (lambda: rss(b"<item " + many(700_000, b"a%d='1' ") + b"/>"), (STOPPED, OUT_OF_MEMORY)),
    "an author that looks like an address": (lambda: item(b"<author>" + AUTHOR + b"</author>"), (READ,)),
    "an author in CDATA": (lambda: item(b"<author><![CDATA[" + AUTHOR + b"]]></author>"), (READ,)),
    "an editor that looks like an address": (
        lambda: rss(b"<managingEditor>" + AUTHOR + b"</managingEditor><item><title>A title</title></item>"),
        (READ,),
    ),
    "a thousand authors of 3,999 letters": (
        lambda: rss(many(1000, b"<item><title>%d</title><author>" + b"a" * 3999 + b"</author></item>")),
        (STOPPED,),
    ),
    "entities that multiply": (_laughs, (READ, NOT_A_FEED)),
    "one long entity used often": (_quadratic, (READ, NOT_A_FEED)),
    "500,000 entities": (lambda: item(b"", before=document_type(b"<!ENTITY a 'b'>" * 500_000)), (READ,)),
    "1,000,000 empty items": (lambda: rss(b"<item/>" * 1_000_000), (STOPPED, READ)),
    "300,000 items": (lambda: rss(many(300_000, b"<item><title>%d</title></item>")), (STOPPED, READ)),
    "30,000 namespaces": (
        lambda: rss(b"<item><title>x</title></item>", attributes=many(30_000, b" xmlns:n%d='n:n'")),
        (READ,),
    ),
    "20,000 namespaces in each other": (_nested_namespaces, (STOPPED, READ)),
    "10 MB of <": (lambda: b"<" * MAX_BODY, (STOPPED, NOT_A_FEED)),
    "10 MB of < in a feed": (lambda: item(b"<" * (MAX_BODY - 1000)), (STOPPED, READ)),
    "10 MB of <![CDATA[": (lambda: b"<![CDATA[" * MB, (STOPPED, NOT_A_FEED)),
    "9 MB of <![CDATA[ in a feed": (lambda: item(b"<![CDATA[" * MB), (STOPPED, READ)),
    "8 MB of comments that do not end": (lambda: item(b"<!--" * (2 * MB)), (STOPPED, READ)),
    "10 MB of &": (lambda: item(b"<description>" + b"&" * (MAX_BODY - 1000) + b"</description>"), (STOPPED, READ)),
    "one name of 9 MB": (lambda: rss(b"<" + b"a" * (9 * MB) + b"/><item><title>A title</title></item>"), (READ,)),
    "an address of 9 MB": (lambda: item(b"<enclosure url='http://e.example/" + b"a" * (9 * MB) + b"'/>"), (READ,)),
    "a link of 9 MB": (lambda: rss(b"<item><title>A title</title><link>http://e.example/" + b"a" * (9 * MB)), (READ,)),
    "an id of 9 MB": (lambda: item(b"<guid>" + b"a" * (9 * MB) + b"</guid>"), (READ,)),
    "350,000 tags": (lambda: item(many(350_000, b"<category>%d</category>")), (STOPPED,)),
    "40,000 tags": (lambda: item(many(40_000, b"<category>%d</category>")), (STOPPED, READ)),
    "200,000 links": (lambda: item(many(200_000, b"<link>http://e.example/%d</link>")), (STOPPED, READ)),
}
_TEXT: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a title of 10 MB": (lambda: rss(b"<item><title>" + b"word " * (2 * MB - 1000) + b"</title></item>"), (READ,)),
    "10 MB of HTML": (lambda: told(b"<p>Hello <b>world</b></p>" * (9 * MB // 25)), (READ,)),
    "50 MB of HTML": (lambda: told(b"<p>Hello <b>world</b></p>" * (2 * MB)), (TOO_LARGE,)),
    "100,000 divisions": (lambda: told(b"<div>deep" * 100_000), (READ,)),
    "30 times 50,000 divisions": (
        lambda: rss(
            (b"<item><title>x</title><description><![CDATA[" + b"<div>" * 50_000 + b"]]></description></item>") * 30
        ),
        (READ,),
    ),
    "tables in links in tables": (lambda: told(b"<table><a>" * 50_000), (READ,)),
    "bold paragraphs in each other": (lambda: told(b"<b><p>x" * 50_000), (READ,)),
    "10 MB of numbered characters": (lambda: told(b"&#x416;" * (MAX_BODY // 7 - 100)), (READ,)),
    "10 MB of broken names of characters": (lambda: told(b"&notit;" * (MAX_BODY // 7 - 100)), (READ,)),
    "a character with a number of 9 MB": (lambda: told(b"&#" + b"1" * (9 * MB) + b";"), (READ,)),
    "a character with a number of 5,000 digits, escaped twice": (
        lambda: item(b"<description>&amp;#" + b"1" * 5000 + b";</description>"),
        (READ,),
    ),
    "9 MB of < in a description": (lambda: told(b"<" * (9 * MB)), (READ,)),
    "9 MB of line breaks": (lambda: item(b"<description>" + b"\r" * (9 * MB) + b"</description>"), (READ, STOPPED)),
    "10 MB of blanks": (lambda: b" " * MAX_BODY, (NOT_A_FEED,)),
    "10 MB of zeros": (lambda: b"\0" * MAX_BODY, (NOT_A_FEED,)),
    "zeros in a title": (lambda: rss(b"<item><title>A ti\0tle</title></item>"), (READ,)),
    "half characters": (lambda: rss(b"<item><title>A title\xed\xa0\x80&#xD800;</title></item>"), (READ,)),
    "overlong UTF-8": (lambda: rss(b"<item><title>A \xc0\xbctitle\xc0\xbe</title></item>"), (READ,)),
    "UTF-16 garbage": (_utf16_garbage, (NOT_A_FEED,)),
    "UTF-7": (lambda: in_encoding("utf-7", b"A +ADw-script+AD4-alert(1)+ADw-/script+AD4-title"), (READ,)),
    "an encoding with a name of 1 MB": (lambda: in_encoding("x" * MB), (READ, NOT_A_FEED)),
    "1 MB of digits as a date": (lambda: item(b"<pubDate>" + b"1" * MB + b"</pubDate>"), (READ,)),
    "1 MB of digits as a day": (lambda: item(b"<pubDate>Thu, " + b"1" * MB + b" Aug 2024</pubDate>"), (READ,)),
    "1 MB of brackets as a date": (lambda: item(b"<pubDate>" + b"(" * MB + b"</pubDate>"), (READ,)),
    "1 MB of months as a date": (lambda: item(b"<pubDate>" + b"Aug " * (MB // 4) + b"</pubDate>"), (READ,)),
}
_JSON: dict[str, tuple[Make, tuple[str, ...]]] = {
    "JSON nested 100,000 deep": (lambda: json_feed(b"[" * 100_000), (NOT_A_FEED,)),
    "JSON objects nested 100,000 deep": (lambda: b'{"a":' * 100_000, (NOT_A_FEED,)),
    "a JSON number of 10 MB": (lambda: json_feed(b'[{"id":' + b"1" * (MAX_BODY - 1000) + b"}]"), (NOT_A_FEED,)),
    "a JSON fraction of 10 MB": (lambda: json_feed(b'[{"id":1.' + b"1" * (MAX_BODY - 1000) + b"}]"), (READ,)),
    "JSON numbers without end": (lambda: json_feed(b'[{"id":1e999},{"id":NaN,"title":"A title"}]'), (READ,)),
    "a JSON string of 10 MB": (lambda: json_feed(b'[{"id":"1","title":"' + b"x" * (MAX_BODY - 1000) + b'"}]'), (READ,)),
    "1,000,000 JSON items": (lambda: json_feed(b"[" + b"{}," * 1_000_000 + b"{}]"), (STOPPED, READ)),
    "3,000,000 JSON lists": (lambda: json_feed(b"[" + b"[]," * 3_000_000 + b"{}]"), (READ,)),
    "JSON names given twice": (
        lambda: json_feed(b'[],"items":[{"id":"1","id":"2","title":"x","title":"A title"}]'),
        (READ,),
    ),
    "JSON half characters": (lambda: json_feed(rb'[{"id":"\ud800","title":"A \udfff\u0000\u202etitle"}]'), (READ,)),
    "JSON half characters in HTML": (
        lambda: json_feed(rb'[{"id":"1","title":"A title","content_html":"<p>\ud800</p>"}]'),
        (READ,),
    ),
    "JSON with 100,000 divisions": (
        lambda: json_feed(b'[{"id":"1","title":"A title","content_html":"' + b"<div>" * 100_000 + b'"}]'),
        (READ,),
    ),
}
_COMPRESSED: dict[str, tuple[Make, tuple[str, ...], str | None]] = {
    "10 GB in gzip": (gzip_bomb, (TOO_LARGE,), "gzip"),
    "10 GB in gzip that is not announced": (gzip_bomb, (TOO_LARGE,), None),
    "100 MB in deflate": (_deflate_bomb, (TOO_LARGE,), "deflate"),
    "100 MB in Brotli": (_brotli_bomb, (TOO_LARGE,), "br"),
    "10 GB in Zstandard": (_zstd_bomb, (TOO_LARGE,), "zstd"),
    "gzip in gzip": (lambda: _nested_gzip(2), (TOO_LARGE,), "gzip, gzip"),
    "gzip in gzip in gzip": (lambda: _nested_gzip(3), (TOO_LARGE,), "gzip, gzip, gzip"),
    "gzip four times": (lambda: _nested_gzip(4), (BAD_COMPRESSION,), "gzip, gzip, gzip, gzip"),
    "a hundred layers": (lambda: _nested_gzip(1), (BAD_COMPRESSION,), ", ".join(["gzip"] * 100)),
}

HOSTILE: dict[str, Hostile] = {
    name: Hostile(make=make, ends=ends) for name, (make, ends) in {**_XML, **_TEXT, **_JSON}.items()
} | {name: Hostile(make=make, ends=ends, encoding=coded) for name, (make, ends, coded) in _COMPRESSED.items()}

_ODD: dict[str, tuple[Make, tuple[str, ...]]] = {
    **{
        f"encoding {name}": (partial(in_encoding, name), (READ, NOT_A_FEED))
        for name in (
            *(
                "utf-32",
                "idna",
                "zlib",
                "base64",
                "bz2",
                "hex",
                "uu",
                "quopri",
                "rot13",
                "punycode",
                "undefined",
                "mbcs",
            ),
            *("unicode_escape", "raw_unicode_escape", "utf-16", "utf_8_sig", "cp65001", "../../x", "é"),
        )
    },
    **{
        f"the date {date}": (partial(item, f"<pubDate>{date}</pubDate>".encode()), (READ,))
        for date in (
            *("1000000000-01-01T00:00:00Z", "-1", "Wed, 29 Feb 2023 10:00:00 GMT", "2024-13-45T99:99:99Z"),
            *(
                "0000-00-00",
                "Thu, 08 Aug 2024 10:00:00 +9999999999",
                "9999-12-31T23:59:59-23:59",
                "0001-01-01T00:00+14:00",
            ),
        )
    },
}
ODD: dict[str, Hostile] = {name: Hostile(make=make, ends=ends) for name, (make, ends) in _ODD.items()}

PAGES: dict[str, Make] = {
    "100,000 divisions": lambda: b"<html><body>" + b"<div>" * 100_000,
    "100,000 paragraphs in bold": lambda: b"<html><body>" + b"<b><p>x" * 100_000,
    "100,000 attributes": lambda: b"<html><body><p " + many(100_000, b"a%d='1' ") + b">x</p>",
    "links that do not end": lambda: b"<html>" + b"<link " * MB,
    "links without quotes' end": lambda: b"<html>" + b"<a href='" * MB,
    "comments that do not end": lambda: b"<html>" + b"<!--" * (2 * MB),
    "10 MB of <": lambda: b"<html>" + b"<" * (9 * MB),
    "10 MB of text": lambda: b"<html><body><article><p>" + b"word " * (9 * MB // 5),
    "100,000 tables": lambda: b"<html><body>" + b"<table><tr><td>" * 100_000,
    "300,000 links": lambda: b"<html><body>" + many(300_000, b"<a href='/feed/%d'>RSS</a>"),
    "a character with a number of 5 MB": lambda: b"<html><body><p>&#" + b"1" * (5 * MB) + b";",
    "zeros": lambda: b"<html><body><p>" + b"\0" * (9 * MB),
    "half characters": lambda: b"<html><body><article><p>" + b"&#xD800;\xed\xa0\x80 words " * 100,
    "an encoding that is none": lambda: b"<html><meta charset=zlib><body><p>" + b"\xff words " * 100,
    "script that never ends": lambda: b"<html><script>" + b"</style" * MB,
    "JSON-LD nested deep": lambda: b"<html><script type='application/ld+json'>" + b"[" * 100_000 + b"</script>",
    "1 MB of digits as a date": lambda: b"<html><meta property='article:published_time' content='" + b"1" * MB + b"'>",
    "UTF-16 garbage": _utf16_garbage,
}
