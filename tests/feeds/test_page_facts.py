"""What a page declares of its article: its date and its language, and nothing that it does not declare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from support.builders import NOW, fetched
from support.news import english_page

from aggregator.feeds.fulltext import extract_article
from aggregator.model.fetches import Page, PageResult

LIMIT = 2_000_000
URL = "https://news.example/story"


def extract(html: str, url: str = URL) -> PageResult:
    """Read a page."""
    return extract_article(fetched(html.encode(), url=url, content_type="text/html"), LIMIT)


@pytest.mark.parametrize(
    ("head", "before", "moment"),
    [
        (
            '<meta property="article:published_time" content="2024-08-08T09:30:15.250Z">',
            "",
            (2024, 8, 8, 9, 30, 15, 250_000),
        ),
        ('<meta itemprop="datePublished" content="2024-08-08T09:30:00+0300">', "", (2024, 8, 8, 6, 30)),
        ("<META CONTENT='2024-08-08 09:30:00' NAME='DC.date.issued'>", "", (2024, 8, 8, 9, 30)),
        ("<meta name=pubdate content=2024/08/08>", "", (2024, 8, 8)),
        ("<meta name=date content='Thu, 08 Aug 2024 09:30:00 GMT'>", "", (2024, 8, 8, 9, 30)),
        (
            '<script type="application/ld+json">{"a": 1, "datePublished" : "2024-08-08T09:30:00Z"}</script>',
            "",
            (2024, 8, 8, 9, 30),
        ),
        ("", '<time class="entry-date published" datetime="2024-08-08T09:30:00Z">today</time>', (2024, 8, 8, 9, 30)),
        ("", "<time pubdate datetime='2024-08-08'>8 August</time>", (2024, 8, 8)),
        ("", "<time itemprop=datePublished datetime='2024-08-08T09:30:00Z'/>", (2024, 8, 8, 9, 30)),
        (
            "<meta name=date content=2020-01-01><meta property=article:published_time content=2024-08-08T09:30:00Z>",
            "",
            (2024, 8, 8, 9, 30),
        ),
        ("<meta property=article:published_time content=soon><meta name=date content=2024-08-08>", "", (2024, 8, 8)),
        ("", "", None),
        ("", "<time datetime='2002-02-02T10:00:00Z'>then</time>", None),
        ("<meta property=article:modified_time content=2024-08-08T09:30:00Z>", "", None),
        ("<meta property=article:published_time content=''>", "", None),
        ("<meta property=article:published_time content='0001-01-01T00:00:00+14:00'>", "", None),
        ("<meta property=article:published_time content='9999-12-31T23:59:59-14:00'>", "", None),
        ("<meta property=article:published_time content='1970-01-01T00:00:00Z'>", "", None),
        (f"<meta property=article:published_time content='{NOW + timedelta(days=2):%Y-%m-%d}'>", "", None),
    ],
)
def test_date_is_the_declared_one_or_none(head: str, before: str, moment: tuple[int, ...] | None) -> None:
    """The date is what the page declares; of the copyright, of other stories and of events no date is made."""
    found = extract(english_page(head, before=before))

    assert isinstance(found, Page)
    assert found.published_at == (datetime(*moment, tzinfo=UTC) if moment else None)  # type: ignore[misc, arg-type] # six numbers


def test_date_in_the_address_is_none() -> None:
    """Numbers in the address that look like a date are not taken for one."""
    found = extract(english_page(), url="https://news.example/2019/01/02/story")

    assert isinstance(found, Page)
    assert found.published_at is None


@pytest.mark.parametrize(
    ("html_tag", "head", "language"),
    [
        ('<html lang="uk">', "", "uk"),
        ("<HTML prefix='og: x' LANG=zh-Hant-TW>", "", "zh"),
        ('<html data-lang="xx" xml:lang="de_DE">', "", "de"),
        ("<html>", "<meta http-equiv='Content-Language' content='fr, en'>", None),
        ("<html>", "<meta http-equiv='Content-Language' content='fr'>", "fr"),
        ("<html>", '<meta property="og:locale" content="pl_PL">', "pl"),
        ("<html lang=''>", "", None),
        ("<html lang=english>", "", None),
        ("<html>", "", None),
    ],
)
def test_language_is_the_declared_one_or_none(html_tag: str, head: str, language: str | None) -> None:
    """The language is what the page says, without its region."""
    page = english_page(head).replace("<html>", html_tag)

    found = extract(page)

    assert isinstance(found, Page)
    assert found.language == language
