"""Which listed articles were seen before, decided purely: ids and links change, and are used again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from aggregator.feeds.items import reused_key
from aggregator.model.articles import Article, SeenArticle
from aggregator.model.ids import ArticleKey

_SIMILAR_TITLES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The listed articles, each under the key that it has had since it was new, parted by what they are.

    `aliases` are keys under which the feed lists known articles now, and did not before. `keys` are those of all
    listed articles, in the order in which they were given.
    """

    new: tuple[Article, ...]
    known: tuple[tuple[Article, SeenArticle], ...]
    aliases: tuple[SeenArticle, ...] = ()
    keys: tuple[ArticleKey, ...] = ()


def lookup_keys(articles: Collection[Article]) -> tuple[list[ArticleKey], list[str]]:
    """Return the keys and the link keys by which what was seen of `articles` is to be looked up."""
    keys = [key for article in articles for key in (article.key, reused_key(article))]
    return keys, [article.link_key for article in articles if article.link_key is not None]


def identify(
    articles: Sequence[Article], seen: Collection[SeenArticle], unchanged: Collection[ArticleKey] = ()
) -> Identified:
    """Find each of `articles` among what was `seen`. `unchanged` are known articles that the feed lists as well.

    - The same id with the same link or the same title is the same article: it was retitled, or it has moved.
    - The same id with another link and another title is another article: the feed uses ids again.
    - Another id with the same link is the same article if its title is the same or similar, or its date is; unless
      the article that was seen is still listed under its own id. Links that several articles share, and the site's
      own, tell nothing.
    - Whatever is neither is new: an alert that comes twice is a smaller evil than one that does not come.
    """
    by_key = {row.key: row for row in seen}
    by_link = {row.link_key: row for row in seen if row.link_key is not None}
    found: dict[int, SeenArticle] = {}
    renamed: dict[int, Article] = {}
    for number, article in enumerate(articles):
        row = by_key.get(article.key)
        if row is not None and _is_other_article(article, row):
            renamed[number] = replace(article, key=reused_key(article))
            row = by_key.get(renamed[number].key)
        if row is not None:
            found[number] = row
    taken = {row.article_key for row in found.values()} | set(unchanged)
    aliases: list[SeenArticle] = []
    for number, article in enumerate(articles):
        row = by_link.get(article.link_key) if article.link_key and number not in found | renamed else None
        if row is not None and row.article_key not in taken and _is_same_by_link(article, row):
            found[number] = row
            taken.add(row.article_key)
            aliases.append(_alias(article, row))
    keys = [
        found[number].article_key if number in found else renamed.get(number, article).key
        for number, article in enumerate(articles)
    ]
    return Identified(
        keys=tuple(keys),
        new=tuple(renamed.get(number, article) for number, article in enumerate(articles) if number not in found),
        known=tuple(
            (replace(article, key=found[number].article_key), found[number])
            for number, article in enumerate(articles)
            if number in found
        ),
        aliases=tuple(aliases),
    )


def _is_other_article(article: Article, row: SeenArticle) -> bool:
    has_other_link = article.link_key is not None and row.link_key is not None and article.link_key != row.link_key
    return has_other_link and bool(row.title) and _folded(article.title) != _folded(row.title)


def _is_same_by_link(article: Article, row: SeenArticle) -> bool:
    if article.published_at == row.published_at:
        return True
    mine, theirs = set(_folded(article.title).split()), set(_folded(row.title).split())
    return bool(mine | theirs) and len(mine & theirs) / len(mine | theirs) >= _SIMILAR_TITLES


def _alias(article: Article, row: SeenArticle) -> SeenArticle:
    return SeenArticle(
        key=article.key,
        article_key=row.article_key,
        content_hash=article.content_hash,
        title=article.title,
        published_at=row.published_at,
        link_key=article.link_key,
    )


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())
