"""feedparser, and whether it read each item for itself. Runs in the worker; the only import of feedparser.

feedparser keeps what it is in the middle of in some twenty variables, and not every one of them is as it was when an
item ends: a `<title>` inside of a `<title>`, or a prefix that an item declares for itself, changes how the items after
it are read. Such a document has to be read whole, so they are watched here.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import feedparser
import feedparser.api

from aggregator.feeds.outlines import PLACE_OF_ITEM

_WATCH = "aggregator_watch"
_PLAIN_STATE = (0, 0, 0, 0, 0, 0, None, False, False)
_HANDLED_PREFIXES = frozenset(
    {name.split("_")[2] for name in dir(feedparser.api.StrictFeedParser) if name.startswith("_start_")}
    | {"title", "summary", "author", "published", "updated", "created", "date"}
)
"""With these, `<prefix:name>` would be taken for something that it is not, whatever the prefix stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlDocument:
    """What feedparser made of a document: its channel, and its entries.

    `is_itemwise` says that it was well-formed, and that each entry was read as if the others were not there.
    `surroundings` is what else their reading depends on: an equal value is an equal reading.
    """

    channel: dict[str, Any]
    entries: list[dict[str, Any]]
    version: str
    is_itemwise: bool
    surroundings: tuple[object, ...]


def read_xml(body: bytes, headers: dict[str, str]) -> XmlDocument:
    """Read `body` as `headers` say."""
    found = feedparser.parse(
        BytesIO(body),  # feedparser opens a str or bytes argument as a file of that name
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    # A channel may hold an element of this name.
    watch = watch if isinstance(watch := found.feed.pop(_WATCH, None), _Watch) else None
    return XmlDocument(
        channel=dict(found.feed),
        entries=[dict(entry) for entry in found.entries],
        version=found.version,
        is_itemwise=not found.bozo and watch is not None and watch.is_itemwise,
        surroundings=(found.version, found.get("encoding"), *((watch and watch.prefixes) or ())),
    )


@dataclass(slots=True)
class _Watch:
    is_itemwise: bool = True
    prefixes: tuple[tuple[str, str], ...] | None = None


class _WatchedParser(feedparser.api.StrictFeedParser):  # type: ignore[misc] # feedparser has no types
    """feedparser's parser, which notes when what it keeps in mind reaches over the borders of an item."""

    def __init__(self, baseuri: str, baselang: str | None, encoding: str) -> None:
        super().__init__(baseuri, baselang, encoding)
        self._watch = _Watch()
        self._prefixes: tuple[tuple[str, str], ...] | None = None

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        self._prefixes = None
        super().track_namespace(prefix, uri)

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        self._look(is_border=not self.inentry)
        super()._start_item(attrs_d)

    def _end_item(self) -> None:
        super()._end_item()
        self._look()

    _start_entry = _start_item
    _end_entry = _end_item

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802 - SAX calls it so
        if target == PLACE_OF_ITEM and not data:
            self._look(is_border=not self.inentry)

    def endDocument(self) -> None:  # noqa: N802 - SAX calls it so
        self._look()
        self.feeddata[_WATCH] = self._watch

    def unknown_endtag(self, tag: str) -> None:
        super().unknown_endtag(tag)
        # An `xml:base` ends with its element, also where there is none around it (XML Base §4).
        if self.basestack:
            self.baseuri = self.basestack[-1]

    def _look(self, *, is_border: bool = True) -> None:
        watch = self._watch
        prefixes = self._prefixes = self._telling_prefixes() if self._prefixes is None else self._prefixes
        if watch.prefixes is None:
            watch.prefixes = prefixes
        watch.is_itemwise &= is_border and self._is_plain() and watch.prefixes == prefixes

    def _is_plain(self) -> bool:
        state = (
            self.incontent,
            self.insource,
            self.inauthor,
            self.incontributor,
            self.inpublisher,
            self.svgOK,
            self._summaryKey,
            bool(self.contentparams),
            bool(self.sourcedata),
        )
        return bool(state == _PLAIN_STATE)

    def _telling_prefixes(self) -> tuple[tuple[str, str], ...]:
        """The prefixes whose declaration changes the reading of elements elsewhere: those that stand for others."""
        renamed = [(str(p), str(name)) for p, name in self.namespacemap.items() if p is not None and p != name]
        odd = [
            (str(prefix), str(uri))
            for prefix, uri in self.namespaces_in_use.items()
            if prefix in _HANDLED_PREFIXES and self._matchnamespaces.get(uri.lower()) != prefix
        ]
        return tuple(sorted(renamed) + sorted(odd))


# `feedparser.parse` takes no parser of one's own, and looks for a better one than expat on disk at each document.
feedparser.api.StrictFeedParser = _WatchedParser
feedparser.api.PREFERRED_XML_PARSERS = []
