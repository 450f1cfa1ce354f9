"""Documents that list a few items, one poll after the other, and what a store makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from xml.sax.saxutils import escape

from support.builders import NOW, alert, delivery, feed, fetched, state

from aggregator.feeds.identity import Identified, identify, lookup_keys
from aggregator.feeds.parse import parse_document
from aggregator.model.fetches import Outline, ParsedFeed
from aggregator.model.polls import PollPlan
from aggregator.ports import Store

LIMIT = 10_000_000
SITE = "https://news.example"


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as its publisher writes it; None leaves an element out."""

    title: str | None
    link: str | None = None
    guid: str | None = None
    date: str | None = "Sun, 01 Mar 2026 08:15:20 GMT"
    text: str | None = None


def rss_of(*items: Listed) -> bytes:
    """An RSS document."""
    return _document("rss version='2.0'", "rss", "".join(map(_rss_item, items)))


def rdf_of(*items: Listed) -> bytes:
    """An RSS 1.0 document: its items are identified by `rdf:about`, which is their link."""
    spaces = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'"
    inside = "".join(_rss_item(item).replace("<item", f"<item rdf:about='{escape(item.link or '')}'") for item in items)
    return _document(f"rdf:RDF {spaces}", "rdf:RDF", inside)


def atom_of(*items: Listed) -> bytes:
    """An Atom document: `date` is when an entry was published, and the title of a poll when it was updated."""
    entries = "".join(
        f"<entry><title>{escape(item.title or '')}</title><id>{escape(item.guid or '')}</id>"
        f"<link href='{escape(item.link or '')}'/><updated>{item.date}</updated>"
        f"<content>{escape(item.text or '')}</content></entry>"
        for item in items
    )
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>N</title><link href='{SITE}/'/>{entries}</feed>"
    ).encode()


def parsed(body: bytes, now: datetime = NOW, outline: Outline | None = None) -> ParsedFeed:
    """Read a document."""
    read = parse_document(feed(), fetched(body, fetched_at=now), LIMIT, outline)
    assert isinstance(read, ParsedFeed), read
    return read


@dataclass(slots=True)
class Polls:
    """Polls of one feed into a real store, reading in parts or not."""

    store: Store
    in_parts: bool = True
    last: Outline | None = field(default=None, init=False)

    async def poll(self, body: bytes, now: datetime = NOW) -> Identified:
        """Read a document, find out what of it is new, and commit that, with an alert for each new article."""
        document = parsed(body, now, self.last if self.in_parts else None)
        seen = await self.store.seen_articles(feed().id, *lookup_keys(document.articles))
        found = identify(document.articles, seen, document.unchanged)
        updated = tuple(article for article, row in found.known if article.content_hash != row.content_hash)
        listed_keys = dict(zip((article.key for article in document.articles), found.keys, strict=True))
        assert document.outline is not None
        self.last = replace(
            document.outline, items=tuple((own, listed_keys.get(key, key)) for own, key in document.outline.items)
        )
        alerts = tuple(alert(article) for article in found.new)
        plan = PollPlan(
            state=state(last_polled_at=now, next_poll_at=now, baselined_at=NOW),
            new_articles=found.new,
            updated_articles=updated,
            aliases=found.aliases,
            listed=(*found.keys, *document.unchanged),
            alerts=alerts,
            deliveries=tuple(delivery(about) for about in alerts),
            outline=self.last,
        )
        await self.store.apply(plan)
        return found

    async def new_titles(self, body: bytes, now: datetime = NOW) -> list[str]:
        """Poll, and return the titles of what is new."""
        return [article.title for article in (await self.poll(body, now)).new]


def _rss_item(item: Listed) -> str:
    named = {
        "title": item.title,
        "link": item.link,
        "guid": item.guid,
        "pubDate": item.date,
        "description": item.text,
    }
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in named.items() if text is not None)
    return f"<item>{inside}</item>"


def _document(root: str, name: str, inside: str) -> bytes:
    return f"<{root}><channel><title>N</title><link>{SITE}/</link>{inside}</channel></{name}>".encode()
