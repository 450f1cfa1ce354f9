"""What RSS, Atom and JSON Feed items have in common on their way to an `Article`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from aggregator.feeds.text import first_words
from aggregator.matching.language import SAMPLE_CHARACTERS, detect_language
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.ids import ArticleKey
from aggregator.model.links import comparable_link, page_of_site

MAX_ARTICLES = 10_000
_TITLE_LIMIT = 80
_KEY_LIMIT = 512
_PAIR = 2
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItems:
    """The articles of some items, in their order.

    `links` are all their links as they are compared, also those that say nothing. `is_one_to_one` says that each
    item became an article of its own, under its own id.
    """

    articles: tuple[Article, ...]
    links: tuple[str | None, ...]
    is_one_to_one: bool


def articles_of(items: Iterable[Item], feed: Feed, *, fallback_url: str, fetched_at: datetime) -> ReadItems:
    """Turn items into articles, each once.

    `fallback_url` stands in where an item links nowhere; `fetched_at` where it has no date, or one before 1970 or
    more than a day ahead. An item with neither title, text, link nor id is left out. Items that share an id, or
    have none and share a link, are articles of their own where they are told apart by what else they say.
    """
    site = page_of_site(fallback_url)
    made: list[_Made] = []
    is_one_to_one = True
    for item in items:
        if len(made) >= MAX_ARTICLES:
            is_one_to_one = False
            break
        article = _article_of(item, feed, fallback_url, fetched_at)
        if article is None:
            is_one_to_one = False
        else:
            made.append(_Made(article=article, has_id=bool(item.guid.strip())))
    made = [_with_own_key(one, site) for one in made]
    keys = Counter(one.article.key for one in made)
    if len(keys) < len(made):
        is_one_to_one = False
        made = _told_apart(made, keys)
    links = tuple(one.article.link_key for one in made)
    uses = Counter((*links, site))
    articles = tuple(
        one.article if uses[one.article.link_key] == 1 else replace(one.article, link_key=None) for one in made
    )
    return ReadItems(articles=articles, links=links, is_one_to_one=is_one_to_one)


class OtherKeys(NamedTuple):
    """Keys of an article whose id others have as well: by its link and title, and by all its text for want of those.

    They are the same at every poll, as long as what they are made of is.
    """

    by_title: ArticleKey
    by_content: ArticleKey


def other_keys(article: Article) -> OtherKeys:
    """Return the keys that `article` has where its id is no key."""
    by_title = _hashed_key(article.shared_key or article.key, page_of_site(article.url), article.title)
    return OtherKeys(by_title, _hashed_key(by_title, article.content_hash))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    article: Article
    has_id: bool


def _with_own_key(made: _Made, site: str) -> _Made:
    """A link to the site itself is no identity: its next item links there too."""
    article = made.article
    if made.has_id or article.link_key != site:
        return made
    return replace(made, article=replace(article, key=_hashed_key(article.title, article.text)))


def _told_apart(made: Sequence[_Made], keys: Counter[ArticleKey]) -> list[_Made]:
    """Give those that share a key keys of their own, and leave out those that are listed twice."""
    groups: dict[ArticleKey, list[_Made]] = {}
    for one in made:
        if keys[one.article.key] > 1:
            groups.setdefault(one.article.key, []).append(one)
    apart = {key: iter(_group_told_apart(group)) for key, group in groups.items()}
    rows = (one if keys[one.article.key] == 1 else next(apart[one.article.key]) for one in made)
    found: dict[ArticleKey, _Made] = {}
    for row in rows:
        if row is not None:
            found.setdefault(row.article.key, row)
    return list(found.values())


def _group_told_apart(group: Sequence[_Made]) -> Iterator[_Made | None]:
    """Yield each of a group under its own key, None for what is another one again.

    One id with one link or one title is one article (Atom, RFC 4287 §4.1.1), unless three or more differ: then it
    is no id, but a constant. One link without an id is as many articles as there are titles, and texts under one.
    """
    pairs = list(dict.fromkeys((one.article.link_key, one.article.title) for one in group))
    contents = {(one.article.title, one.article.content_hash) for one in group}
    titles = Counter(title for title, _ in contents)
    if has_id := any(one.has_id for one in group):
        is_one = len(pairs) == 1 or (len(pairs) == _PAIR and any(map(_are_equal, *pairs)))
    else:
        is_one = len(contents) == 1
    for number, one in enumerate(group):
        if is_one:
            yield one if number == 0 else None
            continue
        shared = replace(one.article, shared_key=one.article.key)
        has_title_alone = has_id or titles[shared.title] == 1
        by_title, by_content = other_keys(shared)
        key = by_title if has_title_alone else by_content
        yield replace(one, article=replace(shared, key=key))


def _are_equal(one: object, other: object) -> bool:
    return one == other


def _article_of(item: Item, feed: Feed, fallback_url: str, fetched_at: datetime) -> Article | None:
    url = next((usable for link in item.urls if (usable := _absolute(item.base_url, link))), None)
    text = item.body or item.summary
    if not (item.title or text or url or item.guid):
        return None
    title = item.title or first_words(text, _TITLE_LIMIT) or url or item.guid
    published_at = _believable(item.published_at, fetched_at)
    return Article(
        feed_id=feed.id,
        key=_key_of(item, url, title, text),
        link_key=page_of_site(url) if url else None,
        url=url or fallback_url,
        title=title,
        published_at=published_at or fetched_at,
        is_dated=published_at is not None,
        content_hash=_hash(title, text),
        authors=_distinct(item.authors),
        summary=item.summary,
        body=item.body,
        tags=_distinct(item.tags),
        feed_tags=feed.tags,
        language=detect_language(f"{title}\n{text[:SAMPLE_CHARACTERS]}", feed.language or item.language),
        image_url=_absolute(item.base_url, item.image_url) if item.image_url else None,
    )


def _key_of(item: Item, url: str | None, title: str, text: str) -> ArticleKey:
    """The id that the feed gives, else the link, else the content (RSS 2.0 has no item element that must be there).

    An id that is a link counts as one: whether it says http or https, and what tracking it carries, is no identity.
    """
    name = item.guid.strip() or url
    if not name:
        return _hashed_key(title, text)
    key = comparable_link(name)
    return ArticleKey(key) if len(key) <= _KEY_LIMIT else _hashed_key(key)


def _hashed_key(*parts: str) -> ArticleKey:
    return ArticleKey(f"hash:{_hash(*parts)}")


def _believable(published_at: datetime | None, fetched_at: datetime) -> datetime | None:
    if published_at is None or not _EARLIEST <= published_at <= fetched_at + _FUTURE_ALLOWED:
        return None
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
