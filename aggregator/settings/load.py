"""From a file and the environment to the settings, or to every problem in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.errors import Problem, SettingsError
from aggregator.settings.convert import settings_of
from aggregator.settings.documents import SettingsDocument
from aggregator.settings.environment import Environment
from aggregator.settings.examples import Examples
from aggregator.settings.merge import Merged, read_all
from aggregator.settings.message_templates import TemplateSources
from aggregator.settings.model import Settings
from aggregator.settings.references import reference_notices, reference_problems
from aggregator.settings.scalars import place_in_text
from aggregator.settings.soundness import sound_document
from aggregator.settings.tree import Place, SettingsPath

_DEFERRED: dict[SettingsPath, str] = {
    ("retention",): "checked, but not in effect in this version: nothing is removed",
}
_OWN_LAYOUT = ("webhook",)
"""Types of channels that show what an alert is about in their own way: a JSON document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings, and where they came from.

    `notices` name what is set but not in effect in this version. `files` were read, `folders` may gain more. Where
    there are `problems`, the settings are only what is sound: to look for more of them, never to run with.
    """

    settings: Settings
    notices: tuple[Problem, ...]
    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    problems: tuple[Problem, ...]
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

    def error(self, more: Iterable[Problem] = ()) -> SettingsError | None:
        """Return the error of all problems and `more` of them, in the order of the files, None when there are none."""
        problems = dict.fromkeys([*self.problems, *more])
        order = {str(file): number for number, file in enumerate(self._merged.files)}
        in_order = sorted(problems, key=lambda p: (order.get(p.file, len(order)), p.file, p.line, p.column))
        return SettingsError(in_order) if in_order else None


def load_settings(path: Path, environ: Mapping[str, str]) -> LoadedSettings:
    """Read, merge and validate the configuration at `path`.

    Raises:
        SettingsError: with all problems, in the order of the files.
    """
    loaded = read_settings(path, environ)
    if error := loaded.error():
        raise error
    return loaded


def read_settings(path: Path, environ: Mapping[str, str]) -> LoadedSettings:
    """Read, merge and validate the configuration at `path`; what is wrong is in the `problems`."""
    environment = Environment(environ)
    merged = read_all(path, environment)
    files = tuple(dict.fromkeys([*merged.files, *environment.files]))
    merged.problems += reference_problems(merged)
    document = sound_document(merged)
    examples = Examples(document.rules, merged)
    templates = TemplateSources(document, merged)
    merged.problems += [*examples.problems, *templates.problems]
    return LoadedSettings(
        settings=settings_of(document, merged, examples, templates),
        notices=() if merged.problems else (*_notices(document, merged), *reference_notices(merged)),
        files=tuple(dict.fromkeys([*files, *examples.files, *templates.files])),
        folders=tuple(sorted(merged.folders)),
        problems=tuple(merged.problems),
        _merged=merged,
    )


def _notices(document: SettingsDocument, merged: Merged) -> Iterator[Problem]:
    for path, message in _DEFERRED.items():
        if path in merged.places:
            yield merged.problem(path, message)
    for number, rule in enumerate(document.rules):
        if rule.on_update != "ignore":
            message = "partly in effect in this version: a change that matches anew alerts; a sent alert stays as it is"
            yield merged.problem(("rules", number, "on_update"), message)
    for name, channel in document.channels.items():
        for key in ("template", "template_file"):
            if channel.type in _OWN_LAYOUT and ("channels", name, key) in merged.places:
                message = f"not in effect: a {channel.type} channel has a layout of its own"
                yield merged.problem(("channels", name, key), message)
