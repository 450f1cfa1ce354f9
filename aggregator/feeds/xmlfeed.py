"""RSS 0.9x-2.0, RDF and Atom 0.3/1.0, read by feedparser. Runs in the worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any
from urllib.parse import urljoin

from aggregator.feeds.hints import hints_of
from aggregator.feeds.items import Item, ReadItems, articles_of
from aggregator.feeds.outlines import (
    Reading,
    SplitDocument,
    changed_items,
    fingerprint,
    is_plain_encoding,
    joined_reading,
    split_document,
    whole_reading,
)
from aggregator.feeds.text import html_to_text, one_line
from aggregator.feeds.xmlreader import XmlDocument, read_xml
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed

_Entry = dict[str, Any]
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 64
_DATE_NAMES = ("published", "updated", "created", "date")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_ENTITY_OR_TAG = re.compile(r"&[#\w]+;|<[a-zA-Z/!]")


def parse_xml(feed: Feed, fetched: Fetched, body: bytes, outline: Outline | None) -> ParsedFeed | None:
    """Read `body`, or return None when feedparser sees no feed in it."""
    if body[:1].isspace() and b"\0" not in body[:_HEAD_BYTES]:
        body = body.lstrip()  # XML forbids it, publishers do it, and feedparser would have to guess
    headers = _headers_for(fetched, body)
    split = split_document(body) if _shows_its_tags(headers) else None
    if split is not None and outline is not None:
        parsed = _parse_new(feed, fetched, body, headers, _Known(split=split, outline=outline))
        if parsed is not None:
            return parsed
    document = read_xml(body, headers)
    if not document.version and not document.entries:
        return None
    prints = split.prints if split and document.is_itemwise and len(split.prints) == len(document.entries) else None
    context = _context_of(document, feed, fetched, headers)
    return _parsed(document, fetched, body, whole_reading(prints, context, _articles_of(document, feed, fetched)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A document's items, and what is known of them from the last time."""

    split: SplitDocument
    outline: Outline


def _parse_new(feed: Feed, fetched: Fetched, body: bytes, headers: dict[str, str], known: _Known) -> ParsedFeed | None:
    """Read only the items that are new or changed; None where the whole document has to be read."""
    outline, prints = known.outline, known.split.prints
    new = changed_items(prints, outline.context, outline)
    if new is None:
        return None
    document = read_xml(known.split.without(body, set(range(len(prints))) - set(new)), headers)
    if not document.is_itemwise or len(document.entries) != len(new):
        return None
    if _context_of(document, feed, fetched, headers) != outline.context:
        return None
    reading = joined_reading(prints, outline.context, outline, _articles_of(document, feed, fetched))
    return None if reading is None else _parsed(document, fetched, body, reading)


def _context_of(document: XmlDocument, feed: Feed, fetched: Fetched, headers: dict[str, str]) -> str:
    """What the reading of an item depends on besides the item, and the tags around it."""
    channel = document.channel
    return fingerprint(
        fetched.url,
        headers,
        feed.language,
        feed.tags,
        _text(channel.get("link")),
        _text(channel.get("language")),
        document.surroundings,
    )


def _articles_of(document: XmlDocument, feed: Feed, fetched: Fetched) -> ReadItems:
    channel = document.channel
    language = _text(channel.get("language")) or None
    items = (_item_of(entry, fetched.url, language) for entry in document.entries)
    fallback_url = _text(channel.get("link")) or fetched.url
    return articles_of(items, feed, fallback_url=fallback_url, fetched_at=fetched.fetched_at)


def _parsed(document: XmlDocument, fetched: Fetched, body: bytes, reading: Reading) -> ParsedFeed:
    channel = document.channel
    links = [link for link in _details(channel, "links") if _text(link.get("href"))]
    by_rel = {_text(link.get("rel")).lower(): urljoin(fetched.url, _text(link["href"])) for link in reversed(links)}
    return ParsedFeed(
        format=document.version or "rss",
        title=_plain(_detail(channel, "title_detail"), channel.get("title")) or None,
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


def _shows_its_tags(headers: dict[str, str]) -> bool:
    """Whether the bytes of a document's tags are what they look like, as far as its headers decide."""
    charset = _CHARSET.search(headers.get("content-type", ""))
    return charset is None or is_plain_encoding(charset[1])


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
    title_detail, summary_detail = _detail(entry, "title_detail"), _detail(entry, "summary_detail")
    contents = _details(entry, "content")
    body = max((_plain(content, content.get("value")) for content in contents), key=len, default="")
    summary = _plain(summary_detail, entry.get("summary"), keep_lines=True)
    base = _text(title_detail.get("base")) or _text(summary_detail.get("base"))
    return Item(
        guid=_text(entry.get("id")),
        urls=list(_links(entry)),
        title=_plain(title_detail, entry.get("title")).replace("\n", " "),
        summary="" if summary == body else summary,
        body=body,
        published_at=_published_at(entry),
        authors=list(_authors(entry)),
        tags=[one_line(_text(tag.get("label")) or _text(tag.get("term"))) for tag in _details(entry, "tags")],
        base_url=urljoin(document_url, base) if base else document_url,
        language=_text(title_detail.get("language")) or language,
        image_url=_image_url(entry),
    )


def _plain(detail: _Entry, value: object, *, keep_lines: bool = True) -> str:
    """Return plain text from a text construct: as HTML where it is HTML or reads like it (RSS does not say)."""
    text = _text(value)
    kind = detail.get("type", "")
    if kind == "text/plain" and not _ENTITY_OR_TAG.search(text):
        return html_to_text(text) if "\r" in text else text.strip() if keep_lines else one_line(text)
    return html_to_text(text)


def _links(entry: _Entry) -> Iterator[str]:
    """Links from best to worst: the page itself, a guid that is a link, what else is there, an enclosure."""
    links = [link for link in _details(entry, "links") if link.get("href")]
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
    details = _details(entry, "authors") or [_detail(entry, "author_detail")]
    for detail in details:
        if name := one_line(html_to_text(_text(detail.get("name")) or _text(detail.get("email")))):
            yield name
    if not any(detail.get("name") for detail in details) and entry.get("author"):
        yield one_line(html_to_text(_text(entry["author"])))


def _image_url(entry: _Entry) -> str | None:
    thumbnails = _details(entry, "media_thumbnail")
    for item in (*_details(entry, "media_content"), *thumbnails):
        kind = f"{item.get('medium', '')} {item.get('type', '')}"
        if item.get("url") and ("image" in kind or item in thumbnails):
            return _text(item["url"])
    for link in _details(entry, "links"):
        if link.get("rel") == "enclosure" and _text(link.get("type")).startswith("image/"):
            return _text(link.get("href")) or None
    return None


def _published_at(entry: _Entry) -> datetime | None:
    for name in _DATE_NAMES:
        parsed = entry.get(f"{name}_parsed")
        moment = _from_struct(parsed) if isinstance(parsed, struct_time) else _from_text(_text(entry.get(name)))
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


def _details(holder: _Entry, name: str) -> list[_Entry]:
    """The details under `name`; an element of a name that feedparser gives to its own findings is none."""
    values = holder.get(name)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _detail(holder: _Entry, name: str) -> _Entry:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
