"""What follows from a feed's URL: where a file is, and a name for a feed that has none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.model.ids import FeedId
from aggregator.settings.tree import Place

_SLUG_LIMIT = 60
_PLAIN = re.compile(r"[a-z0-9./_~ -]+")


def absolute_url(url: str, place: Place) -> str:
    """Return `url`; a `file:` one is relative to the folder of the file that it is written in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme != "file":
        return url
    return (Path(place.file).parent.absolute() / unquote(parts.path)).resolve().as_uri()


def feed_ids(feeds: Iterable[tuple[object, str]], others: Iterable[str] = ()) -> list[FeedId]:
    """Return the id of each feed, given as (id or None, URL): its own, or one that its URL gives.

    An id from a URL is the same in every run, whatever other feeds there are: where host and path do not say all of
    the URL, a hash of it is part of the id. `others` are ids that are taken already.
    """
    ids: list[FeedId] = []
    taken: set[str] = set(others)
    for own, url in feeds:
        feed_id = FeedId(str(own)) if own is not None else _from_url(url, taken)
        taken.add(feed_id)
        ids.append(feed_id)
    return ids


def _from_url(url: str, taken: set[str]) -> FeedId:
    try:
        parts = urlsplit(url)
    except ValueError:
        return FeedId("feed")
    name = (f"{parts.hostname}{parts.path}" if parts.hostname else Path(unquote(parts.path)).stem).lower()
    whole = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    slug = whole[:_SLUG_LIMIT].strip("-") or "feed"
    if slug == whole and not parts.query and _PLAIN.fullmatch(name) and slug not in taken:
        return FeedId(slug)
    return FeedId(f"{slug}-{hashlib.blake2b(url.encode(), digest_size=4).hexdigest()}")
