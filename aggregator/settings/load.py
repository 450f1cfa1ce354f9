"""From a file and the environment to the settings, or to every problem in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from aggregator.errors import Problem, SettingsError
from aggregator.settings.convert import settings_of
from aggregator.settings.documents import SettingsDocument
from aggregator.settings.environment import Environment
from aggregator.settings.examples import Examples
from aggregator.settings.merge import Merged, read_all
from aggregator.settings.model import Settings
from aggregator.settings.references import reference_notices, reference_problems
from aggregator.settings.scalars import place_in_text
from aggregator.settings.tree import Place, SettingsPath
from aggregator.settings.validation import problems_of

_DEFERRED: dict[SettingsPath, str] = {
    ("retention",): "checked, but not in effect in this version: nothing is removed",
    ("telegram", "access"): "checked, but not in effect in this version: the bot only sends",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings, and where they came from.

    `notices` name what is set but not in effect in this version. `files` were read, `folders` may gain more.
    """

    settings: Settings
    notices: tuple[Problem, ...]
    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    _merged: Merged

    def problem(self, path: SettingsPath, message: str) -> Problem:
        """Return a problem at `path`, with its file, line and column."""
        return self._merged.problem(path, message)

    def problem_in_text(self, path: SettingsPath, text: str, column: int, message: str) -> Problem:
        """Return a problem at the character `column` (from 1) of the text at `path`."""
        place = place_in_text(self._merged.place_of(path), text, column)
        return replace(self._merged.problem(path, message), line=place.line, column=place.column)

    def place_of(self, path: SettingsPath) -> Place:
        """Return the file, the line and the column of what stands at `path`."""
        return self._merged.place_of(path)


def load_settings(path: Path, environ: Mapping[str, str]) -> LoadedSettings:
    """Read, merge and validate the configuration at `path`.

    Raises:
        SettingsError: with all problems, in the order of the files.
    """
    environment = Environment(environ)
    merged = read_all(path, environment)
    files = tuple(dict.fromkeys([*merged.files, *environment.files]))
    merged.problems += reference_problems(merged)
    try:
        document = SettingsDocument.model_validate(merged.values)
    except ValidationError as error:
        known = {(problem.file, problem.line, problem.column) for problem in merged.problems}
        for where, message, is_key in problems_of(error, SettingsDocument):
            problem = merged.problem(where, message, is_key=is_key)
            # A reference that could not be resolved left a hole, which has been named already.
            if (problem.file, problem.line, problem.column) not in known:
                merged.problems.append(problem)
        raise _error(merged) from None
    examples = Examples(document.rules, merged)
    merged.problems += examples.problems
    if merged.problems:
        raise _error(merged)
    settings = settings_of(document, merged, examples)
    return LoadedSettings(
        settings=settings,
        notices=(*_notices(document, merged), *reference_notices(merged)),
        files=tuple(dict.fromkeys([*files, *examples.files])),
        folders=tuple(sorted(merged.folders)),
        _merged=merged,
    )


def _error(merged: Merged) -> SettingsError:
    order = {str(file): number for number, file in enumerate(merged.files)}
    unique = dict.fromkeys(merged.problems)
    return SettingsError(sorted(unique, key=lambda p: (order.get(p.file, len(order)), p.line, p.column)))


def _notices(document: SettingsDocument, merged: Merged) -> Iterator[Problem]:
    for path, message in _DEFERRED.items():
        if path in merged.places:
            yield merged.problem(path, message)
    for number, rule in enumerate(document.rules):
        if rule.on_update != "ignore":
            message = "partly in effect in this version: a change that matches anew alerts; a sent alert stays as it is"
            yield merged.problem(("rules", number, "on_update"), message)
    for name, channel in document.channels.items():
        if channel.quiet_hours is not None:
            message = "checked, but not in effect in this version: alerts come at any hour"
            yield merged.problem(("channels", name, "quiet_hours"), message)
