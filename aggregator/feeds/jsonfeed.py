"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1). Runs in the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin

from aggregator.feeds.items import Item, ReadItems, articles_of
from aggregator.feeds.outlines import changed_items, fingerprint, joined_reading, whole_reading
from aggregator.feeds.text import html_to_text, one_line, tidy
from aggregator.model.feeds import Feed
from aggregator.model.fetches import Fetched, Outline, ParsedFeed

_Object = dict[str, object]


class NotJsonFeed(Exception):
    """The document is JSON, or looks like it, but no JSON Feed; the message says why."""


def parse_json(feed: Feed, fetched: Fetched, body: bytes, outline: Outline | None) -> ParsedFeed:
    """Read a JSON Feed.

    Raises:
        NotJsonFeed: for JSON that is broken or is something else.
    """
    document = _load(body)
    items = document.get("items")
    version = _text(document, "version")
    if not version.startswith(("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")) and not (
        isinstance(items, list) and "title" in document
    ):
        raise NotJsonFeed("it is JSON, but has no `version` that names jsonfeed.org")
    language = _text(document, "language") or None
    site_url = _text(document, "home_page_url")
    entries = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    context = fingerprint(fetched.url, feed.language, feed.tags, language, site_url, list(_authors(document)))
    prints = [fingerprint(entry) for entry in entries]

    def read(chosen: Sequence[_Object]) -> ReadItems:
        return articles_of(
            (_item_of(item, document, fetched.url) for item in chosen),
            feed,
            fallback_url=site_url or fetched.url,
            fetched_at=fetched.fetched_at,
        )

    new = changed_items(prints, context, outline)
    reading = None
    if outline is not None and new is not None:
        reading = joined_reading(prints, context, outline, read([entries[number] for number in new]))
    if reading is None:
        reading = whole_reading(prints, context, read(entries))
    return ParsedFeed(
        format="json11" if version.endswith("1.1") else "json1",
        title=one_line(_text(document, "title")) or None,
        site_url=site_url or None,
        language=language,
        articles=reading.articles,
        unchanged=reading.unchanged,
        outline=reading.outline,
        hub_url=next((url for hub in _list(document.get("hubs")) if (url := _hub_url(hub))), None),
        self_url=_text(document, "feed_url") or None,
        archive_urls=(urljoin(fetched.url, _text(document, "next_url")),) if _text(document, "next_url") else (),
    )


def _hub_url(hub: object) -> str | None:
    """JSON Feed 1.1, `hubs`: objects with `type` and `url`."""
    return _text(hub, "url") or None if isinstance(hub, dict) and _text(hub, "type").lower() == "websub" else None


def _load(body: bytes) -> _Object:
    try:
        document = json.loads(body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise NotJsonFeed(f"broken JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise NotJsonFeed("its JSON is nested too deeply") from error
    if not isinstance(document, dict):
        raise NotJsonFeed("it is JSON, but not an object")
    return document


def _item_of(item: _Object, document: _Object, document_url: str) -> Item:
    markup, plain = _text(item, "content_html"), _text(item, "content_text")
    return Item(
        guid=_identifier(item.get("id")),
        urls=[_text(item, "url"), _text(item, "external_url"), _identifier(item.get("id"))],
        title=one_line(_text(item, "title")),
        summary=tidy(_text(item, "summary")),
        body=html_to_text(markup) if markup else tidy(plain),
        published_at=_moment(_text(item, "date_published")) or _moment(_text(item, "date_modified")),
        authors=list(_authors(item)) or list(_authors(document)),
        tags=[one_line(tag) for tag in _list(item.get("tags")) if isinstance(tag, str)],
        base_url=document_url,
        language=_text(item, "language") or _text(document, "language") or None,
        image_url=_text(item, "image") or _text(item, "banner_image") or None,
    )


def _identifier(value: object) -> str:
    """JSON Feed 1.1: an id that is a number is read as the string that it would be."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _authors(holder: _Object) -> Iterator[str]:
    """`authors` of version 1.1, or `author` of version 1.0."""
    for author in _list(holder.get("authors")) or [holder.get("author")]:
        if isinstance(author, dict) and (name := one_line(_text(author, "name") or _text(author, "url"))):
            yield name


def _moment(text: str) -> datetime | None:
    """Read an RFC 3339 date."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(holder: _Object, name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
