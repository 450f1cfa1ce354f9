"""What RSS, Atom and JSON Feed items have in common on their way to an `Article`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from aggregator.feeds.text import first_words
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.ids import ArticleKey
from aggregator.model.links import comparable_link

MAX_ARTICLES = 10_000
_TITLE_LIMIT = 80
_KEY_LIMIT = 512
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_FUTURE_ALLOWED = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as its format has it: text already plain, URLs perhaps relative to `base_url`."""

    guid: str
    urls: Sequence[str]
    title: str
    summary: str
    body: str
    published_at: datetime | None
    authors: Iterable[str]
    tags: Iterable[str]
    base_url: str
    language: str | None = None
    image_url: str | None = None


def articles_of(
    items: Iterable[Item], feed: Feed, *, fallback_url: str, fetched_at: datetime
) -> tuple[tuple[Article, ...], bool]:
    """Turn items into articles in their order, each key once; say whether every item became an article of its own.

    `fallback_url` stands in where an item links nowhere; `fetched_at` where it has no date, or one before 1970 or
    more than a day ahead. An item with neither title, text, link nor id is left out. Two items with
    one id but other links and titles are two articles.
    """
    found: dict[ArticleKey, Article] = {}
    is_one_to_one = True
    for item in items:
        if len(found) >= MAX_ARTICLES:
            is_one_to_one = False
            break
        article = _article_of(item, feed, fallback_url, fetched_at)
        if article is None:
            is_one_to_one = False
            continue
        same = found.get(article.key)
        if same is not None:
            is_one_to_one = False
            if same.link_key != article.link_key and same.title != article.title:
                article = replace(article, key=reused_key(article))
        found.setdefault(article.key, article)
    return tuple(_without_shared_links(found.values(), fallback_url)), is_one_to_one


def reused_key(article: Article) -> ArticleKey:
    """Return the key of an article whose id is another article's: the same at every poll."""
    return _hashed_key(article.key, article.link_key or article.url, article.title)


def _without_shared_links(articles: Collection[Article], site_url: str) -> Iterator[Article]:
    """Take the link keys away that say nothing: those of several articles, and that of the site itself."""
    uses = Counter(article.link_key for article in articles)
    uses[comparable_link(site_url)] += 1
    for article in articles:
        yield article if uses[article.link_key] == 1 else replace(article, link_key=None)


def _article_of(item: Item, feed: Feed, fallback_url: str, fetched_at: datetime) -> Article | None:
    url = next((usable for link in item.urls if (usable := _absolute(item.base_url, link))), None)
    text = item.body or item.summary
    if not (item.title or text or url or item.guid):
        return None
    title = item.title or first_words(text, _TITLE_LIMIT) or url or item.guid
    link_key = comparable_link(url) if url else None
    return Article(
        feed_id=feed.id,
        key=_key_of(item, link_key, title, text),
        link_key=link_key,
        url=url or fallback_url,
        title=title,
        published_at=_believable(item.published_at, fetched_at),
        content_hash=_hash(title, text),
        authors=_distinct(item.authors),
        summary=item.summary,
        body=item.body,
        tags=_distinct(item.tags),
        feed_tags=feed.tags,
        language=feed.language or item.language,
        image_url=_absolute(item.base_url, item.image_url) if item.image_url else None,
    )


def _key_of(item: Item, link_key: str | None, title: str, text: str) -> ArticleKey:
    """The id that the feed gives, else the link, else the content (RSS 2.0 has no item element that must be there).

    An id that is a link counts as one: whether it says http or https, and what tracking it carries, is no identity.
    """
    key = comparable_link(item.guid) if item.guid else link_key
    if key is None:
        return _hashed_key(title, text)
    return ArticleKey(key) if len(key) <= _KEY_LIMIT else _hashed_key(key)


def _hashed_key(*parts: str) -> ArticleKey:
    return ArticleKey(f"hash:{_hash(*parts)}")


def _believable(published_at: datetime | None, fetched_at: datetime) -> datetime:
    if published_at is None or not _EARLIEST <= published_at <= fetched_at + _FUTURE_ALLOWED:
        return fetched_at
    return published_at


def _absolute(base_url: str, link: str) -> str | None:
    """Resolve `link` (RFC 3986 §5); None unless it leads to a web page."""
    if not link.strip():
        return None
    try:
        url = urljoin(base_url, link.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
