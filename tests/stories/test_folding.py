"""Words as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.folding import fold


@pytest.mark.parametrize(
    "words",
    [
        ("Київ", "Києві", "Киев", "Киеве"),
        ("Харків", "Харкова", "Харьков", "Харькове"),
        ("Lisbon", "Lisboa"),
        ("Kyiv", "Kiev", "Kiew"),
        ("Guatemala", "Guatemala's", "GUATEMALA"),
        ("evacuated", "evacuate", "evacuating"),
        ("Präsident", "Presidente"),
        ("пять", "п'ять", "п’ять"),
    ],
)
def test_forms_of_a_word_are_one(words: tuple[str, ...]) -> None:
    """Endings, accents and what languages of a script write differently do not count."""
    assert len({fold(word)[0] for word in words}) == 1


@pytest.mark.parametrize("word", ["the", "Und", "щоб", "КОТОРЫЙ", "según", "x", "é"])
def test_words_of_grammar_and_single_letters_are_no_terms(word: str) -> None:
    """They say nothing of an event."""
    assert fold(word) == ("", False)


@pytest.mark.parametrize(("word", "is_weak"), [("Monday", True), ("поранено", True), ("Kestrel", False)])
def test_words_of_all_news_are_weak(word: str, is_weak: bool) -> None:
    """A weekday tells less than a name."""
    assert fold(word)[1] is is_weak


def test_a_word_of_vowels_alone_stays() -> None:
    """It is not folded away."""
    assert fold("Eau")[0] == "eau"


@given(st.text(min_size=1))
def test_a_word_is_short(word: str) -> None:
    """Whatever it is, no more than seven characters are kept."""
    assert len(fold(word)[0]) <= 7
