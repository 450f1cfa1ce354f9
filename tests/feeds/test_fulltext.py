"""The article of a page: its text, title and byline, and what is said where there is none."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.builders import fetched
from support.news import PARAGRAPHS, TITLES, english_page
from support.program import REPOSITORY
from support.site import news_page

from aggregator.feeds.fulltext import INSTALL, extract_article
from aggregator.feeds.workers import ParserPool
from aggregator.model.fetches import Page, PageResult, PollFailed, PollFailure

LIMIT = 2_000_000
URL = "https://news.example/2024/08/story"
JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", "author":
    [{"@type": "Person", "name": "Olena Example"}, {"@type": "Person", "name": "Ivan Sample"}]}</script>"""
NOISE = ("COOKIEWORD", "MENUWORD", "RELATEDWORD", "ADWORD", "COMMENTWORD", "FOOTERWORD")


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    """Workers with the limits of the program."""
    async with ParserPool(max_body_bytes=LIMIT, workers=1) as made:
        yield made


def extract(html: str | bytes, **changes: object) -> PageResult:
    """Read a page here, where its worker has nothing to add."""
    body = html if isinstance(html, bytes) else html.encode()
    return extract_article(fetched(body, **({"url": URL, "content_type": "text/html"} | changes)), LIMIT)


@pytest.mark.parametrize("language", PARAGRAPHS)
async def test_article_of_a_news_page(language: str) -> None:
    """Title, byline, date, language and all the text of the article are found, and nothing of what surrounds it."""
    head = (
        f"<meta property='og:title' content='{TITLES[language]}'><meta name='author' content='Olena Example'>"
        "<meta property='article:published_time' content='2024-08-08T09:30:00+03:00'>"
    )
    page = news_page(PARAGRAPHS[language], title=TITLES[language], head=head, lang=f"{language}-XX")
    async with ParserPool(max_body_bytes=LIMIT, workers=1) as pool:
        found = await pool.extract(fetched(page.encode(), url=URL, content_type="text/html"))

    assert isinstance(found, Page)
    assert all(paragraph in found.text for paragraph in PARAGRAPHS[language])
    assert not [word for word in NOISE if word in found.text]
    assert found.title == TITLES[language]
    assert found.authors == ("Olena Example",)
    assert found.published_at == datetime(2024, 8, 8, 6, 30, tzinfo=UTC)
    assert found.language == language


@pytest.mark.parametrize(
    ("codec", "head"),
    [
        ("cp1251", "<meta charset=windows-1251>"),
        ("koi8-u", "<meta http-equiv=Content-Type content='text/html; charset=koi8-u'>"),
        ("utf-8", "<meta charset=windows-1251>"),
        ("utf-16", "<meta charset=windows-1251>"),
    ],
)
@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0' encoding='iso-8859-1'?>\n"])
def test_text_is_decoded_once(codec: str, head: str, declaration: str) -> None:
    """What the page says of its encoding is heeded once: what reads the markup does not decode it again."""
    page = declaration + news_page(PARAGRAPHS["uk"], title=TITLES["uk"], head=head).replace(
        '<meta charset="utf-8">', ""
    )

    found = extract(page.encode(codec))

    assert isinstance(found, Page)
    assert all(paragraph in found.text for paragraph in PARAGRAPHS["uk"])
    assert found.title == TITLES["uk"]


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "reason", "words"),
    [
        ("empty", b"", "text/html", PollFailure.NO_ARTICLE, "not an HTML page"),
        (
            "json",
            json.dumps({"html": "<p>text</p>"}).encode(),
            "application/json",
            PollFailure.NO_ARTICLE,
            "not an HTML",
        ),
        ("pdf", b"%PDF-1.7\n<p>\x00\xff" * 500, "application/pdf", PollFailure.NO_ARTICLE, "not an HTML page"),
        (
            "pdf called html",
            b"%PDF-1.7\n1 0 obj<</Length 9>>stream\xff" * 500,
            "text/html",
            PollFailure.NO_ARTICLE,
            "not",
        ),
        ("picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, "image/png", PollFailure.NO_ARTICLE, "not an HTML"),
        ("plain text", "word " * 1000, "text/plain", PollFailure.NO_ARTICLE, "not an HTML page"),
        (
            "script only",
            "<html><body><div id=root></div><script>render()</script>",
            None,
            PollFailure.NO_ARTICLE,
            "no art",
        ),
        (
            "no article",
            "<html><body><h1>Log in</h1><form><input></form></body></html>",
            None,
            PollFailure.NO_ARTICLE,
            "no",
        ),
        ("gzip bomb", gzip.compress(b"<p>" + b"a" * LIMIT), None, PollFailure.TOO_LARGE, "polling.max_body (2,000,000"),
    ],
)
def test_page_without_an_article(
    kind: str, body: str | bytes, content_type: str | None, reason: PollFailure, words: str
) -> None:
    """What is no page, or a page of nothing, is a failure that says so and names the page."""
    found = extract(body, content_type=content_type)

    assert isinstance(found, PollFailed), kind
    assert found.reason is reason
    assert found.detail.startswith(f"{URL}: ")
    assert words in found.detail


def test_page_that_is_not_in_its_compression() -> None:
    """A body that cannot be decompressed is a failure of its own kind."""
    found = extract(b"\x00\x01\x02\x03", content_encoding="zstd")

    assert isinstance(found, PollFailed)
    assert found.reason is PollFailure.BAD_COMPRESSION


def test_paywalled_page_gives_what_it_shows() -> None:
    """Of a page behind a paywall there is its teaser, and no invented rest."""
    teaser = PARAGRAPHS["en"][0]
    page = news_page([teaser], title="Paid", before="<div class=paywall>Subscribe to read on</div>")

    found = extract(page)

    assert isinstance(found, Page)
    assert teaser in found.text
    assert len(found.text) < len(teaser) + 100


@pytest.mark.parametrize(
    ("head", "byline", "authors"),
    [
        ('<meta name="author" content="Olena Example">', "", ("Olena Example",)),
        ("", '<p class="byline">By <a rel="author" href="/olena">Olena Example</a></p>', ("Olena Example",)),
        (
            JSON_LD,
            "",
            ("Olena Example", "Ivan Sample"),
        ),
        ("", "", ()),
    ],
)
def test_byline(head: str, byline: str, authors: tuple[str, ...]) -> None:
    """Who wrote it comes from the page's own words of it, each name by itself."""
    found = extract(english_page(head, byline=byline))

    assert isinstance(found, Page)
    assert found.authors == authors


def test_text_and_names_are_bounded() -> None:
    """A page of megabytes of text gives no more than is kept of an item, and a title and a list of authors that fit."""
    title, names = "long " * 1000, "; ".join(f"Author{chr(65 + n // 26)} Name{chr(65 + n % 26)}" for n in range(600))
    head = f"<meta property=og:title content='{title}'><meta name=author content='{names}'>"
    paragraphs = [
        f"Sentence {number} of very many, each of which says something of its own." for number in range(16_000)
    ]

    found = extract(news_page(paragraphs, title="T", head=head))

    assert isinstance(found, Page)
    assert len(found.text) == 256 * 1024
    assert found.title is not None
    assert len(found.title) <= 300
    assert len(found.authors) <= 20


def run_python(code: str, page: Path) -> str:
    """Run code in a process of its own, and return what it printed on both streams."""
    environment = os.environ | {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", code, str(page)], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout + done.stderr


READ_IT = """
from pathlib import Path
from support.builders import fetched
from aggregator.feeds.fulltext import extract_article
page = fetched(Path(sys.argv[1]).read_bytes(), url="https://news.example/a", content_type="text/html")
found = extract_article(page, 10**7)
"""


def test_extracting_asks_nobody(tmp_path: Path) -> None:
    """Reading a page opens no connection and looks no name up, whatever the page names, and prints nothing."""
    page = tmp_path / "page.html"
    head = (
        "<!DOCTYPE html SYSTEM 'http://127.0.0.1/x.dtd'><base href='http://127.0.0.1/'><link rel=canonical href='/x'>"
        "<link rel=amphtml href='/amp'><meta http-equiv=refresh content='0;url=/y'><link rel=license href='/l'>"
    )
    page.write_text(
        head + english_page(before="<iframe src='/z'></iframe><img src='/i.png'><object data='/o'></object>")
    )
    code = (
        "import sys\nasked = []\n"
        "words = ('socket.connect', 'socket.get', 'socket.send', 'urllib')\n"
        "sys.addaudithook(lambda event, _: asked.append(event) if event.startswith(words) else None)\n"
        + READ_IT
        + "print(type(found).__name__, asked)"
    )

    printed = run_python(code, page)

    assert printed == "Page []\n"


def test_missing_extra_is_named(tmp_path: Path) -> None:
    """Without trafilatura a page is a failure that says which command installs it."""
    page = tmp_path / "page.html"
    page.write_text(english_page())
    code = "import sys\nsys.modules['trafilatura'] = None\n" + READ_IT + "print(found.reason, found.detail)"

    printed = run_python(code, page)

    assert printed == f"{PollFailure.MISSING_EXTRA} the full text of articles needs an extra: {INSTALL}\n"
    assert INSTALL == "pip install 'aggregator[fulltext]'"


async def test_pages_are_read_beside_feeds(pool: ParserPool) -> None:
    """Several pages at once come back each with its own text."""
    pages = [news_page([f"{text} Number {n}." for text in PARAGRAPHS["en"]], title=f"Story {n}") for n in range(5)]

    found = await asyncio.gather(*(pool.extract(fetched(page.encode(), url=URL)) for page in pages))

    assert [f"Number {n}." in page.text for n, page in enumerate(found) if isinstance(page, Page)] == [True] * 5
