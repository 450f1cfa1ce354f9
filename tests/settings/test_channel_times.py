"""When channels are told: quiet hours, digests and limits, as the YAML has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.alerts import Channel
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import Rule
from aggregator.model.schedules import Schedule
from aggregator.settings import load_settings


def channel_of(folder: Path, keys: str, environ: dict[str, str] | None = None) -> Channel:
    """The channel that a line of YAML makes."""
    path = folder / "c.yaml"
    path.write_text(f"channels:\n  desk:\n    type: console\n    {keys}\n")
    return load_settings(path, environ or {}).settings.channels[0]


def rule_of(folder: Path, keys: str) -> Rule:
    """The rule that a line of YAML makes."""
    path = folder / "c.yaml"
    path.write_text(f"rules:\n  - id: r\n    query: a\n    {keys}\n")
    return load_settings(path, {}).settings.rules[0]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ('"23:00-07:00"', ("23:00-07:00",)),
        ("23:00-07:00", ("23:00-07:00",)),
        ("sat-sun 22:00-10:00", ("Sat-Sun 22:00-10:00",)),
        ('["Mon-Fri 23:00-07:00", Sat-Sun 22:00-10:00]', ("Mon-Fri 23:00-07:00", "Sat-Sun 22:00-10:00")),
        ("${NIGHT}", ("22:00-08:00",)),
    ],
)
def test_quiet_hours_are_one_text_or_several(tmp_path: Path, value: str, texts: tuple[str, ...]) -> None:
    """Quoted or not, alone or in a list, they mean the same."""
    channel = channel_of(tmp_path, f"quiet_hours: {value}", {"NIGHT": "22:00-08:00"})

    assert channel.quiet_hours == QuietHours.parse(texts)


@pytest.mark.parametrize("keys", ["", "quiet_hours: []", "quiet_hours:", "digest:", "max_per_hour:"])
def test_a_channel_is_told_at_any_time_unless_it_says_otherwise(tmp_path: Path, keys: str) -> None:
    """A key with nothing in it is as one that is not there."""
    channel = channel_of(tmp_path, keys)

    assert (channel.quiet_hours, channel.digest) == (None, None)
    assert (channel.max_per_minute, channel.max_per_hour) == (None, None)


@pytest.mark.parametrize("value", ["0 8,18 * * Mon-Fri", '"0  8,18 * * Mon-Fri "', "'0 8,18 * * Mon-Fri'"])
def test_a_channel_and_a_rule_have_a_digest(tmp_path: Path, value: str) -> None:
    """It is a schedule of cron; the rule with one is not told at once."""
    channel, rule = channel_of(tmp_path, f"digest: {value}"), rule_of(tmp_path, f"digest: {value}")

    assert channel.digest == rule.digest == Schedule("0 8,18 * * Mon-Fri")
    assert not rule.is_at_once


@pytest.mark.parametrize(
    ("keys", "is_at_once"), [("digest: false", True), ("digest:", False), ("priority: low", False)]
)
def test_a_rule_is_told_at_once_where_it_says_so(tmp_path: Path, keys: str, *, is_at_once: bool) -> None:
    """Without a digest of its own it is told as its channels are."""
    rule = rule_of(tmp_path, keys)

    assert (rule.digest, rule.is_at_once) == (None, is_at_once)


def test_a_channel_has_limits(tmp_path: Path) -> None:
    """They are whole numbers, which a variable may hold."""
    channel = channel_of(tmp_path, "max_per_minute: 5\n    max_per_hour: ${MOST}", {"MOST": "60"})

    assert (channel.max_per_minute, channel.max_per_hour) == (5, 60)
    assert channel.options == {}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("quiet_hours: night", "4:18: channels.desk.quiet_hours: 'night' is not a span of hours; write it as"),
        ("quiet_hours: 25:00-07:00", "4:18: channels.desk.quiet_hours: '25:00' is not a time of day; write one"),
        ("quiet_hours: 2300", "4:18: channels.desk.quiet_hours: '2300' is not a span of hours; write it as"),
        ("quiet_hours: true", "4:18: channels.desk.quiet_hours: 'True' is not a span of hours; write it as"),
        (
            "quiet_hours:\n      - 23:00-07:00\n      - Sat 22:00",
            "6:9: channels.desk.quiet_hours[1]: 'Sat 22:00' is not a span of hours; write it as",
        ),
        ("quiet_hours: 00:00-24:00", "4:18: channels.desk.quiet_hours: it is always quiet, so nothing but urgent"),
        ("max_per_minute: 1001", "4:21: channels.desk.max_per_minute: 1001 is out of range; write at most 1000"),
        ("digest: daily", "4:13: channels.desk.digest: 'daily' is not a schedule: it takes five fields, minute, hour"),
        ("digest: '@daily'", "4:13: channels.desk.digest: '@daily' is not a schedule: it takes five fields"),
        ("digest: 8", "4:13: channels.desk.digest: '8' is not a schedule: it takes five fields"),
        ("digest: 0 25 * * *", "4:13: channels.desk.digest: '0 25 * * *' is not a schedule (bad hour); write"),
        ("digest: 0 0 30 2 *", "4:13: channels.desk.digest: '0 0 30 2 *' is not a schedule (bad day-of-month)"),
        ("digest: false", '4:13: channels.desk.digest: write a schedule, as "0 8 * * *" for 08:00 each day'),
        ("digest: [8]", '4:13: channels.desk.digest: write a schedule, as "0 8 * * *"'),
        ("digest: */30 * * * *", "4:14: not valid YAML: a star begins the name of an alias; quote a text that begins"),
        ("digest: * 8 * * *", "4:14: not valid YAML: a star begins the name of an alias; quote a text that begins"),
        ("max_per_minute: 0", "4:21: channels.desk.max_per_minute: 0 is out of range; write at least 1"),
        ("max_per_hour: few", "4:19: channels.desk.max_per_hour: expected a whole number, found text ('few')"),
    ],
)
def test_a_mistake_in_a_channel_is_named_at_its_place(tmp_path: Path, keys: str, expected: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(SettingsError) as caught:
        channel_of(tmp_path, keys)

    [problem] = [str(problem).removeprefix(f"{tmp_path}/c.yaml:") for problem in caught.value.problems]
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("digest: 0 8 * *", "4:13: rules[0].digest: '0 8 * *' is not a schedule: it takes five fields"),
        (
            "digest: 0 8 * * *\n    priority: urgent",
            "2:5: rules[0]: what is urgent comes at once: leave out digest, or",
        ),
        ("digest: 8", "4:13: rules[0].digest: '8' is not a schedule: it takes five fields"),
        ("digest: true", '4:13: rules[0].digest: write a schedule, as "0 8 * * *" for 08:00 each day, or false for'),
        ("digest: {at: 8}", '4:13: rules[0].digest: write a schedule, as "0 8 * * *"'),
    ],
)
def test_a_mistake_in_a_rule_is_named_at_its_place(tmp_path: Path, keys: str, expected: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(SettingsError) as caught:
        rule_of(tmp_path, keys)

    [problem] = [str(problem).removeprefix(f"{tmp_path}/c.yaml:") for problem in caught.value.problems]
    assert problem.startswith(expected)
