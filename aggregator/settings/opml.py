"""Feeds from an OPML file that the configuration includes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from aggregator.errors import Problem
from aggregator.settings.tree import Document, Place, read_bytes


class _Forbidden(Exception):
    """The file declares entities: no OPML needs them, and they can be made to explode."""


@dataclass(slots=True)
class _Outlines:
    """Collects feeds with the names of the folders around them (OPML 2.0: nested `outline` elements)."""

    feeds: list[tuple[dict[str, object], Place]] = field(default_factory=list)
    folders: list[str | None] = field(default_factory=list)


def read_opml(path: Path) -> Document:
    """Read an OPML file as a document with a list of feeds; folders become tags."""
    document = Document()
    content = read_bytes(path)
    if isinstance(content, str):
        document.problems.append(Problem(file=str(path), line=1, column=1, path="", message=content))
        return document
    outlines = _Outlines()
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        _start(outlines, name, attributes, Place(str(path), parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    def end(name: str) -> None:
        if name == "outline":
            outlines.folders.pop()

    def refuse(*_: object) -> None:
        raise _Forbidden

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's signature
    except expat.ExpatError as error:
        message = f"not valid OPML: {expat.errors.messages[error.code]}"
        document.problems.append(
            Problem(file=str(path), line=error.lineno, column=error.offset + 1, path="", message=message)
        )
    except _Forbidden:
        line = parser.CurrentLineNumber
        message = "not valid OPML: it declares entities, which is refused"
        document.problems.append(Problem(file=str(path), line=line, column=1, path="", message=message))
    document.value = {"feeds": [feed for feed, _ in outlines.feeds]}
    for number, (feed, place) in enumerate(outlines.feeds):
        document.places["feeds", number] = place
        document.places |= {("feeds", number, key): place for key in feed}
    return document


def _start(outlines: _Outlines, name: str, attributes: dict[str, str], place: Place) -> None:
    if name != "outline":
        return
    lower = {key.lower(): value.strip() for key, value in attributes.items()}
    title = lower.get("title") or lower.get("text")
    url = lower.get("xmlurl")
    if url:
        feed: dict[str, object] = {"url": url, "tags": [folder for folder in outlines.folders if folder]}
        if title and title != url:
            feed["title"] = title
        outlines.feeds.append((feed, place))
    outlines.folders.append(None if url else title)
