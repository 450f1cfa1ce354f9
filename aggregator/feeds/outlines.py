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
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from xml.parsers import expat

from aggregator.feeds.items import ReadItems
from aggregator.model.articles import Article
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey

# What does not end takes all that is left, so that nothing is looked through twice.
_TOKEN = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|"
    rb"<(?P<close>/?)(?P<name>item|entry)(?=[\s/>])[^>]*+(?:>|\Z)|<!DOCTYPE",
    re.DOTALL,
)
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"'>]*)[\"']")
_PLAIN_ENCODINGS = re.compile(
    r"utf-?8|(?:us-)?ascii|iso-?8859-\d+|latin-?\d|(?:windows-|cp)125\d|koi8-[ru]", re.IGNORECASE
)
"""Those in which each byte below 128 is the ASCII character, whatever came before it: tags are what they look like."""
PLACE_OF_ITEM = "item"
"""The target of the processing instruction that stands where an item was left out."""

_MARK = f"<?{PLACE_OF_ITEM}?>".encode()
_PARENTS = ("channel", "RDF", "feed", "rss")
_DEEPEST_PARENT = 2
_RECORDED_PARTS = 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_ITEMS = 5_000
_PRINT_BYTES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The articles that were read, the keys of those that did not have to be, and the outline for the next time."""

    articles: tuple[Article, ...]
    outline: Outline
    unchanged: tuple[ArticleKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitDocument:
    """Where the items of an XML document begin and end in its bytes, and the fingerprint of each.

    A fingerprint is of the item's bytes, and of all that it inherits from the tags around it.
    """

    items: tuple[tuple[int, int], ...]
    prints: tuple[str, ...]

    def without(self, body: bytes, unchanged: set[int]) -> bytes:
        """Return the document with marks in the place of the items of these numbers."""
        return _cut(body, [place for number, place in enumerate(self.items) if number in unchanged])


def split_document(body: bytes) -> SplitDocument | None:
    """Find the items of a document, None where that is not plain to see.

    Not plain are: an encoding in which a byte may be something else than it looks like, a DOCTYPE (it can define
    entities), items with a namespace prefix, in each other, in other elements than the channel, or without a
    closing tag, more than 5,000 of them, and a document that is not well-formed around them.
    """
    declared = _DECLARED.match(body)
    if declared is not None and not is_plain_encoding(declared[1].decode("ascii", "replace")):
        return None
    items = _places_of_items(body)
    inherited = _inherited_by_items(_cut(body, items)) if items else []
    if not items or len(inherited) != len(items):
        return None
    prints = (
        hashlib.blake2b(b"%b %b" % (above.encode(), body[start:end]), digest_size=_PRINT_BYTES).hexdigest()
        for above, (start, end) in zip(inherited, items, strict=True)
    )
    return SplitDocument(items=tuple(items), prints=tuple(prints))


def is_plain_encoding(name: str) -> bool:
    """Whether bytes in the encoding of this name show the document's tags."""
    return _PLAIN_ENCODINGS.fullmatch(name.strip()) is not None


def fingerprint(*parts: object) -> str:
    """Return a short name of `parts`, bytes or anything that JSON can say: equal for equal parts."""
    digest = hashlib.blake2b(digest_size=_PRINT_BYTES)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else json.dumps(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def changed_items(prints: Sequence[str], context: str, outline: Outline | None) -> list[int] | None:
    """Return the numbers of the items that have to be read; None when all have to."""
    if outline is None or outline.context != context or len(set(prints)) != len(prints):
        return None
    known = _items_of(outline)
    return [number for number, own in enumerate(prints) if own not in known] if known else None


def joined_reading(prints: Sequence[str], context: str, outline: Outline, read: ReadItems) -> Reading | None:
    """Join what was read with what is known; None when they do not fit together, and all has to be read.

    What was read is made what it would be among the others: a link that others have too says nothing.
    """
    known = _items_of(outline)
    unchanged = [known[own] for own in prints if own in known]
    ids = Counter((*(item.listed_key for item in unchanged), *(_mark(article.key) for article in read.articles)))
    if not read.is_one_to_one or len(ids) != len(prints):
        return None
    links = {item.link for item in unchanged if item.link}
    articles = tuple(
        replace(article, link_key=None) if link is not None and _mark(link) in links else article
        for article, link in zip(read.articles, read.links, strict=True)
    )
    rows = iter(zip(articles, read.links, strict=True))
    items = [(known[own].recorded, known[own].key) if own in known else _recorded(own, *next(rows)) for own in prints]
    return Reading(
        articles=articles,
        unchanged=tuple(item.key for item in unchanged),
        outline=Outline(context=context, items=tuple(items)),
    )


def whole_reading(prints: Sequence[str] | None, context: str, read: ReadItems) -> Reading:
    """Return the reading of a whole document; without `prints` the next one will be read whole too."""
    articles = read.articles
    if prints is None or not read.is_one_to_one or len(prints) != len(articles) or len(set(prints)) != len(prints):
        outline = Outline(context="", items=tuple((None, article.key) for article in articles))
        return Reading(articles=articles, outline=outline)
    rows = zip(prints, articles, read.links, strict=True)
    return Reading(articles=articles, outline=Outline(context=context, items=tuple(_recorded(*row) for row in rows)))


class _KnownItem(NamedTuple):
    """An item of an outline: what is recorded of it, and marks of its link and of the id under which it was listed."""

    recorded: str
    key: ArticleKey
    link: str
    listed_key: str


def _recorded(own: str, article: Article, link: str | None) -> tuple[str, ArticleKey]:
    return f"{own} {_mark(link) if link else ''} {_mark(article.key)}", article.key


def _items_of(outline: Outline) -> dict[str, _KnownItem]:
    """The items of an outline by their fingerprints; none when they cannot be read apart from each other."""
    items: dict[str, _KnownItem] = {}
    for recorded, key in outline.items:
        parts = recorded.split(" ") if recorded else []
        if recorded is None or len(parts) != _RECORDED_PARTS:
            return {}
        items[parts[0]] = _KnownItem(recorded, key, parts[1], parts[2])
    return items


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _places_of_items(body: bytes) -> list[tuple[int, int]]:
    items: list[tuple[int, int]] = []
    start, name = -1, b""
    for token in _TOKEN.finditer(body):
        tag = token["name"]
        if body[token.end() - 1 : token.end()] != b">":  # a DOCTYPE, or something that does not end
            return []
        if tag is None:
            continue
        if not token["close"]:
            if start >= 0 or body[token.end() - 2 : token.end()] == b"/>" or len(items) >= _MOST_ITEMS:
                return []
            start, name = token.start(), tag
        else:
            if start < 0 or tag != name:
                return []
            items.append((start, token.end()))
            start = -1
    return items if start < 0 else []


def _cut(body: bytes, places: Sequence[tuple[int, int]]) -> bytes:
    parts: list[bytes] = []
    end = 0
    for start, stop in places:
        parts += (body[end:start], _MARK)
        end = stop
    parts.append(body[end:])
    return b"".join(parts)


def _inherited_by_items(skeleton: bytes) -> list[str]:
    """Return what each marked place inherits: the tags around it. An empty list unless all are places for items."""
    seen = _Surroundings()
    # Whatever the encoding really is: tags are ASCII, and in this one any byte is a character.
    parser = expat.ParserCreate("iso-8859-1")
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.ProcessingInstructionHandler = seen.instruction
    try:
        parser.Parse(skeleton.removeprefix(_BYTE_ORDER_MARK), True)  # noqa: FBT003 - the signature of expat
    except expat.ExpatError:
        return []
    return seen.found if all(seen.found) else []


class _Surroundings:
    """The tags around each marked place, as expat comes by them; an empty text where no item can be."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._above: list[tuple[str, dict[str, str]]] = []
        self._print: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._above.append((name, attributes))
        self._print = None

    def end(self, _name: str) -> None:
        self._above.pop()
        self._print = None

    def instruction(self, target: str, data: str) -> None:
        if target != PLACE_OF_ITEM:
            return
        if self._print is None:
            above = self._above
            is_place = 1 <= len(above) <= _DEEPEST_PARENT and above[-1][0].rpartition(":")[2] in _PARENTS
            self._print = fingerprint(above) if is_place else ""
        self.found.append("" if data else self._print)
