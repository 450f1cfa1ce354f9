"""YAML as plain values, each with the place that it stands at."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from aggregator.errors import Problem
from aggregator.settings.environment import BadReference, Environment

SettingsPath = tuple[str | int, ...]
MAX_FILE_BYTES = 16 * 1024 * 1024
_MAX_DEPTH = 30
_MAX_VALUES = 2_000_000
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The YAML 1.2 core schema, so that `on`, `yes`, `12:30` and `2024-01-01` stay the words that they are.
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column of a file, both from 1."""

    file: str
    line: int
    column: int


@dataclass(slots=True)
class Document:
    """What one file says: plain values, and where each value and each key stands."""

    value: object = None
    places: dict[SettingsPath, Place] = field(default_factory=dict)
    key_places: dict[SettingsPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def format_path(path: SettingsPath) -> str:
    """Return `rules[0].priority` for `("rules", 0, "priority")`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_bytes(path: Path) -> bytes | str:
    """Return the file's content, or the reason in words why there is none."""
    try:
        if path.is_dir():
            return "it is a folder; name a YAML file in it"
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return "there is no such file; name another with -c FILE or AGGREGATOR_CONFIG"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return content if len(content) <= MAX_FILE_BYTES else f"it is larger than {MAX_FILE_BYTES:,} bytes"


def read_yaml(path: Path, environment: Environment) -> Document:
    """Read a YAML file; whatever is wrong with it is in the document's problems."""
    document = Document()
    content = read_bytes(path)
    if isinstance(content, str):
        document.problems.append(Problem(file=str(path), line=1, column=1, path="", message=content))
        return document
    try:
        text = content.decode("utf-8-sig")
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _add(document, Place(str(path), line, 1), (), "not UTF-8 text; save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(str(path), mark.line + 1, mark.column + 1) if mark else Place(str(path), 1, 1)
        _add(document, place, (), f"not valid YAML: {_in_words(error)}")
    except yaml.YAMLError as error:
        _add(document, Place(str(path), 1, 1), (), f"not valid YAML: {' '.join(str(error).split())}")
    except RecursionError:
        _add(document, Place(str(path), 1, 1), (), "nested too deeply")
    else:
        if node is not None:
            document.value = _Reader(str(path), document, environment).value_of(node, (), frozenset())
    return document


def _in_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if error.context == "while scanning an alias":
        return 'a star begins the name of an alias; quote a text that begins with one, as "*/30 * * * *"'
    return f"{problem}; quote the text, or check the indentation"


def _add(document: Document, place: Place, path: SettingsPath, message: str) -> None:
    document.problems.append(
        Problem(file=place.file, line=place.line, column=place.column, path=format_path(path), message=message)
    )


class _Reader:
    """Turns YAML's nodes into plain values, noting places."""

    def __init__(self, file: str, document: Document, environment: Environment) -> None:
        self._file = file
        self._document = document
        self._environment = environment
        self._count = 0

    def value_of(self, node: yaml.Node, path: SettingsPath, parents: frozenset[int]) -> object:
        place = self._document.places[path] = self._place(node)
        self._count += 1
        if id(node) in parents or len(path) > _MAX_DEPTH:
            _add(self._document, place, path, f"an alias to itself, or nested more than {_MAX_DEPTH} deep")
            return None
        if self._count > _MAX_VALUES:
            if self._count == _MAX_VALUES + 1:
                _add(self._document, place, path, f"more than {_MAX_VALUES:,} values, aliases counted")
            return None
        inside = parents | {id(node)}
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, inside)
        if isinstance(node, yaml.SequenceNode):
            return [self.value_of(item, (*path, number), inside) for number, item in enumerate(node.value)]
        return self._scalar(node, path, place)

    def _mapping(self, node: yaml.MappingNode, path: SettingsPath, parents: frozenset[int]) -> dict[str, object]:
        result: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                _add(self._document, place, path, "a key must be a word")
                continue
            key = str(key_node.value)
            if key == "<<" and not key_node.style:
                merged |= self._merged(value_node, path, parents)
                continue
            if key in result:
                first = self._document.key_places[(*path, key)]
                _add(self._document, place, (*path, key), f"this key stands here twice (first on line {first.line})")
                continue
            self._document.key_places[(*path, key)] = place
            result[key] = self.value_of(value_node, (*path, key), parents)
        return merged | result

    def _merged(self, node: yaml.Node, path: SettingsPath, parents: frozenset[int]) -> dict[str, object]:
        """Values of a merge key (`<<: *defaults`, or a list of them, where the first wins)."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        result: dict[str, object] = {}
        for inner in reversed(nodes):
            if isinstance(inner, yaml.MappingNode) and id(inner) not in parents:
                result |= self._mapping_of_merge(inner, path, parents | {id(inner)})
            else:
                _add(self._document, self._place(inner), path, "<< needs a mapping, as <<: *name")
        return result

    def _mapping_of_merge(
        self, node: yaml.MappingNode, path: SettingsPath, parents: frozenset[int]
    ) -> dict[str, object]:
        # A key may stand both in the mapping and in what it merges: the duplicates check is for one mapping alone.
        known = {key: place for key, place in self._document.key_places.items() if key[:-1] == path}
        value = self._mapping(node, path, parents)
        self._document.key_places.update(known)
        return value

    def _scalar(self, node: yaml.Node, path: SettingsPath, place: Place) -> object:
        text = str(node.value)
        try:
            substituted = self._environment.substitute(text)
        except BadReference as error:
            _add(self._document, place, path, str(error))
            return None
        is_plain = isinstance(node, yaml.ScalarNode) and not node.style
        return _resolve(substituted) if is_plain and substituted == text else substituted

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)


def _resolve(text: str) -> Hashable:
    if text in _CONSTANTS:
        constant = _CONSTANTS[text]
        assert isinstance(constant, Hashable)  # noqa: S101 - None, True or False
        return constant
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text) if len(text) < 20 else text  # noqa: PLR2004 - 64 bits
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
