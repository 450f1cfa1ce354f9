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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_encodings_are_those_that_are_declared(encoding: str) -> None:
    """A byte order mark or a declaration is believed."""
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?><opml><body><outline text="Полонені" xmlUrl="https://a/"/></body></opml>'

    [outline] = read_outlines(text.encode(encoding))

    assert outline.values["title"] == "Полонені"


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        (b"<opml>\n<body>", "no element found", 2),
        (b"<opml>\n&x;</opml>", "undefined entity", 2),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "declares entities", 1),
        (b"<rss/>", "no opml element", 1),
        (b"<opml>" + b"<outline>" * 200, "more than 100 deep", 1),
        (b"", "no element found", 1),
    ],
)
def test_what_is_no_opml_is_refused_with_its_place(content: bytes, words: str, line: int) -> None:
    """The error names the line and says what is wrong."""
    with pytest.raises(BadOpml, match=words) as caught:
        read_outlines(content)

    assert caught.value.line == line


def test_thousands_of_feeds_are_read() -> None:
    """Ten thousand outlines in folders are one list."""
    body = "".join(f'<outline text="f{n}"><outline xmlUrl="https://a.example/{n}"/></outline>' for n in range(10_000))

    assert len(read_outlines(opml(body))) == 10_000


def test_own_attributes_that_are_broken_are_left_out() -> None:
    """A list that is no list is ignored; the rest is read."""
    root = '<opml xmlns:x="urn:aggregator:opml:1">'
    body = '<outline xmlUrl="https://a/" x:id="ep" x:tags="[1" x:folder="{}" x:interval="15m" x:ignore_hints="true"/>'

    [outline] = read_outlines(opml(body, root))

    assert outline.values == {
        "url": "https://a/",
        "tags": [],
        "id": "ep",
        "interval": "15m",
        "ignore_hints": True,
    }
