"""Which rules match a text, a page or a feed that a person has at hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from aggregator.feeds.text import html_to_text, one_line
from aggregator.matching.explain import explain
from aggregator.matching.index import RuleIndex
from aggregator.matching.language import SAMPLE_CHARACTERS, detect_language
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, ParsedFeed
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.model.plain_text import read_plain_text
from aggregator.model.rules import FeedSelector, Match, NonMatch, Rule
from aggregator.ports import Parser

_FEED_ID = FeedId("match")
_HTML = re.compile(r"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML_HEAD = re.compile(r"<head\b.*?</head>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatches:
    """One article of a source, and the rules that hold for it."""

    source: str
    article: Article
    matches: Sequence[Match]


def index_of_any_feed(rules: Iterable[Rule]) -> RuleIndex:
    """Return an index of `rules` without their `feeds:`, for a text that a person has at hand is of no feed.

    Raises:
        QueryError: when a query cannot be read.
    """
    index = RuleIndex()
    for rule in rules:
        index.add(_of_any_feed(rule))
    return index


def why_not(found: TextMatches, rules: Iterable[Rule]) -> list[NonMatch]:
    """Return, for each of `rules` that does not hold for the article, the first part of it that failed."""
    matched = {match.rule_id for match in found.matches}
    explained = [explain(found.article, _of_any_feed(rule)) for rule in rules if rule.id not in matched]
    return [result for result in explained if isinstance(result, NonMatch)]


async def match_source(
    source: str, content: bytes, index: RuleIndex, parser: Parser, now: datetime
) -> list[TextMatches]:
    """Match every article in `content`: each item of a feed, or else the one text or page that it is."""
    articles = await read_articles(source, content, parser, now)
    return [TextMatches(source=source, article=article, matches=index.match(article)) for article in articles]


def _of_any_feed(rule: Rule) -> Rule:
    return replace(rule, feeds=FeedSelector())


async def read_articles(source: str, content: bytes, parser: Parser, now: datetime) -> Sequence[Article]:
    """Return every article in `content`: each item of a feed, or else the one text or page that it is."""
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
    read = read_plain_text(text)
    published_at = now if read.published_on is None else datetime.combine(read.published_on, time.min, UTC)
    return _article(source, read.title, read.body, published_at, read.language)


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
        language=detect_language(f"{title}\n{body[:SAMPLE_CHARACTERS]}", language),
    )


def _fetched(source: str, content: bytes, now: datetime) -> Fetched:
    return Fetched(url=source, status=200, body=content, body_hash="", fetched_at=now)
