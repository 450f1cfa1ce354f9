"""Templates of a configuration: which one a message has, and where in the YAML a bad one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.builders import NOW, article, due

from aggregator.errors import SettingsError
from aggregator.model.alerts import AlertRule
from aggregator.model.ids import ChannelId, RuleId
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.dead_letters import text_of

RULES = """
rules:
  - {id: plain, query: a}
  - {id: loud, query: b, template: "LOUD {{ headline }}"}
  - {id: other, query: c, template: "OTHER {{ headline }}"}
"""


def load(folder: Path, text: str) -> Configuration:
    """The configuration of a text."""
    path = folder / "c.yaml"
    path.write_text(text)
    return configure(path, {"NAME": "Desk\nof\n{{ titel }}"}, lambda _channel, _settings: [])


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with a text, without the folder."""
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def rules(*names: str) -> tuple[AlertRule, ...]:
    """Rules as an alert has them."""
    return tuple(AlertRule(id=RuleId(name), title=name) for name in names)


def test_the_template_of_a_rule_goes_before_that_of_the_channel(tmp_path: Path) -> None:
    """Of several rules the first that has one; without any, there is none."""
    made = load(
        tmp_path, RULES + 'channels: {desk: {type: console, template: "DESK {{ headline }}"}, wall: {type: console}}'
    )

    def chosen(channel: str, *names: str) -> str | None:
        template = made.templates.choose(ChannelId(channel), rules(*names))
        return None if template is None else template.source.partition(" ")[0]

    assert chosen("desk", "plain") == "DESK"
    assert chosen("desk", "plain", "loud", "other") == "LOUD"
    assert chosen("desk", "other", "loud") == "OTHER"
    assert (chosen("wall", "plain"), chosen("wall", "loud"), chosen("gone", "gone")) == (None, "LOUD", None)


def test_a_text_is_compiled_once(tmp_path: Path) -> None:
    """However many channels and rules have it, written or in a file."""
    (tmp_path / "t.html").write_text("{{ headline }}")
    made = load(
        tmp_path,
        "channels: {a: {type: console, template_file: t.html}, b: {type: console, template: '{{ headline }}'}}\n"
        "rules: [{id: r, query: a, template: '{{ headline }}'}]\n",
    )

    templates = {id(template) for template in (*made.templates.of_channels.values(), *made.templates.of_rules.values())}

    assert (len(made.templates.of_channels), len(templates)) == (2, 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"{{ titel }}"', "c.yaml:4:16: channels.desk.template: there is no variable 'titel'"),
        ("'<b>{{ titel }}'", "c.yaml:4:16: channels.desk.template: there is no variable 'titel'"),
        ('"{{ headline }}\\n{{ titel }}"', "c.yaml:4:15: channels.desk.template: line 2: there is no variable 'titel'"),
        (
            "|\n      {{ headline }}\n\n        {{ titel }}",
            "c.yaml:7:9: channels.desk.template: line 3: there is no variable 'titel'",
        ),
        ("|\n      ${NAME}", "c.yaml:4:15: channels.desk.template: line 3: there is no variable 'titel'"),
        ("'{% if change %}x{% endif %}'", "c.yaml:4:16: channels.desk.template: it writes nothing for an alert"),
    ],
)
def test_a_bad_template_is_named_where_it_is_written(tmp_path: Path, written: str, expected: str) -> None:
    """At its line of a block; where that cannot be told, at its beginning with the line in words."""
    [found] = problems(tmp_path, f"channels:\n  desk:\n    type: console\n    template: {written}\n")

    assert found.startswith(expected)


def test_a_bad_template_in_a_file_is_named_there(tmp_path: Path) -> None:
    """Each channel or rule that names the file is one problem, in the order of the files."""
    (tmp_path / "t.html").write_text("{{ headline }}\n  {{ titel }}\n")

    found = problems(
        tmp_path,
        "channels: {desk: {type: console, template_file: t.html}}\n"
        "rules: [{id: r, query: 'a AND', template_file: t.html}]\n",
    )

    assert [line.partition(": there")[0] for line in found[1:]] == [
        "t.html:2:3: channels.desk.template_file",
        "t.html:2:3: rules[0].template_file",
    ]
    assert found[0].startswith("c.yaml:2:27: rules[0].query: column 3")


def test_the_text_of_a_delivery_is_that_of_its_template(tmp_path: Path) -> None:
    """Without markup; of a channel that is gone, in the time zone and the layout of all."""
    made = load(
        tmp_path,
        "timezone: Europe/Kyiv\nchannels: {desk: {type: console, timezone: UTC, template: "
        "'<b>{{ article.title }}</b> {{ article.published_at|time }}'}}\n",
    )
    subject = article(title="Home", published_at=NOW)

    here = text_of(due(subject), made)
    gone = text_of(due(subject, channel_id=ChannelId("gone")), made)

    assert "Home" in here.splitlines()[0]
    assert "2026-03-01 12:00 UTC" in here
    assert "14:00 EET" in gone
