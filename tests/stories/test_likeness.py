"""How alike two articles are: by stories of two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.builders import HOUR, NOW, article

from aggregator.model.articles import Article
from aggregator.model.ids import FeedId
from aggregator.stories.index import StoryIndex

TEXT = "Norvane said that it had agreed to buy Kestrel Semiconductors for $4.2 billion in cash, or $61 a share."


def are_one_story(one: Article, other: Article) -> bool:
    """Whether the second joins the story of the first."""
    index = StoryIndex()
    index.add(one, index.story_of(one))
    return index.story_of(other) == index.story_of(one)


def report(
    key: str, title: str, text: str = "", *, feed: str = "ep", hours: float = 0, language: str = "en"
) -> Article:
    """An article of a feed, some hours after now."""
    published_at = NOW + hours * HOUR
    feed_id = FeedId(feed)
    return article(key, feed_id=feed_id, title=title, summary=text, published_at=published_at, language=language)


def test_a_copy_is_the_same_story() -> None:
    """An agency's text in two feeds is one story, with another headline and a paragraph less, and a day later too."""
    original = report("a", "Norvane to buy Kestrel", TEXT + " The boards of both companies have approved.")

    assert are_one_story(original, report("b", "Norvane to buy Kestrel", TEXT, feed="other", hours=24))
    assert are_one_story(original, report("b", "Chipmaker Kestrel snapped up", TEXT, feed="other"))


def test_what_is_older_than_the_window_is_another_story() -> None:
    """Copies too."""
    assert not are_one_story(
        report("a", "Norvane to buy Kestrel", TEXT), report("b", "Norvane to buy Kestrel", TEXT, feed="x", hours=73)
    )


def test_a_feed_that_says_the_same_each_day_tells_another_story_each_day() -> None:
    """A title that returns is the same story after an hour, and another after a day."""
    morning = report("a", "Air quality in Kyiv and the region")

    assert are_one_story(morning, report("b", "Air quality in Kyiv and the region", hours=1))
    assert not are_one_story(morning, report("b", "Air quality in Kyiv and the region", hours=24))


def test_a_template_tells_another_story_with_each_figure() -> None:
    """Titles of one feed that are alike but for their figures are different events; of two feeds, they are one."""
    first = report("a", "M 4.6 - 42 km SE of Hihifo, Tonga")

    assert not are_one_story(first, report("b", "M 4.8 - 67 km SE of Hihifo, Tonga", hours=1))
    assert are_one_story(first, report("b", "M 4.6 - 40 km SE of Hihifo, Tonga", feed="other", hours=1))


def test_a_feed_updates_its_story() -> None:
    """A feed that tells the same event again, in other words and with what is known by now, stays in the story."""
    text = "Four coaches left the tracks in Odisha."
    first = report("a", "At least nine dead as train derailed near Cuttack in Odisha", text)

    assert are_one_story(first, report("b", "Odisha: derailed near Cuttack: 24 dead", text, hours=1))


def test_a_feed_that_corrects_every_figure_tells_another_story() -> None:
    """Other figures in titles of one feed speak for another event."""
    text = "Four coaches left the tracks in Odisha."
    first = report("a", "At least 19 dead as train derailed near Cuttack in Odisha", text)

    assert not are_one_story(first, report("b", "Odisha: derailed near Cuttack: 24 dead", text, hours=1))


def test_different_identifiers_are_different_stories() -> None:
    """Two flaws of one product are told in the same words."""
    text = "A heap overflow in the SSL VPN of FortiGate firewalls lets attackers run code without logging in."

    assert not are_one_story(
        report("a", "FortiGate flaw CVE-2026-21007", text), report("b", "FortiGate flaw CVE-2026-21008", text, feed="x")
    )
    assert are_one_story(
        report("a", "FortiGate flaw CVE-2026-21007", text), report("b", "FortiGate flaw CVE-2026-21007", text, feed="x")
    )


def test_names_and_figures_join_languages() -> None:
    """A headline in another language of the script shares little else."""
    spanish = report("b", "El Dortmund vence 3-1 al Leipzig con doblete de Lindqvist", feed="x", language="es")

    assert are_one_story(report("a", "Lindqvist double: Dortmund 3-1 Leipzig"), spanish)


@pytest.mark.parametrize("language", ["en-US", "en-AU", "EN", None])
def test_regions_of_a_language_are_one_language(language: str | None) -> None:
    """What differs by its region, or is of an unknown language, is as alike as in one language."""
    one = report("a", "Norvane buys Kestrel radio chips unit")
    other = report("b", "Norvane sells Kestrel diesel cars branch", feed="x")

    assert not are_one_story(one, replace(other, language=language))
    assert are_one_story(one, replace(other, language="de"))


def test_one_word_in_common_is_another_story() -> None:
    """A name alone is no event, unless nothing else is said."""
    assert not are_one_story(report("a", "Navalny poisoned"), report("b", "Navalny museum", feed="x"))
    assert are_one_story(report("a", "Navalny"), report("b", "Navalny", feed="x"))


@pytest.mark.parametrize("gap", [timedelta(), timedelta(hours=2)])
def test_nothing_in_common_is_another_story(gap: timedelta) -> None:
    """However near they are in time."""
    assert not are_one_story(report("a", "Norvane to buy Kestrel"), report("b", "Ferry sinks", hours=gap / HOUR))
