"""The reference of the command line says what the program can do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import typer
from support.program import REPOSITORY

from aggregator.cli.root import app

PAGE = REPOSITORY / "docs" / "reference" / "command-line.md"
SHARED = {"--help"}


def commands() -> dict[str, set[str]]:
    """The options of each command, by its name as it is typed; those of the program itself under `aggregator`."""
    return dict(_commands(typer.main.get_command(app), "aggregator"))


def _commands(command: object, name: str) -> Iterator[tuple[str, set[str]]]:
    inner = getattr(command, "commands", {})
    if not inner or name == "aggregator":
        parameters = [parameter for parameter in command.params if parameter.param_type_name == "option"]  # type: ignore[attr-defined] # click's, whose types typer does not export
        yield name, {option for parameter in parameters for option in parameter.opts}
    for part, below in inner.items():
        yield from _commands(below, f"{name} {part}")


def sections() -> dict[str, str]:
    """The text about each command."""
    head, *parts = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    named = {re.match(r"`(aggregator [a-z -]+?)(?: [A-Z\[].*)?`", part): part for part in parts}
    return {"aggregator": head} | {found[1]: text for found, text in named.items() if found}


def test_every_command_has_its_section() -> None:
    """And no section is about one that there is not."""
    assert set(sections()) == set(commands())


def test_every_option_is_in_the_table_of_its_command() -> None:
    """And no table has one that there is not."""
    documented = {
        name: set(re.findall(r"`(--?[a-z][a-z-]*)", "\n".join(re.findall(r"^\| (.*?) \|", text, re.MULTILINE))))
        for name, text in sections().items()
    }

    assert {name: options - SHARED for name, options in documented.items()} == commands()
