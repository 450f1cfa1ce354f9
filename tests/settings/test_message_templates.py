"""Templates in the configuration: written there, or in files that are read with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.settings import TemplateSource, load_settings
from aggregator.settings.message_templates import MAX_TEMPLATE_BYTES

CHANNEL = "channels:\n  desk: {{type: console, {}}}\n"


def problem(folder: Path, text: str) -> str:
    """What is wrong with a configuration, without the folder."""
    path = folder / "c.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    [only] = caught.value.problems
    return str(only).removeprefix(f"{folder}/")


def test_templates_are_written_or_named(tmp_path: Path) -> None:
    """A file is relative to the file that names it, has no variables of the environment, and is watched."""
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "t.html").write_text("\ufeff${NAME} {{ headline }}\n")
    (parts / "a.yaml").write_text("rules: [{id: r, query: a, template_file: t.html}]")
    path = tmp_path / "c.yaml"
    path.write_text("include: [parts/*.yaml]\n" + CHANNEL.format('template: "${NAME} {{ headline }}"'))

    loaded = load_settings(path, {"NAME": "Desk"})

    assert loaded.settings.channel_templates == {
        "desk": TemplateSource(text="Desk {{ headline }}", path=("channels", "desk", "template"))
    }
    assert loaded.settings.rule_templates == {
        "r": TemplateSource(text="${NAME} {{ headline }}\n", path=("rules", 0, "template_file"), file=parts / "t.html")
    }
    assert parts / "t.html" in loaded.files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the template 't.html' cannot be read: No such file or directory; name a file from this file's folder"),
        (b"caf\xe9", "the template 't.html' is not UTF-8 text; save it as UTF-8"),
        (b"x" * (MAX_TEMPLATE_BYTES + 1), "the template 't.html' is larger than 65,536 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_where_it_is_written(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """With its line and column, and what to do."""
    if content is not None:
        (tmp_path / "t.html").write_bytes(content)

    found = problem(tmp_path, CHANNEL.format("template_file: t.html"))

    assert found == f"c.yaml:2:40: channels.desk.template_file: {message}"


def test_a_name_that_no_file_can_have_is_a_problem(tmp_path: Path) -> None:
    """It is named like one of a file that is not there."""
    found = problem(tmp_path, 'rules: [{id: r, query: a, template_file: "a\\0b"}]\n')

    assert found.startswith("c.yaml:1:42: rules[0].template_file: the template 'a\\x00b' cannot be read: ")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (CHANNEL.format("template: a, template_file: t.html"), "c.yaml:2:53: channels.desk.template_file"),
        ("rules: [{id: r, query: a, template: a, template_file: t.html}]\n", "c.yaml:1:55: rules[0].template_file"),
    ],
)
def test_there_is_one_template(tmp_path: Path, text: str, place: str) -> None:
    """Written or in a file, not both."""
    assert problem(tmp_path, text) == f"{place}: there is a template beside it; one of them must go"
