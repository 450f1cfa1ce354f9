"""From documents of every format to articles."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, feed, fetched
from support.feed_server import rss

from aggregator.feeds.parse import parse_document
from aggregator.feeds.text import first_words, html_to_text
from aggregator.model.articles import Article
from aggregator.model.fetches import ParsedFeed, PollFailed, PollFailure

LIMIT = 1_000_000


def articles(body: str | bytes, **changes: object) -> tuple[Article, ...]:
    """The articles of a document."""
    parsed = parse_document(feed(), fetched(body.encode() if isinstance(body, str) else body, **changes), LIMIT)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed.articles


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"
 xml:base="https://blog.example/">
<title type="html">A &lt;b&gt;bold&lt;/b&gt; blog</title><entry><id>tag:blog.example,2024:1</id>
<title type="html">Cats &amp;amp; dogs</title><link href="posts/1"/>
<link rel="enclosure" type="image/png" href="/1.png"/>
<updated>2024-08-08T11:05:00+03:00</updated><author><name>Ana</name></author><author><name>Bo</name></author>
<category term="pets" label="Pets"/><content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>two</p>
</div></content><summary>In short</summary></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://r.example/">
<title>R</title><link>https://r.example/</link></channel><item rdf:about="https://r.example/1"><title>First</title>
<link>https://r.example/1</link><dc:date>2024-08-08T10:00:00Z</dc:date><dc:creator>Kai</dc:creator></item></rdf:RDF>"""
ATOM03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry><title>Elder</title>
<link rel="alternate" href="https://old.example/1"/><id>old-1</id><issued>2004-01-02T03:04:05Z</issued></entry></feed>"""


def test_atom_is_read_whole() -> None:
    """Every part of an Atom entry finds its place, with links resolved against xml:base."""
    [article] = articles(ATOM)

    assert article.title == "Cats & dogs"
    assert article.key == "tag:blog.example,2024:1"
    assert article.url == "https://blog.example/posts/1"
    assert article.image_url == "https://blog.example/1.png"
    assert article.authors == ("Ana", "Bo")
    assert article.tags == ("Pets",)
    assert article.published_at == datetime(2024, 8, 8, 8, 5, tzinfo=UTC)
    assert (article.summary, article.body) == ("In short", "One\ntwo")
    assert article.language == "en"


@pytest.mark.parametrize(
    ("document", "title", "published_at"),
    [
        (RDF, "First", datetime(2024, 8, 8, 10, tzinfo=UTC)),
        (ATOM03, "Elder", datetime(2004, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (rss([("News", "Text")]), "News", datetime(2024, 8, 8, 10, tzinfo=UTC)),
        ("<rss version='0.91'><channel><item><title>Bare</title></item></channel></rss>", "Bare", NOW),
    ],
)
def test_each_format_gives_title_and_date(document: str, title: str, published_at: datetime) -> None:
    """RDF, Atom 0.3 and every RSS are read; an item without a date is as old as its fetching."""
    [article] = articles(document)

    assert (article.title, article.published_at) == (title, published_at)


def test_json_feed_is_read_whole() -> None:
    """JSON Feed 1.1, with a number for an id and HTML for content."""
    item = {
        "id": 7,
        "url": "/7",
        "title": "Seven",
        "content_html": "<p>A<br>b</p>",
        "summary": "S",
        "date_published": "2024-08-08T10:00:00+00:00",
        "authors": [{"name": "Ana"}],
        "tags": ["x", "x"],
        "image": "https://j.example/i.png",
    }
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "en", "items": [item]}

    [article] = articles(json.dumps(document), url="https://j.example/feed.json")

    assert (article.key, article.url, article.body) == ("7", "https://j.example/7", "A\nb")
    assert (article.authors, article.tags, article.language) == (("Ana",), ("x",), "en")
    assert article.image_url == "https://j.example/i.png"


def test_json_feed_of_the_first_version_has_one_author() -> None:
    """Version 1.0 names one author, of the feed where the item names none; dates without a zone are UTC."""
    item = {"id": "https://j.example/1", "content_text": "Plain", "date_modified": "2024-08-08T10:00:00"}
    document = {"version": "https://jsonfeed.org/version/1", "author": {"name": "Bo"}, "items": [item, "no item"]}

    [article] = articles("\ufeff" + json.dumps(document))

    assert (article.title, article.url, article.authors) == ("Plain", "https://j.example/1", ("Bo",))
    assert article.published_at == datetime(2024, 8, 8, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!doctype html><html><body>Hi</body></html>", "an HTML page, not a feed; look for a link"),
        (b'<html><link rel=alternate type="application/atom+xml" href="/a&amp;b.xml">', "its feed: /a&b.xml"),
        (b"<catalog><book/></catalog>", "neither RSS, Atom nor JSON Feed"),
        (b'{"version": 1', "broken JSON at line 1, column 14"),
        (b"[1]", "not an object"),
        (b'{"name": "x"}', "no `version`"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, words: str) -> None:
    """A document that is no feed fails with a sentence about what it is instead."""
    parsed = parse_document(feed(), fetched(body), LIMIT)

    assert isinstance(parsed, PollFailed)
    assert parsed.reason is PollFailure.NOT_A_FEED
    assert words in parsed.detail


def test_a_bad_body_is_a_reason() -> None:
    """Damaged and exploding bodies are told apart."""
    damaged = parse_document(feed(), fetched(b"\xff\xff", content_encoding="gzip"), LIMIT)
    large = parse_document(feed(), fetched(b"<rss/>" * 100), 10)

    assert isinstance(damaged, PollFailed)
    assert damaged.reason is PollFailure.BAD_COMPRESSION
    assert isinstance(large, PollFailed)
    assert large.reason is PollFailure.TOO_LARGE


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-u", "utf-16"])
def test_cyrillic_is_right_in_every_encoding(encoding: str) -> None:
    """The declared encoding is used, and UTF-8 is seen where the header says otherwise."""
    document = rss([("Полонені вдома", "Текст")]).replace("utf-8", encoding)

    [article] = articles(document.encode(encoding), content_type="text/xml")

    assert article.title == "Полонені вдома"


@pytest.mark.parametrize(("encoding", "title"), [("shift_jis", "記事のタイトル"), ("gb18030", "人权新闻")])
def test_asian_encodings_are_right(encoding: str, title: str) -> None:
    """Multi-byte encodings that the document declares are read."""
    document = rss([(title, "x")]).replace("utf-8", encoding)

    [article] = articles(document.encode(encoding))

    assert article.title == title


def test_mislabelled_utf8_is_utf8() -> None:
    """Bytes that are valid UTF-8 are read so, whatever header and declaration say."""
    document = rss([("Полонені", "x")]).replace("utf-8", "iso-8859-1")

    [article] = articles(document.encode(), content_type="application/rss+xml; charset=iso-8859-1")

    assert article.title == "Полонені"


def test_items_with_one_id_are_one_article_unless_all_else_differs() -> None:
    """The same item twice is one article; one id on two different items is two."""
    item = "<item><guid>1</guid><title>{}</title><link>https://n.example/{}</link></item>"
    document = "<rss version='2.0'><channel>{}</channel></rss>"

    same = articles(document.format(item.format("A", "a") + item.format("A", "a")))
    other = articles(document.format(item.format("A", "a") + item.format("B", "b")))

    assert len(same) == 1
    assert len({article.key for article in other}) == 2


def test_what_is_missing_is_filled_in() -> None:
    """Without a title the first words stand in, without a link the site, without an id the content."""
    words = "Some words that go on " * 10
    document = (
        "<rss version='2.0'><channel><link>https://site.example/</link>"
        f"<item><description>{words}</description></item><item/><item><link>javascript:alert(1)</link></item>"
        f"<item><guid>{'g' * 600}</guid></item></channel></rss>"
    )

    bare, long_id = articles(document)

    assert bare.title == "Some words that go on Some words that go on Some words that go on Some words…"
    assert bare.url == "https://site.example/"
    assert bare.key.startswith("hash:")
    assert long_id.key.startswith("hash:")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Thu, 08 Aug 2024 14:05:00 +0300", datetime(2024, 8, 8, 11, 5, tzinfo=UTC)),
        ("2024-08-08 14:05", datetime(2024, 8, 8, 14, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", NOW),
        ("Thu, 08 Aug 2124 14:05:00 GMT", NOW),
        ("yesterday", NOW),
    ],
)
def test_dates_are_read_or_replaced(written: str, read: datetime) -> None:
    """A date that cannot be, or cannot be read, gives way to the time of fetching."""
    document = f"<rss version='2.0'><channel><item><title>x</title><pubDate>{written}</pubDate></item></channel></rss>"

    [article] = articles(document)

    assert article.published_at == read


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One\ntwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("fish &amp; chips &#8212; 1 < 2", "fish & chips — 1 < 2"),
        ("<b>bo</b>ld <script>alert(1)</script>text", "bold text"),
        ("a\x00b\u00a0 \t c\r\nd", "ab c\nd"),
        ("<div>" * 2000 + "deep", "deep"),
    ],
)
def test_html_becomes_what_a_reader_reads(markup: str, text: str) -> None:
    """Blocks are lines, entities are characters, scripts are nothing."""
    assert html_to_text(markup) == text


def test_first_words_end_between_words() -> None:
    """A long text is cut before a word, a short one stays."""
    assert first_words("one two three", 100) == "one two three"
    assert first_words("one two, three", 10) == "one two…"


@settings(max_examples=100)
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_document_is_read_or_refused(body: str | bytes) -> None:
    """No document makes the parser raise."""
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body

    parsed = parse_document(feed(), fetched(content), LIMIT)

    assert isinstance(parsed, ParsedFeed | PollFailed)
