"""`${NAME}` in a setting: values and secrets from the environment, or from a file that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_REFERENCE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\+)([^}]*))?\}|\{[^}]*\}?)")
_MAX_SECRET_BYTES = 64 * 1024


class BadReference(Exception):
    """A reference that cannot be resolved; the message says what to do."""


class Environment:
    """Substitutes references, and remembers the files that it read for them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.files: list[Path] = []

    def substitute(self, text: str) -> str:
        """Return `text` with its references replaced.

        `${NAME}` is the variable, or the content of the file that `NAME_FILE` names; `${NAME:-word}` is `word` when
        that is unset or empty; `${NAME:+word}` is `word` when it is neither, else nothing; `$$` is a dollar sign.

        Raises:
            BadReference: for a variable that is not set, or a reference that cannot be read.
        """
        return _REFERENCE.sub(self._replacement, text) if "$" in text else text

    def _replacement(self, found: re.Match[str]) -> str:
        name, operator, word = found.groups()
        if found[0] == "$$":
            return "$"
        if name is None:
            raise BadReference(f"{found[0]!r} is not a reference; write ${{NAME}} or ${{NAME:-default}}, or $$ for a $")
        value = self._value(name)
        if operator == ":-":
            return value or str(word)
        if operator == ":+":
            return str(word) if value else ""
        if value is None:
            raise BadReference(
                f"the environment variable {name} is not set; set it, or {name}_FILE to a file that holds it, "
                f"or write ${{{name}:-default}}"
            )
        return value

    def _value(self, name: str) -> str | None:
        if name in self._variables:
            return self._variables[name]
        if f"{name}_FILE" in self._variables:
            return self._read(name, Path(self._variables[f"{name}_FILE"]))
        return None

    def _read(self, name: str, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_SECRET_BYTES + 1)
        except OSError as error:
            raise BadReference(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from error
        if len(content) > _MAX_SECRET_BYTES:
            raise BadReference(f"{name}_FILE names {path}, which is larger than {_MAX_SECRET_BYTES:,} bytes")
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise BadReference(f"{name}_FILE names {path}, which is not UTF-8 text") from error
        self.files.append(path)
        return text.rstrip("\r\n")
