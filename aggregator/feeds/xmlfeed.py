"""RSS 0.9x-2.0, RDF and Atom 0.3/1.0, read by feedparser. Runs in the worker; the only import of feedparser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser

from aggregator.feeds.hints import hints_of
from aggregator.feeds.items import Item, articles_of
from aggregator.feeds.outlines import (
    Reading,
    SplitDocument,
    changed_items,
    fingerprint,
    joined_reading,
    split_document,
    whole_reading,
)
from aggregator.feeds.text import html_to_text, one_line
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed

_Entry = dict[str, Any]
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DATE_NAMES = ("published", "updated", "created", "date")
_ENTITY_OR_TAG = re.compile(r"&[#\w]+;|<[a-zA-Z/!]")


def parse_xml(feed: Feed, fetched: Fetched, body: bytes, outline: Outline | None) -> ParsedFeed | None:
    """Read `body`, or return None when feedparser sees no feed in it."""
    headers = _headers_for(fetched, body)
    split = split_document(body) if _is_utf8(body) else None
    prints = [fingerprint(body[start:stop]) for start, stop in split.items] if split else None
    if split is not None and prints is not None:
        parsed = _parse_new(feed, fetched, body, headers, _Known(split=split, prints=prints, outline=outline))
        if parsed is not None:
            return parsed
    document = _read(body, headers)
    if not document.version and not document.entries:
        return None
    is_strict = not document.bozo and prints is not None and len(prints) == len(document.entries)
    context = _context_of(document, feed, fetched, headers, split) if split else ""
    reading = whole_reading(prints if is_strict else None, context, _articles_of(document, feed, fetched))
    return _parsed(document, fetched, body, reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A document's items, and what is known of them from the last time."""

    split: SplitDocument
    prints: list[str]
    outline: Outline | None


def _parse_new(feed: Feed, fetched: Fetched, body: bytes, headers: dict[str, str], known: _Known) -> ParsedFeed | None:
    """Read only the items that are new or changed; None where the whole document has to be read."""
    outline, prints = known.outline, known.prints
    if outline is None:
        return None
    new = changed_items(prints, outline.context, outline)
    if new is None:
        return None
    document = _read(known.split.without(body, set(range(len(prints))) - set(new)), headers)
    if document.bozo or len(document.entries) != len(new):
        return None
    context = _context_of(document, feed, fetched, headers, known.split)
    if context != outline.context:
        return None
    reading = joined_reading(prints, context, outline, _articles_of(document, feed, fetched))
    return None if reading is None else _parsed(document, fetched, body, reading)


def _read(body: bytes, headers: dict[str, str]) -> Any:
    return feedparser.parse(
        BytesIO(body),  # feedparser opens a str or bytes argument as a file of that name
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _context_of(document: Any, feed: Feed, fetched: Fetched, headers: dict[str, str], split: SplitDocument) -> str:
    """What the reading of an item depends on besides the item."""
    channel = document.feed
    return fingerprint(
        split.context,
        fetched.url,
        headers,
        feed.language,
        _text(channel.get("link")),
        _text(channel.get("language")),
        document.version,
    )


def _articles_of(document: Any, feed: Feed, fetched: Fetched) -> tuple[tuple[Article, ...], bool]:
    channel: _Entry = document.feed
    language = _text(channel.get("language")) or None
    items = (_item_of(entry, fetched.url, language) for entry in document.entries)
    fallback_url = _text(channel.get("link")) or fetched.url
    return articles_of(items, feed, fallback_url=fallback_url, fetched_at=fetched.fetched_at)


def _parsed(document: Any, fetched: Fetched, body: bytes, reading: Reading) -> ParsedFeed:
    channel: _Entry = document.feed
    links = [link for link in channel.get("links") or [] if _text(link.get("href"))]
    by_rel = {_text(link.get("rel")).lower(): urljoin(fetched.url, _text(link["href"])) for link in reversed(links)}
    return ParsedFeed(
        format=document.version or "rss",
        title=_plain(channel.get("title_detail"), channel.get("title")) or None,
        site_url=_text(channel.get("link")) or None,
        language=_text(channel.get("language")) or None,
        articles=reading.articles,
        unchanged=reading.unchanged,
        outline=reading.outline,
        hints=hints_of(channel, body),
        hub_url=by_rel.get("hub"),
        self_url=by_rel.get("self"),
        # RFC 5005 §4: archives are complete and do not change; §3: the next page of a paged feed is the older one.
        archive_urls=tuple(by_rel[rel] for rel in ("prev-archive", "next") if rel in by_rel),
    )


def _headers_for(fetched: Fetched, body: bytes) -> dict[str, str]:
    """Keep feedparser from believing a charset that the bytes disprove: text that is valid UTF-8 is UTF-8."""
    # No content-location: with it feedparser resolves bases for every element, a fifth of its time; see `_item_of`.
    headers: dict[str, str] = {}
    if body[:2] in _UTF16_MARKS:
        headers["content-type"] = "application/xml; charset=utf-16"
    elif not body.isascii() and _is_utf8(body):
        headers["content-type"] = "application/xml; charset=utf-8"
    elif fetched.content_type and "html" not in fetched.content_type.lower():
        headers["content-type"] = fetched.content_type
    return headers


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A body cut in the middle of its last character is UTF-8 all the same.
        return error.start >= len(body) - 3
    return True


def _item_of(found: _Entry, document_url: str, language: str | None) -> Item:
    # A plain dict: feedparser's own looks each key up several times, and answers for keys that are not there.
    entry = dict(found)
    summary_detail, contents = entry.get("summary_detail"), entry.get("content") or []
    body = max((_plain(content, content.get("value")) for content in contents), key=len, default="")
    summary = _plain(summary_detail, entry.get("summary"), keep_lines=True)
    title_detail = entry.get("title_detail")
    base = _text((title_detail or {}).get("base")) or _text((summary_detail or {}).get("base"))
    return Item(
        guid=_text(entry.get("id")),
        urls=list(_links(entry)),
        title=_plain(title_detail, entry.get("title")).replace("\n", " "),
        summary="" if summary == body else summary,
        body=body,
        published_at=_published_at(entry),
        authors=list(_authors(entry)),
        tags=[one_line(_text(tag.get("label")) or _text(tag.get("term"))) for tag in entry.get("tags") or []],
        base_url=urljoin(document_url, base) if base else document_url,
        language=_text((title_detail or {}).get("language")) or language,
        image_url=_image_url(entry),
    )


def _plain(detail: _Entry | None, value: object, *, keep_lines: bool = True) -> str:
    """Return plain text from a text construct: as HTML where it is HTML or reads like it (RSS does not say)."""
    text = _text(value)
    kind = (detail or {}).get("type", "")
    if kind == "text/plain" and not _ENTITY_OR_TAG.search(text):
        return html_to_text(text) if "\r" in text else text.strip() if keep_lines else one_line(text)
    return html_to_text(text)


def _links(entry: _Entry) -> Iterator[str]:
    """Links from best to worst: the page itself, a guid that is a link, what else is there, an enclosure."""
    links = [link for link in entry.get("links") or [] if link.get("href")]
    if entry.get("link"):
        yield _text(entry["link"])
    for link in links:
        if link.get("rel") == "alternate":
            yield _text(link["href"])
    yield _text(entry.get("id"))
    for link in links:
        if link.get("rel") != "alternate":
            yield _text(link["href"])


def _authors(entry: _Entry) -> Iterator[str]:
    details = entry.get("authors") or [entry.get("author_detail") or {}]
    for detail in details:
        if name := one_line(html_to_text(_text(detail.get("name")) or _text(detail.get("email")))):
            yield name
    if not any(detail.get("name") for detail in details) and entry.get("author"):
        yield one_line(html_to_text(_text(entry["author"])))


def _image_url(entry: _Entry) -> str | None:
    media: Iterable[_Entry] = [*(entry.get("media_content") or []), *(entry.get("media_thumbnail") or [])]
    for item in media:
        kind = f"{item.get('medium', '')} {item.get('type', '')}"
        if item.get("url") and ("image" in kind or item in (entry.get("media_thumbnail") or [])):
            return _text(item["url"])
    for link in entry.get("links") or []:
        if link.get("rel") == "enclosure" and _text(link.get("type")).startswith("image/"):
            return _text(link.get("href")) or None
    return None


def _published_at(entry: _Entry) -> datetime | None:
    for name in _DATE_NAMES:
        parsed: struct_time | None = entry.get(f"{name}_parsed")
        moment = _from_struct(parsed) if parsed else _from_text(_text(entry.get(name)))
        if moment is not None:
            return moment
    return None


def _from_struct(parsed: struct_time) -> datetime | None:
    """Return the moment; feedparser's times are UTC, and some are on days that no calendar has."""
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except ValueError:
        return None


def _from_text(text: str) -> datetime | None:
    """Dates that feedparser gives up on: RFC 5322 as Python reads it, and ISO 8601."""
    if not text:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text.strip())
        except (ValueError, IndexError, OverflowError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
