"""Rules proposed from files, with what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.builders import NOW, article, feed, state
from support.feed_server import rss
from support.stores import new_store

from aggregator.errors import AggregatorError
from aggregator.feeds.workers import ParserPool
from aggregator.matching.suggesting.suggest import Named
from aggregator.model.articles import Article
from aggregator.model.polls import PollPlan
from aggregator.model.rules import RuleTest
from aggregator.operations import suggest
from aggregator.operations.match_text import plain_article
from aggregator.operations.suggest import Proposal, newest_articles, read_examples, suggest_rule, try_proposal

TEXT = """Captives are forced into sabotage at the depot
Captives at the depot were told to prepare sabotage. The sabotage of the depot failed, and the captives fled."""

DAY = timedelta(days=1)


def named(*texts: str) -> list[Named]:
    """Return texts as articles, each with a name."""
    return [(f"file{number}", plain_article(f"file{number}", text, NOW)) for number, text in enumerate(texts)]


async def pages(*numbers: int, title: str = "Sabotage") -> AsyncIterator[Sequence[Article]]:
    """Return pages with so many articles each."""
    for page, number in enumerate(numbers):
        yield [article(f"{page}-{place}", title=title, body="", summary="", language="en") for place in range(number)]


async def proposed(*texts: str, unwanted: Sequence[str] = ()) -> Proposal:
    """Propose a rule from texts alone."""
    return await suggest_rule(named(*texts), named(*unwanted))


async def test_files_are_read_as_match_reads_them() -> None:
    """A text is one article, a feed as many as it has, each with a name of its own."""
    sources = [("text", TEXT.encode()), ("feed", rss([("Captives", "x"), ("Depots", "y")]).encode())]

    async with ParserPool(max_body_bytes=1_000_000, workers=1) as parser:
        read = await read_examples(sources, parser, NOW)

    assert [(name, one.title) for name, one in read] == [
        ("text", "Captives are forced into sabotage at the depot"),
        ("feed: Captives", "Captives"),
        ("feed: Depots", "Depots"),
    ]


@pytest.mark.parametrize("content", [b"", b" \n", rss([]).encode()])
async def test_a_file_without_an_article_is_named(content: bytes) -> None:
    """The error says which file, and what to give."""
    async with ParserPool(max_body_bytes=1_000_000, workers=1) as parser:
        with pytest.raises(AggregatorError, match=r"empty.txt has no text; give an article's title"):
            await read_examples([("empty.txt", content)], parser, NOW)


async def test_a_proposal_has_an_id_a_title_and_its_alternatives() -> None:
    """The id is of its first terms; the alternatives are rules to try, without tests."""
    proposal = await proposed(TEXT)

    assert proposal.rule.query == proposal.suggestion.query
    assert proposal.rule.id == "sabotage-depot"
    assert proposal.rule.title == "Captives are forced into sabotage at the depot"
    suggestion = proposal.suggestion
    assert [(name, rule.query) for name, rule in proposal.rules.items()] == [
        ("proposed", suggestion.query),
        ("tighter", suggestion.tighter),
        ("looser", suggestion.looser),
    ]
    assert not any(rule.tests for rule in proposal.rules.values())
    assert proposal.counted == 0


async def test_tests_are_titles_or_what_else_matters() -> None:
    """The title where it matches, else with the sentence that does, or with more of the text; an unwanted title."""
    telling = "A walk\nThe weather was fine. Captives at the depot were told to prepare sabotage. Captives fled."
    spread = article(
        title="", language="en", summary="", body="Depots stand there. Captives do. Of sabotage they talk."
    )
    far = f"Quiet\nDepots. {'Words of no weight. ' * 50} Sabotage by captives."
    unwanted = named("Captives came home\nThe captives of it came home.")

    proposal = await suggest_rule([*named(TEXT, telling), ("spread", spread), *named(far)], unwanted)

    assert proposal.rule.tests[0] == RuleTest(expect_match=True, title="Captives are forced into sabotage at the depot")
    assert [(test.title, test.body, test.expect_match) for test in proposal.rule.tests[1:]] == [
        ("A walk", "Captives at the depot were told to prepare sabotage.", True),
        ("", "Depots stand there. Captives do. Of sabotage they talk.", True),
        ("Captives came home", "", False),
    ]


async def test_long_titles_and_letters_of_other_scripts_make_good_names() -> None:
    """The id has letters that ids may have; the title is cut, and made up where there is none."""
    long = await proposed("Диверсия " * 20 + "\nДиверсия на складе. Диверсия не удалась.")
    unspaced = await proposed("仓库" * 60 + "\n战俘在仓库。战俘在仓库。")
    untitled = await suggest_rule([("one", article(title="", body="Captives fled.", summary=""))], [])

    assert long.rule.id == "suggested"
    assert long.rule.title == "Диверсия " * 7 + "Диверсия…"
    assert unspaced.rule.title == "仓库" * 39 + "仓…"
    assert long.rule.title.endswith("…")
    assert untitled.rule.title == "Suggested rule"


async def test_stored_articles_say_how_common_terms_are() -> None:
    """Page by page, told as they are counted; too few are not believed."""
    heard: list[int] = []

    enough = await suggest_rule(named(TEXT), [], pages(150, 100, title="Captives at the depot"), heard.append)
    few = await suggest_rule(named(TEXT), [], pages(150, title="Captives at the depot"))

    assert heard == [150, 250]
    assert enough.counted == 250
    assert enough.suggestion.terms[0].text == "sabotage"
    assert few.counted == 0
    assert few.suggestion == (await proposed(TEXT)).suggestion


async def test_no_more_than_the_newest_articles_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages after the limit are not asked for, and the last one is counted in part."""
    monkeypatch.setattr(suggest, "MOST_ARTICLES", 250)
    heard: list[int] = []

    proposal = await suggest_rule(named(TEXT), [], pages(200, 100, 100), heard.append)

    assert proposal.counted == 250
    assert heard == [200, 250]


async def test_a_proposal_is_tried_with_its_alternatives_on_what_is_stored(tmp_path: Path) -> None:
    """The newest come first; each query has a report, and progress is told under its name."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    stored = tuple(article(f"{number}", title=f"Captives {number}", body=TEXT, summary="") for number in range(3))
    await store.apply(PollPlan(state=state(), new_articles=stored))
    heard: list[tuple[str, int, int]] = []

    found = [one.title async for page in newest_articles(store) for one in page]
    reports = await try_proposal(
        await suggest_rule(named(TEXT), [], newest_articles(store)),
        store,
        since=NOW - 9000 * DAY,
        until=NOW + 9000 * DAY,
        timezone=ZoneInfo("UTC"),
        on_progress=lambda name, done, total: heard.append((name, done, total)),
    )
    await store.close()

    assert sorted(found) == ["Captives 0", "Captives 1", "Captives 2"]
    assert {name: report.matched for name, report in reports.items()} == {"proposed": 3, "tighter": 3, "looser": 3}
    assert heard == [("proposed", 3, 3), ("tighter", 3, 3), ("looser", 3, 3)]
