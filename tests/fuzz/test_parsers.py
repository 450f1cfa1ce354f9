"""Whatever bytes come, a parser returns what it promises or raises its own error, and nothing that cannot be kept."""

from __future__ import annotations

import gzip
import json
import pickle
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builders import feed, fetched
from support.feed_server import rss

from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.fulltext import extract_article
from aggregator.feeds.hints import hints_of
from aggregator.feeds.outlines import split_document
from aggregator.feeds.pages import candidates_in
from aggregator.feeds.parse import parse_document
from aggregator.feeds.text import first_words, html_to_text, one_line, tidy
from aggregator.model.cadence import FeedHints
from aggregator.model.candidates import Candidate
from aggregator.model.fetches import Page, ParsedFeed, PollFailed
from aggregator.settings.opml import BadOpml, read_outlines

LIMIT = 100_000
BUDGET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DEAR = settings(BUDGET, max_examples=60)

RSS = rss([("One & two", "<p>Text <b>bold</b></p>"), ("Полонені", "Текст"), ("Three", "&#55357;&#56832;")]).encode()
ATOM = (
    "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom' xml:lang='uk' xml:base='http://a.example/'>"
    "<title type='html'>&lt;b>T</title><link rel='next' href='?p=2'/><link rel='hub' href='http://hub.example/'/>"
    "<entry><id>tag:a,2024:1</id><title>Полонені</title><updated>2024-08-08T10:00:00Z</updated><link href='1'/>"
    "<author><name>Ann</name></author><category term='x'/><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
    "<p>Text</p></div></content></entry></feed>"
).encode()
RDF = (
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
    b"xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>T</title><ttl>60</ttl>"
    b"<sy:updatePeriod>daily</sy:updatePeriod><skipHours><hour>3</hour></skipHours></channel>"
    b"<item rdf:about='http://a.example/1'><title>One</title><link>http://a.example/1</link></item></rdf:RDF>"
)
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "hubs": [{"type": "WebSub", "url": "http://hub.example/"}],
        "items": [{"id": 1, "url": "/1", "title": "One", "content_html": "<p>Text</p>", "tags": ["x"], "authors": []}],
    }
).encode()
PAGE = (
    "<!doctype html><html lang='en'><head><title>T</title><meta charset='utf-8'><base href='/b/'>"
    "<link rel='alternate' type='application/rss+xml' href='feed.xml' title='Feed'></head><body><article><h1>One</h1>"
    + "<p>The families of the prisoners were called again, and were told to keep quiet about it.</p>" * 4
    + "</article><a href='/rss'>RSS</a></body></html>"
).encode()
OPML = (
    b"<?xml version='1.0'?><opml version='2.0'><head><title>T</title></head><body><outline text='Folder'>"
    b"<outline type='rss' text='One' xmlUrl='http://a.example/feed' category='x,y'/></outline></body></opml>"
)
SHAPES = (RSS, ATOM, RDF, JSON, PAGE, OPML)
SNIPPETS = (
    *(
        b"<item>",
        b"</item>",
        b"<entry/>",
        b"<channel>",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<?xml encoding='utf-7'?>",
    ),
    *(
        b"&#xD800;",
        b"&#0;",
        b"&#1114112;",
        b"&amp;lt;b&amp;gt;",
        b"&nbsp;",
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\\ud800",
    ),
    *(
        b"<title>",
        b"</title>",
        b"xml:base='http://['",
        b"<link>//[</link>",
        b"<pubDate>-1</pubDate>",
        b"1e999",
        b"[{",
        b'"',
    ),
    *(
        b"<guid>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b"<a:b xmlns:a='x'>",
        b"<script>",
        b"<ttl>99999999999</ttl>",
    ),
)
CHANGES = st.tuples(
    st.integers(0, 2000), st.integers(0, 60), st.none() | st.sampled_from(SNIPPETS) | st.binary(max_size=12)
)
"""Where, how much is taken away, and what is put in; None doubles it."""


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Bytes, or a document of a known shape with some of it cut, doubled, replaced, or with something put in."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=400))
    body = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(0, 5))):
        start, length, put_in = draw(CHANGES)
        start %= len(body) + 1
        cut = body[start : start + length]
        body = body[:start] + (cut * 2 if put_in is None else put_in) + body[start + length :]
    return body


TYPES = (
    st.none()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "text/xml; charset=utf-7",
            "text/html; charset=zlib",
            "application/json",
            "application/xml; charset='",
            "image/png",
        ]
    )
)
ENCODINGS = (
    st.none() | st.text(max_size=20) | st.sampled_from(["gzip", "br", "zstd", "deflate", "gzip, gzip", "identity"])
)


@DEAR
@given(documents(), TYPES, ENCODINGS)
def test_any_document_is_read_or_refused(body: bytes, content_type: str | None, encoding: str | None) -> None:
    """A feed or a reason, which can be stored, sent to another process, and shown."""
    document = fetched(body, content_type=content_type, content_encoding=encoding)

    result = parse_document(feed(), document, LIMIT)

    assert isinstance(result, ParsedFeed | PollFailed)
    pickle.dumps(result)
    if isinstance(result, ParsedFeed):
        for article in result.articles:
            texts = (article.key, article.url, article.title, article.summary, article.body)
            "".join((*texts, *article.authors, *article.tags)).encode()
            assert article.title
            assert "\x00" not in "".join(texts)


@DEAR
@given(documents(), documents())
def test_reading_what_is_new_is_reading_all(before: bytes, after: bytes) -> None:
    """With the outline of any earlier document, the same articles are listed as without."""
    earlier = parse_document(feed(), fetched(before), LIMIT)
    outline = earlier.outline if isinstance(earlier, ParsedFeed) else None

    anew = parse_document(feed(), fetched(after), LIMIT)
    known = parse_document(feed(), fetched(after), LIMIT, outline)

    assert type(known) is type(anew)
    if isinstance(anew, ParsedFeed) and isinstance(known, ParsedFeed):
        listed = {article.key for article in known.articles} | set(known.unchanged)
        assert listed == {article.key for article in anew.articles}


@DEAR
@given(documents(), TYPES)
def test_any_page_has_an_article_or_a_reason(body: bytes, content_type: str | None) -> None:
    """An article or a reason."""
    result = extract_article(fetched(body, content_type=content_type), LIMIT)

    assert isinstance(result, Page | PollFailed)
    pickle.dumps(result)


@BUDGET
@given(documents(), TYPES, st.text(max_size=30))
def test_any_page_has_candidates_or_none(body: bytes, content_type: str | None, address: str) -> None:
    """Candidates are web addresses, and not too many."""
    found = candidates_in(fetched(body, content_type=content_type, url=f"https://{address}"), LIMIT)

    assert len(found) <= 40
    for candidate in found:
        assert isinstance(candidate, Candidate)
        assert candidate.url.startswith(("http://", "https://"))


@BUDGET
@given(documents() | documents().map(gzip.compress), ENCODINGS, st.integers(0, 2000))
def test_any_body_is_decompressed_within_its_limit(body: bytes, encoding: str | None, limit_bytes: int) -> None:
    """No more than the limit, or one of two errors."""
    with suppress(BadCompression, TooLarge):
        assert len(decode_body(body, encoding, limit_bytes)) <= limit_bytes


@BUDGET
@given(documents())
def test_any_list_of_feeds_is_read_or_refused(content: bytes) -> None:
    """Outlines with an address each, or the error that says where."""
    with suppress(BadOpml):
        assert all(outline.values.get("url") for outline in read_outlines(content))


@BUDGET
@given(documents(), st.dictionaries(st.sampled_from(["ttl", "sy_updateperiod", "sy_updatefrequency"]), st.text()))
def test_any_hints_are_bounded(body: bytes, channel: dict[str, str]) -> None:
    """However a feed says how seldom it may be asked, it is not for more than a year."""
    hints = hints_of(channel, body)

    assert hints is None or isinstance(hints, FeedHints)
    if hints is not None and hints.least_interval is not None:
        assert timedelta(0) < hints.least_interval <= timedelta(days=366)


@BUDGET
@given(documents())
def test_items_are_found_in_their_order_or_not_at_all(body: bytes) -> None:
    """Items stand one after the other within the document."""
    split = split_document(body)

    if split is not None:
        edges = [edge for place in split.items for edge in place]
        assert edges == sorted(edges)
        assert edges[-1] <= len(body)
        assert len(split.prints) == len(split.items)


@BUDGET
@given(st.text(max_size=300) | documents().map(lambda body: body.decode("utf-8", "surrogateescape")))
def test_any_markup_becomes_plain_text(markup: str) -> None:
    """Text comes out tidy: no control characters, no blank lines, and the same again when it is tidied again."""
    text = html_to_text(markup)

    assert tidy(text) == text
    assert "\n" not in one_line(text)
    assert len(first_words(text, 20)) <= 20
