"""`rules list` and `rules test`, as a user, a script and a CI job see them: real processes."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import sys
from pathlib import Path

import pytest
from support.program import REPOSITORY, Program, read_terminal

CONFIG = """
feeds: [{id: ep, url: "https://a.example/feed", tags: [ukraine]}]
rules:
  - id: coercion
    title: Pressure on families
    query: (captive OR prisoner) family AND (spy OR sabotage)
    feeds: {tags: [ukraine], ids: [ep]}
    priority: high
    send_to: [desk]
    language: en
    tests:
      - match: The family of a prisoner was asked to spy
      - match: The family of a prisoner
      - no_match:
          title: A captive
          body: |
            The family
            met a spy.
          author: Ann
          tags: [war]
          url: https://a.example/1
          feed: ep
          lang: en
  - {id: words, any: [one, two], none: three, tests: [{match: one}, {no_match: One and three}]}
  - {id: untested, query: one}
channels: {desk: {type: console}, wall: {type: console}}
"""
GOOD = """
rules: [{id: a, query: captives, tests: [{match: Captives}, {no_match: Home}]}, {id: b, query: home}]
channels: {desk: {type: console}}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder."""
    return Program(tmp_path)


async def on_terminal(program: Program, columns: int, *arguments: str) -> str:
    """What a command shows on a terminal so wide."""
    terminal, stdout = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "-c", str(program.config), *arguments),
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        | {"TERM": "xterm-256color", "COLUMNS": str(columns)},
    )
    os.close(stdout)
    reading = asyncio.create_task(asyncio.to_thread(read_terminal, terminal))
    await process.communicate()
    return (await reading).replace("\r\n", "\n")


def plain(shown: str) -> str:
    """What a terminal shows, without colours and without the spaces that fill its lines."""
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", shown).split("\n"))


async def test_rules_are_listed(program: Program) -> None:
    """A row a rule with its query as it is understood; JSON for scripts."""
    program.configure(CONFIG)

    shown = await program.run("rules", "list")
    document = (await program.run("rules", "list", "--json")).document

    assert shown.stdout.splitlines()[0].split() == (
        ["id", "title", "query", "feeds", "priority", "send", "to", "language", "tests"]
    )
    assert "(one OR two) AND NOT three" in shown.stdout
    assert "ep, tag ukraine" in shown.stdout
    assert document[0] == {
        "id": "coercion",
        "title": "Pressure on families",
        "query": "(captive OR prisoner) AND family AND (spy OR sabotage)",
        "like": [],
        "feeds": {"ids": ["ep"], "tags": ["ukraine"]},
        "priority": "high",
        "send_to": ["desk"],
        "language": "en",
        "tests": 3,
        "good": 0,
        "bad": 0,
    }
    assert [(rule["id"], rule["language"], rule["send_to"]) for rule in document[1:]] == [
        ("words", "auto", ["desk", "wall"]),
        ("untested", "auto", ["desk", "wall"]),
    ]


async def test_rules_are_listed_on_any_terminal(program: Program) -> None:
    """A wide one has a table, a narrow one a block a rule."""
    program.configure(CONFIG)

    wide = plain(await on_terminal(program, 140, "rules", "list"))
    narrow = plain(await on_terminal(program, 60, "rules", "list"))

    assert wide.startswith("id        title                 query")
    assert narrow.startswith(
        "coercion  Pressure on families\n"
        "  query     (captive OR prisoner) AND family AND (spy OR\n"
        "            sabotage)\n"
        "  feeds     ep, tag ukraine\n"
        "  priority  high\n"
        "  send to   desk\n"
        "  language  en\n"
        "  tests     3 tests\n"
        "\n"
        "words\n"
    )
    assert "  tests     none\n" in narrow


async def test_there_may_be_no_rules(program: Program) -> None:
    """Both commands say so; nothing has failed."""
    program.configure("")

    listed = await program.run("rules", "list")
    tested = await program.run("rules", "test")
    strict = await program.run("rules", "test", "--strict", "--json")

    assert (listed.status, "There are no rules yet" in listed.stdout) == (0, True)
    assert (tested.status, "There are no rules yet" in tested.stdout) == (0, True)
    assert (strict.status, strict.document["tests"]) == (0, [])


async def test_tests_that_pass_say_little(program: Program) -> None:
    """A line a rule with a dot a test, a summary, and which rules have none; exit status 0."""
    program.configure(GOOD)

    loud = await program.run("rules", "test")
    quiet = await program.run("rules", "test", "-q")
    strict = await program.run("rules", "test", "--strict", "-q")
    chosen = await program.run("rules", "test", "--strict", "a")

    assert loud.status == 0
    assert re.fullmatch(r"a  \.\.\n\n2 passed in \d\.\d\d s\nwithout tests: b\n", loud.stdout)
    assert (quiet.status, quiet.stdout.splitlines()[0]) == (0, "")
    assert re.fullmatch(r"\n2 passed in .* s\nwithout tests: b\n", quiet.stdout)
    assert (strict.status, "without tests: b" in strict.stdout) == (1, True)
    assert (chosen.status, "without tests" in chosen.stdout) == (0, False)


async def test_a_failing_test_says_why(program: Program) -> None:
    """Its file and line, what it says, what was expected, and the clause that failed or the words that did it."""
    program.configure(CONFIG)

    run = await program.run("rules", "test")

    assert run.status == 1
    lines = run.stdout.splitlines()
    assert lines[:3] == ["coercion  .FF", "words     ..", ""]
    assert lines[3:8] == [
        f"FAILED {program.config}:14  coercion, test 2: should match, but does not",
        "  title  The family of a prisoner",
        "  lang   en",
        "  fails  spy OR sabotage",
        "  why    " + "; ".join(f"{word} is not in the title, the summary or the body" for word in ("spy", "sabotage")),
    ]
    assert lines[9:20] == [
        f"FAILED {program.config}:15  coercion, test 3: should not match, but does",
        "  title   A **captive**",
        "  body    The **family** met a **spy**.",
        "  author  Ann",
        "  tags    war",
        "  url     https://a.example/1",
        "  feed    ep",
        "  lang    en",
        "  holds   captive AND family AND spy",
        "  why     captive (title), family (body), spy (body)",
        "",
    ]
    assert re.fullmatch(r"3 passed, 2 failed in \d\.\d\d s", lines[20])
    assert lines[21:] == ["without tests: untested"]


async def test_a_match_without_words_shows_what_held(program: Program) -> None:
    """What holds for an article's language or feed has no words to show."""
    program.configure("rules: [{id: a, query: 'lang:en', tests: [no_match: {title: Home, lang: en}]}]\n")

    run = await program.run("rules", "test", "-q")

    assert run.stdout.splitlines()[1:5] == [
        f"FAILED {program.config}:2  a, test 1: should not match, but does",
        "  title  Home",
        "  lang   en",
        "  holds  lang:en",
    ]
    assert "why" not in run.stdout


async def test_a_failing_test_is_shown_in_colour(program: Program) -> None:
    """On a terminal the words that did it are marked by colour, and lines are folded to its width."""
    program.configure(CONFIG)

    shown = await on_terminal(program, 60, "rules", "test")

    assert "\x1b[1;30;43mfamily\x1b[0m" in shown
    assert "**" not in shown
    assert max(len(line) for line in plain(shown).splitlines() if not line.startswith("FAILED")) <= 60


async def test_testing_stops_at_the_first_failure_when_told(program: Program) -> None:
    """With -x, and the summary says so."""
    program.configure(CONFIG)

    run = await program.run("rules", "test", "-x")

    assert run.status == 1
    assert run.stdout.startswith("coercion  .F\n\nFAILED")
    assert run.stdout.endswith(" s; stopped at the first failure\n")


async def test_scripts_read_outcomes_as_json(program: Program) -> None:
    """One document, exactly as documented; the exit status is the same."""
    program.configure(CONFIG)

    run = await program.run("rules", "test", "--json", "words", "coercion", "untested", "words")
    document = run.document

    assert run.status == 1
    assert document | {"seconds": 0, "tests": []} == {
        "passed": 3,
        "failed": 2,
        "seconds": 0,
        "without_tests": ["untested"],
        "tests": [],
    }
    assert 0 < document["seconds"] < 5
    assert [(test["rule"], test["number"], test["passed"]) for test in document["tests"]] == [
        ("words", 1, True),
        ("words", 2, True),
        ("coercion", 1, True),
        ("coercion", 2, False),
        ("coercion", 3, False),
    ]
    assert document["tests"][0] == {
        "rule": "words",
        "number": 1,
        "file": str(program.config),
        "line": 25,
        "title": "one",
        "expected": "match",
        "passed": True,
        "clause": "one AND NOT three",
        "reason": None,
        "spans": [{"field": "title", "start": 0, "end": 3, "text": "one"}],
    }
    assert document["tests"][3] | {"file": ""} == {
        "rule": "coercion",
        "number": 2,
        "file": "",
        "line": 14,
        "title": "The family of a prisoner",
        "expected": "match",
        "passed": False,
        "clause": "spy OR sabotage",
        "reason": document["tests"][3]["reason"],
        "spans": [],
    }


async def test_wrong_usage_and_bad_configuration_are_2(program: Program) -> None:
    """An unknown rule names the one that was probably meant; a mistake in a query is pointed at in the file."""
    program.configure(GOOD)
    unknown = await program.run("rules", "test", "aa")
    program.configure("rules:\n  - id: a\n    query: 'a AND'\n")
    bad = await program.run("rules", "test")

    assert (unknown.status, "did you mean 'a'?" in unknown.stderr) == (2, True)
    assert (bad.status, f"{program.config}:4:15: rules[0].query: " in bad.stderr) == (2, True)


async def test_rules_without_tests_are_named(program: Program) -> None:
    """The first ten of them; where no rule has any, what to do about it."""
    program.configure("rules:\n" + "".join(f"  - {{id: r{number}, query: a}}\n" for number in range(12)))

    run = await program.run("rules", "test")

    assert run.status == 0
    assert run.stdout == (
        'There are no tests to run; add some under the `tests:` of a rule, as - match: "a headline". '
        "Without tests: r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 2 more\n"
    )


async def test_check_counts_tests_that_fail(program: Program) -> None:
    """A failing test is no mistake in the configuration: a note says how many there are."""
    program.configure(CONFIG)
    failing = await program.run("check")
    program.configure(GOOD)
    passing = await program.run("check")

    assert failing.status == 0
    assert "note: 2 of 5 tests of rules fail; `aggregator rules test` says why\n" in failing.stderr
    assert (passing.status, passing.stderr) == (0, "")
