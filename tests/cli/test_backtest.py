"""`rules backtest`, as a user and a script see it: real processes on a real database."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.builders import article, feed, state
from support.program import REPOSITORY, Program, read_terminal

from aggregator.cli.bar_chart import bar_chart
from aggregator.model.articles import Article
from aggregator.model.polls import PollPlan
from aggregator.storage.lock import acquire_instance_lock
from aggregator.storage.store import open_store

CONFIG = """
timezone: Europe/Kyiv
feeds: [{id: ep, url: "https://a.example/feed"}]
rules:
  - {id: coercion, title: Pressure, query: (captive OR hostage OR zzz) family NOT film}
  - {id: elsewhere, title: Elsewhere, query: captive, feeds: {tags: [nowhere]}}
channels: {desk: {type: console}}
"""
SUMMARY = "word " * 60 + "the captive has a family here"
TICK = timedelta(seconds=1)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder, with two rules."""
    program = Program(tmp_path)
    program.configure(CONFIG)
    return program


def url_of(program: Program) -> str:
    """The database of a program."""
    return f"sqlite:///{program.folder}/aggregator.db"


async def fill(program: Program, *articles: Article) -> None:
    """Store articles that came an instant ago."""
    store = await open_store(url_of(program))
    now = datetime.now(UTC) - TICK
    await store.sync_feeds([feed()], now)
    baselined_at = now - timedelta(days=9)
    await store.apply(PollPlan(state=state(last_polled_at=now, baselined_at=baselined_at), new_articles=articles))
    await store.close()


ARTICLES = (
    *(article(f"a{number}", title=f"A family {number}", summary=SUMMARY) for number in range(5)),
    article("b", title="Hostage and captive family", summary=""),
    article("c", title="A captive family in a film", summary=""),
    article("d", title="", summary="Nothing"),
)


async def test_a_rule_is_tried(program: Program) -> None:
    """What it would have come to, who brings it, what its terms do, and the best examples with their words."""
    await fill(program, *ARTICLES)

    shown = await program.run("rules", "backtest", "coercion")

    assert (shown.status, shown.stderr) == (0, "")
    text = shown.stdout
    assert text.startswith("coercion  (captive OR hostage OR zzz) AND family AND NOT film\n")
    assert re.search(r"alerts      6 in 30 days, about one in 5 days; the most on \w{3} \d+ \w{3}: 6\n", text)
    assert re.search(r"worst hour  6 alerts from \w{3} \d+ \w{3}, \d\d:\d\d on \(Europe/Kyiv\)\n", text)
    assert "matches     6 of 8 articles\n" in text
    assert "feeds       ep 100% (6)\n" in text
    assert "captive  let 6 matches through, 5 by it alone – would you miss them?\n" in text
    assert "hostage  let 1 match through, none by it alone\n" in text
    assert "zzz      never fired: it is in no article\n" in text
    assert "family   required; in 7 articles\n" in text
    assert "film     kept 1 article away, 1 by itself alone\n" in text
    assert text.index("**Hostage** and **captive** **family**") < text.index("A **family**")
    assert "https://news.example/b\n" in text
    assert re.search(r"\n    … (word )+the \*\*captive\*\* has a \*\*family\*\* here\n", text)


async def test_days_of_several_years_have_their_year(program: Program) -> None:
    """Wherever a day is named."""
    await fill(program, *ARTICLES)

    shown = await program.run("rules", "backtest", "coercion", "--days", "366")

    day = r"\w{3} \d+ \w{3} \d{4}"
    assert re.search(rf"the most on {day}: 6\n  worst hour  6 alerts from {day}, \d\d:\d\d on", shown.stdout)
    assert re.search(rf"\n     {day} +{day}\n", shown.stdout)
    assert re.search(rf"\n    ep, {day} \d\d:\d\d\n    https://news.example/b\n", shown.stdout)


async def test_a_document_has_all_of_it(program: Program) -> None:
    """One for each rule, with stable names."""
    await fill(program, *ARTICLES)

    shown = await program.run("rules", "backtest", "coercion", "elsewhere", "coercion", "--days", "2", "--json")

    first, second = shown.document
    assert [(one["rule"], one["query"], one["stored"]) for one in (first, second)] == [
        ("coercion", "(captive OR hostage OR zzz) AND family AND NOT film", 8),
        ("elsewhere", "captive", 8),
    ]
    assert (first["articles"], first["matched"], first["alerts"]) == (8, 6, 6)
    assert [set(day) for day in first["by_day"]] == [{"day", "alerts"}] * 2
    assert sum(day["alerts"] for day in first["by_day"]) == 6
    assert first["worst_hour"]["alerts"] == 6
    assert first["feeds"] == [{"feed": "ep", "alerts": 6, "share": 1.0}]
    assert first["terms"][1] == {"term": "hostage", "role": "alternative", "articles": 1, "fired": 1, "alone": 0}
    best = first["examples"][0]
    assert set(best) == {"id", "feed", "title", "url", "published_at", "came_at", "terms", "clause", "spans"}
    assert (best["title"], best["terms"], best["spans"][0]["text"]) == ("Hostage and captive family", 3, "Hostage")
    assert (second["articles"], second["worst_hour"], second["examples"]) == (0, None, [])


async def test_without_stored_articles_it_says_so(program: Program) -> None:
    """An honest sentence, and what to do."""
    shown = await program.run("rules", "backtest", "--query", "captive", "--days", "7")

    assert shown.status == 0
    assert shown.stdout == (
        "query  captive\n  No stored article came in the last 7 days, so nothing can be said. Articles are stored as "
        "feeds are polled: `aggregator run`, or `aggregator feeds poll`, then try again; or look further back with "
        "--days.\n"
    )


async def test_a_rule_that_reads_none_of_the_feeds_says_so(program: Program) -> None:
    """No figure would mean anything."""
    await fill(program, *ARTICLES)

    shown = await program.run("rules", "backtest", "elsewhere", "--days", "1")

    assert shown.stdout.endswith("None of the 8 stored articles is of a feed that the rule reads.\n")


async def test_an_example_without_words_shows_what_held(program: Program) -> None:
    """Of a match by language, or by likeness alone, there is nothing to mark."""
    await fill(program, article("a", title="Home", summary="", language="en"))

    shown = await program.run("rules", "backtest", "--query", "lang:en")

    assert re.search(r"\n  Home\n    ep, \w{3} \d+ \w{3} \d\d:\d\d  lang:en\n", shown.stdout)


async def test_what_never_matches_has_no_chart(program: Program) -> None:
    """Only which of its terms are there."""
    await fill(program, *ARTICLES)

    shown = await program.run("rules", "backtest", "--query", "hostage zzz -qqq -film", "--days", "1")

    assert shown.stdout == (
        "query  hostage AND zzz AND NOT qqq AND NOT film\n  alerts   0 in 1 day\n  matches  0 of 8 articles\n"
        "\n  Terms\n"
        "  hostage  never fired: it is in 1 article, of which none matches\n"
        "  zzz      never fired: it is in no article\n"
        "  qqq      never kept anything away: it is in no article\n"
        "  film     never kept anything away\n"
    )


async def test_of_many_terms_those_come_first_that_need_a_look(program: Program) -> None:
    """Twenty are shown; a long one is cut."""
    await fill(program, *ARTICLES)
    query = " OR ".join(["hostage", *(f"zzz{number}" for number in range(21)), f'"{"long " * 12}"'])

    shown = await program.run("rules", "backtest", "--query", query)

    assert "  zzz19  never fired" in shown.stdout
    assert "zzz20" not in shown.stdout.split("Terms")[1]
    assert "  and 3 more: --json has all\n" in shown.stdout


async def test_it_runs_beside_a_daemon(program: Program) -> None:
    """The lock of the one that writes is not its concern."""
    await fill(program, *ARTICLES)

    with acquire_instance_lock(url_of(program)):
        shown = await program.run("rules", "backtest", "coercion")

    assert shown.status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give the id of a rule (`aggregator rules list` has them), or --query QUERY"),
        (("coercion", "--query", "a"), "--query is instead of rules"),
        (("coertion",), "did you mean 'coercion'?"),
        (("--query", "captive AND"), "captive AND"),
        (("coercion", "--days", "0"), "--days"),
    ],
)
async def test_a_mistake_is_told(program: Program, arguments: tuple[str, ...], words: str) -> None:
    """With status 2 and a sentence; no database is made."""
    (program.folder / "aggregator.db").unlink()

    shown = await program.run("rules", "backtest", *arguments)

    assert shown.status == 2
    assert words in " ".join(shown.stderr.replace("│", " ").split())
    assert not (program.folder / "aggregator.db").exists()


async def test_a_terminal_shows_colours_and_a_chart(program: Program) -> None:
    """Words are coloured, no line is wider than the terminal."""
    await fill(program, *ARTICLES)
    terminal, stdout = pty.openpty()

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "-c", str(program.config), "rules", "backtest", "coercion"),
        stdout=stdout,
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        | {"TERM": "xterm-256color", "COLUMNS": "70"},
    )
    os.close(stdout)
    reading = asyncio.create_task(asyncio.to_thread(read_terminal, terminal))
    await process.communicate()
    shown = await reading

    assert "**" not in shown
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown.replace("\r\n", "\n"))
    assert plain != shown
    assert max(len(line) for line in plain.split("\n")) <= 70
    assert re.search(r"\n  6 │ +█+ *\n", plain)


def days(*alerts: int) -> list[tuple[date, int]]:
    """Days from the first of February on."""
    return [(date(2026, 2, 1) + timedelta(days=number), count) for number, count in enumerate(alerts)]


def test_a_chart_has_a_bar_a_day() -> None:
    """As tall as its share of the tallest; what is more than nothing can be seen."""
    assert bar_chart(days(8, 4, 0, 1, 800), 60) == [
        "800 │            ██",
        "    │            ██",
        "    │            ██",
        "    │▁▁ ▁▁    ▁▁ ██",
        "  0 └───────────────",
        "     Sun 1 Feb  Thu 5 Feb",
    ]


def test_a_chart_of_more_than_a_year_has_years() -> None:
    """One day of each month is in several years."""
    assert bar_chart(days(*([1] * 365)), 60)[-2].split() == ["Sun", "1", "Feb", "Sun", "31", "Jan"]
    assert bar_chart(days(*([1] * 366)), 60)[-2].split() == ["Sun", "1", "Feb", "2026", "Mon", "1", "Feb", "2027"]


def test_a_chart_of_one_day_is_one_bar() -> None:
    """With the day below it once; without alerts it is empty."""
    assert bar_chart(days(2), 60)[-1].strip() == "Sun 1 Feb"
    assert bar_chart(days(0), 60)[0] == "1 │"


@pytest.mark.parametrize(("number", "width", "note"), [(60, 64, ""), (70, 40, "7 days"), (365, 36, "14 days")])
def test_a_chart_of_many_days_sums_weeks(number: int, width: int, note: str) -> None:
    """No line is wider than there is room; every day is in it."""
    lines = bar_chart(days(*([1] * number)), width)

    assert max(len(line) for line in lines) <= width
    assert (f"each bar is {note}" in lines[-1]) == bool(note)
