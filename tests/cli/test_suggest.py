"""`rules suggest`, as a user and a script see it: real processes."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from support.feed_server import rss
from support.program import Program

CONFIG = """
rules:
{rules}
channels: {{desk: {{type: console}}}}
"""
ANY_RULE = "  - {id: r1, query: nothing}"
TITLE = "Captives are forced into sabotage at the depot"
BODY = "Captives at the depot were told to prepare sabotage. The sabotage of the depot failed, and the captives fled."
ARTICLE = f" date 2024-08-08 Eng\n{TITLE}\n\n{BODY}\n"
RELEASE = "Captives come home\nThe captives were given soup at the depot. No captives were hurt.\n"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a folder with two articles."""
    program = Program(tmp_path)
    program.configure(CONFIG.format(rules=ANY_RULE))
    (tmp_path / "article.txt").write_text(ARTICLE)
    (tmp_path / "release.txt").write_text(RELEASE)
    return program


async def test_a_rule_is_proposed_that_can_be_pasted(program: Program, tmp_path: Path) -> None:
    """The query, why its terms are in it, and a rule whose own tests pass in the configuration."""
    told = await program.run("rules", "suggest", str(tmp_path / "article.txt"))
    proposed = await program.run("rules", "suggest", "--json", str(tmp_path / "article.txt"))

    assert (told.status, told.stderr) == (0, "")
    document = proposed.document
    assert document["query"] in told.stdout
    assert told.stdout.endswith(textwrap.indent(document["yaml"], "  "))
    assert "No stored article came in the last 30 days, so it was not tried." in told.stdout
    assert "the word frequencies that ship" in told.stdout
    assert document["articles_counted"] == 0
    assert {term["term"] for term in document["terms"]} >= {"captives", "sabotage"}
    assert document["queries"]["proposed"]["query"] == document["query"]
    assert document["queries"]["proposed"]["articles"] == 0
    program.configure(CONFIG.format(rules=told.stdout.rpartition(":\n\n")[2]))
    assert (await program.run("check")).status == 0
    tested = await program.run("rules", "test")
    assert tested.status == 0, tested.stdout
    matched = await program.run("match", str(tmp_path / "article.txt"))
    assert document["id"] in matched.stdout


async def test_what_is_not_wanted_is_excluded_or_named(program: Program, tmp_path: Path) -> None:
    """`--not` makes the query narrower; what nothing separates is named, and the status says that it failed."""
    article, release = str(tmp_path / "article.txt"), str(tmp_path / "release.txt")

    separated = await program.run("rules", "suggest", article, "--not", release, "--json")
    same = await program.run("rules", "suggest", article, "--not", article)

    assert separated.status == 0
    program.configure(CONFIG.format(rules=separated.document["yaml"]))
    assert "no rule matches" in (await program.run("match", release)).stdout
    assert same.status == 1
    assert f"No query separates {article} from the examples" in same.stdout


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot read"), ("", "has no text"), ("The\nof it", "give the title and a paragraph")]
)
async def test_what_cannot_be_used_is_an_error_with_advice(
    program: Program, tmp_path: Path, text: str | None, words: str
) -> None:
    """No file, no text, nothing telling: one line each."""
    path = tmp_path / "given.txt"
    if text is not None:
        path.write_text(text)

    run = await program.run("rules", "suggest", str(path))

    assert run.status == 1
    assert words in run.stderr
    assert len(run.stderr.splitlines()) == 1


async def test_stored_articles_say_how_common_terms_are_and_try_the_rule(program: Program, tmp_path: Path) -> None:
    """With enough of them the figures of the query and its alternatives are shown, with titles that it found."""
    items = [(f"Captives {number}", "The depot is quiet, sabotage is rare.") for number in range(210)]
    (tmp_path / "feed.xml").write_text(rss([*items, (TITLE, BODY)]))
    program.configure("feeds: [{id: news, url: 'file:feed.xml'}]\n" + CONFIG.format(rules=ANY_RULE))
    assert (await program.run("run", "--once")).status == 0

    told = await program.run("rules", "suggest", "--days", "9000", str(tmp_path / "article.txt"))
    proposed = await program.run("rules", "suggest", "--days", "9000", "--json", str(tmp_path / "article.txt"))

    assert (told.status, told.stderr) == (0, "")
    assert "the newest 211 stored articles and the word frequencies that ship" in told.stdout
    assert "Of the 211 stored articles that came in the last 9,000 days it would have found:" in told.stdout
    document = proposed.document
    assert document["articles_counted"] == 211
    assert document["queries"]["proposed"]["articles"] == 211
    assert TITLE in document["queries"]["proposed"]["examples"]
    assert 1 <= document["queries"]["proposed"]["matched"] <= document["queries"]["looser"]["matched"]


async def test_more_days_than_a_calendar_has_are_refused(program: Program, tmp_path: Path) -> None:
    """With status 2, and how many there may be."""
    run = await program.run("rules", "suggest", "--days", "99999999", str(tmp_path / "article.txt"))

    assert (run.status, "36500" in run.stderr) == (2, True)
