"""A list of feeds as OPML 2.0 (opml.org/spec2.opml): readable for every feed reader, and complete for us."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree as ET

from aggregator.feeds.failures import masked_query
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import FeedId
from aggregator.settings.opml import NAMESPACE

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIX = "aggregator"
_DEEPEST_FOLDER = 50
"""Other readers, and we, refuse lists that are nested too deep; the whole folder is in our own attribute."""
_DURATIONS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


def write_opml(
    feeds: Sequence[Feed], titles: Mapping[FeedId, str], *, created_at: datetime, with_secrets: bool = False
) -> bytes:
    """Return the list, in which each feed stands in its folder, or else in one named like its first tag.

    `titles` are what feeds without a title of their own are called. What OPML has no word for is in attributes of our
    own namespace. Names, passwords, tokens, headers and the like are left out; those in addresses too, unless
    `with_secrets`.
    """
    root = ET.Element("opml", {"version": "2.0", f"xmlns:{_PREFIX}": NAMESPACE})
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "title").text = "Feeds of aggregator"
    ET.SubElement(head, "dateCreated").text = format_datetime(created_at)
    body = ET.SubElement(root, "body")
    folders: dict[tuple[str, ...], ET.Element] = {(): body}
    for feed in feeds:
        parent = _folder(folders, (feed.folder or feed.tags[:1])[:_DEEPEST_FOLDER])
        ET.SubElement(parent, "outline", _attributes(feed, titles.get(feed.id), with_secrets=with_secrets))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def exported_url(url: str, *, with_secrets: bool) -> str:
    """Return the address as it may leave this program: without name, password and the values of secret parameters."""
    if with_secrets:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=masked_query(parts.query)))


def _folder(folders: dict[tuple[str, ...], ET.Element], path: tuple[str, ...]) -> ET.Element:
    if path not in folders:
        name = _clean(path[-1])
        folders[path] = ET.SubElement(_folder(folders, path[:-1]), "outline", {"text": name, "title": name})
    return folders[path]


def _attributes(feed: Feed, title: str | None, *, with_secrets: bool) -> dict[str, str]:
    url = exported_url(feed.url, with_secrets=with_secrets)
    shown = feed.title or title or url
    attributes = {
        "type": "rss",
        "text": shown,
        "title": shown,
        "xmlUrl": url,
        "htmlUrl": feed.site_url,
        "description": feed.description,
        "language": feed.language,
        "category": ",".join(tag for tag in feed.tags if not re.search("[,/]", tag)) or None,
        f"{_PREFIX}:id": feed.id,
        f"{_PREFIX}:untitled": None if feed.title else "true",
        f"{_PREFIX}:tags": json.dumps(feed.tags, ensure_ascii=False) if feed.tags or feed.folder else None,
        f"{_PREFIX}:folder": json.dumps(feed.folder, ensure_ascii=False) if feed.tags or feed.folder else None,
        f"{_PREFIX}:interval": duration_text(feed.interval) if feed.interval else None,
        f"{_PREFIX}:first_poll": None if feed.first_poll is FirstPoll.BASELINE else feed.first_poll.value,
        f"{_PREFIX}:full_text": None if feed.full_text is FullText.NEVER else feed.full_text.value,
        f"{_PREFIX}:ignore_hints": "true" if feed.ignores_hints else None,
    }
    return {name: _clean(value) for name, value in attributes.items() if value}


def duration_text(duration: timedelta) -> str:
    """Return a duration as the configuration has it: `15m`, `36h`, `90s`."""
    for unit, size in _DURATIONS:
        if not duration % size:
            return f"{duration // size}{unit}"
    return f"{duration.total_seconds():f}".rstrip("0").rstrip(".") + "s"


def _clean(text: str) -> str:
    """Return `text` without what XML 1.0 cannot say (§2.2)."""
    return _NOT_XML.sub("", text)
