"""The example texts of rules, read from the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from aggregator.errors import Problem
from aggregator.model.plain_text import read_plain_text
from aggregator.model.rules import Example
from aggregator.settings.merge import Merged
from aggregator.settings.rule_documents import RuleDocument
from aggregator.settings.tree import SettingsPath

MAX_EXAMPLE_BYTES = 1024 * 1024


class Examples:
    """The examples of a configuration: `of` gives those of a rule; `problems` and `files` are of all of them."""

    def __init__(self, rules: Sequence[RuleDocument], merged: Merged) -> None:
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        self._read: dict[SettingsPath, Example] = {}
        for path, name in _names(rules):
            file = Path(merged.place_of(path).file).parent / name
            self.files.append(file)
            found = _read(file, name)
            if isinstance(found, Example):
                self._read[path] = found
            else:
                self.problems.append(merged.problem(path, found))

    def of(self, rule_number: int) -> tuple[Example, ...]:
        """Return the examples of the rule `rules[rule_number]`, in its order."""
        return tuple(example for path, example in self._read.items() if path[1] == rule_number)


def _names(rules: Sequence[RuleDocument]) -> Iterator[tuple[SettingsPath, str]]:
    for number, rule in enumerate(rules):
        for position, name in enumerate(rule.like):
            yield ("rules", number, "like", position), name


def _read(file: Path, name: str) -> Example | str:
    """Return the example in a file, or the reason in words why there is none."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_EXAMPLE_BYTES + 1)
        if len(content) > MAX_EXAMPLE_BYTES:
            return f"the example {name!r} is larger than {MAX_EXAMPLE_BYTES:,} bytes; its title and lead are enough"
        read = read_plain_text(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return f"the example {name!r} is not UTF-8 text; save it as UTF-8"
    except (OSError, ValueError) as error:  # a ValueError of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        return f"the example {name!r} cannot be read: {reason}; name a file from this file's folder"
    if not read.title:
        return f"the example {name!r} has no text; write the title of an article, then its lead"
    return Example(name=name, title=read.title, text=read.body)
