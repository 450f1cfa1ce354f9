"""Rules by example at the command line: tried, and every reason why they cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.meaning import PRESSURE, RELATED, UNRELATED, save_tiny_model
from support.program import REPOSITORY, Program

CONFIG = """rules:
  - {id: r1, like: [pressure.txt]}
  - {id: r2, query: captives, like: [pressure.txt], threshold: 0.99}
channels: {wall: {type: console}}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a folder with an example."""
    (tmp_path / "pressure.txt").write_text(f"{PRESSURE.title}\n{PRESSURE.text}\n")
    return Program(tmp_path)


async def test_texts_are_tried_against_examples(program: Program) -> None:
    """`match` shows the example that a text is like, and how much."""
    program.configure(CONFIG)
    related = await program.run("match", "-", stdin="\n".join(RELATED["uk"]).encode())
    unrelated = await program.run("match", "-", stdin="\n".join(UNRELATED["uk"]).encode())

    assert "r1: like pressure.txt: 0.4" in related.stdout
    assert "r2" not in related.stdout
    assert "no rule matches" in unrelated.stdout


async def test_a_model_that_is_missing_is_named_once_where_it_is_written(program: Program) -> None:
    """`check` names the folder, and the line and column of its path, however many rules ask for it."""
    program.configure(f"{CONFIG}semantic: {{model: models/none}}\n")

    checked = await program.run("check")

    folder = program.folder / "models" / "none"
    assert checked.status == 2
    assert checked.stderr == (
        f"{program.config}:6:19: semantic.model: the model '{folder}' is not a folder; "
        "name a folder that model2vec saved\n"
    )


async def test_a_model_beside_the_configuration_is_used(program: Program) -> None:
    """The path is relative to the file that names it."""
    save_tiny_model(program.folder / "models")
    (program.folder / "river.txt").write_text("river")
    program.configure("rules: [{id: r1, like: river.txt}]\nsemantic: {model: models}\n")

    found = await program.run("match", "-", stdin=b"flood")

    assert "r1: like river.txt: 1.00" in found.stdout


def test_without_the_extra_the_rules_are_named_with_the_command_that_installs_it(program: Program) -> None:
    """Each rule with examples is named at its line and column; the others are checked all the same."""
    program.configure(CONFIG)
    code = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            raise ModuleNotFoundError("No module named 'numpy'", name=name)
sys.meta_path.insert(0, Blocked())
from aggregator.cli.root import main
main()
"""
    command = [sys.executable, "-c", code, "-c", str(program.config), "check"]

    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, cwd=REPOSITORY, check=False)  # noqa: S603 - our own code

    missing = "rules with `like` need the extra 'semantic'; install it with: pip install 'aggregator[semantic]'"
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"{program.config}:3:20: rules[0].like: {missing}",
        f"{program.config}:4:37: rules[1].like: {missing}",
    ]
