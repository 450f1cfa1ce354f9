"""Which listed articles were seen before, decided purely: ids and links change, and are used again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.feeds.items import OtherKeys, other_keys
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.ids import ArticleKey

_SIMILAR_TITLES = 0.5
_SAME_EDITION = timedelta(hours=6)
"""A page whose date moves further than this has the next article at the same address, not a correction."""
_TELLING_CHARACTERS = 40
"""Two texts that are as long as this and equal are no coincidence."""
_MOST_NAMES = 4
"""A feed that makes up new ids at every poll leaves no more rows than this for an article."""
_VERSION = re.compile(r"#\d{1,3}$")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The listed articles, each under the key that it has had since it was new, parted by what they are.

    `aliases` are keys under which the feed lists known articles now, and did not before. `keys` are those of all
    listed articles, in the order in which they were given. An article that is listed twice is `known` once.
    """

    new: tuple[Article, ...]
    known: tuple[tuple[Article, SeenArticle], ...]
    aliases: tuple[SeenArticle, ...] = ()
    keys: tuple[ArticleKey, ...] = ()


def lookup_keys(articles: Collection[Article]) -> tuple[list[ArticleKey], list[str]]:
    """Return the keys and the link keys by which what was seen of `articles` is to be looked up."""
    keys: dict[ArticleKey, None] = {}
    for article in articles:
        keys |= dict.fromkeys((article.key, article.shared_key or article.key, *other_keys(article)))
    return list(keys), list(dict.fromkeys(article.link_key for article in articles if article.link_key is not None))


def identify(
    articles: Sequence[Article], seen: Collection[SeenArticle], unchanged: Collection[ArticleKey] = ()
) -> Identified:
    """Find each of `articles` among what was `seen`. `unchanged` are known articles that the feed lists as well.

    - The same id with the same link, title or time is the same article: it was retitled, or it has moved.
    - The same id with another link, title and time is another article: the feed uses ids again.
    - Another id with the same link is the same article if it has the same time, or if its title is the same or
      similar and nothing says that it is the next one at that address; unless the article that was seen is still
      listed under its own id. Links that several articles share, and the site's own, tell nothing.
    - Whatever is neither is new: an alert that comes twice is a smaller evil than one that does not come.
    """
    if not seen:
        return Identified(new=tuple(articles), known=(), keys=tuple(article.key for article in articles))
    by_key = {row.key: row for row in seen}
    by_link: dict[str, list[SeenArticle]] = {}
    for row in seen:
        if row.link_key is not None:
            by_link.setdefault(row.link_key, []).append(row)
    others = [other_keys(article) for article in articles]
    listed = [_under_own_key(*each, by_key) for each in zip(articles, others, strict=True)]
    by_id = ((number, _by_id(article, others[number], by_key)) for number, article in enumerate(listed))
    found = {number: row for number, row in by_id if row is not None}
    aliases = [_alias(listed[number], row) for number, row in found.items() if listed[number].key not in by_key]
    taken = {row.article_key for row in found.values()} | set(unchanged)
    for number, article in enumerate(listed):
        rows = by_link.get(article.link_key, ()) if article.link_key and number not in found else ()
        same = _nearest(article, (row for row in rows if row.article_key not in taken))
        if same is not None:
            found[number] = same
            taken.add(same.article_key)
            if sum(row.article_key == same.article_key for row in rows) < _MOST_NAMES:
                aliases.append(_alias(article, same))
    known: dict[ArticleKey, tuple[Article, SeenArticle]] = {}
    for number, row in sorted(found.items()):
        known.setdefault(row.article_key, (replace(listed[number], key=row.article_key), row))
    return Identified(
        new=tuple(article for number, article in enumerate(listed) if number not in found),
        known=tuple(known.values()),
        aliases=tuple(aliases),
        keys=tuple(
            found[number].article_key if number in found else article.key for number, article in enumerate(listed)
        ),
    )


def _under_own_key(article: Article, others: OtherKeys, by_key: Mapping[ArticleKey, SeenArticle]) -> Article:
    """Return the article under a key that is no other's."""
    if article.shared_key is not None:
        return article
    for key in (others.by_content, others.by_title):
        if key in by_key:
            return replace(article, key=key)
    row = by_key.get(article.key)
    is_taken = row is not None and _is_other_article(article, row)
    return replace(article, key=others.by_title) if is_taken else article


def _by_id(article: Article, others: OtherKeys, by_key: Mapping[ArticleKey, SeenArticle]) -> SeenArticle | None:
    row = by_key.get(article.key)
    if row is not None or article.shared_key is None:
        return row
    # Once it had the id for itself, or shared it with others of other titles, or of the same one.
    for key in (others.by_content, others.by_title, article.shared_key):
        row = by_key.get(key)
        if row is not None and _folded(row.title) == _folded(article.title) and _is_as_before(article, row):
            return row
    return None


def _is_other_article(article: Article, row: SeenArticle) -> bool:
    has_other_link = article.link_key != row.link_key
    has_other_title = bool(row.title) and _folded(article.title) != _folded(row.title)
    return has_other_link and has_other_title and not _has_same_time(article, row)


def _is_as_before(article: Article, row: SeenArticle) -> bool:
    return article.content_hash == row.content_hash or _has_same_time(article, row)


def _nearest(article: Article, rows: Iterable[SeenArticle]) -> SeenArticle | None:
    """Return the one of `rows`, which have the same link, that is the same article; the nearest in time of several."""
    same = (row for row in rows if _has_same_time(article, row) or _is_next_edition(article, row))
    return min(same, key=lambda row: abs(article.published_at - row.published_at), default=None)


def _has_same_time(article: Article, row: SeenArticle) -> bool:
    """Whether both have one time, and one that is no coincidence: full hours and bare dates are shared by many."""
    moment = article.published_at
    return article.is_dated and moment == row.published_at and bool(moment.minute or moment.second)


def _is_next_edition(article: Article, row: SeenArticle) -> bool:
    """Whether an article with a like title at the same link is a later edition of it, not the next of a series."""
    mine, theirs = _words(article.title), _words(row.title)
    if not len(mine & theirs) >= _SIMILAR_TITLES * len(mine | theirs) > 0:
        return False
    if not article.is_dated:  # then a number is all that tells "Version 7 is out" from "Version 8 is out"
        return not any(_NUMBER.search(word) for word in mine ^ theirs)
    if abs(article.published_at - row.published_at) <= _SAME_EDITION:
        return True
    if article.content_hash == row.content_hash and len(article.text) >= _TELLING_CHARACTERS:
        return True
    # Ids that count versions: `…/article#0`, then `…/article#1`.
    return _VERSION.sub("", article.key) == _VERSION.sub("", row.key) != article.key


def _words(title: str) -> set[str]:
    """The words of a title; pairs of letters where words are written without spaces."""
    folded = _folded(title)
    if _UNSPACED.search(folded):
        return {folded[start : start + 2] for start in range(max(len(folded) - 1, 1))}
    return set(_WORD.findall(folded)) or set(folded.split())


def _alias(article: Article, row: SeenArticle) -> SeenArticle:
    return SeenArticle(
        key=article.key,
        article_key=row.article_key,
        content_hash=article.content_hash,
        title=article.title,
        published_at=article.published_at,
        link_key=article.link_key,
    )


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())
