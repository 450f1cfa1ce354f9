"""Reading only what is new: which items of a document are as they were when it was last read.

feedparser's answer is the truth. An XML document from which unchanged items are cut out is a document too, with the
same namespaces, base, language and encoding; feedparser reads the items that remain as it would among the others,
as long as it parses strictly (an error would make it guess, and guesses reach over item borders). So items are left
out only where both this document without them and the last one as a whole were well-formed and gave one article
for each item; everything else is read whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.model.articles import Article
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey

_TOKEN = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<(?P<close>/?)(?P<name>item|entry)(?=[\s/>])[^>]*>|<!DOCTYPE", re.DOTALL
)
_ROOT = re.compile(rb"<(?:rss|feed|(?:\w+:)?RDF)\b[^>]*>")
_CHANNEL = re.compile(rb"<channel\b[^>]*>")
_PROLOGUE = re.compile(rb"\s*<\?xml[^>]*\?>")
_MOST_ITEMS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The articles that were read, the keys of those that did not have to be, and the outline for the next time."""

    articles: tuple[Article, ...]
    outline: Outline
    unchanged: tuple[ArticleKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitDocument:
    """Where the items of an XML document begin and end in its bytes, and what stands around all of them."""

    items: tuple[tuple[int, int], ...]
    context: bytes

    def without(self, body: bytes, unchanged: set[int]) -> bytes:
        """Return the document without the items of these numbers."""
        parts, end = [], 0
        for number, (start, stop) in enumerate(self.items):
            if number in unchanged:
                parts.append(body[end:start])
                end = stop
        parts.append(body[end:])
        return b"".join(parts)


def split_document(body: bytes) -> SplitDocument | None:
    """Find the items of a document, None where that is not plain to see.

    Not plain are: a DOCTYPE (it can define entities), items in a namespace prefix, in each other, or without a
    closing tag, and more than 5,000.
    """
    head = _context(body)
    if head is None:
        return None
    items: list[tuple[int, int]] = []
    start, name = -1, b""
    for token in _TOKEN.finditer(body):
        tag = token["name"]
        if tag is None:
            if token[0] == b"<!DOCTYPE":
                return None
        elif not token["close"]:
            if start >= 0 or token[0].endswith(b"/>") or len(items) >= _MOST_ITEMS:
                return None
            start, name = token.start(), tag
        else:
            if start < 0 or tag != name:
                return None
            items.append((start, token.end()))
            start = -1
    return SplitDocument(items=tuple(items), context=head) if start < 0 and items else None


def fingerprint(*parts: object) -> str:
    """Return a short name of `parts`, bytes or anything that JSON can say: equal for equal parts."""
    digest = hashlib.blake2b(digest_size=9)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else json.dumps(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def changed_items(prints: Sequence[str], context: str, outline: Outline | None) -> list[int] | None:
    """Return the numbers of the items that have to be read; None when all have to."""
    if outline is None or outline.context != context:
        return None
    known = {known for known, _ in outline.items}
    if None in known or not known or len(set(prints)) != len(prints):
        return None
    return [number for number, own in enumerate(prints) if own not in known]


def joined_reading(
    prints: Sequence[str], context: str, outline: Outline | None, read: tuple[tuple[Article, ...], bool]
) -> Reading | None:
    """Join what was read with what is known; None when they do not fit together, and all has to be read."""
    articles, is_one_to_one = read
    known = {own: key for own, key in (outline.items if outline else ()) if own is not None}
    unchanged = tuple(known[own] for own in prints if own in known)
    new_keys = {article.key for article in articles}
    if not is_one_to_one or len(articles) + len(unchanged) != len(prints) or new_keys & set(unchanged):
        return None
    fresh = iter(articles)
    items = tuple((own, known[own] if own in known else next(fresh).key) for own in prints)
    return Reading(articles=articles, unchanged=unchanged, outline=Outline(context=context, items=items))


def whole_reading(prints: Sequence[str] | None, context: str, read: tuple[tuple[Article, ...], bool]) -> Reading:
    """Return the reading of a whole document; without `prints` the next one will be read whole too."""
    articles, is_one_to_one = read
    keys = [article.key for article in articles]
    if prints is None or not is_one_to_one or len(prints) != len(keys) or len(set(prints)) != len(prints):
        return Reading(articles=articles, outline=Outline(context="", items=tuple((None, key) for key in keys)))
    return Reading(articles=articles, outline=Outline(context=context, items=tuple(zip(prints, keys, strict=True))))


def _context(body: bytes) -> bytes | None:
    """The XML declaration, the root's tag and the channel's: what the items inherit."""
    root = _ROOT.search(body, 0, 64 * 1024)
    if root is None:
        return None
    prologue = _PROLOGUE.match(body)
    channel = _CHANNEL.search(body, root.end(), root.end() + 64 * 1024)
    return b"\n".join(found[0] for found in (prologue, root, channel) if found)
