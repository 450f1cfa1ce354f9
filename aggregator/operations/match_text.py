"""Which rules match a text, a page or a feed that a person has at hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.feeds.text import html_to_text, one_line
from aggregator.matching import RuleIndex
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, ParsedFeed
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.model.rules import Match
from aggregator.ports import Parser

_FEED_ID = FeedId("match")
_METADATA = re.compile(r"\s*date\s+(\d{4})-(\d{2})-(\d{2})\b[ \t]*(\S*)[ \t]*", re.IGNORECASE)
_HTML = re.compile(r"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML_HEAD = re.compile(r"<head\b.*?</head>", re.IGNORECASE | re.DOTALL)
_LANGUAGES = {
    "eng": "en",
    "ukr": "uk",
    "rus": "ru",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "pol": "pl",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatches:
    """One article of a source, and the rules that hold for it."""

    source: str
    article: Article
    matches: Sequence[Match]


async def match_source(
    source: str, content: bytes, index: RuleIndex, parser: Parser, now: datetime
) -> list[TextMatches]:
    """Match every article in `content`: each item of a feed, or else the one text or page that it is."""
    articles = await _articles(source, content, parser, now)
    return [TextMatches(source=source, article=article, matches=index.match(article)) for article in articles]


async def _articles(source: str, content: bytes, parser: Parser, now: datetime) -> Sequence[Article]:
    text = content.decode("utf-8-sig", "replace")
    if _HTML.match(text):
        return (_page(source, text, now),)
    if text.lstrip()[:1] in ("<", "{") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        parsed = await parser.parse(Feed(id=_FEED_ID, url=source), _fetched(source, content, now))
        if isinstance(parsed, ParsedFeed):
            return parsed.articles
    return (plain_article(source, text, now),)


def plain_article(source: str, text: str, now: datetime) -> Article:
    """Read plain text: an optional first line of metadata (`date 2024-08-08 Eng`), the title, then the body."""
    lines = text.lstrip("\ufeff").splitlines()
    published_at, language = now, None
    if lines and (found := _METADATA.fullmatch(lines[0])):
        try:
            published_at = datetime(*(int(part) for part in found.groups()[:3]), tzinfo=UTC)  # type: ignore[misc,arg-type] # three ints
        except ValueError:
            published_at = now
        word = found[4].lower()
        language = _LANGUAGES.get(word, word) or None
        lines = lines[1:]
    while lines and not lines[0].strip():
        lines = lines[1:]
    title, body = (lines[0].strip(), "\n".join(lines[1:]).strip()) if lines else ("", "")
    return _article(source, title, body, published_at, language)


def _page(source: str, text: str, now: datetime) -> Article:
    found = _HTML_TITLE.search(text)
    title = one_line(html_to_text(found[1])) if found else ""
    return _article(source, title, html_to_text(_HTML_HEAD.sub("", text, count=1)), now, None)


def _article(source: str, title: str, body: str, published_at: datetime, language: str | None) -> Article:
    return Article(
        feed_id=_FEED_ID,
        key=ArticleKey(source),
        url=source,
        title=title,
        published_at=published_at,
        content_hash=hashlib.blake2b(body.encode(), digest_size=16).hexdigest(),
        body=body,
        language=language,
    )


def _fetched(source: str, content: bytes, now: datetime) -> Fetched:
    return Fetched(url=source, status=200, body=content, body_hash="", fetched_at=now)
