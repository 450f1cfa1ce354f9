"""Feeds in the encodings of the web, named well, badly, or not at all."""

from __future__ import annotations

import pytest
from support.builders import feed, fetched
from support.encoded_texts import CHINESE, NAMED, NAMED_IDS, UKRAINIAN

from aggregator.feeds.parse import parse_document
from aggregator.model.fetches import ParsedFeed


def rss(text: str, declaration: str) -> str:
    """A feed with one article."""
    return (
        f"<?xml version='1.0'{declaration}?>\n<rss version='2.0'><channel><title>News</title>"
        f"<item><title>{text[:30]}</title><link>https://news.example/1</link><description>{text}</description></item>"
        f"</channel></rss>"
    )


@pytest.mark.parametrize(("name", "codec", "text"), NAMED, ids=NAMED_IDS)
@pytest.mark.parametrize("where", ["header", "declaration"])
def test_feed_in_a_named_encoding(name: str, codec: str, text: str, where: str) -> None:
    """A feed's text comes out as it went in, whether its server or its declaration names the encoding."""
    document = rss(text, f" encoding='{name}'" if where == "declaration" else "")
    content_type = f"application/rss+xml; charset={name}" if where == "header" else "application/rss+xml"

    parsed = parse_document(feed(), fetched(document.encode(codec), content_type=content_type), 1_000_000)

    assert isinstance(parsed, ParsedFeed)
    assert [article.text for article in parsed.articles] == [text]


@pytest.mark.parametrize(
    ("codec", "header", "declared", "text"),
    [
        ("utf-8", "windows-1251", "windows-1251", UKRAINIAN),
        ("utf-8", "iso-8859-1", None, UKRAINIAN),
        ("cp1251", "utf-8", "utf-8", UKRAINIAN),
        ("cp1251", "utf-8", "windows-1251", UKRAINIAN),
        ("cp1251", None, None, UKRAINIAN),
        ("gb18030", None, "utf-8", CHINESE),
        ("utf-8-sig", "windows-1251", None, UKRAINIAN),
        ("utf-16", None, "utf-16", UKRAINIAN),
    ],
)
def test_feed_that_is_named_wrongly(codec: str, header: str | None, declared: str | None, text: str) -> None:
    """A wrong name costs a feed no letter."""
    document = rss(text, f" encoding='{declared}'" if declared else "")
    content_type = f"application/rss+xml; charset={header}" if header else None

    parsed = parse_document(feed(), fetched(document.encode(codec), content_type=content_type), 1_000_000)

    assert isinstance(parsed, ParsedFeed)
    assert [article.text for article in parsed.articles] == [text]
