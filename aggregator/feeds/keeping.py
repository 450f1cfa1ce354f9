"""What is kept of a document: nothing that no database stores and no chat shows, and no more of it than a reader reads.

Harmless documents come out as they went in. Runs in the worker.
"""

from __future__ import annotations

import re
from dataclasses import replace

from aggregator.feeds.text import first_words
from aggregator.model.articles import Article
from aggregator.model.fetches import Outline, ParsedFeed
from aggregator.model.ids import ArticleKey

_LONGEST_URL = 4096
_LONGEST_LINE = 4096
"""A post of a messenger as its title, or the hundreds of authors of a paper as one."""

_LONGEST_TEXT = 256 * 1024
_MOST_NAMES = 500
# Control characters, halves of characters (UTF-16 surrogates), and overrides of the direction of writing, with which
# `exe.jpg` reads `gpj.exe`. The marks that texts in Arabic and Hebrew need are others.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202d\u202e\ufffe\uffff]")


def fit_to_keep(parsed: ParsedFeed, document_url: str) -> ParsedFeed:
    """Return `parsed` with texts, names and addresses that can be stored, sent and shown.

    An article whose address is too long gets that of the site, or of the document.
    """
    fallback_url = _address(parsed.site_url) or document_url
    return replace(
        parsed,
        title=_text(parsed.title or "", _LONGEST_LINE) or None,
        site_url=_address(parsed.site_url),
        language=_text(parsed.language or "", _LONGEST_LINE) or None,
        articles=tuple(_article(article, fallback_url) for article in parsed.articles),
        unchanged=tuple(_key(key) for key in parsed.unchanged),
        outline=parsed.outline and _outline(parsed.outline),
        hub_url=_address(parsed.hub_url),
        self_url=_address(parsed.self_url),
        archive_urls=tuple(url for each in parsed.archive_urls if (url := _address(each))),
    )


def _article(article: Article, fallback_url: str) -> Article:
    url = _address(article.url)
    summary, body = _text(article.summary, _LONGEST_TEXT), _text(article.body, _LONGEST_TEXT)
    title = _text(article.title, _LONGEST_LINE)
    return replace(
        article,
        key=_key(article.key),
        url=url or fallback_url,
        title=title or first_words(body or summary, 80) or url or fallback_url,
        authors=_names(article.authors),
        summary=summary,
        body=body,
        tags=_names(article.tags),
        language=_text(article.language or "", _LONGEST_LINE) or None,
        image_url=_address(article.image_url),
        link_key=_address(article.link_key),
    )


def _outline(outline: Outline) -> Outline:
    return replace(outline, items=tuple((own, _key(key)) for own, key in outline.items))


def _key(key: ArticleKey) -> ArticleKey:
    return ArticleKey(_UNFIT.sub("�", key))


def _address(url: str | None) -> str | None:
    return None if url is None or len(url) > _LONGEST_URL or _UNFIT.search(url) else url


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    fit = (_text(name, _LONGEST_LINE) for name in names[:_MOST_NAMES])
    return tuple(name for name in fit if name)


def _text(text: str, longest: int) -> str:
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _UNFIT.sub("", text).strip()
