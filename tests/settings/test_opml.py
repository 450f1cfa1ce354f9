"""OPML in: what feed readers export."""

from __future__ import annotations

import pytest

from aggregator.settings.opml import BadOpml, read_outlines

FEED = '<outline type="rss" text="A" xmlUrl="https://a.example/feed"/>'


def opml(body: str, root: str = '<opml version="2.0">') -> bytes:
    """An OPML document."""
    return f'<?xml version="1.0" encoding="utf-8"?>{root}<head/><body>{body}</body></opml>'.encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (FEED, {"title": "A", "tags": []}),
        (
            f'<outline text="News"><outline title="World">{FEED}</outline></outline>',
            {"title": "A", "tags": ["News", "World"], "folder": ["News", "World"]},
        ),
        (
            """<outline text="x" title="A" type="rss" version="RSS" htmlUrl="https://a.example/"
            description="About &amp;lt;a&amp;gt;" language="en" xmlUrl="https://a.example/feed"/>""",
            {
                "title": "A",
                "tags": [],
                "site_url": "https://a.example/",
                "description": "About <a>",
                "language": "en",
            },
        ),
        ('<outline TEXT="A" XMLURL=" https://a.example/feed "/>', {"title": "A", "tags": []}),
        ('<outline xmlUrl="https://a.example/feed"/>', {"tags": []}),
        ('<outline title="https://a.example/feed" xmlUrl="https://a.example/feed"/>', {"tags": []}),
        (
            '<outline text="A" xmlUrl="https://a.example/feed" category="/Boston/Weather,rain,"/>',
            {"title": "A", "tags": ["Boston", "Weather", "rain"]},
        ),
        ('<outline text="A" xmlUrl="feed:https://a.example/feed"/>', {"title": "A", "tags": []}),
        ('<outline text="A" xmlUrl="https://a.example/feed" frss:x="1"/>', {"title": "A", "tags": []}),
        (
            f'<outline text="one">{FEED}</outline><outline text="two">{FEED}</outline>',
            {"title": "A", "tags": ["one", "two"], "folder": ["one"]},
        ),
        (f'<outline text="A" xmlUrl="https://a.example/feed">{FEED}</outline>', {"title": "A", "tags": []}),
    ],
)
def test_what_readers_export_is_read(body: str, expected: dict[str, object]) -> None:
    """Folders and categories are tags, one address is one feed, and what is of the reader's own is left out."""
    [outline] = read_outlines(opml(body))

    assert outline.values == {"url": "https://a.example/feed"} | expected


def test_feed_addresses_lose_their_scheme() -> None:
    """`feed://` is http, as readers once registered it."""
    [outline] = read_outlines(opml('<outline xmlUrl="feed://a.example/x?a=1&amp;amp;b=2"/>'))

    assert outline.values["url"] == "http://a.example/x?a=1&b=2"


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "windows-1251", "koi8-r", "shift_jis", "gb18030", "big5", "euc-kr", "GB2312"]
)
def test_encodings_are_those_that_are_declared(encoding: str) -> None:
    """A byte order mark or a declaration is believed, those of many bytes a character too."""
    declared = encoding.removesuffix("-sig")
    title = {"big5": "新聞", "euc-kr": "뉴스"}.get(encoding, "Новости")
    text = f'<?xml version="1.0" encoding="{declared}"?><opml><body><outline text="{title}" xmlUrl="https://a/"/></body></opml>'

    [outline] = read_outlines(text.encode(encoding))

    assert outline.values["title"] == title


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("content", "words", "place"),
    [
        pytest.param(b"<opml>\n<body>", "the file ends too early", (2, 7), id="cut"),
        pytest.param(b"<opml>\n &x;</opml>", "undefined entity", (2, 2), id="unknown entity"),
        pytest.param(b"<opml>\n &eacute;</opml", "unclosed token", (2, 10), id="broken behind an entity of HTML"),
        pytest.param(b"<opml>&Aacute;&NotEqualTilde;</opml>", "undefined entity", (1, 15), id="entity of two signs"),
        pytest.param(b'<opml>\n<outline xmlUrl="a?b=1&c=2"/>', "write an & as &amp;", (2, 25), id="plain ampersand"),
        pytest.param(b'<opml>\n<outline text="\xe9t\xe9"/>', "save the file as UTF-8", (2, 16), id="not UTF-8"),
        pytest.param(b"<opml></body></opml>", "mismatched tag", (1, 9), id="mismatched"),
        pytest.param(b"<rss/>", "no opml element", (1, 1), id="another kind of document"),
        pytest.param(b"<!doctype html><html></html>", "not valid OPML", (1, 1), id="a web page"),
        pytest.param(b"{}", "write an & as", (1, 1), id="JSON"),
        pytest.param(b"\0\0", "not valid OPML", (1, 1), id="zeros"),
        pytest.param(b"", "the file ends too early", (1, 1), id="empty"),
        pytest.param(
            b'<?xml version="1.0" encoding="klingon"?><opml/>', "'klingon' is not known", (1, 1), id="klingon"
        ),
        pytest.param(b'<?xml version="1.0" encoding="utf-7"?><opml/>', "cannot be read", (1, 1), id="UTF-7"),
        pytest.param(b'<?xml version="1.0" encoding="zlib"?><opml/>', "not valid OPML", (1, 1), id="no text encoding"),
        pytest.param(
            b'<?xml version="1.0" encoding="gbk"?>\n<opml>\xff\xff</opml>', "not in gbk", (2, 1), id="not as declared"
        ),
        pytest.param(
            f'<!DOCTYPE o [<!ENTITY e0 "ha">{BOMB}]><opml>&e11;</opml>'.encode(), "declares entities", None, id="laughs"
        ),
        pytest.param(
            b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml>&a;</opml>',
            "declares entities",
            None,
            id="file",
        ),
        pytest.param(
            b'<!DOCTYPE o [<!ENTITY % a SYSTEM "http://127.0.0.1:1/">%a;]><opml/>', "declares entities", None, id="DTD"
        ),
        pytest.param(b"<opml>" + b"<outline>" * 100_000, "more than 100 deep", (1, 898), id="deep outlines"),
        pytest.param(b"<opml>" + b"<a>" * 100_000, "more than 100 deep", (1, 304), id="deep elements"),
        pytest.param(b"<opml>" + b" " * 50_000_000 + b"</opml>", "larger than", (1, 1), id="50 MB"),
    ],
)
def test_what_is_no_opml_is_refused_with_its_place(content: bytes, words: str, place: tuple[int, int] | None) -> None:
    """The error names line and column and says what is wrong; nothing is expanded, loaded or nested without end."""
    with pytest.raises(BadOpml, match=words) as caught:
        read_outlines(content)

    assert place in (None, (caught.value.line, caught.value.column))


def test_a_document_type_alone_is_no_harm() -> None:
    """A DTD that is named is not fetched, and what it would declare is left out."""
    content = (
        b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/x.dtd"><opml><outline text="a&x;b" xmlUrl="https://a/"/></opml>'
    )

    [outline] = read_outlines(content)

    assert outline.values["title"] == "ab"


def test_one_feed_in_ten_thousand_folders_is_one_feed() -> None:
    """However often a feed stands there, its tags are gathered in one pass."""
    body = "".join(f'<outline text="f{n}"><outline xmlUrl="https://a.example/"/></outline>' for n in range(10_000))

    [outline] = read_outlines(opml(body))

    assert outline.values["tags"] == [f"f{n}" for n in range(10_000)]


def test_thousands_of_feeds_are_read() -> None:
    """Ten thousand outlines in folders are one list."""
    body = "".join(f'<outline text="f{n}"><outline xmlUrl="https://a.example/{n}"/></outline>' for n in range(10_000))

    assert len(read_outlines(opml(body))) == 10_000


def test_own_attributes_that_are_broken_are_left_out() -> None:
    """A list that is no list is ignored; the rest is read."""
    root = '<opml xmlns:X="urn:aggregator:opml:1">'
    body = '<outline xmlUrl="https://a/" X:id="ep" X:tags="[1" X:folder="{}" X:interval="15m" X:ignore_hints="true"/>'

    [outline] = read_outlines(opml(body, root))

    assert outline.values == {
        "url": "https://a/",
        "tags": [],
        "id": "ep",
        "interval": "15m",
        "ignore_hints": True,
    }
