"""All mistakes of a configuration come at once: what is sound is looked at although other things are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import SettingsError
from aggregator.model.alerts import Channel
from aggregator.operations.configure import OptionProblem, configure
from aggregator.settings import Settings, read_settings


def refuse_bad(channel: Channel, _settings: Settings) -> list[OptionProblem]:
    """Find fault with the channels that say so."""
    return [(("url",), f"{channel.id} has no url")] if "bad" in channel.options else []


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """Line, column and path of every problem of a text."""
    path = folder / "c.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        configure(path, environ or {}, refuse_bad)
    return [f"{problem.line}:{problem.column}: {problem.path}" for problem in caught.value.problems]


def test_a_query_is_looked_at_beside_a_wrong_value(tmp_path: Path) -> None:
    """One run names the priority, the query, the language, the template and the channel's options."""
    found = problems(
        tmp_path,
        "timezone: Nowhere\n"
        "rules:\n"
        "  - {id: r, query: 'a AND', priority: hihg, language: xx, template: '{{ titel }}'}\n"
        "channels: {desk: {type: console, bad: 1}}\n",
    )

    assert found == [
        "1:11: timezone",
        "3:23: rules[0].query",
        "3:39: rules[0].priority",
        "3:55: rules[0].language",
        "3:70: rules[0].template",
        "4:18: channels.desk.url",
    ]


def test_what_cannot_be_used_at_all_does_not_shift_the_others(tmp_path: Path) -> None:
    """Items of lists that are left out leave the places of the others right, in included files too."""
    (tmp_path / "more.yaml").write_text("rules:\n  - 7\n  - {id: b, query: ')'}\n")

    found = problems(
        tmp_path,
        "include: more.yaml\nfeeds: [{title: x}, 3, {id: f, url: 'http://a/'}]\n"
        "rules:\n  - 5\n  - {query: '('}\n  - {id: A!, query: '('}\n  - {id: a, query: '(', tests: [{match: [1]}]}\n",
    )

    assert found == [
        "2:9: feeds[0]",
        "2:21: feeds[1]",
        "4:5: rules[0]",
        "5:5: rules[1]",
        "5:14: rules[1].query",
        "6:10: rules[2].id",
        "6:22: rules[2].query",
        "7:21: rules[3].query",
        "7:41: rules[3].tests[0].match",
        "2:5: rules[0]",
        "3:21: rules[1].query",
    ]


def test_what_follows_from_a_mistake_is_not_said(tmp_path: Path) -> None:
    """A rule that looks for nothing, an example that is not there, a secret that is not set: one line each."""
    found = problems(
        tmp_path,
        "telegram: {token: '${TOKEN}'}\n"
        "rules:\n  - {id: a}\n  - {id: b, none: [x]}\n  - {id: c, like: [none.txt]}\n"
        "channels: {desk: {type: console, bad: 1}, old: {enabled: 3}, '': 3}\n",
    )

    assert found == [
        "1:19: telegram.token",
        "3:5: rules[0]",
        "4:5: rules[1]",
        "5:20: rules[2].like[0]",
        "6:48: channels.old",
        "6:58: channels.old.enabled",
        "6:66: channels.",
    ]


def test_two_rules_of_one_name_have_their_own_mistakes(tmp_path: Path) -> None:
    """Each query is named where it stands."""
    found = problems(tmp_path, "rules:\n  - {id: a, query: '('}\n  - {id: a, query: ')'}\n")

    assert found == ["2:21: rules[0].query", "3:10: rules[1].id", "3:21: rules[1].query"]


def test_a_section_of_the_wrong_kind_leaves_the_others(tmp_path: Path) -> None:
    """A list in the place of a mapping, and the other way round."""
    found = problems(tmp_path, "polling: [1]\nfeeds: {a: 1}\nchannels: 3\nrules: [{id: a, query: '('}]\n")

    assert found == ["1:10: polling", "2:8: feeds", "3:11: channels", "4:25: rules[0].query"]


_WORDS = st.sampled_from(["id", "query", "rules", "feeds", "channels", "url", "type", "tls", "auth", "template", "any"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=st.dictionaries(_WORDS | st.just("polling"), _VALUES, max_size=4))
def test_any_document_has_sound_settings(tmp_path: Path, document: dict[str, object]) -> None:
    """Whatever is wrong is a problem with a place; nothing breaks the reading."""
    path = tmp_path / "c.yaml"
    path.write_text(repr(document).replace("None", "null").replace("True", "true").replace("False", "false"))

    loaded = read_settings(path, {})

    assert all(problem.line >= 1 for problem in loaded.problems)
