"""Feeds from OPML 2.0 (opml.org/spec2.opml), as feed readers export it, and as we do."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from aggregator.errors import Problem
from aggregator.settings.tree import Document, Place, read_bytes

NAMESPACE = "urn:aggregator:opml:1"
"""Our own attributes: id, tags, folder, interval, first_poll, full_text, ignore_hints; lists are in JSON."""

_OWN_TEXTS = ("id", "interval", "first_poll", "full_text", "language")
_OWN_LISTS = ("tags", "folder")
_DEEPEST = 100


class BadOpml(ValueError):
    """The document is not OPML; `line` and `column` begin at 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class _Refused(Exception):
    """Something that no OPML needs, and that can be made to explode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list: its keys as a feed in the configuration has them, and where it stands."""

    values: dict[str, object]
    line: int
    column: int


@dataclass(slots=True)
class _Reader:
    """Collects feeds with the names of the folders around them (nested `outline` elements)."""

    feeds: dict[str, Outline] = field(default_factory=dict)
    folders: list[str | None] = field(default_factory=list)
    prefix: str = ""
    has_root: bool = False


def read_outlines(content: bytes) -> tuple[Outline, ...]:
    """Return the feeds of an OPML document, those with one address as one: the tags of all, the rest of the first.

    Folders become tags. What readers write of their own is left out, what we wrote is read.

    Raises:
        BadOpml: with the place.
    """
    reader = _Reader()
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        _start(reader, name, attributes, (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    def end(name: str) -> None:
        if name.lower() == "outline":
            reader.folders.pop()

    def refuse(*_: object) -> None:
        raise _Refused("it declares entities, which is refused")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's signature
    except expat.ExpatError as error:
        message = f"not valid OPML: {expat.errors.messages[error.code]}"
        raise BadOpml(message, error.lineno, error.offset + 1) from error
    except _Refused as error:
        raise BadOpml(f"not valid OPML: {error}", parser.CurrentLineNumber, 1) from error
    if not reader.has_root:
        raise BadOpml("not valid OPML: there is no opml element; is this another kind of file?", 1, 1)
    return tuple(reader.feeds.values())


def read_opml(path: Path) -> Document:
    """Read an OPML file that the configuration includes as a document with a list of feeds."""
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
    document.value = {"feeds": [outline.values for outline in outlines]}
    for number, outline in enumerate(outlines):
        place = Place(str(path), outline.line, outline.column)
        document.places["feeds", number] = place
        document.places |= {("feeds", number, key): place for key in outline.values}
    return document


def _start(reader: _Reader, name: str, attributes: dict[str, str], place: tuple[int, int]) -> None:
    reader.has_root = reader.has_root or name.lower() == "opml"
    for key, value in attributes.items():
        if key.startswith("xmlns:") and value == NAMESPACE:
            reader.prefix = key.removeprefix("xmlns:") + ":"
    if name.lower() != "outline":
        return
    if len(reader.folders) >= _DEEPEST:
        raise _Refused(f"its outlines are nested more than {_DEEPEST} deep")
    lower = {key.lower(): value.strip() for key, value in attributes.items()}
    if not reader.prefix:  # some readers escape twice; we do not
        lower = {key: html.unescape(value) if "&" in value else value for key, value in lower.items()}
    title = lower.get("title") or lower.get("text") or ""
    url = _address(lower.get("xmlurl") or lower.get("feedurl") or "")
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
    url = str(values["url"])
    known = reader.feeds.get(url)
    if known is None:
        reader.feeds[url] = Outline(values=values, line=place[0], column=place[1])
        return
    tags, more = known.values["tags"], values["tags"]
    assert isinstance(tags, list)  # noqa: S101 - made above
    assert isinstance(more, list)  # noqa: S101
    tags += [tag for tag in more if tag not in tags]


def _categories(attributes: dict[str, str]) -> Iterator[str]:
    """OPML 2.0: `category` is a list with commas, of tags, or of paths whose parts slashes separate."""
    for path in attributes.get("category", "").split(","):
        yield from (part.strip() for part in path.split("/") if part.strip())


def _address(url: str) -> str:
    """Return an http(s) address: some exports have `feed:` ones."""
    if url.startswith("feed:"):
        rest = url.removeprefix("feed:")
        url = f"http:{rest}" if rest.startswith("//") else rest
    return url


def _list(text: str | None) -> list[str] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return [str(item) for item in found] if isinstance(found, list) else None
