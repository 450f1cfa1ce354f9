"""The bytes of real pages to their text: encodings that are named well, badly, in odd places, or not at all."""

from __future__ import annotations

import codecs

import pytest
from support.encoded_texts import (
    ARABIC,
    CHINESE,
    FRENCH,
    GERMAN,
    GREEK,
    JAPANESE,
    KOREAN,
    NAMED,
    NAMED_IDS,
    POLISH,
    RUSSIAN,
    TAIWANESE,
    TURKISH,
    UKRAINIAN,
    UKRAINIAN_IN_KOI8,
)

from aggregator.feeds.charset_labels import codec_named
from aggregator.feeds.charsets import as_utf8, decode_page


def page(text: str, head: str = "") -> str:
    """A page with more markup than text, as pages are."""
    return (
        f"<!doctype html>\n<html><head>{head}<title>{text[:20]}</title><link rel=stylesheet href=/a.css>"
        f"<script>if (1 < 2) document.title = 'x';</script><!-- a < b --></head>"
        f"<body><nav><a href='/'>Home</a> <a href='/news'>News</a></nav><article><h1>{text[:30]}</h1>\n<p>{text}</p>\n"
        f"</article><footer>Contact</footer></body></html>\n"
    )


def meta(name: str) -> str:
    """How a page names its encoding."""
    return f'<meta charset="{name}">'


def http_equiv(name: str) -> str:
    """How older pages name it."""
    return f"<META content='text/html; charset={name}' http-equiv=Content-Type>"


@pytest.mark.parametrize(("name", "codec", "text"), NAMED, ids=NAMED_IDS)
@pytest.mark.parametrize("where", ["header", "meta", "http-equiv", "declaration", "late meta", "both"])
def test_named_encoding(name: str, codec: str, text: str, where: str) -> None:
    """The text that comes out is the text that went in, wherever the page names its encoding."""
    heads = {
        "meta": meta(name),
        "http-equiv": http_equiv(name),
        "late meta": f"<style>{'p{color:red}' * 400}</style>{meta(name)}",
        "both": meta(name),
    }
    html = page(text, heads.get(where, ""))
    if where == "declaration":
        html = f"<?xml version='1.0' encoding='{name}'?>\n{html}"
    content_type = f"text/html; charset={name}" if where in ("header", "both") else "text/html"

    decoded = decode_page(html.encode(codec), content_type)

    assert decoded == html


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", UKRAINIAN),
        ("koi8-r", RUSSIAN),
        ("koi8-u", UKRAINIAN_IN_KOI8),
        ("iso8859-5", RUSSIAN),
        ("cp866", RUSSIAN),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("iso2022-jp", JAPANESE),
        ("gb18030", CHINESE),
        ("big5", TAIWANESE),
        ("euc-kr", KOREAN),
        ("cp1252", GERMAN),
        ("cp1252", FRENCH + "…"),
        ("iso8859-2", POLISH),
        ("cp1250", POLISH),
        ("iso8859-9", TURKISH),
        ("cp1253", GREEK),
        ("cp1256", ARABIC),
        ("utf-8", UKRAINIAN),
        ("utf-16-le", UKRAINIAN),
        ("utf-16-be", JAPANESE),
        ("ascii", "Strangers call the families of prisoners."),
    ],
)
@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8", "text/html; charset=x-nonsense"])
def test_encoding_that_is_not_named(codec: str, text: str, content_type: str | None) -> None:
    """Without a name, with one that the bytes disprove, or with one that means nothing, the letters decide."""
    html = page(text)

    decoded = decode_page(html.encode(codec), content_type)

    assert decoded == html


@pytest.mark.parametrize(
    ("codec", "header", "in_page", "text"),
    [
        ("utf-8", "windows-1251", None, UKRAINIAN),
        ("utf-8", None, "windows-1251", UKRAINIAN),
        ("utf-8", "iso-8859-1", "iso-8859-1", FRENCH),
        ("utf-8", "shift_jis", None, JAPANESE),
        ("cp1251", "utf-8", "windows-1251", UKRAINIAN),
        ("cp1251", "utf-8", "utf-8", UKRAINIAN),
        ("cp1251", "iso-8859-1", "windows-1251", UKRAINIAN),
        ("cp1251", "windows-1251", "iso-8859-1", UKRAINIAN),
        ("koi8-r", "windows-1251", "koi8-r", RUSSIAN),
        ("cp1251", "koi8-r", "windows-1251", RUSSIAN),
        ("cp1251", "windows-1251", "koi8-r", RUSSIAN),
        ("shift_jis", "euc-jp", "shift_jis", JAPANESE),
        ("euc-jp", "shift_jis", "euc-jp", JAPANESE),
        ("gbk", "iso-8859-1", "gb2312", CHINESE),
        ("euc-kr", "windows-1252", "euc-kr", KOREAN),
        ("iso8859-2", "iso-8859-1", "iso-8859-2", POLISH),
        ("cp1252", "utf-8", "iso-8859-1", GERMAN),
        ("utf-16-le", "utf-16", None, UKRAINIAN),
        ("utf-16-be", "utf-16be", None, UKRAINIAN),
        ("utf-8", "utf-16", "utf-16", UKRAINIAN),
        ("cp1251", "utf-16", None, UKRAINIAN),
        ("cp1251", "hex", "windows-1251", UKRAINIAN),
        ("cp1251", "undefined", "idna", UKRAINIAN),
        ("cp1251", '"windows-1251"', None, UKRAINIAN),
        ("cp1251", " Windows-1251 ; boundary=x", None, UKRAINIAN),
    ],
)
def test_names_that_contradict_the_bytes_or_each_other(
    codec: str, header: str | None, in_page: str | None, text: str
) -> None:
    """The name that fits the bytes counts, whether the server or the page is wrong."""
    html = page(text, meta(in_page) if in_page else "")

    decoded = decode_page(html.encode(codec), f"text/html; charset={header}" if header else None)

    assert decoded == html


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_byte_order_mark_decides(mark: bytes, codec: str) -> None:
    """A mark says more than the header and the page, and is no part of the text."""
    html = page(UKRAINIAN, meta("windows-1251"))

    decoded = decode_page(mark + html.encode(codec), "text/html; charset=koi8-r")

    assert decoded == html


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        ("utf-8", "utf-8", UKRAINIAN),
        ("shift_jis", "cp932", JAPANESE),
        ("euc-jp", "euc-jp", JAPANESE),
        ("gb18030", "gb18030", CHINESE),
        ("big5", "big5", TAIWANESE),
        ("euc-kr", "cp949", KOREAN),
        ("utf-16le", "utf-16-le", UKRAINIAN),
    ],
)
def test_last_character_is_cut_off(name: str, codec: str, text: str) -> None:
    """A body that ends in the middle of a character is the text before it."""
    html = f"<html><body>{meta(name)}<p>{text.rstrip('.')}"
    whole = html[:-1].encode(codec)
    cut = html.encode(codec)[: len(whole) + 1]

    decoded = decode_page(cut, f"text/html; charset={name}")

    assert len(cut) == len(whole) + 1
    assert decoded == html[:-1]


@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8"])
def test_one_broken_character_makes_no_other_encoding(content_type: str | None) -> None:
    """UTF-8 with a character that was cut in two stays UTF-8, and only that character is lost."""
    cut = page(UKRAINIAN).encode().replace("Вони".encode(), "Вони".encode()[1:])

    decoded = decode_page(cut, content_type)

    assert decoded == page(UKRAINIAN).replace("Вони", "\ufffdони")


def test_one_letter_at_the_very_end_is_not_utf8() -> None:
    """A single letter of another encoding at the end is a letter, not a character that was cut off."""
    decoded = decode_page(b"<p>th\xe9", "text/html; charset=iso-8859-1")

    assert decoded == "<p>thé"


def test_damaged_page_keeps_its_name() -> None:
    """Bytes that are no characters are lost, and those around them are read as the page says."""
    body = page(CHINESE, meta("gb2312")).encode("gbk").replace("官员".encode("gbk"), b"\xff\xff")

    decoded = decode_page(body, None)

    assert "\ufffd\ufffd请大家不要接听" in decoded


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        (b"\xad\xa1\xad\xb5\xad\xea", "euc-jp", "①Ⅰ㈱"),
        (b"\xfc\xe2\xf9\xf5 \x8f\xb0\xa1 \x8e\xb1", "euc-jp", "髙﨑 丂 ｱ"),
        (b"\x1b$B-!-j\x1b(B \x1b(I1\x1b(B \x1b$(D0!\x1b(J", "iso-2022-jp", "①㈱ ｱ 丂"),
        (b"a\xff\xa4\xa2 \xad\x20", "euc-jp", "a\ufffdあ \ufffd "),
        (b'\x1b$B$"\x80', "euc-jp", '\x1b$B$"\ufffd'),
        (b"\x81\x60\x87\x40", "shift_jis", "～①"),
        (b"\x80 \x93", "iso-8859-1", "€ “"),
    ],
)
def test_characters_beyond_the_standards(body: bytes, name: str, text: str) -> None:
    """What makers of computers added to an encoding is read as browsers read it."""
    decoded = decode_page(body, f"text/html; charset={name}")

    assert decoded == text


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("latin1", "cp1252"),
        ("L5", "cp1254"),
        (" Windows-31J\t", "cp932"),
        ("x-sjis", "cp932"),
        ("x-gbk", "gb18030"),
        ("korean", "cp949"),
        ("csisolatincyrillic", "iso8859-5"),
        ("logical", "iso8859-8"),
        ("win-1251", "cp1251"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("utf-7", None),
        ("hz-gb-2312", None),
        ("rot13", None),
        ("unicode_escape", None),
        ("", None),
    ],
)
def test_labels_of_the_web(label: str, codec: str | None) -> None:
    """A label means what the Encoding Standard says, and what it never decodes means nothing."""
    named = codec_named(label)

    assert named == codec


@pytest.mark.parametrize(
    "label",
    [
        *("utf-8", "utf-16", "utf-16be", "l3", "l4", "koi", "koi8-u", "mac", "x-mac-ukrainian", "866"),
        *("gbk", "big5", "euc-jp", "iso-2022-jp", "sjis", "euc-kr"),
        *(f"iso-8859-{number}" for number in (1, 2, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *(f"windows-{number}" for number in range(1250, 1259)),
    ],
)
def test_every_encoding_can_be_read(label: str) -> None:
    """Whatever a label leads to reads any bytes."""
    decoded = decode_page(bytes(range(256)) * 2, f"text/html; charset={label}")

    assert "ABC" in decoded.replace("\x00", "") or label.startswith("utf-16")


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff\xfe", b"<", b"\x1b$B", b"<meta charset=", b"\xef\xbb\xbf"])
def test_next_to_nothing(body: bytes) -> None:
    """An empty page and the beginnings of one are read as well as it goes."""
    decoded = decode_page(body, "text/html; charset=")

    assert len(decoded) <= len(body)


@pytest.mark.parametrize(
    ("body", "made"),
    [
        (UKRAINIAN.encode(), UKRAINIAN.encode()),
        (UKRAINIAN.encode("utf-8-sig"), UKRAINIAN.encode("utf-8-sig")),
        (UKRAINIAN.encode("cp1251"), UKRAINIAN.encode()),
        (JAPANESE.encode("iso2022-jp"), JAPANESE.encode()),
        (UKRAINIAN.encode("utf-16"), UKRAINIAN.encode("utf-16")),
        (f"<a>{UKRAINIAN}".encode("utf-16-be"), f"<a>{UKRAINIAN}".encode("utf-16-be")),
        (b"plain", b"plain"),
        (b"", b""),
    ],
)
def test_feed_in_utf8(body: bytes, made: bytes) -> None:
    """A feed is made UTF-8, unless it is in that or in UTF-16 already."""
    utf8 = as_utf8(body, None)

    assert utf8 == made
