"""The main file and the files that it includes, as one document."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.errors import Problem
from aggregator.model.links import comparable_address
from aggregator.settings.documents import SettingsDocument
from aggregator.settings.environment import Environment
from aggregator.settings.opml import read_opml
from aggregator.settings.tree import Document, Place, SettingsPath, format_path, read_yaml

_LISTS = ("feeds", "rules")
_INCLUDABLE = ("feeds", "rules", "channels")
_SECTIONS = frozenset(SettingsDocument.model_fields)
_FIRST = Place("", 1, 1)


@dataclass(slots=True)
class Merged:
    """All files together. `shown` maps a merged list item to its path in its own file."""

    main: Path
    values: dict[str, object] = field(default_factory=dict)
    places: dict[SettingsPath, Place] = field(default_factory=dict)
    key_places: dict[SettingsPath, Place] = field(default_factory=dict)
    shown: dict[SettingsPath, SettingsPath] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    folders: set[Path] = field(default_factory=set)
    lists: list[Path] = field(default_factory=list)

    def place_of(self, path: SettingsPath) -> Place:
        """Return where `path` stands, or the nearest thing around it that stands somewhere."""
        for length in range(len(path), 0, -1):
            if place := self.places.get(path[:length]):
                return place
        return Place(str(self.main), 1, 1)

    def problem(self, path: SettingsPath, message: str, *, is_key: bool = False) -> Problem:
        """Return a problem at `path`, or at the nearest thing around it that has a place."""
        place = (self.key_places.get(path) if is_key else None) or self.place_of(path)
        shown = (*self.shown.get(path[:2], path[:2]), *path[2:])
        return Problem(file=place.file, line=place.line, column=place.column, path=format_path(shown), message=message)


def read_all(main: Path, environment: Environment) -> Merged:
    """Read `main` and what it includes; whatever is wrong is in the problems."""
    merged = Merged(main)
    document = read_yaml(main, environment)
    _add(merged, main, document)
    patterns = merged.values.get("include")
    if isinstance(patterns, str):
        patterns = [patterns]
    if isinstance(patterns, list):
        for number, pattern in enumerate(patterns):
            if isinstance(pattern, str):
                _include(merged, pattern, ("include", number), environment)
    for file in merged.lists:  # last: what the other files say of a feed goes before what a list says of it
        _add(merged, file, read_opml(file, _new_among(merged)))
    return merged


def _include(merged: Merged, pattern: str, path: SettingsPath, environment: Environment) -> None:
    whole = str(merged.main.parent / pattern)
    merged.folders.add(Path(whole.partition("*")[0].rpartition("/")[0] or "."))
    names = sorted(glob.glob(whole, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not names and not glob.has_magic(pattern):
        merged.problems.append(merged.problem(path, f"no such file: {whole}"))
    for name in names:
        file = Path(name)
        if file in merged.files or file in merged.lists:
            continue
        if file.suffix.lower() == ".opml":
            merged.lists.append(file)
        elif file.suffix.lower() in (".yaml", ".yml"):
            _add(merged, file, read_yaml(file, environment))
        else:
            merged.problems.append(merged.problem(path, f"{file} is neither .yaml, .yml nor .opml"))


def _new_among(merged: Merged) -> Callable[[dict[str, object]], bool]:
    """Return what tells whether a feed of a list is new, as an import does it.

    One that stands in another file is not: it gains the tags that it lacks. An id that is taken is left out, for a
    list is often another program's.
    """
    feeds = [feed for feed in _items(merged.values.get("feeds")) if isinstance(feed, dict)]
    known = {comparable_address(str(feed.get("url", ""))): feed for feed in feeds}
    taken = {str(feed["id"]) for feed in feeds if feed.get("id") is not None}

    def is_new(values: dict[str, object]) -> bool:
        there = known.get(comparable_address(str(values["url"])))
        if there is not None:
            tags = _items(there.get("tags"))
            there["tags"] = [*tags, *(tag for tag in _items(values["tags"]) if tag not in tags)]
            return False
        if values.get("id") in taken:
            del values["id"]
        elif "id" in values:
            taken.add(str(values["id"]))
        return True

    return is_new


def _items(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value is None or isinstance(value, dict) else [value]


def _add(merged: Merged, file: Path, document: Document) -> None:
    is_main = file == merged.main
    merged.files.append(file)
    merged.problems += document.problems
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        message = "a list or a word stands here; write sections instead, as feeds: [...]"
        place = document.places.get((), _FIRST)
        merged.problems.append(Problem(file=str(file), line=place.line, column=place.column, path="", message=message))
        return
    for key, value in document.value.items():
        if value is None and key in _SECTIONS:
            continue  # a section whose lines are all commented out
        if is_main:
            merged.values[key] = value
        elif key not in _INCLUDABLE:
            place = document.key_places[(key,)]
            message = f"an included file holds {', '.join(_INCLUDABLE)} only; move {key!r} to {merged.main}"
            merged.problems.append(
                Problem(file=place.file, line=place.line, column=place.column, path=key, message=message)
            )
            continue
        else:
            _join(merged, key, value, document)
            continue
        _take_places(merged, document, key, 0)


def _join(merged: Merged, key: str, value: object, document: Document) -> None:
    """Add an included section to the one there is. What is of the wrong kind is left for validation to name."""
    kind = list if key in _LISTS else dict
    current = merged.values.get(key)
    if current is not None and not isinstance(current, kind):
        return
    if key in _LISTS and isinstance(value, list):
        items = current if isinstance(current, list) else []
        _take_places(merged, document, key, len(items))
        merged.values[key] = [*items, *value]
    elif key == "channels" and isinstance(value, dict):
        channels = current if isinstance(current, dict) else {}
        for name in value.keys() & channels.keys():
            place = document.key_places[(key, name)]
            first = merged.key_places[(key, name)]
            message = f"this channel stands in {first.file}:{first.line} too; one of them must go"
            merged.problems.append(
                Problem(file=place.file, line=place.line, column=place.column, path=f"{key}.{name}", message=message)
            )
        _take_places(merged, document, key, 0)
        merged.values[key] = {**channels, **value}
    elif value is not None:
        place = document.places[(key,)]
        expected = "a list" if key in _LISTS else "a mapping"
        merged.problems.append(
            Problem(file=place.file, line=place.line, column=place.column, path=key, message=f"expected {expected}")
        )


def _take_places(merged: Merged, document: Document, key: str, offset: int) -> None:
    for source, target in ((document.places, merged.places), (document.key_places, merged.key_places)):
        for path, place in source.items():
            if path[:1] != (key,):
                continue
            if offset and len(path) > 1 and isinstance(path[1], int):
                moved = (key, path[1] + offset)
                merged.shown[moved] = path[:2]
                target[(*moved, *path[2:])] = place
            elif path not in target or not offset:
                target[path] = place
