"""Feeds from OPML 2.0 (opml.org/spec2.opml), as feed readers export it, and as we do."""

from __future__ import annotations

import codecs
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.entities import html5
from pathlib import Path
from xml.parsers import expat

from aggregator.errors import Problem
from aggregator.model.links import comparable_address
from aggregator.settings.tree import MAX_FILE_BYTES, Document, Place, read_bytes

NAMESPACE = "urn:aggregator:opml:1"
"""Our own attributes: id, tags, folder, interval, first_poll, full_text, ignore_hints; lists are in JSON."""

MASKED = "*** stands where a secret was left out; write the secret there, or export with --with-secrets"
"""What to say of an address that is masked."""

_OWN_TEXTS = ("id", "interval", "first_poll", "full_text", "language")
_OWN_LISTS = ("tags", "folder")
_DEEPEST = 100
_FEED_TYPES = frozenset({"", "rss", "rss1", "atom", "rdf", "json", "jsonfeed", "feed"})
"""Types of outlines whose `url`, without an `xmlUrl`, is a feed's; OPML's `link` and `include` are others."""
_DEFAULT_PORTS = (None, 80, 443)
_NAMED_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*;)")
_DECLARED = re.compile(rb"""<\?xml[^>]{1,100}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MULTIBYTE = frozenset(
    {"shift_jis", "cp932", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp950", "euc_kr", "cp949"}
)
_HINTS = {
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "; write an & as &amp;, and save the file as UTF-8",
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "; the file ends too early",
}


class BadOpml(ValueError):
    """The document is not OPML; `line` and `column` begin at 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list: its keys as a feed in the configuration has them, and where it stands."""

    values: dict[str, object]
    line: int
    column: int


@dataclass(slots=True)
class _Reader:
    """Collects feeds with the names of the folders around them (nested `outline` elements)."""

    feeds: dict[tuple[str, object], _Found] = field(default_factory=dict)
    folders: list[str | None] = field(default_factory=list)
    depth: int = 0
    prefix: str = ""
    has_root: bool = False


@dataclass(slots=True)
class _Found:
    """A feed, and the tags of every outline that names it, in their order."""

    values: dict[str, object]
    tags: dict[str, None]
    place: tuple[int, int]


def without_feed_scheme(url: str) -> str:
    """Return the address that a `feed:` one stands for; browsers once opened feed readers by these."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme.lower() != "feed":
        return url
    return f"http:{rest}" if rest.startswith("//") else rest


def is_masked(url: str) -> bool:
    """Return whether a secret was left out of this address when it was exported."""
    return "***" in url


def read_outlines(content: bytes) -> tuple[Outline, ...]:
    """Return the feeds of an OPML document, those with one address as one: the tags of all, the rest of the first.

    Folders become tags. What readers write of their own is left out, what we wrote is read.

    Raises:
        BadOpml: with the place.
    """
    if len(content) > MAX_FILE_BYTES:
        raise BadOpml(f"not read: it is larger than {MAX_FILE_BYTES:,} bytes", 1, 1)
    content, encoding = _decodable(content)
    try:
        reader = _parse(content, encoding)
    except expat.ExpatError as error:
        if expat.errors.messages[error.code] != expat.errors.XML_ERROR_UNDEFINED_ENTITY:
            raise _bad_xml(error) from error
        try:
            reader = _parse(_NAMED_ENTITY.sub(_numeric_entity, content), encoding)
        except expat.ExpatError as again:
            raise _bad_xml(again) from again
    if not reader.has_root:
        raise BadOpml("not valid OPML: there is no opml element; is this another kind of file?", 1, 1)
    return tuple(
        Outline(values=found.values | {"tags": list(found.tags)}, line=found.place[0], column=found.place[1])
        for found in reader.feeds.values()
    )


def read_opml(path: Path, is_new: Callable[[dict[str, object]], bool]) -> Document:
    """Read an OPML file that the configuration includes as a document with a list of those feeds that are new."""
    document = Document()
    content = read_bytes(path)
    if isinstance(content, str):
        document.problems.append(Problem(file=str(path), line=1, column=1, path="", message=content))
        return document
    outlines: tuple[Outline, ...] = ()
    try:
        outlines = read_outlines(content)
    except BadOpml as error:
        document.problems.append(
            Problem(file=str(path), line=error.line, column=error.column, path="", message=str(error))
        )
    outlines = tuple(outline for outline in outlines if is_new(outline.values))
    document.value = {"feeds": [outline.values for outline in outlines]}
    for number, outline in enumerate(outlines):
        place = Place(str(path), outline.line, outline.column)
        document.places["feeds", number] = place
        document.places |= {("feeds", number, key): place for key in outline.values}
    return document


def _decodable(content: bytes) -> tuple[bytes, str | None]:
    """Return the document in an encoding that expat reads, and its name where the declaration names another."""
    declared = _DECLARED.match(content[:200])
    if declared is None:
        return content, None
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name).name
        if codec in _MULTIBYTE:
            return content.decode(codec).encode(), "utf-8"
    except LookupError as error:
        raise BadOpml(f"not valid OPML: the encoding {name!r} is not known; save the file as UTF-8", 1, 1) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadOpml(f"not valid OPML: it is not in {name}, as it says; save it as UTF-8", line, 1) from error
    return content, None


def _parse(content: bytes, encoding: str | None) -> _Reader:
    reader = _Reader()
    parser = expat.ParserCreate(encoding)

    def place() -> tuple[int, int]:
        return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def start(name: str, attributes: dict[str, str]) -> None:
        reader.depth += 1
        if reader.depth > _DEEPEST:
            raise BadOpml(f"not valid OPML: it is nested more than {_DEEPEST} deep", *place())
        _start(reader, name, attributes, place())

    def end(name: str) -> None:
        reader.depth -= 1
        if name.lower() == "outline":
            reader.folders.pop()

    def refuse(*_: object) -> None:
        raise BadOpml("not valid OPML: it declares entities, which no list of feeds needs", *place())

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's signature
    except BadOpml:
        raise
    except (ValueError, LookupError) as error:  # of an encoding that only its declaration makes one
        raise BadOpml("not valid OPML: its encoding cannot be read; save the file as UTF-8", 1, 1) from error
    return reader


def _bad_xml(error: expat.ExpatError) -> BadOpml:
    message = f"not valid OPML: {expat.errors.messages[error.code]}{_HINTS.get(error.code, '')}"
    return BadOpml(message, error.lineno, error.offset + 1)


def _numeric_entity(found: re.Match[bytes]) -> bytes:
    """Return an entity of HTML as XML knows it, as long as it was if possible, so that places stay right."""
    text = html5.get(found[1].decode("ascii"))
    if text is None or len(text) != 1:
        return found[0]
    return b"&#%s;" % str(ord(text)).encode().rjust(len(found[0]) - 3, b"0")


def _start(reader: _Reader, name: str, attributes: dict[str, str], place: tuple[int, int]) -> None:
    reader.has_root = reader.has_root or name.lower() == "opml"
    for key, value in attributes.items():
        if key.startswith("xmlns:") and value == NAMESPACE:
            reader.prefix = key.removeprefix("xmlns:").lower() + ":"
    if name.lower() != "outline":
        return
    lower = {key.lower(): value.strip() for key, value in attributes.items()}
    if not reader.prefix:  # some readers escape twice; we do not
        lower = {key: html.unescape(value) if "&" in value else value for key, value in lower.items()}
    title = lower.get("title") or lower.get("text") or ""
    url = _address(lower)
    if url:
        own = {key.removeprefix(reader.prefix): value for key, value in lower.items() if key.startswith(reader.prefix)}
        _add(reader, _values(url, title, lower, own if reader.prefix else {}, reader.folders), place)
    reader.folders.append(None if url else title or None)


def _values(
    url: str, title: str, attributes: dict[str, str], own: dict[str, str], folders: list[str | None]
) -> dict[str, object]:
    folder = [name for name in folders if name]
    values: dict[str, object] = {"url": url, "tags": list(dict.fromkeys([*folder, *_categories(attributes)]))}
    if folder:
        values["folder"] = folder
    if title and title != url:
        values["title"] = title
    for key, name in (("htmlurl", "site_url"), ("description", "description"), ("language", "language")):
        if attributes.get(key) and attributes[key] != "unknown":
            values[name] = attributes[key]
    values |= {name: own[name] for name in _OWN_TEXTS if own.get(name)}
    for name in _OWN_LISTS:
        if (found := _list(own.get(name))) is not None:
            values[name] = found
    if own.get("ignore_hints") == "true":
        values["ignore_hints"] = True
    if own.get("untitled") == "true":
        values.pop("title", None)
    return values


def _add(reader: _Reader, values: dict[str, object], place: tuple[int, int]) -> None:
    tags = values.pop("tags")
    assert isinstance(tags, list)  # noqa: S101 - made above
    url = str(values["url"])
    # Two feeds may differ in what was masked alone.
    identity = (comparable_address(url), values.get("id") if is_masked(url) else None)
    found = reader.feeds.setdefault(identity, _Found(values, {}, place))
    found.tags |= dict.fromkeys(tags)


def _categories(attributes: dict[str, str]) -> Iterator[str]:
    """OPML 2.0: `category` is a list with commas, of tags, or of paths whose parts slashes separate."""
    for path in attributes.get("category", "").split(","):
        yield from (part.strip() for part in path.split("/") if part.strip())


def _address(attributes: dict[str, str]) -> str:
    """Return the address of an outline's feed, or nothing: some exports have `feed:` ones, some call it `url`."""
    url = attributes.get("xmlurl") or attributes.get("feedurl") or ""
    if not url and attributes.get("type", "").lower() in _FEED_TYPES:
        url = attributes.get("url", "")
    return without_feed_scheme(url)


def _list(text: str | None) -> list[str] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return [str(item) for item in found] if isinstance(found, list) else None
