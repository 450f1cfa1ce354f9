"""`match --explain` and `--rule`, as a user and a script see them: real processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.program import Program

CONFIG = """
rules:
  - {id: held, query: captives (home OR school), feeds: {tags: [ukraine]}}
  - {id: failed, query: captives AND title:school}
  - {id: other, query: museum}
channels: {desk: {type: console}}
"""
TEXT = b"Captives are home\nNo school today.\n"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with three rules."""
    program = Program(tmp_path)
    program.configure(CONFIG)
    return program


async def test_rules_that_do_not_match_are_explained(program: Program) -> None:
    """What held, and the clause that failed with its reason; `feeds:` is not asked of a text at hand."""
    shown = await program.run("match", "--explain", "-", stdin=TEXT)
    silent = await program.run("match", "-", stdin=TEXT)

    assert shown.stdout == (
        "-: Captives are home\n"
        "  held: Captives (title), home (title), school (body)\n"
        "    holds: captives AND home\n"
        "  failed does not match: school is not in the title; it is in the body\n"
        "    fails: title:school\n"
        "  other does not match: museum is not in the title, the summary or the body\n"
        "    fails: museum\n"
    )
    assert silent.stdout == "-: Captives are home\n  held: Captives (title), home (title), school (body)\n"


async def test_one_rule_can_be_asked(program: Program) -> None:
    """`--rule` leaves the others out, in words and in JSON; an unknown one is named."""
    one = await program.run("match", "--rule", "other", "-", stdin=TEXT)
    two = await program.run("match", "--rule", "failed", "--rule", "held", "--explain", "--json", "-", stdin=TEXT)
    plain = await program.run("match", "--rule", "failed", "--json", "-", stdin=TEXT)
    unknown = await program.run("match", "--rule", "helt", "-", stdin=TEXT)

    assert one.stdout == "-: Captives are home\n  no rule matches\n"
    (document,) = two.document
    assert [(match["rule"], match["clause"]) for match in document["matches"]] == [("held", "captives AND home")]
    assert document["why_not"] == [
        {"rule": "failed", "clause": "title:school", "reason": "school is not in the title; it is in the body"}
    ]
    assert plain.document == [{"source": "-", "title": "Captives are home", "matches": []}]
    assert (unknown.status, "did you mean 'held'?" in unknown.stderr) == (2, True)


async def test_a_query_can_be_explained(program: Program) -> None:
    """The one on the command line, in place of the rules."""
    explained = await program.run("match", "--explain", "--query", "captives AND museum", "-", stdin=TEXT)
    both = await program.run("match", "--query", "captives", "--rule", "held", "-", stdin=TEXT)

    assert "  query does not match: museum is not in the title" in explained.stdout
    assert (both.status, "leave out --rule" in both.stderr) == (2, True)


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [(b"%PDF-1.7\n", "a PDF"), (b"PK\x03\x04", "an office document or an archive"), (b"\x1f\x8b", "a packed file")],
)
async def test_what_is_no_text_is_refused(program: Program, beginning: bytes, kind: str) -> None:
    """Its letters would be matched as if they were words."""
    shown = await program.run("match", "-", stdin=beginning + TEXT)

    assert (shown.status, shown.stdout) == (1, "")
    assert shown.stderr == f"aggregator: - is {kind}, which cannot be read; save it as text, or as a web page\n"


async def test_a_text_without_a_title_or_words_is_named_so(program: Program) -> None:
    """An empty line in place of a title looks like a fault of the program."""
    empty = await program.run("match", "-", stdin=b"")
    untitled = await program.run("match", "-", stdin=b"<!doctype html><p>Captives are at school.")

    assert empty.stdout == "-: (no text)\n  no rule matches\n"
    assert untitled.stdout == "-: (no title)\n  held: Captives (body), school (body)\n"
