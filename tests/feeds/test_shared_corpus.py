"""Real feeds from the web, where they are at hand beside the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.builders import feed, fetched
from support.program import REPOSITORY

from aggregator.feeds.parse import parse_document
from aggregator.model.fetches import ParsedFeed

FOLDER = REPOSITORY.parent / "shared" / "feeds"
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".md") if FOLDER.is_dir() else []
ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_feed_gives_all_its_articles(path: Path) -> None:
    """Every entry becomes an article with a title, a link, a key and a date."""
    body = path.read_bytes()
    text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    entries = len(ITEM.findall(text))

    parsed = parse_document(feed(), fetched(body), 50_000_000)

    articles = parsed.articles if isinstance(parsed, ParsedFeed) else ()
    assert len(articles) == entries
    for article in articles:
        assert article.title
        assert article.url.startswith("http")
        assert article.key
        assert article.published_at.tzinfo is not None
