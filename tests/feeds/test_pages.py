"""The addresses on a page that may be feeds, found in a real worker process."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest
from support.builders import fetched

from aggregator.feeds.pages import candidates_in
from aggregator.feeds.workers import ParserPool
from aggregator.model.candidates import CandidateSource
from aggregator.model.fetches import Fetched

LIMIT = 100_000
LINK = '<link rel="alternate" type="application/rss+xml" title="Стрічка новин про полонених" href="/стрічка">'
PAGE = (
    f"<!doctype html><html><head>%s{LINK}</head><body><p>Родичам полонених телефонують невідомі люди.</p></body></html>"
)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    """A worker."""
    async with ParserPool(max_body_bytes=LIMIT, workers=1) as made:
        yield made


def page(body: bytes, **changes: object) -> Fetched:
    """A page as fetched."""
    return fetched(body, **({"url": "https://news.example/war/", "content_type": "text/html"} | changes))


@pytest.mark.parametrize(
    ("codec", "content_type", "head"),
    [
        ("utf-8", "text/html; charset=utf-8", ""),
        ("cp1251", "text/html; charset=windows-1251", ""),
        ("cp1251", "text/html", '<meta charset="windows-1251">'),
        ("koi8-u", None, '<meta http-equiv="Content-Type" content="text/html; charset=koi8-u">'),
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("utf-16", None, ""),
    ],
)
async def test_titles_are_read_in_the_pages_encoding(
    codec: str, content_type: str | None, head: str, pool: ParserPool
) -> None:
    """What a page calls its feed, and where it is, are right whatever the page's encoding."""
    found = await pool.candidates(page((PAGE % head).encode(codec), content_type=content_type))

    assert (found[0].title, found[0].source) == ("Стрічка новин про полонених", CandidateSource.LINK_ELEMENT)
    assert found[0].url == "https://news.example/стрічка"


async def test_compressed_page(pool: ParserPool) -> None:
    """A page comes as it was sent, and is decompressed here."""
    body = gzip.compress((PAGE % "").encode())

    found = await pool.candidates(page(body, content_encoding="gzip"))

    assert found[0].source is CandidateSource.LINK_ELEMENT


@pytest.mark.parametrize(
    "unreadable",
    [
        page(gzip.compress(b"<p>" + b"a" * LIMIT), content_encoding="gzip"),
        page(b"\x00\x01\x02\x03", content_encoding="zstd"),
        page(b"\x00\x01", content_encoding="morse"),
    ],
    ids=["bomb", "damaged", "unknown"],
)
async def test_page_that_cannot_be_read_names_none(unreadable: Fetched, pool: ParserPool) -> None:
    """A page that cannot be decompressed, or is too large, leads nowhere; the next one is read as ever."""
    found = await pool.candidates(unreadable)
    next_one = await pool.candidates(page((PAGE % "").encode()))

    assert found == ()
    assert next_one[0].source is CandidateSource.LINK_ELEMENT


async def test_page_that_ends_its_worker_names_none() -> None:
    """A page on which the worker fails leads nowhere, and nothing is raised."""
    async with ParserPool(max_body_bytes=LIMIT, workers=1) as pool:
        found = await pool.candidates(page("no bytes"))  # type: ignore[arg-type] # on purpose: the worker must fail

    assert found == ()


def test_page_of_the_shortest_kind() -> None:
    """An empty page has the usual places of its site, and nothing else."""
    found = candidates_in(page(b""), LIMIT)

    assert {candidate.source for candidate in found} == {CandidateSource.COMMON_PATH}
