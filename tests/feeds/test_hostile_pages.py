"""Pages that would do harm, in a real worker process with its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.builders import fetched
from support.news import PARAGRAPHS, english_page

from aggregator.feeds.workers import ParserPool
from aggregator.model.fetches import Page, PollFailed, PollFailure

LIMIT = 2_000_000
URL = "https://news.example/story"


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    """A worker with the limits of the program."""
    async with ParserPool(max_body_bytes=LIMIT, workers=1) as made:
        yield made


def big(inner: str) -> bytes:
    """A page with the English article after something."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS["en"])
    page = f"<!doctype html><html><head><title>T</title></head><body>{inner}<article>{text}</article></body></html>"
    return page.encode()


@pytest.mark.parametrize(
    "inner",
    [
        f"<!-- {'x' * 1_500_000} -->",
        f"<!--><script>{'var a = 1 < 2;' * 100_000}</script>",
        f"<style>{'p{color:red}' * 130_000}</style>",
        "<!-- a -- b -->" * 110_000,
        "<base href='file:///etc/'><base href='http://169.254.169.254/'>",
        "<meta http-equiv=refresh content='0;url=http://127.0.0.1/'>",
        "<iframe src='http://127.0.0.1/'></iframe><img src='http://127.0.0.1/x.png'>",
        "\0" * 100_000,
    ],
    ids=["comment", "script", "style", "comments", "base", "refresh", "frames", "zeros"],
)
async def test_ballast_hides_no_article(inner: str, pool: ParserPool) -> None:
    """An article after megabytes of comments and scripts, or of tricks, is found all the same."""
    found = await pool.extract(fetched(big(inner), url=URL, content_type="text/html"))

    assert isinstance(found, Page)
    assert PARAGRAPHS["en"][2] in found.text


@pytest.mark.parametrize(
    "inner",
    [
        "<div>" * 100_000,
        "<div " + " ".join(f"a{number}=1" for number in range(100_000)) + ">",
        "<p><b>" * 50_000,
        "<table><tr><td>" * 20_000,
        "<a href=/x>link</a>" * 60_000,
        "<br>" * 200_000,
        "<" * 900_000,
        "<html " * 100_000,
        "<meta '" * 100_000,
        "<meta name=author content='x y'>" * 20_000,
        '<script type="application/ld+json">' + "[" * 500_000 + "</script>",
        '<script type="application/ld+json">{"@type":"Article","author":"' + 'a\\"' * 300_000 + '"}</script>',
        "<p>" + "1" * 900_000 + "</p>",
        "<time datetime=" + "2" * 900_000,
        "&amp;" * 180_000,
        "<svg" + " " * 900_000,
        "<meta charset" + " " * 900_000,
    ],
    ids=lambda inner: inner[:20],
)
async def test_hostile_page_is_bounded(inner: str) -> None:
    """Whatever a page is made of, it ends in an article or a reason, and the next page is read as ever."""
    async with ParserPool(max_body_bytes=LIMIT, workers=1, cpu_limit=timedelta(seconds=2)) as pool:
        hostile = await pool.extract(fetched(big(inner), url=URL, content_type="text/html"))
        next_one = await pool.extract(fetched(english_page().encode(), url=URL, content_type="text/html"))

    assert isinstance(hostile, Page) or hostile.reason in (
        PollFailure.NO_ARTICLE,
        PollFailure.PARSER_TIMEOUT,
        PollFailure.PARSER_MEMORY,
    )
    assert not isinstance(hostile, PollFailed) or hostile.detail.startswith(URL)
    assert isinstance(next_one, Page)
