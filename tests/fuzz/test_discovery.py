"""Pages that no browser would write: finding feeds on them ends, in time that grows with their size."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.feeds.discovery import page_candidates, site_candidates
from aggregator.model.candidates import CandidateSource

PAGE = "https://news.example/"
CHANNEL = "UCX6OQ3DkcsbYNE6H8uQQuVA"

FRAGMENTS = st.sampled_from(
    [
        *(
            '<a href="',
            "<a href='",
            "<a href=",
            "<link rel=alternate type=application/rss+xml href=",
            "<base href='",
            "<img alt=",
        ),
        *(
            "</a>",
            ">",
            "/>",
            '"',
            "'",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<",
            "&",
            "&#",
            "&#x",
            ";",
            "=",
            " ",
            "\n",
        ),
        *(
            "http://",
            "https:",
            "//",
            "/",
            "feed:",
            "feed://",
            "rss",
            "feed",
            ".xml",
            "?",
            "#",
            ":",
            "@",
            "[",
            "]",
            "%",
            "\\",
        ),
        *(
            "feedly.com/i/subscription/feed/",
            "youtube.com",
            "/channel/" + CHANNEL,
            "news.example",
            "\x00",
            "\ud800",
            "ї",
        ),
    ]
)
MARKUP = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=60).map("".join))
ADDRESSES = st.one_of(MARKUP, MARKUP.map("https://news.example/{}".format), st.just(PAGE))


@pytest.mark.parametrize(
    "shape",
    [
        "<",
        "<!--",
        "<a ",
        "<a href='",
        '<a href="',
        "<a '>",
        "<script>",
        "</",
        "<!",
        "&#1",
        "<a =",
        "<a href=/rss>rss",
        "-",
    ],
)
def test_hostile_page_takes_linear_time(shape: str) -> None:
    """Eight times the page takes about eight times as long, not sixty-four, and never long."""
    page = shape * (256 * 1024 // len(shape))

    started_at = time.process_time()
    page_candidates(PAGE, page[: len(page) // 8])
    eighth = time.process_time() - started_at
    page_candidates(PAGE, page)
    whole = time.process_time() - started_at - eighth

    assert whole < max(1.0, 30 * eighth)


def test_huge_character_reference_is_survived() -> None:
    """A character reference of a million digits, which html.unescape refuses, is only text."""
    digits = "1" * 1024 * 1024

    html = f'<a href="/rss" title="&#{digits[:4000]};">&#{digits[:9000]};</a><a href="/x">&#{digits}</a>'
    found = [found for found in page_candidates(PAGE, html) if found.source is CandidateSource.PAGE_LINK]

    assert [candidate.url for candidate in found] == ["https://news.example/rss"]


@settings(deadline=None)
@given(page_url=ADDRESSES, html=MARKUP)
def test_any_text_gives_usable_candidates(page_url: str, html: str) -> None:
    """For any address and source nothing is raised, and each candidate is an http(s) URL, once, in order."""
    for candidates in (page_candidates(page_url, html), site_candidates(page_url), site_candidates(html)):
        found = [candidate.url for candidate in candidates]
        ranks = [candidate.rank for candidate in candidates]

        assert len(set(found)) == len(found) <= 40
        assert ranks == sorted(set(ranks))
        assert all(urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname for url in found)
        assert all(url.encode() and not any(c.isspace() and c.isascii() for c in url) for url in found)
