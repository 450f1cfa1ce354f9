"""What of a configuration with mistakes is sound: what is looked at later can then be looked at all the same.

So a mistake in a query comes at once with one in a priority, as a person wants them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from aggregator.settings.documents import SettingsDocument
from aggregator.settings.merge import Merged
from aggregator.settings.tree import SettingsPath
from aggregator.settings.validation import problems_of

_STAND_IN = "rule-without-a-name-{number}"


def sound_document(merged: Merged) -> SettingsDocument:
    """Return the document; what is wrong in it is added to `merged.problems`, and left out of its values.

    A key that is wrong goes, then a rule, feed, channel or section that cannot be without it. A rule
    without a name that can be used gets one, for its query is to be looked at.
    """
    known = {(problem.file, problem.line, problem.column) for problem in merged.problems}
    for depth in (3, 2):
        try:
            return SettingsDocument.model_validate(merged.values)
        except ValidationError as error:
            if depth == 3:  # noqa: PLR2004 - the first time; what follows from leaving things out is no mistake
                for where, message, is_key in problems_of(error, SettingsDocument):
                    problem = merged.problem(where, message, is_key=is_key)
                    # A reference that could not be resolved left a hole, which has been named already.
                    if (problem.file, problem.line, problem.column) not in known:
                        merged.problems.append(problem)
            _leave_out((detail["loc"][:depth] for detail in error.errors(include_url=False)), merged)
    return SettingsDocument.model_validate(merged.values)


def _leave_out(paths: Iterable[SettingsPath], merged: Merged) -> None:
    """Leave out what stands at the paths, or what is nearest around it."""
    items: set[tuple[str, int]] = set()
    for path in paths:
        match path:
            case ("feeds" | "rules" as section, int(number)):
                items.add((str(section), number))
            case ("feeds" | "rules" as section, int(number), key):
                item = _at(merged.values, path[:2])
                if path[0::2] == ("rules", "id") and isinstance(item, dict):
                    item["id"] = _STAND_IN.format(number=number)
                elif isinstance(item, dict) and key in item:
                    del item[key]
                else:
                    items.add((str(section), number))
            case _:
                _remove(path, merged.values)
    for section in ("feeds", "rules"):
        _remove_items(section, {number for name, number in items if name == section}, merged)


def _remove(path: SettingsPath, values: dict[str, object]) -> None:
    for length in range(len(path), 0, -1):
        around = _at(values, path[: length - 1])
        if isinstance(around, dict) and path[length - 1] in around:
            del around[path[length - 1]]
            return


def _at(value: object, path: SettingsPath) -> object:
    for part in path:
        if isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _remove_items(section: str, numbers: set[int], merged: Merged) -> None:
    """Take items out of a list; those behind them move up, and keep their places."""
    items = merged.values.get(section)
    if not numbers or not isinstance(items, list):
        return
    kept = [number for number in range(len(items)) if number not in numbers]
    new_numbers = {number: position for position, number in enumerate(kept)}
    merged.values[section] = [items[number] for number in kept]
    for places in (merged.places, merged.key_places):
        of_items = {path: places.pop(path) for path in list(places) if path[:1] == (section,) and len(path) > 1}
        for path, place in of_items.items():
            if path[1] in new_numbers:
                places[(section, new_numbers[path[1]], *path[2:])] = place
    shown = {new: merged.shown.pop((section, old), (section, old)) for old, new in new_numbers.items()}
    for number in numbers:
        merged.shown.pop((section, number), None)
    merged.shown |= {(section, number): path for number, path in shown.items()}
