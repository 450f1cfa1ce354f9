"""Where in a YAML file a character of a text stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aggregator.settings.tree import Place, read_bytes


def place_in_text(place: Place, text: str, column: int) -> Place:
    """Return where the character `column` (from 1) of `text` stands, whose scalar begins at `place`.

    It is `place` itself where that cannot be told: in a text with escapes, with variables of the environment, with
    blank or indented lines where they are folded (`>`), or in a file that has changed since.
    """
    content = read_bytes(Path(place.file))
    if isinstance(content, str):
        return place
    lines = content.decode("utf-8-sig", "replace").splitlines()[place.line - 1 :]
    scalar = lines[0][place.column - 1 :] if lines else ""
    if scalar[:1] == "|":
        return _place_in_literal(place, lines[1:], text, column)
    if scalar[:1] == ">":
        return _place_in_block(place, lines[1:], text, column)
    if scalar[:1] == "'":
        opening, whole, before = 1, _single_quoted(text), _single_quoted(text[: column - 1])
    else:
        opening, whole, before = int(scalar[:1] == '"'), text, text[: column - 1]
    is_as_written = scalar[opening:].startswith(whole)
    return Place(place.file, place.line, place.column + opening + len(before)) if is_as_written else place


def _single_quoted(text: str) -> str:
    return text.replace("'", "''")


def _place_in_literal(place: Place, lines: Sequence[str], text: str, column: int) -> Place:
    """Return the place in a scalar whose lines are kept as they are written, but for the blanks that all begin with."""
    indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)
    passed = 0
    for number, line in enumerate(lines, start=place.line + 1):
        written = line[indent:]
        if not text.startswith(written, passed):
            break
        if column <= passed + len(written) + 1:
            return Place(place.file, number, indent + column - passed)
        passed += len(written) + 1
    return place


def _place_in_block(place: Place, lines: Sequence[str], text: str, column: int) -> Place:
    """Return the place in a scalar that begins below its sign; the text has one character for each end of a line."""
    passed = 0
    for number, line in enumerate(lines, start=place.line + 1):
        written = line.strip()
        if not written or not text.startswith(written, passed):
            break
        if column <= passed + len(written) + 1:
            return Place(place.file, number, line.index(written) + column - passed)
        passed += len(written) + 1
    return place
