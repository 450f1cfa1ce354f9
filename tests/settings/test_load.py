"""The configuration: what it means, and every mistake at its line and column."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.program import REPOSITORY

from aggregator.app import configuration_schema
from aggregator.errors import SettingsError
from aggregator.model.feeds import FirstPoll
from aggregator.model.rules import Priority
from aggregator.settings import LoadedSettings, load_settings
from aggregator.settings.values import format_duration, parse_duration, parse_size

FULL = """
database: sqlite:///x.db
timezone: Europe/Kyiv
polling: {interval: 5m, max_body: 64KB, host_delay: 0s}
feeds:
  - {id: ep, url: "https://a.example/feed", title: EP, tags: [ukraine, 2024], first_poll: alert, interval: 1h}
  - url: https://b.example/News/feed.xml?x=1
  - url: https://b.example/News/feed.xml?x=2
rules:
  - {id: r1, query: 'a', priority: high, send_to: desk, feeds: {tags: [ukraine], ids: [ep]},
     tests: [{match: a}, {no_match: b}]}
  - {id: r2, any: [x], none: y}
channels:
  desk: {type: telegram, chat_id: "${CHAT}", language: uk}
  wall: {type: console, enabled: "${NOTHING:+true}", timezone: UTC}
telegram: {token: "${TOKEN}"}
"""
ENVIRONMENT = {"CHAT": "-100", "TOKEN": "1:secret"}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> LoadedSettings:
    """Load a configuration from a text."""
    path = folder / "c.yaml"
    path.write_text(text)
    return load_settings(path, ENVIRONMENT if environ is None else environ)


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a configuration, without the folder."""
    with pytest.raises(SettingsError) as caught:
        load(folder, text, environ)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_configuration_becomes_settings(tmp_path: Path) -> None:
    """Every section finds its noun."""
    settings = load(tmp_path, FULL).settings

    ep, second, third = settings.feeds
    assert (ep.id, ep.title, ep.tags, ep.first_poll) == ("ep", "EP", ("ukraine", "2024"), FirstPoll.ALERT)
    assert ep.interval == timedelta(hours=1)
    assert second.id == "b-example-news-feed-xml-e4c67038"
    assert third.id not in (second.id, "b-example-news-feed-xml")
    assert third.id.startswith("b-example-news-feed-xml-")
    assert settings.polling.interval == timedelta(minutes=5)
    assert settings.polling.max_body_bytes == 65536
    r1, r2 = settings.rules
    assert (r1.query, r1.priority, r1.send_to, r1.feeds.tags) == ("a", Priority.HIGH, ("desk",), ("ukraine",))
    assert [test.expect_match for test in r1.tests] == [True, False]
    assert (r2.title, r2.any_of, r2.none_of, r2.send_to) == ("r2", ("x",), ("y",), ("desk", "wall"))
    desk, wall = settings.channels
    assert (desk.options["chat_id"], desk.timezone, desk.language) == ("-100", "Europe/Kyiv", "uk")
    assert (wall.enabled, wall.timezone) == (False, "UTC")
    assert [(s.channel_id, s.rule_id) for s in settings.subscriptions] == [("desk", "r1"), ("desk", "r2")]


def test_a_secret_is_in_no_representation(tmp_path: Path) -> None:
    """Printing the settings shows no token."""
    settings = load(tmp_path, FULL).settings

    assert settings.telegram.token == "1:secret"
    assert "secret" not in repr(settings)


def test_an_empty_file_has_defaults(tmp_path: Path) -> None:
    """Nothing configured is a valid, idle configuration."""
    loaded = load(tmp_path, "# nothing\n")

    assert loaded.settings.polling.interval == timedelta(minutes=15)
    assert loaded.settings.database == "sqlite:///var/aggregator.db"
    assert loaded.notices == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("databse: x", ["c.yaml:1:1: databse: unknown key 'databse'; did you mean 'database'?"]),
        (
            "rules:\n  - {id: r, query: a,\n     priority: hihg}",
            ["c.yaml:3:16: rules[0].priority: 'hihg' is not one of low, normal, high, urgent; did you mean 'high'?"],
        ),
        ("polling: {interval: 15}", ["c.yaml:1:21: polling.interval: '15' is not a duration; write a number with"]),
        ("polling: {interval: 0s}", ["c.yaml:1:21: polling.interval: shorter than 1s"]),
        ("polling: {max_body: 10}", ["c.yaml:1:21: polling.max_body: '10' is not a size"]),
        ("polling: {per_host: many}", ["c.yaml:1:21: polling.per_host: expected a whole number, found text ('many')"]),
        ("polling: {per_host: 0}", ["c.yaml:1:21: polling.per_host: 0 is out of range; write at least 1"]),
        ("polling: [1]", ["c.yaml:1:10: polling: expected a mapping"]),
        (
            "polling: {hosts: {a.b: {delai: 1s}}}",
            ["c.yaml:1:25: polling.hosts.a.b.delai: unknown key 'delai'; did you mean 'delay'? (known: concurrency, "],
        ),
        ("channels: {d: {}}", ["c.yaml:1:15: channels.d: 'type' is missing: the notifier: console, telegram"]),
        ("feeds: {a: b}", ["c.yaml:1:8: feeds: expected a list, as [one, two], found a mapping"]),
        ("feeds: [{title: x}]", ["c.yaml:1:9: feeds[0]: 'url' is missing: http, https, or file:path"]),
        ("feeds: [{url: 'ftp://x'}]", ["c.yaml:1:15: feeds[0].url: 'ftp://x' is not the address of a feed"]),
        ("feeds: [{url: 'http://[x'}]", ["c.yaml:1:15: feeds[0].url: 'http://[x' is not the address of a feed"]),
        ("feeds: [{url: http://a/, id: Ä}]", ["c.yaml:1:30: feeds[0].id: 'Ä' is not a name"]),
        (
            "feeds: [{url: http://a/, id: x},\n  {url: http://a/}, {url: http://b/, id: x}]",
            ["c.yaml:2:9: feeds[1].url: this feed stands in", "c.yaml:2:42: feeds[2].id: the id 'x' is taken in"],
        ),
        ("timezone: Mars", ["c.yaml:1:11: timezone: 'Mars' is not a time zone; write one as Europe/Kyiv"]),
        ("database: postgresql://x/y", ["c.yaml:1:11: database: PostgreSQL is not supported in this version"]),
        ("database: mysql://x", ["c.yaml:1:11: database: 'mysql' is not a database that can be used"]),
        ("telegram: {api_url: 'file:x'}", ["c.yaml:1:21: telegram.api_url: 'file:x' must start with https://"]),
        (
            "web: {public_url: 'https://a/?x=1'}",
            ["c.yaml:1:19: web.public_url: 'https://a/?…' must be an address without"],
        ),
        ("web: {public_url: 'https://me:pw@a/'}", ["c.yaml:1:19: web.public_url: 'https://…@a/' must be an address"]),
        (
            "channels: {d: {type: console, quiet_hours: 25:00}}",
            ["c.yaml:1:44: channels.d.quiet_hours: '25:00' is not a"],
        ),
        (
            "channels: {d: {type: console, enabled: perhaps}}",
            ["c.yaml:1:40: channels.d.enabled: expected true or false"],
        ),
        ("rules: [{id: r}]", ["c.yaml:1:9: rules[0]: the rule 'r' looks for nothing; add a query"]),
        ("rules: [{id: r, none: [a]}]", ["c.yaml:1:9: rules[0]: the rule 'r' only excludes"]),
        ("rules: [{id: r, query: a, any: [b]}]", ["c.yaml:1:24: rules[0].query: a rule has either a query or"]),
        ("rules: [{id: r, query: a, send_to: [x]}]", ["c.yaml:1:37: rules[0].send_to[0]: unknown channel 'x'"]),
        ("rules: [{id: r, query: a}, {id: r, query: b}]", ["c.yaml:1:33: rules[1].id: the id 'r' is taken in"]),
        ("rules: [{id: r, query: a, tests: [{}]}]", ["c.yaml:1:35: rules[0].tests[0]: a test is either"]),
        (
            "a: 1\na: 2\nb: ${X",
            ["c.yaml:1:1: a: unknown key", "c.yaml:2:1: a: this key stands here twice", "c.yaml:3:1: b"],
        ),
        (
            "timezone: ${NOPE}",
            ["c.yaml:1:11: timezone: the environment variable NOPE is not set; set it, or NOPE_FILE"],
        ),
        ("0[:", ["c.yaml:1:1: 0[: unknown key '0['"]),
        ("- a", ["c.yaml:1:1: a list or a word stands here"]),
        ("a: [1\nb: 2", ["c.yaml:2:2: not valid YAML: did not find expected"]),
        ("a:\n\tb: 1", ["c.yaml:2:1: not valid YAML"]),
        ("a: \x01", ["c.yaml:1:1: not valid YAML"]),
        ("include: none.yaml", ["c.yaml:1:10: include[0]: no such file"]),
        ("x: &a [*a]", ["c.yaml:1:1: x: unknown key", "c.yaml:1:4: x[0]: an alias to itself"]),
        ("? [a]\n: b", ["c.yaml:1:3: a key must be a word"]),
        ("polling: {<<: 3}", ["c.yaml:1:15: polling: << needs a mapping"]),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    """Each problem says file, line, column, path and what to do; all of them come at once."""
    found = problems(tmp_path, text, {})

    assert len(found) >= len(expected)
    for words in expected:
        assert any(problem.startswith(words) for problem in found), found


def test_rules_may_wait_for_feeds_that_are_added(tmp_path: Path) -> None:
    """Feeds may be added by commands: a rule for a tag or an id that no feed has yet is noted, with its place."""
    text = "feeds: [{url: 'http://a/', tags: war}]\nrules: [{id: r, query: a, feeds: {ids: [x], tags: [wr, war]}}]"

    notices = [str(notice).removeprefix(f"{tmp_path}/") for notice in load(tmp_path, text).notices]

    ids, tags = notices
    assert ids == "c.yaml:2:41: rules[0].feeds.ids[0]: no feed here is 'x', so the rule waits for one that is added"
    assert tags.startswith("c.yaml:2:52: rules[0].feeds.tags[0]: no tag of a feed here is 'wr', so the rule waits")
    assert tags.endswith("; did you mean 'war'?")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Wrong shapes, wrong values and names that nothing has are one answer."""
    text = (
        "databse: x\nfeeds: [{url: 'http://a/', tags: [war]}, {id: 5x!, url: 7}, 3]\n"
        "rules:\n  - {id: r, query: a, priority: hihg, send_to: desc, feeds: {ids: a, tags: [wr]}}\n"
        "channels: {desk: {type: console}}\n"
    )

    found = "\n".join(problems(tmp_path, text))

    for words in ("databse", "'5x!' is not a name", "'7' is not the address", "hihg", "did you mean 'desk'?"):
        assert words in found
    assert "feeds[2]: expected a mapping" in found


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8, too large: one line each."""
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xff")
    (tmp_path / "large.yaml").write_bytes(b"#" * (17 * 1024 * 1024))
    messages = []
    for name in ("none.yaml", ".", "latin.yaml", "large.yaml"):
        with pytest.raises(SettingsError) as caught:
            load_settings(tmp_path / name, {})
        messages.append(str(caught.value))

    assert "there is no such file; name another with -c FILE" in messages[0]
    assert "it is a folder" in messages[1]
    assert "latin.yaml:2:1: not UTF-8 text" in messages[2]
    assert "larger than" in messages[3]


def test_values_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    """`${NAME}`, defaults, alternatives, dollars and secret files."""
    (tmp_path / "token").write_text("from-file\n")
    text = (
        "telegram: {token: '${T}'}\n"
        "channels: {d: {type: console, a: '${A:-x}-${B:+y}-$$5', n: '${N}', plain: 12:30, on: yes, i: 0x10, f: 1.5}}"
    )

    settings = load(tmp_path, text, {"T_FILE": str(tmp_path / "token"), "B": "b", "N": "7"}).settings

    assert settings.telegram.token == "from-file"
    options = settings.channels[0].options
    assert dict(options) == {"a": "x-y-$5", "n": "7", "plain": "12:30", "on": "yes", "i": 16, "f": 1.5}


def test_secret_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """Missing, too large, not text."""
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    found = [
        problems(tmp_path, "timezone: ${T}", {"T_FILE": str(tmp_path / name)})[0]
        for name in ("none", "large", "binary")
    ]

    assert "which cannot be read" in found[0]
    assert "which is larger than" in found[1]
    assert "which is not UTF-8" in found[2]


def test_files_are_included(tmp_path: Path) -> None:
    """Lists are joined, channels are gathered, OPML folders are tags, and places stay those of the files."""
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "a.yaml").write_text("feeds:\n  - {url: 'file:local.xml'}\nchannels: {w: {type: console}}\n")
    (tmp_path / "feeds" / "b.opml").write_text(
        '<opml><body><outline text="World"><outline text="B" xmlUrl="http://b/"/></outline></body></opml>'
    )
    text = "include: [feeds/*.yaml, feeds/*.opml]\nfeeds: [{url: http://main/}]\n"

    loaded = load(tmp_path, text)

    main, local, from_opml = loaded.settings.feeds
    assert main.url == "http://main/"
    assert local.url == (tmp_path / "feeds" / "local.xml").as_uri()
    assert (from_opml.title, from_opml.tags) == ("B", ("World",))
    assert [channel.id for channel in loaded.settings.channels] == ["w"]
    assert {file.name for file in loaded.files} == {"c.yaml", "a.yaml", "b.opml"}
    assert str(loaded.problem(("feeds", 1, "url"), "x")).startswith(f"{tmp_path}/feeds/a.yaml:2:11: feeds[0].url: x")


def test_included_files_have_their_own_mistakes(tmp_path: Path) -> None:
    """What an included file may not hold, or holds wrongly, is named there."""
    (tmp_path / "a.yaml").write_text("polling: {}\nfeeds: {}\nchannels: {d: {type: x}}\n")
    (tmp_path / "b.opml").write_text("<opml><body>")
    (tmp_path / "c.opml").write_text('<!DOCTYPE o [<!ENTITY a "b">]><opml/>')
    (tmp_path / "d.txt").write_text("")
    text = "include: [a.yaml, b.opml, c.opml, d.txt, gone.opml]\nchannels: {d: {type: console}}"

    found = problems(tmp_path, text)

    assert any(line.startswith("a.yaml:1:1: polling: an included file holds") for line in found)
    assert any(line.startswith("a.yaml:2:8: feeds: expected a list") for line in found)
    assert any(line.startswith("a.yaml:3:12: channels.d: this channel stands in") for line in found)
    assert any("b.opml:1:13: not valid OPML" in line for line in found)
    assert any("it declares entities" in line for line in found)
    assert any("neither .yaml, .yml nor .opml" in line for line in found)


def test_merge_keys_share_settings(tmp_path: Path) -> None:
    """Anchors and `<<` work, and what is written beside them wins."""
    text = (
        "feeds:\n  - &base {url: http://a/, tags: [x], interval: 1h}\n"
        "  - {<<: *base, url: http://b/, interval: 2h}\n  - {<<: [*base], url: http://c/}\n"
    )

    feeds = load(tmp_path, text).settings.feeds

    assert [(feed.tags, feed.interval) for feed in feeds] == [
        (("x",), timedelta(hours=1)),
        (("x",), timedelta(hours=2)),
        (("x",), timedelta(hours=1)),
    ]


def test_what_has_no_effect_yet_is_said(tmp_path: Path) -> None:
    """Settings of later versions are checked, and their place is named; nothing is silently less."""
    text = (
        "retention: {articles: 1d}\ntelegram: {access: open, admins: [1]}\n"
        "feeds: [{url: http://a/, full_text: auto}]\nrules: [{id: r, query: a, on_update: edit}]\n"
    )

    notices = [str(notice).removeprefix(f"{tmp_path}/") for notice in load(tmp_path, text).notices]

    assert len(notices) == 2
    assert "c.yaml:1:12: retention: checked, but not in effect in this version: nothing is removed" in notices[0]


def test_the_schema_in_the_repository_is_that_of_the_model() -> None:
    """`make schema` renews it; the shipped configuration loads."""
    checked_in = json.loads((REPOSITORY / "config" / "aggregator.schema.json").read_text())

    assert checked_in == configuration_schema()
    assert load_settings(REPOSITORY / "config" / "aggregator.yaml", {}).settings.feeds


def test_the_reference_names_every_key() -> None:
    """The documentation of the configuration leaves no key out."""
    pages = REPOSITORY / "docs" / "reference"
    text = (pages / "configuration.md").read_text() + (pages / "notifiers.md").read_text()
    schema = configuration_schema()
    keys = set(schema["properties"])
    for definition in schema["$defs"].values():
        keys |= set(definition.get("properties", {}))

    assert {key for key in keys if f"`{key}`" not in text} == set()


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("1.5h", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("1 h 5 m", timedelta(minutes=65)),
    ],
)
def test_durations_are_read(text: str, duration: timedelta) -> None:
    """Numbers with units, alone or together."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["15", "", "h", "1x", "1h!", "999999999999d", "40000d"])
def test_other_durations_are_refused(text: str) -> None:
    """A number without a unit, an unknown unit, a century."""
    with pytest.raises(ValueError, match=r"duration|hundred years"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36_000)))
def test_durations_survive_being_written(duration: timedelta) -> None:
    """What is written is read as the same, to the millisecond."""
    whole = timedelta(milliseconds=duration // timedelta(milliseconds=1))

    assert parse_duration(format_duration(whole)) == whole


def test_sizes_are_read() -> None:
    """Powers of 1,024, in either case."""
    assert [parse_size(text) for text in ("5B", "64KB", "1.5mb", "1GB")] == [5, 65536, 1572864, 1 << 30]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80) | st.text(alphabet="a:{}[]&*-<'\"\n #$!|>?%@", max_size=40))
def test_any_text_is_settings_or_a_settings_error(tmp_path: Path, text: str) -> None:
    """No file makes the loader raise anything else."""
    try:
        loaded = load(tmp_path, text.encode("utf-8", "replace").decode(), {})
    except SettingsError as error:
        problems_found = len(error.problems)
    else:
        problems_found = 1 + len(loaded.notices)

    assert problems_found > 0
