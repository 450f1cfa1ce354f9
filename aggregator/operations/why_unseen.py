"""What can be said of an article that was never seen: what may be meant, and how the feeds of its site are doing."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from urllib.parse import unquote

from aggregator.feeds.politeness import registrable_domain
from aggregator.model.feeds import FeedSummary
from aggregator.model.ids import derive_id
from aggregator.model.links import comparable_link, page_of_site
from aggregator.model.traces import ArticleTitle, TracedArticle
from aggregator.operations.configure import Configuration
from aggregator.operations.coverage import last_read_at
from aggregator.operations.listing import list_feeds
from aggregator.operations.why_report import SiteFeed, Suggestion, WhyReport
from aggregator.ports import Store

MOST_TITLES = 100_000
"""Titles that are gone through, the last seen first: half a second's work."""
MOST_ADDRESSES = 10_000
_MOST_SUGGESTED = 5
_ALIKE = 0.75
"""The share of the words that a title must have."""
_SHORTEST_WORD = 3
_WORDS_OF_A_SLUG = 3
"""An address with fewer words in its last part names no title."""
_AFTER_HOST = re.compile(r"[/?#:]")
_BARE = re.compile(r"(?:www\.)?[^\s/]+\.[^\s/]+/\S*|www\.\S+", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")


def article_url(asked: str) -> str | None:
    """Return the address of a page that `asked` is, with or without its scheme; None when it is something else."""
    if asked.lower().startswith(("http://", "https://")):
        return asked
    if _BARE.fullmatch(asked) and registrable_domain(asked.lower().partition("/")[0].partition(":")[0]):
        return f"https://{asked}"
    return None


def host_of(url: str) -> str:
    """Return the host of an address, without `www.` and port; nothing where it has none."""
    link = comparable_link(url)
    return _AFTER_HOST.split(link.removeprefix("//"), 1)[0] if link.startswith("//") else ""


async def unseen_report(asked: str, store: Store, configuration: Configuration, now: datetime) -> WhyReport:
    """Return what may be meant, and of an address, which feeds it could have come from."""
    url = article_url(asked)
    near = [] if url is None else await store.trace_articles(link_keys=(page_of_site(url),))
    words = _words(asked, at_least=1) if url is None else _words(_slug(url), at_least=_WORDS_OF_A_SLUG)
    alike = await _alike(words, store)
    suggestions = tuple(dict.fromkeys(map(_suggestion, [*near, *alike])))[:_MOST_SUGGESTED]
    domain = _domain(url or "")
    if not domain:
        return WhyReport(asked=asked, suggestions=suggestions)
    addresses = await store.article_addresses(domain, MOST_ADDRESSES)
    from_site = Counter(one.feed_id for one in addresses if _domain(one.url) == domain)
    feeds = [_site_feed(one, domain, from_site[one.feed.id]) for one in await list_feeds(configuration, store, now)]
    return WhyReport(
        asked=asked,
        suggestions=suggestions,
        domain=domain,
        feeds=tuple(feed for feed in feeds if feed.is_of_domain or feed.from_site),
    )


def _domain(url: str) -> str:
    host = host_of(url)
    return registrable_domain(host) or host


def _site_feed(summary: FeedSummary, domain: str, from_site: int) -> SiteFeed:
    addresses = (summary.feed.url, summary.feed.site_url, summary.state.url)
    return SiteFeed(
        summary=summary,
        is_of_domain=any(_domain(address) == domain for address in addresses if address),
        from_site=from_site,
        last_read_at=last_read_at(summary.state),
    )


async def _alike(words: frozenset[str], store: Store) -> list[TracedArticle]:
    """Return the articles whose titles have most of `words`, the best first."""
    if not words:
        return []
    scored = [(_share(words, known.title), known) for known in await store.article_titles(MOST_TITLES)]
    best = sorted((one for one in scored if one[0] >= _ALIKE), key=lambda one: -one[0])[:_MOST_SUGGESTED]
    found: dict[str, TracedArticle] = {
        traced.id: traced for traced in await store.trace_articles(keys=[known.key for _, known in best])
    }
    return [found[article_id] for _, known in best if (article_id := _id_of(known)) in found]


def _share(words: frozenset[str], title: str) -> float:
    folded = title.casefold()
    return sum(word in folded for word in words) / len(words)


def _id_of(known: ArticleTitle) -> str:
    return derive_id("article", known.feed_id, known.key)


def _slug(url: str) -> str:
    """Return the last part of an address that has words: publishers write the title there."""
    path = unquote(url.partition("?")[0].partition("#")[0]).rstrip("/")
    return path.rpartition("/")[2].partition(".")[0]


def _words(text: str, *, at_least: int) -> frozenset[str]:
    words = [word for word in _NO_WORD.split(text.casefold()) if len(word) >= _SHORTEST_WORD and not word.isdigit()]
    return frozenset(words) if len(words) >= at_least else frozenset()


def _suggestion(traced: TracedArticle) -> Suggestion:
    return Suggestion(
        id=traced.id,
        feed_id=traced.feed.id,
        title=traced.title,
        url=None if traced.article is None else traced.article.url,
    )
