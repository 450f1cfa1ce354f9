"""A channel's alerts as a feed: Atom 1.0 (RFC 4287) and JSON Feed 1.1 (jsonfeed.org), which is read back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pydantic import BaseModel, ConfigDict, Field, ValidationError

GENERATOR = "aggregator"
_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URL_SIGNS = "%/:?#[]@!$&'()*+,;=~-._"


class NotOurFeed(Exception):
    """The document is no JSON Feed that this program wrote."""


class Author(BaseModel):
    """Who wrote an article."""

    model_config = ConfigDict(frozen=True)

    name: str


class Entry(BaseModel):
    """One alert, with the names of JSON Feed's items. `id` is `urn:uuid:…`; the times are aware, in UTC."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    content_html: str
    date_published: datetime
    date_modified: datetime
    url: str | None = None
    image: str | None = None
    language: str | None = None
    authors: tuple[Author, ...] | None = None
    tags: tuple[str, ...] = ()


class Ownership(BaseModel):
    """Our extension of the document: whose feed it is, and its id in Atom."""

    model_config = ConfigDict(frozen=True)

    channel: str
    id: str


class AlertFeed(BaseModel):
    """The feed, the newest entry first."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    version: Literal["https://jsonfeed.org/version/1.1"] = "https://jsonfeed.org/version/1.1"
    title: str
    feed_url: str | None = None
    authors: tuple[Author, ...] = (Author(name=GENERATOR),)
    ownership: Ownership = Field(alias="_aggregator")
    items: tuple[Entry, ...] = ()

    def entry(self, entry_id: str) -> Entry | None:
        """Return the entry with this id, None when it is no longer there."""
        return next((item for item in self.items if item.id == entry_id), None)

    def with_entry(self, entry: Entry, limit: int) -> AlertFeed:
        """Return the feed with `entry` in the place of the one with its id, or else first, and at most `limit` of them.

        One that says nothing new stays as it is, with its times.
        """
        known = self.entry(entry.id)
        if known is None:
            items: tuple[Entry, ...] = (entry, *self.items)
        elif _is_same(known, entry):
            items = self.items
        else:
            changed = entry.model_copy(update={"date_published": known.date_published})
            items = tuple(changed if item.id == entry.id else item for item in self.items)
        return self.model_copy(update={"items": items[:limit]})


def read_feed(content: bytes) -> AlertFeed:
    """Read what `json_feed` wrote.

    Raises:
        NotOurFeed: it is something else.
    """
    try:
        return AlertFeed.model_validate_json(content)
    except ValidationError as error:
        raise NotOurFeed("not a feed that this program wrote") from error


def json_feed(feed: AlertFeed) -> bytes:
    """Return the feed as JSON."""
    return feed.model_dump_json(by_alias=True, exclude_none=True, indent=1).encode() + b"\n"


def atom_feed(feed: AlertFeed, self_url: str | None) -> bytes:
    """Return the feed as Atom; `self_url` is where it can be read, when that is known."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    _text(root, "id", feed.ownership.id)
    _text(root, "title", feed.title)
    _text(root, "updated", _timestamp(max(item.date_modified for item in feed.items)))
    _text(root, "generator", GENERATOR)
    _text(ET.SubElement(root, "author"), "name", GENERATOR)
    if self_url is not None:
        ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": self_url})
    for item in feed.items:
        _add_entry(root, item)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def is_our_atom(beginning: bytes) -> bool:
    """Return whether an Atom document begins as ours do."""
    return f"<generator>{GENERATOR}</generator>".encode() in beginning


def clean(text: str) -> str:
    """Return `text` without the characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def web_address(url: str | None) -> str | None:
    """Return an http or https address as a feed may hold it (RFC 3986), None for anything else."""
    if url is None or not url.startswith(("https://", "http://")):
        return None
    return quote(clean(url), safe=_URL_SIGNS)


def _is_same(known: Entry, entry: Entry) -> bool:
    times = {"date_published": known.date_published, "date_modified": known.date_modified}
    return known == entry.model_copy(update=times)


def _add_entry(root: ET.Element, item: Entry) -> None:
    entry = ET.SubElement(root, "entry", {"xml:lang": item.language} if item.language else {})
    _text(entry, "id", item.id)
    _text(entry, "title", item.title)
    _text(entry, "published", _timestamp(item.date_published))
    _text(entry, "updated", _timestamp(item.date_modified))
    for author in item.authors or ():
        _text(ET.SubElement(entry, "author"), "name", author.name)
    for tag in item.tags:
        ET.SubElement(entry, "category", {"term": tag})
    if item.url:
        ET.SubElement(entry, "link", {"rel": "alternate", "href": item.url})
    if item.image:
        ET.SubElement(entry, "link", {"rel": "enclosure", "href": item.image})
    ET.SubElement(entry, "content", {"type": "html"}).text = item.content_html


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
