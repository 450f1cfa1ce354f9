"""Rules by example in the configuration: the files that they name, and every mistake at its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.rules import DEFAULT_THRESHOLD, Example
from aggregator.settings import LoadedSettings, load_settings
from aggregator.settings.examples import MAX_EXAMPLE_BYTES


def load(folder: Path, rule: str, more: str = "") -> LoadedSettings:
    """The configuration of one rule; like.txt is there."""
    (folder / "like.txt").write_text(" date 2024-08-08 Eng\nHeadline\n\nLead\n")
    (folder / "c.yaml").write_text(f"rules:\n  - {{id: r1, {rule}}}\n{more}")
    return load_settings(folder / "c.yaml", {})


def problem(folder: Path, rule: str) -> str:
    """What is wrong with it, without the folder."""
    with pytest.raises(SettingsError) as caught:
        load(folder, rule)
    [only] = caught.value.problems
    return str(only).removeprefix(f"{folder}/")


def test_examples_are_read_as_articles(tmp_path: Path) -> None:
    """A file has a title and a text, after a line of metadata; it may be all of a rule."""
    [rule] = load(tmp_path, "like: like.txt").settings.rules

    assert rule.like == (Example(name="like.txt", title="Headline", text="Lead"),)
    assert rule.threshold == DEFAULT_THRESHOLD
    assert not rule.has_query


def test_examples_stand_beside_a_query(tmp_path: Path) -> None:
    """A rule may have both, and a threshold of its own."""
    [rule] = load(tmp_path, "any: [x], none: [y], like: [like.txt, like.txt], threshold: 0").settings.rules

    assert [example.name for example in rule.like] == ["like.txt", "like.txt"]
    assert rule.threshold == 0
    assert rule.has_query


def test_files_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    """A rule in an included file names examples beside it, and the daemon watches them; so with the model."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "pow.txt").write_text("Headline")
    (rules / "a.yaml").write_text("rules: [{id: r2, like: [pow.txt]}, {id: r3, query: x}]")

    loaded = load(tmp_path, "like: like.txt", "include: [rules/*.yaml]\nsemantic: {model: models/m}")

    assert [[example.name for example in rule.like] for rule in loaded.settings.rules] == [
        ["like.txt"],
        ["pow.txt"],
        [],
    ]
    assert set(loaded.files) >= {tmp_path / "like.txt", rules / "pow.txt"}
    models = [rule.language_model for rule in loaded.settings.rules]
    assert models == [str(tmp_path / "models" / "m"), str(tmp_path / "models" / "m"), None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the example 'e.txt' cannot be read: No such file or directory; name a file from this file's folder"),
        (b"\n \n", "the example 'e.txt' has no text; write the title of an article, then its lead"),
        (b"caf\xe9", "the example 'e.txt' is not UTF-8 text; save it as UTF-8"),
        (
            b"x" * (MAX_EXAMPLE_BYTES + 1),
            "the example 'e.txt' is larger than 1,048,576 bytes; its title and lead are enough",
        ),
    ],
)
def test_an_example_that_cannot_be_used_is_named_where_it_is_written(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """The file, the line and the column are those of its name."""
    if content is not None:
        (tmp_path / "e.txt").write_bytes(content)

    assert problem(tmp_path, "like: [like.txt, e.txt]") == f"c.yaml:2:31: rules[0].like[1]: {message}"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('like: "a\\0b"', "c.yaml:2:20: rules[0].like[0]: the example 'a\\x00b' cannot be read: embedded null byte; "),
        ("like: .", "c.yaml:2:20: rules[0].like[0]: the example '.' cannot be read: Is a directory; "),
        ("query: x, threshold: 0.5", "c.yaml:2:35: rules[0].threshold: threshold says how like an article must be to "),
        ("like: like.txt, threshold: 60", "c.yaml:2:41: rules[0].threshold: 60 is out of range; write at most 1.0"),
        ("like: like.txt, none: x", "c.yaml:2:5: rules[0]: the rule 'r1' only excludes; add an any or all list"),
        ("like: []", "c.yaml:2:5: rules[0]: the rule 'r1' looks for nothing; add a query"),
    ],
)
def test_other_mistakes_are_named(tmp_path: Path, rule: str, message: str) -> None:
    """Names that no file has, folders, thresholds without examples, out of range; rules that only exclude."""
    assert problem(tmp_path, rule).startswith(message)
