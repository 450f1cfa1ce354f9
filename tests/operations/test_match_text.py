"""Matching what a person has at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.builders import NOW, rule
from support.feed_server import rss

from aggregator.feeds.workers import ParserPool
from aggregator.matching.index import RuleIndex
from aggregator.model.ids import FeedId
from aggregator.model.rules import FeedSelector
from aggregator.operations.match_text import index_of_any_feed, match_source, plain_article, why_not


@pytest.mark.parametrize(
    ("text", "title", "body", "published_at", "language"),
    [
        (
            " date 2024-08-08 Eng\nHeadline\n\nBody\nmore",
            "Headline",
            "Body\nmore",
            datetime(2024, 8, 8, tzinfo=UTC),
            "en",
        ),
        ("date 2024-08-08\nHeadline", "Headline", "", datetime(2024, 8, 8, tzinfo=UTC), None),
        ("date 2024-99-99 xx\nHeadline", "Headline", "", NOW, "xx"),
        ("\nHeadline\nBody", "Headline", "Body", NOW, None),
        ("Тривога\nу Києві", "Тривога", "у Києві", NOW, "uk"),
        ("date 2024-08-08 Eng\nТривога у Києві", "Тривога у Києві", "", datetime(2024, 8, 8, tzinfo=UTC), "uk"),
        ("", "", "", NOW, None),
    ],
)
def test_plain_text_has_metadata_title_and_body(
    text: str, title: str, body: str, published_at: datetime, language: str | None
) -> None:
    """An optional first line of metadata, the title, the body."""
    article = plain_article("file", text, NOW)

    assert (article.title, article.body) == (title, body)
    assert (article.published_at, article.language) == (published_at, language)


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        (b"Captives home\nText", ["Captives home"]),
        (b"<!doctype html><html><head><title>Page &amp; more</title></head><body><p>Captives", ["Page & more"]),
        (b"<html><body>No title: captives", [""]),
        (rss([("Captives one", "x"), ("Captives two", "y")]).encode(), ["Captives one", "Captives two"]),
        (rss([("Captives", "x")]).replace("utf-8", "utf-16").encode("utf-16"), ["Captives"]),
        (b"<not a feed> captives", ["<not a feed> captives"]),
    ],
)
async def test_text_pages_and_feeds_are_matched(content: bytes, titles: list[str]) -> None:
    """Each article of a source is matched by itself."""
    index = RuleIndex()
    index.add(rule())
    async with ParserPool(max_body_bytes=1_000_000, workers=1) as parser:
        found = await match_source("file", content, index, parser, NOW)

    assert [item.article.title for item in found] == titles
    assert all(len(item.matches) == 1 for item in found)


async def test_a_text_at_hand_is_of_any_feed() -> None:
    """Which feeds a rule reads is not asked; of those that fail, the first part is told with its reason."""
    home = rule("home", query="captives AND home", feeds=FeedSelector(tags=("ukraine",)))
    away = rule("away", query="captives AND away", feeds=FeedSelector(ids=(FeedId("ep"),)))
    async with ParserPool(max_body_bytes=1_000_000, workers=1) as parser:
        (found,) = await match_source("file", b"Captives home", index_of_any_feed([home, away]), parser, NOW)

    failures = why_not(found, [home, away])

    assert [match.rule_id for match in found.matches] == ["home"]
    assert [(failure.rule_id, failure.clause) for failure in failures] == [("away", "away")]
    assert failures[0].reason == "away is not in the title, the summary or the body"
