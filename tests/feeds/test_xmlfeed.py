"""XML feeds as they really are: what stands in the way of reading them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import feed, fetched
from support.listings import LIMIT, SITE, parsed

from aggregator.feeds.parse import parse_document
from aggregator.model.fetches import ParsedFeed, PollFailed

# Names under which feedparser keeps what it finds, and which an element may have as well.
FINDINGS = [
    "title_detail",
    "summary_detail",
    "links",
    "link",
    "authors",
    "author_detail",
    "tags",
    "content",
    "published_parsed",
    "updated_parsed",
    "media_content",
    "media_thumbnail",
    "contributors",
    "source",
    "image",
    "id",
    "aggregator_watch",
]


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.parametrize("written", ["<{0}>x</{0}>", "<{0} a='1'>x</{0}>", "<{0}/>", "<{0}><b>x</b></{0}>"])
@pytest.mark.parametrize("end", ["</channel></rss>", "</channel></rss", "<"], ids=["well-formed", "cut off", "broken"])
def test_no_element_is_taken_for_what_feedparser_found(name: str, written: str, end: str) -> None:
    """Whatever an element is called, in the channel and in items, the items are read."""
    odd = written.format(name)
    item = f"<item>{odd}<title>News</title><guid>1</guid>{odd}</item>"

    read = parsed(f"<rss version='2.0'><channel>{odd}<title>N</title>{odd}{item}{end}".encode())

    assert [article.title for article in read.articles] == ["News"]


@pytest.mark.parametrize("before", ["\n", "\r\n\t ", "\ufeff", "\n<!-- x -->"])
def test_blanks_before_the_declaration_do_no_harm(before: str) -> None:
    """XML forbids them and many feeds have them: they are read strictly all the same."""
    declared = "" if "<" in before else "<?xml version='1.0' encoding='utf-8'?>"
    item = "<item><title>Новини</title><guid>1</guid></item>"
    body = f"{before}{declared}<rss version='2.0'><channel>{item}</channel></rss>"

    read = parsed(body.encode())

    assert [article.title for article in read.articles] == ["Новини"]
    assert parsed(body.encode(), outline=read.outline).unchanged == ("1",)


def test_blanks_before_two_byte_characters_are_left_alone() -> None:
    """Taking one byte of a character away would shift all others."""
    body = "\n<rss version='2.0'><channel><item><title>News</title></item></channel></rss>".encode("utf-16-le")

    read = parse_document(feed(), fetched(body, content_type="application/xml; charset=utf-16-le"), LIMIT)

    assert isinstance(read, ParsedFeed)
    assert [article.title for article in read.articles] == ["News"]


def test_a_base_ends_with_its_element() -> None:
    """A relative link counts from the document, not from the content of the entry before it (XML Base §4)."""
    document = (
        "<feed xmlns='http://www.w3.org/2005/Atom'>"
        "<entry><id>1</id><title>A</title><link href='/a'/><content xml:base='https://elsewhere.example/'>x</content></entry>"
        "<entry><id>2</id><title>B</title><link href='/b'/></entry>"
        "<entry xml:base='https://third.example/'><id>3</id><title>C</title><link href='/c'/></entry></feed>"
    )

    urls = [article.url for article in parsed(document.encode()).articles]

    assert urls == [f"{SITE}/a", f"{SITE}/b", "https://third.example/c"]


PIECES = st.sampled_from(
    [
        "<rss version='2.0'>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<entry>",
        "</entry>",
        "<title>",
        "</title>",
        "<content type='xhtml'>",
        "</content>",
        "<link href='a'/>",
        "<links>",
        "</links>",
        "<guid>1</guid>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?item?>",
        "<!DOCTYPE rss>",
        "&amp;",
        "&x;",
        "text",
        "<source>",
        "</source>",
        "<author><name>x</name></author>",
        "</rss>",
        "</feed>",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25), st.lists(PIECES, max_size=25))
def test_whatever_is_made_of_a_feeds_parts_is_read_or_refused(first: list[str], second: list[str]) -> None:
    """No mixture makes the parser raise, with an outline of another mixture or without."""
    before = parse_document(feed(), fetched("".join(first).encode()), LIMIT)
    outline = before.outline if isinstance(before, ParsedFeed) else None

    after = parse_document(feed(), fetched("".join(second).encode()), LIMIT, outline)

    assert isinstance(after, ParsedFeed | PollFailed)
