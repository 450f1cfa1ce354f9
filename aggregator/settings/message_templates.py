"""The templates of messages that channels and rules name: written in the YAML, or read from files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aggregator.errors import Problem
from aggregator.settings.documents import SettingsDocument
from aggregator.settings.merge import Merged
from aggregator.settings.model import TemplateSource
from aggregator.settings.tree import SettingsPath

MAX_TEMPLATE_BYTES = 64 * 1024
"""Far more than a template may have; a wrong file's name must not fill the memory."""


class TemplateSources:
    """The templates of a configuration, by the path of the channel or rule that has one.

    `problems` and `files` are of all of them.
    """

    def __init__(self, document: SettingsDocument, merged: Merged) -> None:
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        self.by_owner: dict[SettingsPath, TemplateSource] = {}
        for owner, text, name in _written(document):
            if text is not None:
                self.by_owner[owner] = TemplateSource(text=text, path=(*owner, "template"))
            elif name is not None:
                self._read(owner, name, merged)

    def _read(self, owner: SettingsPath, name: str, merged: Merged) -> None:
        path = (*owner, "template_file")
        file = Path(merged.place_of(path).file).parent / name
        self.files.append(file)
        text, problem = _read(file, name)
        if problem is None:
            self.by_owner[owner] = TemplateSource(text=text, path=path, file=file)
        else:
            self.problems.append(merged.problem(path, problem))


def _written(document: SettingsDocument) -> Iterator[tuple[SettingsPath, str | None, str | None]]:
    """Yield the path of each channel and rule, and what it has as `template` and as `template_file`."""
    for name, channel in document.channels.items():
        yield ("channels", name), channel.template, channel.template_file
    for number, rule in enumerate(document.rules):
        yield ("rules", number), rule.template, rule.template_file


def _read(file: Path, name: str) -> tuple[str, str | None]:
    """Return what is in a template's file, and in words why it cannot be used, None when it can."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_TEMPLATE_BYTES + 1)
        if len(content) > MAX_TEMPLATE_BYTES:
            return "", f"the template {name!r} is larger than {MAX_TEMPLATE_BYTES:,} bytes"
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return "", f"the template {name!r} is not UTF-8 text; save it as UTF-8"
    except (OSError, ValueError) as error:  # a ValueError of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        return "", f"the template {name!r} cannot be read: {reason}; name a file from this file's folder"
